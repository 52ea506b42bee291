"""From the shelf to the door with the real engine: a short pick in one place is made good by another."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from fulfillment import orders, shipments, words
from fulfillment.models import Shipment
from inventory import capacity
from routing import sourcing
from routing.models import Order, OrderEvent, Pending
from tests import make

from .sold import sound, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def network(clock):
    """Reno is near and Denver far; both have mugs."""
    make.strategy()
    make.rate_card()
    reno = make.node("RENO")
    denver = make.node("DENVER", latitude=39.74, longitude=-104.99, region="CO", time_zone="America/Denver")
    for node in (reno, denver):
        stock(node, MUG=10)
    capacity.open_days(at=clock)
    return {"RENO": reno, "DENVER": denver}


def route(at):
    Pending.objects.update(next_at=Now() - timedelta(days=1), lease_until=None)
    sourcing.source_due(at=at, owner="one")
    shipments.dispatch_due(at=at, actor="engine")


def open_shipments():
    return list(Shipment.objects.filter(closed_at=None).order_by("id").values_list("node__code", flat=True))


def test_a_short_pick_is_made_good_by_another_node(network, clock):
    order = make.order(lines={"MUG": 3})
    route(clock)  # 1: three mugs come from Reno, the nearest
    assert open_shipments() == ["RENO"]
    first = Shipment.objects.get()
    assert words.why(first.why) == "Sending it from here costs least."

    noon = clock + timedelta(hours=2)  # 2: one is found
    shipments.report_short(first.lines.get().id, 1, "missing", at=noon, actor="user:7")
    route(noon)  # 3: Denver sends the other two, Reno is not asked again
    assert open_shipments() == ["RENO", "DENVER"]
    second = Shipment.objects.get(node=network["DENVER"])
    assert words.why(second.why) == "RENO was short of it, so you send it."
    assert (second.parcel, second.lines.get().quantity) == (2, 2)

    shipments.pick_whole_many([second.id], at=noon, actor="user:8")  # 4: both leave and arrive
    shipments.pack_many([first.id, second.id], at=noon, actor="user:8")
    evening = clock + timedelta(hours=8)
    shipments.ship_many([(first.id, "TRK1"), (second.id, "TRK2")], at=evening, actor="user:8")
    shipments.deliver_many([first.id, second.id], at=evening + timedelta(days=2), actor="feed:ups")
    order.refresh_from_db()
    assert order.state == "delivered"
    kinds = list(OrderEvent.objects.filter(order=order).order_by("seq").values_list("kind", flat=True))
    assert kinds == [
        "routed", "dispatched", "picking", "picked_short", "routed", "dispatched", "picking", "packed", "packed",
        "shipped", "shipped", "delivered", "delivered",
    ]  # fmt: skip
    assert sound()


def test_a_cancelled_part_leaves_the_rest_to_be_routed(network, clock):
    order = make.order(lines={"MUG": 2, "CLOCK": 1})
    route(clock)
    orders.cancel(order.ref, line_refs=["2"], at=clock, actor="user:3")
    order = Order.objects.get()
    assert order.state == "routed"
    assert open_shipments() == ["RENO"]
    assert sound()
