"""What would have to be different, as an order's page tells it: sentences with figures, faults never hidden."""

import re
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from fulfillment.views.solved import Solved
from inventory import capacity
from routing import decisions, sourcing
from routing.models import Decision, Pending, Problem
from tests import make

from .answers import HTMX, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def route(clock):
    """Reno is near and Denver far, both with ten mugs; Denver alone has clocks. A worker that finds everything due."""
    make.strategy()
    make.rate_card()
    reno = make.node("RENO", name="Reno store")
    denver = make.node(
        "DENVER", name="Denver store", latitude=39.74, longitude=-104.99, region="CO", time_zone="America/Denver"
    )
    mug, clocks = make.sku("MUG"), make.sku("CLOCK")
    for node, sku in ((reno, mug), (denver, mug), (denver, clocks)):
        make.stock(node, sku, 10)
    capacity.open_days(at=clock)

    def run():
        Pending.objects.update(next_at=Now() - timedelta(days=1), lease_until=None)
        return sourcing.source_due(at=clock, owner="one", limit=1000)

    return run


@pytest.fixture
def order(route):
    order = make.order(lines={"MUG": 2})
    route()
    return order


@pytest.fixture
def displaced(route):
    """(who lost the mug that it would have used, who kept it), of 22 orders that were planned together."""
    mugs = [make.order(lines={"MUG": 1}) for _ in range(12)]
    for _ in range(10):
        make.order(lines={"CLOCK": 1})
    route()
    loser = next(each for each in mugs if "displaced_by" in newest(each).facts["solved"])
    kept_by = newest(loser).facts["solved"]["displaced_by"][0]["order"]
    return loser, next(each for each in mugs if each.id == kept_by)


def section(client, order, query=""):
    return text_of(client.get(f"/orders/{order.ref}/what-if/{query}", headers=HTMX))


def newest(order):
    return decisions.of_order(order.id)[0]


def test_the_next_best_node_is_asked_about_first_and_each_answer_has_its_figures(desk, order):
    told = section(desk, order)
    assert "Denver store would win if any one of these were so:" in told
    assert (
        "Its cost of a parcel, freight aside, were $1.50 lower; it is $1.50. The plan would be invoiced at $8.30."
        in told
    )
    assert "The best single node is the one that was taken." in told
    assert re.search(r"Denver store.*\$9\.80.*\+\$1\.50", told, re.DOTALL)


def test_only_the_answer_comes_when_another_node_is_chosen(desk, order):
    told = section(desk, order, "?node=DENVER&answer=1")
    assert "Denver store would win" in told
    assert "<select" not in told


def test_without_a_script_the_same_address_is_the_whole_page(desk, order):
    page = text_of(desk.get(f"/orders/{order.ref}/what-if/?node=DENVER"))
    assert "Why it was routed this way" in page
    assert "Denver store would win" in page


def test_the_page_itself_offers_it_without_solving_anything(desk, order):
    page = text_of(desk.get(f"/orders/{order.ref}/"))
    assert f'hx-get="/orders/{order.ref}/what-if/?decision={newest(order).id}"' in page
    assert "would win" not in page


def test_an_order_that_is_not_there_has_no_what_if(desk, order):
    assert desk.get("/orders/nowhere/what-if/").status_code == 404


def test_what_is_asked_wrongly_is_answered_as_if_it_were_not_asked(desk, order):
    for query in ("?node=NOWHERE", "?node=RENO", "?node=%00", "?decision=x", "?decision=99999999999999999999"):
        assert "Denver store would win" in section(desk, order, query)


def test_an_order_without_a_decision_says_so(desk):
    assert "No decision has been made yet." in section(desk, make.order(lines={"MUG": 1}))


def test_another_engine_version_has_ended_it_and_the_stored_part_stays(desk, order):
    Problem.objects.update(engine_version="1")
    told = section(desk, order)
    assert "What if has ended for this decision: version 1 of the engine made it" in told
    assert "contradicts itself" not in told
    assert "freight and" in text_of(desk.get(f"/orders/{order.ref}/what-if/"))


def test_altered_facts_and_another_plan_are_shown_as_faults_with_their_codes(desk, order):
    decision = newest(order)
    Decision.objects.filter(pk=decision.pk).update(
        facts=decision.facts | {"solved": decision.facts["solved"] | {"plan": "0"}}
    )
    told = section(desk, order)
    assert "contradicts itself" in told
    assert '<span class="ref">another_plan</span>' in told
    Problem.objects.update(digest="0" * 64)
    assert '<span class="ref">facts_altered</span>' in section(desk, order)


def test_it_needs_few_questions_to_the_database(desk, order, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        section(desk, order)


def test_who_got_the_unit_instead_is_told_on_both_orders_with_links(desk, displaced):
    loser, winner = displaced
    page = text_of(desk.get(f"/orders/{loser.ref}/"))
    assert "Planned together with 21 others" in page
    assert f'<a href="/orders/{winner.ref}/">{winner.order_ref}</a> kept' in page
    assert "without it, it would lose $1.50; this order lost $1.50." in page
    other = text_of(desk.get(f"/orders/{winner.ref}/"))
    assert f'<a href="/orders/{loser.ref}/">{loser.order_ref}</a> gave up' in other


def test_an_order_that_the_reader_may_not_see_is_told_without_its_number(displaced):
    loser, _winner = displaced
    seen = Solved(newest(loser), {}, node=str, sku=str)
    assert seen.instead() == [
        "Another order kept MUG at RENO: without it, it would lose $1.50; this order lost $1.50."
    ]


@pytest.mark.parametrize(
    ("case", "solved", "said"),
    [
        ("an earlier version kept nothing", {}, []),
        ("in turn", {"mode": "exact_fcfs", "together": 0}, ["By itself: the orders before it had their turn"]),
        ("after the others", {"mode": "batch", "together": 0}, ["By itself, on what the orders that were planned"]),
        ("alone in a batch", {"mode": "batch", "together": 1}, ["By itself: no other order could be planned"]),
        ("not proven", {"mode": "batch", "together": 481}, ["Planned together with 480 others, so that"]),
        ("proven best", {"mode": "quality", "together": 481, "gap": 0}, ["Planned together with 480 others; no plan"]),
        (
            "proven good",
            {"mode": "quality", "together": 481, "gap": 17},
            ["Planned together with 480 others; all of them cost at most 0.17 % more than the best possible."],
        ),
    ],
)
def test_how_a_decision_was_come_to_is_told_in_plain_words(case, solved, said):
    told = Solved(Decision(facts={"solved": solved}, currency="USD"), {}, node=str, sku=str).how()
    assert [sentence[: len(start)] for sentence, start in zip(told, said, strict=True)] == said
