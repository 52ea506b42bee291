"""Orders by API: listed, cancelled, sent back, answered."""

from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.test import APIClient

from dom_project.accounts.models import Role
from fulfillment.models import Feedback, Return
from routing.models import Order
from tests import make
from tests.fulfillment import sold

from .calls import post

pytestmark = pytest.mark.django_db


def test_orders_are_listed_newest_first_page_by_page(caller):
    at = datetime(2026, 11, 10, 15, tzinfo=UTC)
    for number in range(3):
        make.order(f"O-{number}", placed_at=at + timedelta(minutes=number))
    first = caller.get("/api/v1/orders/", {"limit": 2}).json()
    assert [order["order_ref"] for order in first["results"]] == ["O-2", "O-1"]
    second = caller.get("/api/v1/orders/", {"limit": 2, "after": first["next"]}).json()
    assert ([order["order_ref"] for order in second["results"]], second["next"]) == (["O-0"], None)
    assert caller.get("/api/v1/orders/", {"order_ref": "O-1"}).json()["results"][0]["order_ref"] == "O-1"


def test_orders_are_listed_by_state(caller, reno):
    order = sold.on_the_floor(reno).order
    found = caller.get("/api/v1/orders/", {"state": "routed"}).json()["results"]
    assert [row["ref"] for row in found] == [order.ref]
    assert caller.get("/api/v1/orders/", {"state": "shipped"}).json()["results"] == []
    assert caller.get("/api/v1/orders/", {"state": "lost"}).json()["errors"][0]["field"] == "state"


@pytest.mark.parametrize("after", ["x", "2026-11-10T15:00:00_1", "2026-11-10T15:00:00+00:00_x", "_"])
def test_a_made_up_cursor_is_refused(caller, after):
    answer = caller.get("/api/v1/orders/", {"after": after})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "after")


def test_a_page_of_orders_takes_few_queries(caller, reno, django_assert_max_num_queries):
    for _ in range(5):
        sold.on_the_floor(reno, lines={"MUG": 1})
    with django_assert_max_num_queries(7):
        assert len(caller.get("/api/v1/orders/").json()["results"]) == 5


def test_orders_carry_no_personal_data(caller, reno):
    order = sold.on_the_floor(reno).order
    assert "customer" not in caller.get(f"/api/v1/orders/{order.ref}/").json()


def test_an_order_is_cancelled_by_line_and_says_what_became_of_it(caller, reno):
    order = sold.on_the_floor(reno).order
    done = post(caller, f"orders/{order.ref}/cancel/", {"lines": ["1"]}).json()
    assert (done["changed"], done["whole"]) == (True, True)
    assert [(line["cancelled"], line["put_back"], line["shipped"]) for line in done["lines"]] == [(2, 0, 0)]
    assert Order.objects.get().state == "cancelled"
    assert post(caller, f"orders/{order.ref}/cancel/").json()["changed"] is False


def test_a_cancelled_order_is_named_by_both_refs(caller, reno):
    order = sold.on_the_floor(reno).order
    done = post(caller, f"orders/{order.ref}/cancel/").json()
    assert (done["order"], done["order_ref"]) == (order.ref, order.order_ref)


def test_what_has_left_is_not_cancelled(caller, reno):
    order = sold.shipped(reno).order
    answer = post(caller, f"orders/{order.ref}/cancel/")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_shipped")


def test_an_unknown_line_is_named(caller, reno):
    order = sold.on_the_floor(reno).order
    answer = post(caller, f"orders/{order.ref}/cancel/", {"lines": ["nope"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_line")
    assert Order.objects.get().state == "routed"


@pytest.fixture
def dallas(reno):
    """A caller bound to another node."""
    user = make.user(Role.INTEGRATION, nodes=(make.node("DALLAS"),))
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_units_come_back_once_per_key(caller, reno):
    order = sold.shipped(reno).order
    body = {"key": "R-1", "order": order.ref, "line_ref": "1", "quantity": 1, "node": "RENO"}
    assert post(caller, "returns/", body).status_code == 201
    again = post(caller, "returns/", body)
    assert (again.status_code, again.json()) == (200, {"key": "R-1", "repeated": True})
    assert Return.objects.count() == 1
    torn = post(caller, "returns/", body | {"key": "R-2", "disposition": "\ud800"})
    assert (torn.status_code, torn.json()["errors"][0]["field"]) == (422, "disposition")
    too_many = post(caller, "returns/", body | {"key": "R-2", "quantity": 2})
    assert too_many.status_code in (409, 422)
    assert Return.objects.count() == 1


def test_what_one_store_sent_may_come_back_at_another_but_only_to_one_s_own(dallas, reno):
    order = sold.shipped(reno).order
    body = {"key": "R-1", "order": order.ref, "line_ref": "1", "quantity": 1, "node": "RENO"}
    answer = post(dallas, "returns/", body)
    assert (answer.status_code, answer.json()["code"], Return.objects.count()) == (404, "unknown_node", 0)
    assert post(dallas, "returns/", body | {"node": "DALLAS"}).status_code == 201
    assert Return.objects.get().node.code == "DALLAS"


def test_nobody_answers_for_an_order_that_does_not_exist_to_them(dallas, reno):
    order = sold.shipped(reno).order
    answers = [post(dallas, "feedback/", {"order": ref, "score": 1}) for ref in (order.ref, "WF-NONE")]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "unknown_order")] * 2
    assert not Feedback.objects.exists()


def test_a_customer_answers_once(caller, reno):
    order = sold.shipped(reno).order
    body = {"order": order.ref, "score": 5, "comment": "Quick"}
    assert [post(caller, "feedback/", body).status_code for _ in range(2)] == [201, 200]
    assert post(caller, "feedback/", body | {"score": 6}).status_code == 422
    assert post(caller, "feedback/", body | {"score": 1}).status_code == 409
    assert Feedback.objects.get().score == 5
