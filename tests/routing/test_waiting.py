from datetime import timedelta

import pytest

from inventory import ledger
from inventory.models import Node, Sku
from routing import waiting
from routing.models import Order, OrderEvent, OrderException, Pending
from routing.sourcing import Sourced
from tests import make

MINUTE = timedelta(minutes=1)


@pytest.fixture
def short_of_clocks(network, route, clock):
    """Twelve clocks were asked for and ten found: two wait."""
    order = make.order("A", lines={"CLOCK": 12})
    ledger.publish_atp(at=clock - MINUTE)
    route()
    ledger.publish_atp(at=clock)
    return order


def comes(network, code, units, at):
    make.stock(network["RENO"], Sku.objects.get(code=code), units)
    ledger.publish_atp(at=at)


def kinds(order):
    return list(OrderEvent.objects.filter(order=order).order_by("seq").values_list("kind", flat=True))


def test_a_back_ordered_line_is_looked_at_again_when_its_stock_comes(short_of_clocks, network, clock, route):
    comes(network, "CLOCK", 5, clock + MINUTE)
    assert waiting.wake_waiting(at=clock + MINUTE) == 1
    assert list(short_of_clocks.lines.values_list("pending", "backordered")) == [(2, 0)]
    assert route(at=clock + MINUTE) == Sourced(claimed=1, routed=1)
    assert kinds(short_of_clocks) == ["partly_routed", "backordered", "woken", "routed"]
    assert OrderEvent.objects.get(kind="woken").data == {"why": "stock"}


def test_stock_of_another_sku_wakes_nobody(short_of_clocks, network, clock):
    comes(network, "MUG", 5, clock + MINUTE)
    assert waiting.wake_waiting(at=clock + MINUTE) == 0
    assert not Pending.objects.exists()
    assert kinds(short_of_clocks) == ["partly_routed", "backordered"]


def test_a_line_that_was_looked_at_since_the_stock_came_rests(network, clock, route):
    order = make.order("A", lines={"CLOCK": 99}, priority=1)
    make.strategy(make.rule(which_nodes=[{"field": "node", "values": ["RENO"]}]))
    ledger.publish_atp(at=clock - MINUTE)
    route()
    comes(network, "MUG", 5, clock + MINUTE)
    assert [waiting.wake_waiting(at=clock + seconds * MINUTE / 60) for seconds in (61, 120, 180)] == [0, 0, 0]
    assert kinds(order) == ["backordered"]


def test_the_rest_grows_with_the_wait(network, clock, route):
    make.strategy(make.rule(which_nodes=[{"field": "node", "values": ["RENO"]}]))
    make.order("A", lines={"CLOCK": 1})
    route()
    woken = []
    for second in range(1, 61):
        at = clock + timedelta(seconds=second)
        ledger.publish_atp(at=at)
        if waiting_now(at, network):
            woken.append(second)
            route(at=at)
    assert woken == [5, 10, 15, 20, 25, 32, 40, 50]


def waiting_now(at, network):
    """More clocks come to Denver, where no rule looks, every second."""
    make.stock(network["DENVER"], Sku.objects.get(code="CLOCK"), 1)
    ledger.publish_atp(at=at)
    return waiting.wake_waiting(at=at)


def test_an_exception_is_looked_at_again_when_the_rules_change(network, clock, route):
    make.strategy(make.rule(which_orders=[{"field": "region", "values": ["NV"]}]))
    order = make.order()
    route()
    assert waiting.wake_waiting(at=clock + MINUTE) == 0
    make.strategy(at=clock + MINUTE)
    assert waiting.wake_waiting(at=clock + 2 * MINUTE) == 1
    assert OrderException.objects.get().closed_by == "engine"
    assert route(at=clock + 2 * MINUTE) == Sourced(claimed=1, routed=1)
    assert kinds(order) == ["exception", "woken", "routed"]
    assert waiting.wake_waiting(at=clock + 3 * MINUTE) == 0


def test_an_exception_is_looked_at_again_on_the_next_day_of_the_customer(network, clock, route):
    make.strategy(make.rule(which_orders=[{"field": "region", "values": ["NV"]}]))
    make.order()
    route()
    evening = clock.replace(day=11, hour=7, minute=59)  # 23:59 in Sacramento
    assert waiting.wake_waiting(at=evening) == 0
    assert waiting.wake_waiting(at=evening + MINUTE) == 1


def test_a_pickup_is_helped_by_stock_at_its_own_node_alone(network, clock, route):
    Node.objects.filter(code="RENO").update(abilities=["pickup"])
    order = make.order("A", lines={"CLOCK": 1}, method="pickup", pickup_node=network["RENO"])
    route()
    make.stock(network["DENVER"], Sku.objects.get(code="CLOCK"), 5)
    ledger.publish_atp(at=clock + MINUTE)
    assert waiting.wake_waiting(at=clock + MINUTE) == 0
    assert waiting.wake_waiting(at=clock + timedelta(days=1)) == 0
    comes(network, "CLOCK", 1, clock + 2 * MINUTE)
    assert waiting.wake_waiting(at=clock + 2 * MINUTE) == 1
    assert route(at=clock + 2 * MINUTE) == Sourced(claimed=1, routed=1)
    assert kinds(order) == ["backordered", "woken", "routed"]


def test_a_back_order_is_helped_by_a_new_day_only_where_there_is_stock(network, clock, route):
    make.strategy(make.rule(which_nodes=[{"field": "node", "values": ["RENO"]}]))
    make.order("A", lines={"CLOCK": 1})
    make.order("B", lines={"UNKNOWN": 1})
    ledger.publish_atp(at=clock - MINUTE)
    route()
    assert waiting.wake_waiting(at=clock + timedelta(days=1)) == 1
    assert Pending.objects.get().order.ref == "A"


def test_a_held_order_sleeps_on(short_of_clocks, network, clock):
    Order.objects.update(held_reason="fraud check")
    comes(network, "CLOCK", 5, clock + MINUTE)
    assert waiting.wake_waiting(at=clock + MINUTE) == 0
    assert waiting.reopen([short_of_clocks.id], at=clock) == frozenset()


def test_an_order_in_the_queue_already_is_not_woken_twice(short_of_clocks, network, clock):
    comes(network, "CLOCK", 5, clock + MINUTE)
    assert [waiting.wake_waiting(at=clock + MINUTE) for _ in range(2)] == [1, 0]
