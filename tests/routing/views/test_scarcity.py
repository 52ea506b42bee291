"""The page of scarcity prices: what they are, whether they count, what they changed, and learning them anew."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db.models.functions import Now
from django.test import Client

from dom_project.accounts.models import Role
from inventory import ledger
from inventory.models import Node, Sku
from routing import sourcing, strategies
from routing.models import Decision, Pending, ScarcityPrice, ScarcityRun, ScarcitySlot, StrategyVersion
from routing.scarcity import runs
from routing.views import scarcity as views
from tests import make

pytestmark = pytest.mark.django_db
URL = "/routing/scarcity/"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def now(clock: datetime) -> Any:
    with time_machine.travel(clock, tick=False):
        yield


def run_of(at: datetime, **fields: Any) -> ScarcityRun:
    defaults = {"state": "done", "at": at, "currency": "USD", "futures": 8, "solved": 8, "orders": 900, "hours": 168}
    return ScarcityRun.objects.create(asked_at=at, asked_by="engine", **(defaults | fields))


def price_of(run: ScarcityRun, sku: str, node: str, price: int, **fields: Any) -> ScarcityPrice:
    own = Sku.objects.filter(code=sku).first() or make.sku(sku)
    return ScarcityPrice.objects.create(run=run, sku=own, node=Node.objects.get(code=node), price=price, **fields)


@pytest.fixture
def learned(version: StrategyVersion, clock: datetime) -> ScarcityRun:
    """Three prices of an hour ago: the till's, the dearest, and one that a receipt has cleared; and one slot."""
    run = run_of(clock - timedelta(hours=1))
    make.node("OAKLAND", name="Oakland store", kind=Node.Kind.STORE)
    price_of(run, "MUG", "RENO", 150, cold=40, per_day=2.0)
    price_of(run, "MUG", "OAKLAND", 700, walk_in=700, per_day=2.0)
    price_of(run, "LAMP", "RENO", 90, cleared_at=clock)
    price_of(run, "CLOCK", "RENO", 0, cold=30)
    ScarcitySlot.objects.create(run=run, node=Node.objects.get(code="RENO"), price=25)
    make.stock(Node.objects.get(code="RENO"), Sku.objects.get(code="MUG"), 6)
    return run


def listed(page: Any) -> list[tuple[str, str, int]]:
    return [(row.sku, row.node, row.price) for row in page.context["rows"]]


def test_before_the_first_run_the_page_says_when_it_comes(client: Client, version: StrategyVersion) -> None:
    page = client.get(URL)
    text = page.content.decode()
    assert "Nothing is learned yet" in text
    assert "Switched off" in text
    assert "version 1 is live" in text
    assert "They change nothing yet" not in text  # that card comes with the prices


def test_the_dearest_come_first_with_what_is_left_and_how_long_it_lasts(client: Client, learned: ScarcityRun) -> None:
    ledger.publish_atp(at=learned.asked_at)
    page = client.get(URL)
    assert listed(page) == [("MUG", "OAKLAND", 700), ("MUG", "RENO", 150)]
    oakland, reno = page.context["rows"]
    assert (oakland.left, oakland.level, oakland.is_for_the_till) == (0, None, True)
    assert (reno.left, reno.cover, reno.is_for_the_till) == (6, 3.0, False)  # six in all, two a day
    assert [tuple(slot) for slot in page.context["slots"]] == [("RENO", "Reno", 25)]
    text = page.content.decode()
    assert "from 8 futures of 900 orders in all" in text
    assert "They change nothing yet" in text


def test_the_list_is_searched_filtered_and_sorted(client: Client, learned: ScarcityRun) -> None:
    price_of(learned, "TENT", "RENO", 400, per_day=9.0)
    assert listed(client.get(f"{URL}?q=mu")) == [("MUG", "OAKLAND", 700), ("MUG", "RENO", 150)]
    assert listed(client.get(f"{URL}?node=RENO")) == [("TENT", "RENO", 400), ("MUG", "RENO", 150)]
    assert [row[0] for row in listed(client.get(f"{URL}?sort=sku"))] == ["MUG", "MUG", "TENT"]
    assert listed(client.get(f"{URL}?q=%25")) == []
    assert "No price fits" in client.get(f"{URL}?q=nothing").content.decode()
    assert len(listed(client.get(f"{URL}?sort=nonsense&after=x&q=%00"))) == 3


def test_a_long_list_is_paged(client: Client, version: StrategyVersion, clock: datetime) -> None:
    run = run_of(clock)
    for number in range(45):
        price_of(run, f"S{number:02}", "RENO", 100 + number)
    first, second = client.get(URL), client.get(f"{URL}?after=1")
    assert [len(page.context["rows"]) for page in (first, second)] == [40, 5]
    assert (first.context["older"], second.context["newer"], second.context["older"]) == ("1", "0", "")


def test_after_a_day_the_page_says_so_and_shows_what_counts_then(
    client: Client, learned: ScarcityRun, clock: datetime
) -> None:
    ScarcityRun.objects.update(at=clock - timedelta(hours=24))
    page = client.get(URL)
    assert listed(page) == [("MUG", "RENO", 40), ("CLOCK", "RENO", 30)]
    text = page.content.decode()
    assert "more than 24 hours old" in text
    assert "Parcel slots" not in text


def test_too_little_history_is_said(client: Client, version: StrategyVersion, clock: datetime) -> None:
    run_of(clock, basis="consumed", futures=0, history_days=5)
    page = client.get(URL)
    assert "from what was used up: 5 days of orders are not 28" in page.content.decode()
    assert "Nothing is scarce" in page.content.decode()


def test_it_says_whether_the_live_version_counts_them(
    client: Client, learned: ScarcityRun, version: StrategyVersion, clock: datetime
) -> None:
    other = strategies.save_version(
        strategies.rules_of(version),
        strategy="main",
        author="user:1",
        reason="On",
        at=clock,
        weighing=version.weighing.turned("scarcity_prices"),
    )
    strategies.activate(other, at=clock, actor="user:1")
    text = client.get(URL).content.decode()
    assert "Count in every plan" in text
    assert "version 2 is live" in text
    assert "No order was moved" in text
    assert "No line stays unfilled because of it." in text


def test_it_says_when_the_guard_is_off(client: Client, learned: ScarcityRun) -> None:
    StrategyVersion.objects.update(guarded=False)
    assert "The guard is off: a line may stay unfilled" in client.get(URL).content.decode()


def test_what_they_changed_is_told_with_the_orders(client: Client, network: Any, clock: datetime) -> None:
    StrategyVersion.objects.update(scarcity_prices=True)
    run = run_of(clock - timedelta(hours=1))
    price_of(run, "MUG", "RENO", 5_000)
    make.order("MOVED", lines={"MUG": 1})
    make.order("STAYS", lines={"CLOCK": 1})

    Pending.objects.update(next_at=Now() - timedelta(days=30))
    assert sourcing.source_due(at=clock, owner="one").routed == 2
    page = client.get(URL)
    assert [(day.day, day.orders, day.cost, day.currency) for day in page.context["days"]] == [
        (clock.date(), 1, 150, "USD")
    ]
    [moved] = page.context["moved"]
    assert (moved.ref, moved.cost, moved.nodes, moved.otherwise) == ("MOVED", 150, ["Denver"], ["Reno"])
    assert "order on Tue 10 Nov, $1.50 dearer" in page.content.decode()
    assert 'href="/orders/MOVED/"' in page.content.decode()
    assert Decision.objects.filter(unpriced=None).count() == 1


@pytest.mark.parametrize(("orders", "more"), [(30, False), (31, True)])
def test_the_newest_orders_that_they_changed_are_listed_and_more_are_said_to_be(
    client: Client, learned: ScarcityRun, clock: datetime, orders: int, more: bool
) -> None:
    for number in range(orders):
        Decision.objects.create(
            day=clock.date(), order_id=make.order(lines={"MUG": 1}, due=False).pk, problem_ref="p", place=number,
            look=1, outcome="all", invoice=500, unpriced=400, currency="USD",
            decided_at=clock - timedelta(minutes=number),
            plan={"parcels": [], "left": [], "why": None, "unpriced": {"invoice": 400, "nodes": []}},
            alternatives=[], refusals=[], facts={},
        )  # fmt: skip
    page = client.get(URL)
    assert (page.context["days"][0].orders, len(page.context["moved"])) == (orders, 30)
    assert ("These are the newest 30; there are more." in page.content.decode()) is more


@pytest.mark.parametrize(("per_day", "told"), [(0.06, "100"), (0.0601, "99.8"), (0.001, "6000")])
def test_cover_is_the_networks_and_has_decimals_only_where_they_say_something(
    client: Client, learned: ScarcityRun, per_day: float, told: str
) -> None:
    ScarcityPrice.objects.update(per_day=per_day)
    ledger.publish_atp(at=learned.asked_at)
    text = client.get(URL).content.decode()
    assert "Network cover, days</th>" in text
    assert f'<td class="text-end from-sm">{told}</td>' in text


def test_who_may_edit_has_them_learned_and_sees_how_far_that_is(
    client: Client, learned: ScarcityRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(views.bell, "ring", heard.append)
    answer = client.post(f"{URL}again/")
    assert (answer.status_code, answer["Location"], heard) == (302, URL, ["learn_prices"])
    run = ScarcityRun.objects.get(state="asked")
    assert run.asked_by.startswith("user:")
    assert "Waiting for a worker." in client.get(URL).content.decode()
    runs.begin(run, at=learned.asked_at)
    runs.tell(run, futures=8, solved=3)
    part = client.get(f"{URL}?watch=1&node=RENO", headers=HTMX)
    assert "3 of 8 futures solved." in part.content.decode()
    assert (part["HX-Retarget"], part["HX-Reswap"]) == ("#progress", "outerHTML")
    assert "node=RENO" in part.content.decode()
    runs.finish(run, runs.Made.nothing())
    done = client.get(f"{URL}?watch=1&node=RENO", headers=HTMX)
    assert "HX-Retarget" not in done
    assert "No price fits" in done.content.decode()
    assert 'id="progress"' not in done.content.decode()


def test_asking_twice_asks_once(client: Client, learned: ScarcityRun) -> None:
    client.post(f"{URL}again/")
    client.post(f"{URL}again/")
    assert ScarcityRun.objects.filter(state="asked").count() == 1


def test_what_failed_is_told_beside_the_prices_that_still_count(client: Client, learned: ScarcityRun) -> None:
    runs.fail(runs.ask(at=learned.asked_at, actor="engine"), "ValueError: broken")
    page = client.get(URL)
    assert "ValueError: broken" in page.content.decode()
    assert len(listed(page)) == 2
    runs.fail(runs.ask(at=learned.asked_at, actor="engine"), runs.STOPPED)
    assert "It was begun three times, and stopped each time before it was done." in client.get(URL).content.decode()


@pytest.mark.parametrize("query", ["", "?q=mug&node=RENO&sort=cover"])
def test_the_page_asks_little(
    client: Client, learned: ScarcityRun, query: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(12):
        assert client.get(f"{URL}{query}").status_code == 200


@pytest.mark.parametrize(
    ("role", "sees", "asks"),
    [
        (Role.ADMINISTRATOR, 200, 302),
        (Role.OPERATIONS_MANAGER, 200, 302),
        (Role.EXECUTIVE, 200, 403),
        (Role.STORE_ASSOCIATE, 403, 403),
    ],
)
def test_who_sees_the_rules_sees_the_prices_and_who_edits_them_may_have_them_learned(
    learned: ScarcityRun, role: str, sees: int, asks: int
) -> None:
    reader = Client()
    reader.force_login(make.user(role))
    page = reader.get(URL)
    assert page.status_code == sees
    assert ("Learn them now" in page.content.decode()) is (asks == 302)
    assert reader.post(f"{URL}again/").status_code == asks
    assert ScarcityRun.objects.filter(state="asked").exists() is (asks == 302)
