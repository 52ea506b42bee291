"""An order is tried on unsaved rules."""

from typing import Any

import pytest
from django.utils import timezone

from inventory import capacity
from inventory.models import Node
from routing.models import Decision, Order, OrderEvent, StrategyVersion
from tests import make

from .forms import rules_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def routed(version: StrategyVersion, clock: Any) -> Order:
    """An order of two mugs; Reno and Denver stock them."""
    make.rate_card()
    denver = make.node("DENVER", latitude=39.74, longitude=-104.99, region="CO", time_zone="America/Denver")
    mug = make.sku("MUG")
    for node in (Node.objects.get(code="RENO"), denver):
        make.stock(node, mug, 10)
    return make.order("A-1", lines={"MUG": 2})


def open_days() -> None:
    capacity.open_days(at=timezone.now())


def test_an_order_is_tried_on_the_unsaved_rules_and_nothing_is_written(send: Any, routed: Order) -> None:
    open_days()
    before = Decision.objects.count(), OrderEvent.objects.count()
    as_live = send("test:A-1").context["edit"].test
    assert (as_live.rule_name, as_live.outcome_words) == ("California", "Plan: all lines, 1 parcel")
    assert [parcel.node for parcel in as_live.parcels] == ["Reno"]
    assert as_live.live.facts.same
    rules = rules_in(send("toggle:r1"))
    rules[1]["which_nodes"] = [{"field": "node", "values": ["RENO"], "negate": True}]
    tried = send("test", rules, order="A-1").context["edit"].test
    assert [parcel.node for parcel in tried.parcels] == ["Denver"]
    assert [(rule.number, rule.why) for rule in tried.passed] == [(1, "is switched off")]
    assert [(group.why, group.names) for group in tried.refused_nodes] == [
        ("is not among the nodes that rule 2 takes", ["Reno"])
    ]
    assert [(bar.nodes, bar.chosen, bar.live) for bar in tried.bars] == [
        ("Reno", False, True),
        ("Denver", True, False),
    ]
    assert tried.live.facts.difference == tried.invoice - as_live.invoice > 0
    assert (Decision.objects.count(), OrderEvent.objects.count()) == before
    assert StrategyVersion.objects.count() == 1


@pytest.mark.parametrize("orders", [1, 50])
def test_a_test_asks_little_of_the_database_and_a_step_less(
    send: Any, routed: Order, orders: int, django_assert_max_num_queries: Any
) -> None:
    open_days()
    for _ in range(orders):
        make.order(lines={"MUG": 1, "CUP": 1})
    rules = rules_in(send("toggle:r1"))
    with django_assert_max_num_queries(12):
        assert send("up:r2", rules).status_code == 200
    # Once the nodes and the rate card are known: the page's own, the order and its lines, and one gather for both
    # the unsaved rules and the live ones.
    for most in (14, 12):
        with django_assert_max_num_queries(most):
            assert send("test:A-1", rules).status_code == 200


def test_a_rule_that_does_not_select_the_order_says_what_it_asks_for(send: Any, routed: Order) -> None:
    Order.objects.update(ship_to_region="NV")
    [passed] = send("test:A-1").context["edit"].test.passed
    assert (passed.name, passed.why) == ("California", "asks for orders to California")


def test_an_order_is_found_by_its_number_in_the_channel(send: Any, routed: Order) -> None:
    Order.objects.update(order_ref="SHOP-77")
    assert send("test", order="SHOP-77").context["edit"].test.order == routed


def test_no_rule_that_selects_the_order_is_told(send: Any, routed: Order) -> None:
    tried = send("test:A-1", []).context["edit"].test
    assert (tried.rule_number, tried.outcome_words) == (0, "Plan: nothing finds a place; a person decides")
    assert "No rule selects it" in send("test:A-1", []).content.decode()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Please type an order’s number."),
        ("NOBODY", "There is no order NOBODY."),
        ("\0", "Please type an order’s number."),
    ],
)
def test_an_order_that_is_not_there_is_told_at_the_field(send: Any, routed: Order, typed: str, told: str) -> None:
    response = send("test", order=typed)
    assert (response.status_code, response.context["edit"].test.refused) == (422, told)


def test_an_order_with_nothing_left_to_route_is_told_at_the_field(send: Any, routed: Order) -> None:
    routed.lines.update(pending=0, cancelled=2)
    response = send("test:A-1")
    assert response.status_code == 422
    assert response.context["edit"].test.refused
