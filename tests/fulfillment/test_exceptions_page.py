"""What needs a person, without a browser: who may answer it, what is answered, what changed and what did not."""

import re

import pytest

from dom_project.accounts.models import Role
from fulfillment import orders
from routing.exceptions import Raised, raise_many
from routing.models import OrderException, Pending
from routing.words import REASONS
from tests import make

from .answers import HTMX, text_of
from .sold import AT, packed, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def kim():
    return make.user(Role.CUSTOMER_SERVICE, first_name="Kim", last_name="Osei")


@pytest.fixture
def desk(client, kim):
    client.force_login(kim)
    return client


@pytest.fixture
def stuck():
    """An order that routing gave up: its pending row is gone."""
    order = make.order(due=False)
    raise_many([Raised(order.id, "no_rule", {})], at=AT)
    return order


def waits(order):
    return Pending.objects.filter(order=order).exists()


def test_who_answers_no_orders_sees_no_exceptions(client):
    for role in (Role.EXECUTIVE, Role.STORE_ASSOCIATE):
        client.force_login(make.user(role))
        assert client.get("/exceptions/").status_code == 403
        assert client.post("/exceptions/again/", {"every": "no_rule"}).status_code == 403


def test_an_exception_says_its_reason_its_order_and_what_to_do(desk, stuck):
    page = text_of(desk.get("/exceptions/"))
    assert stuck.order_ref in page
    assert "No rule of the strategy selects this order" in page
    assert "Try it again" in page


def test_the_frequent_reasons_are_filters_and_the_others_one_press_away(desk):
    reasons = [reason for reason in REASONS if not re.search(r"%\(", str(REASONS[reason]))][:10]
    for place, reason in enumerate(reasons):
        for _ in range(2 if place == 9 else 1):
            raise_many([Raised(make.order(due=False).id, reason, {})], at=AT)
    page = text_of(desk.get("/exceptions/"))
    assert page.count('class="token"') == 10  # all, eight reasons, the way to the others
    assert f'href="?reason={reasons[9]}"' in page
    assert '<a class="token" href="?reasons=all">2 further reasons</a>' in page
    last = max(reasons[:9])
    assert f'href="?reason={last}"' not in page
    assert f'href="?reason={last}" aria-current="true"' in text_of(desk.get("/exceptions/", {"reason": last}))
    whole = text_of(desk.get("/exceptions/", {"reasons": "all"}))
    assert whole.count('href="?reason=') == 10
    assert '<a class="token" href="?">Only the most frequent reasons</a>' in whole


def test_a_heading_says_only_what_holds_for_all_below_it(desk):
    errors = ["a line", "a rule"]
    for error in errors:
        raise_many([Raised(make.order(due=False).id, "engine_error", {"error": error})], at=AT)
    page = text_of(desk.get("/exceptions/"))
    assert page.count("The engine failed on this order: …") == 2  # the filter and the heading
    assert [f'<div class="cell-sub">{error}</div>' in page for error in errors] == [True, True]
    OrderException.objects.filter(params__error="a rule").update(params={"error": "a line"})
    assert "The engine failed on this order: a line" in text_of(desk.get("/exceptions/"))


def test_it_is_taken_and_given_back(desk, kim, stuck):
    pk = OrderException.objects.get().pk
    answer = desk.post(f"/exceptions/{pk}/take/", headers=HTMX)
    assert "Kim Osei" in text_of(answer)
    assert OrderException.objects.get().owner == kim.actor
    desk.post(f"/exceptions/{pk}/give-back/", headers=HTMX)
    assert OrderException.objects.get().owner == ""


def test_what_was_answered_meanwhile_is_told(desk):
    answer = desk.post("/exceptions/404/take/", headers=HTMX)
    assert answer.status_code == 200
    assert '"level": "warning"' in answer["HX-Trigger"]


def test_the_chosen_are_tried_again_and_each_outcome_is_told(desk, stuck):
    other = make.order(due=False)
    raise_many([Raised(other.id, "no_rule", {})], at=AT)
    chosen = OrderException.objects.get(order=stuck)
    page = text_of(desk.post("/exceptions/again/", {"chosen": [chosen.pk]}, headers=HTMX))
    assert "Routing looks at 1 order again." in page
    assert (waits(stuck), waits(other)) == (True, False)


def test_all_of_one_reason_are_tried_again_and_no_others(desk, stuck):
    unknown = make.order(due=False)
    raise_many([Raised(unknown.id, "third_look", {"looks": 3})], at=AT)
    desk.post("/exceptions/again/", {"every": "no_rule"}, headers=HTMX)
    assert (waits(stuck), waits(unknown)) == (True, False)


@pytest.mark.parametrize(
    "sent", [{}, {"chosen": "nonsense"}, {"chosen": "9" * 30}, {"every": "no_such_reason"}, {"every": "\0"}]
)
def test_trying_nothing_says_what_to_choose_and_changes_nothing(desk, stuck, sent):
    answer = desk.post("/exceptions/again/", sent, headers=HTMX)
    assert answer.status_code == 422
    assert not waits(stuck)
    assert OrderException.objects.get().closed_at is None


def test_a_verdict_on_a_count_needs_its_right_and_its_word(client, desk):
    assert desk.post("/exceptions/shortfall/1/", {"verdict": "go_on"}).status_code == 403
    client.force_login(make.user(Role.OPERATIONS_MANAGER))
    assert client.post("/exceptions/shortfall/1/", {"verdict": "maybe"}, headers=HTMX).status_code == 422


def test_a_verdict_on_a_case_that_is_not_there_is_told(client):
    client.force_login(make.user(Role.OPERATIONS_MANAGER))
    for number in (1, 10**30):
        answer = client.post(f"/exceptions/shortfall/{number}/", {"verdict": "go_on"}, headers=HTMX)
        assert answer.status_code == 200
        assert '"level": "warning"' in answer["HX-Trigger"]


def test_what_waits_for_the_floor_leads_who_may_work_there_to_its_queue(client, desk):
    reno = make.node("RENO", name="Reno store")
    stock(reno, MUG=9)
    orders.cancel(packed(reno).order.ref, at=AT, actor="user:3")
    page = text_of(desk.get("/exceptions/"))
    assert "<td>Reno store</td>" in page
    assert "2 units" in page
    client.force_login(make.user(Role.OPERATIONS_MANAGER))
    assert 'href="/store/RENO/?tab=put_back">Reno store</a>' in text_of(client.get("/exceptions/"))


def test_where_nothing_is_stuck_the_page_says_so(desk):
    page = text_of(desk.get("/exceptions/"))
    for words in ("Nothing needs a person", "Nothing waits", "Every event arrived"):
        assert words in page


def test_a_page_on_which_nothing_changed_is_left_alone(desk, stuck):
    drawn = text_of(desk.get("/exceptions/")).split("?drawn=")[1].split('"')[0]
    assert desk.get(f"/exceptions/?drawn={drawn}", headers=HTMX).status_code == 204
    raise_many([Raised(make.order(due=False).id, "no_rule", {})], at=AT)
    assert desk.get(f"/exceptions/?drawn={drawn}", headers=HTMX).status_code == 200


@pytest.mark.parametrize("count", [1, 50])
def test_the_page_asks_no_more_for_fifty_than_for_one(desk, count, django_assert_max_num_queries):
    raise_many([Raised(make.order(due=False).id, "no_rule", {}) for _ in range(count)], at=AT)
    OrderException.objects.update(owner="user:1")
    desk.get("/exceptions/")
    with django_assert_max_num_queries(12):
        page = text_of(desk.get("/exceptions/"))
    assert page.count('name="chosen"') == count
