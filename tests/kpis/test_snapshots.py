from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from fulfillment.models import Feedback, Shipment, ShipmentLine
from inventory.models import StockLevel
from kpis import invariants, snapshots
from kpis.models import Cursor, DailyFact, OrderFact
from routing import history
from routing.models import Allocation, Order, OrderEvent, OrderLine
from tests import make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 10, 15, tzinfo=UTC)


def ship(order, node, *, shipped_at, delivered_at=None, freight=800, handling=200):
    """One parcel with all lines of the order, as the floor would leave it behind."""
    number = order.shipments.count() + 1
    shipment = Shipment.objects.create(
        ref=f"S{order.pk}-{number}",
        order=order,
        node=node,
        parcel=number,
        method=order.method,
        ship_date=shipped_at.date(),
        cut_off_at=shipped_at,
        arrive_date=shipped_at.date(),
        state="delivered" if delivered_at else "shipped",
        dispatched_at=shipped_at - timedelta(hours=2),
        shipped_at=shipped_at,
        delivered_at=delivered_at,
        freight_cost=freight,
        handling_cost=handling,
        currency="USD",
    )
    for line in order.lines.all():
        level, _made = StockLevel.objects.get_or_create(node=node, sku=line.sku)
        allocation = Allocation.objects.create(
            order=order, line=line, level=level, node=node, ship_date=shipped_at.date(), parcel=number,
            quantity=line.ordered, state="shipped", allocated_at=AT,
        )  # fmt: skip
        ShipmentLine.objects.create(
            allocation=allocation,
            shipment=shipment,
            order_line=line,
            sku=line.sku,
            quantity=line.ordered,
            picked=line.ordered,
        )
        units = line.ordered
        OrderLine.objects.filter(pk=line.pk).update(
            pending=0, shipped=units, delivered=units if delivered_at else 0, first_looked_at=AT
        )
    return shipment


def told(order, kind=history.Kind.SHIPPED):
    history.record(kind, [(order.pk, {})], actor="demo", at=AT)


def counted():
    return {
        (fact.day.isoformat(), fact.node, fact.name): (fact.count, fact.amount)
        for fact in DailyFact.objects.exclude(name__in=["orders", "looked"])
    }


def test_a_delivered_order_is_counted_on_its_own_days():
    order, reno = make.order(placed_at=AT), make.node("RENO-DC")
    ship(order, reno, shipped_at=AT + timedelta(hours=3, minutes=7), delivered_at=AT + timedelta(days=2))
    told(order)
    assert snapshots.roll_up(at=AT) == 1
    assert counted() == {
        ("2026-11-10", "RENO-DC", "parcels"): (1, 1000),
        ("2026-11-10", "RENO-DC", "orders_begun"): (1, 0),
        ("2026-11-10", "RENO-DC", "sent:1"): (1, 0),
        ("2026-11-10", "RENO-DC", "to_ship:00012"): (1, 0),
        ("2026-11-13", "RENO-DC", "promised"): (1, 0),
        ("2026-11-13", "RENO-DC", "on_time"): (1, 0),
    }


def test_a_parcel_that_leaves_at_night_counts_on_the_nodes_own_day():
    order, reno = make.order(placed_at=AT), make.node("RENO-DC")
    ship(order, reno, shipped_at=datetime(2026, 11, 11, 6, tzinfo=UTC))
    told(order)
    snapshots.roll_up(at=AT)
    assert ("2026-11-10", "RENO-DC", "parcels") in counted()


def test_an_order_is_on_time_only_when_every_unit_is_there_by_the_first_promise():
    late, open_ = make.order(placed_at=AT), make.order(placed_at=AT)
    reno = make.node("RENO-DC")
    ship(late, reno, shipped_at=AT, delivered_at=late.first_promise_at + timedelta(seconds=1))
    ship(open_, reno, shipped_at=AT)
    told(late), told(open_)
    snapshots.roll_up(at=AT)
    assert counted()["2026-11-13", "RENO-DC", "promised"] == (2, 0)
    assert ("2026-11-13", "RENO-DC", "on_time") not in counted()


def test_a_cancelled_order_is_not_held_against_its_promise():
    order = make.order(placed_at=AT)
    OrderLine.objects.filter(order=order).update(pending=0, cancelled=2)
    told(order, history.Kind.CANCELLED)
    snapshots.roll_up(at=AT)
    assert counted() == {}


def test_an_order_that_changes_node_moves_its_facts_and_leaves_nothing_behind():
    order, reno, dallas = make.order(placed_at=AT), make.node("RENO-DC"), make.node("DALLAS-DC")
    first = ship(order, reno, shipped_at=AT + timedelta(hours=1))
    told(order)
    snapshots.roll_up(at=AT)
    Shipment.objects.filter(pk=first.pk).update(node=dallas)
    told(order)
    snapshots.roll_up(at=AT)
    assert {node for _day, node, _name in counted()} == {"DALLAS-DC"}
    assert invariants.broken_rows() == []


def test_rolling_up_and_rebuilding_end_in_the_same_rows():
    reno = make.node("RENO-DC")
    for hours in range(4):
        order = make.order(placed_at=AT)
        ship(order, reno, shipped_at=AT + timedelta(hours=hours), delivered_at=AT + timedelta(days=hours + 1))
        Feedback.objects.create(order=order, score=2 + hours, given_at=AT + timedelta(days=5))
        told(order)
        snapshots.roll_up(at=AT)
    fields = ["day", "node", "channel", "name", "currency", "count", "amount"]
    rolled = list(DailyFact.objects.order_by(*fields).values_list(*fields))
    assert snapshots.rebuild(at=AT) == 4
    assert list(DailyFact.objects.order_by(*fields).values_list(*fields)) == rolled
    assert counted()["2026-11-15", "RENO-DC", "satisfied"] == (2, 0)


def test_what_has_not_changed_is_not_counted_again():
    order = make.order(placed_at=AT)
    told(order)
    assert (snapshots.roll_up(at=AT), snapshots.roll_up(at=AT)) == (1, 0)
    told(order)
    assert snapshots.roll_up(at=AT) == 1


@contextmanager
def not_yet_committed(order):
    """The order's events are still inside somebody's open transaction."""
    rows = list(OrderEvent.objects.filter(order=order).values())
    OrderEvent.objects.filter(order=order).delete()
    yield
    OrderEvent.objects.bulk_create(OrderEvent(**row) for row in rows)


def test_an_event_that_commits_late_is_still_counted():
    """Two transactions took their ids in the other order than they committed."""
    early, late = make.order(placed_at=AT), make.order(placed_at=AT)
    told(early)
    snapshots.roll_up(at=AT)
    told(late), told(early)
    with not_yet_committed(late):
        assert snapshots.roll_up(at=AT) == 1  # the later id is seen first
    assert snapshots.roll_up(at=AT + timedelta(seconds=5)) == 1
    assert OrderFact.objects.filter(order_id=late.pk).exists()


def test_an_event_that_commits_late_is_counted_even_by_a_roll_up_that_had_read_nothing_yet():
    before, between, seen = (make.order(placed_at=AT) for _ in range(3))
    told(before), told(seen), told(between), told(seen)
    with not_yet_committed(before), not_yet_committed(between):
        assert snapshots.roll_up(at=AT) == 1
    assert snapshots.roll_up(at=AT + timedelta(seconds=5)) == 2
    assert set(OrderFact.objects.values_list("order_id", flat=True)) == {before.pk, between.pk, seen.pk}


def test_an_event_that_commits_after_a_rebuild_is_still_counted():
    order, late = make.order(placed_at=AT), make.order(placed_at=AT)
    told(late), told(order)
    with not_yet_committed(late):
        snapshots.rebuild(at=AT)
    ship(late, make.node("RENO-DC"), shipped_at=AT)
    assert snapshots.roll_up(at=AT + timedelta(seconds=5)) == 1
    assert counted()["2026-11-10", "RENO-DC", "parcels"] == (1, 1000)


def test_an_id_that_never_came_is_forgotten_in_time():
    order, never = make.order(placed_at=AT), make.order(placed_at=AT)
    told(never), told(order)
    OrderEvent.objects.filter(order=never).delete()
    snapshots.roll_up(at=AT)
    assert Cursor.objects.get(name=snapshots.EVENTS).state["gaps"]
    snapshots.roll_up(at=AT + timedelta(seconds=snapshots.GAP_SECONDS))
    assert Cursor.objects.get(name=snapshots.EVENTS).state["gaps"] == {}


def test_hours_that_nobody_recorded_are_said_on_the_overview(client):
    now = datetime.now(UTC)
    client.force_login(make.user())
    assert b"Nothing was recorded" not in client.get("/").content
    snapshots.leave_empty(now - timedelta(days=20), now - timedelta(days=3))
    assert b"Nothing was recorded" in client.get("/").content


def test_a_wrong_sum_is_found():
    order = make.order(placed_at=AT)
    told(order)
    snapshots.roll_up(at=AT)
    assert invariants.broken_rows() == []
    assert Order.objects.count() == 1
    DailyFact.objects.update(count=7)
    assert invariants.broken_rows() != []
