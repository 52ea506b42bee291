from datetime import date, timedelta

import pytest
from django.db.models import F

from inventory import capacity
from inventory.models import NodeDay, StockLevel
from routing import sourcing
from routing.models import (
    Allocation,
    Order,
    OrderEvent,
    OrderLine,
    Outbox,
    Pending,
    PlanParcel,
)
from routing.sourcing import Sourced
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def network(clock):
    """Reno is near and Denver far; both keep mugs and lamps, Denver alone has clocks."""
    make.strategy()
    make.rate_card()
    reno = make.node("RENO")
    denver = make.node("DENVER", latitude=39.74, longitude=-104.99, region="CO", time_zone="America/Denver")
    for code, units in (("MUG", 10), ("LAMP", 10), ("CLOCK", 0)):
        sku = make.sku(code)
        if units:
            make.stock(reno, sku, units)
        make.stock(denver, sku, 10)
    capacity.open_days(at=clock)


def route(clock) -> Sourced:
    Pending.objects.update(next_at=F("since_at"), lease_until=None)
    return sourcing.source_due(at=clock, owner="one")


def counters(order: Order) -> list[tuple[int, int, int]]:
    return list(order.lines.order_by("position").values_list("pending", "allocated", "backordered"))


def kinds(order: Order) -> list[str]:
    return list(OrderEvent.objects.filter(order=order).order_by("seq").values_list("kind", flat=True))


@pytest.mark.usefixtures("network")
def test_an_order_is_routed_to_the_nearest_node_that_has_all_of_it(clock):
    order = make.order(lines={"MUG": 2, "LAMP": 1})
    assert route(clock) == Sourced(claimed=1, routed=1)
    order.refresh_from_db()
    assert (order.state, order.routed_at) == ("routed", clock)
    assert counters(order) == [(0, 2, 0), (0, 1, 0)]
    parcel = PlanParcel.objects.get()
    assert (parcel.number, parcel.node.code, parcel.ship_date) == (1, "RENO", date(2026, 11, 10))
    assert parcel.handling_cost == 150 + 3 * 40
    assert parcel.arrive_date == parcel.ship_date + timedelta(days=parcel.transit_days)
    rows = Allocation.objects.values_list("node__code", "parcel", "quantity", "ship_date", "state", "level__sku__code")
    assert set(rows) == {
        ("RENO", 1, 2, date(2026, 11, 10), "open", "MUG"),
        ("RENO", 1, 1, date(2026, 11, 10), "open", "LAMP"),
    }
    assert list(StockLevel.objects.filter(allocated__gt=0).values_list("node__code", "allocated").order_by("id")) == [
        ("RENO", 2),
        ("RENO", 1),
    ]
    assert NodeDay.objects.get(node__code="RENO", ship_date=date(2026, 11, 10)).taken == 1
    assert kinds(order) == ["routed"]
    assert Outbox.objects.get().topic == "order.routed"
    assert not Pending.objects.exists()
    assert not OrderLine.objects.exclude(first_looked_at=clock, last_looked_at=clock, stocked_out=False).exists()
