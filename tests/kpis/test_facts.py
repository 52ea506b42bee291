"""Whether an order was on time, counted of what the floor really did."""

from datetime import timedelta

import pytest

from fulfillment import orders, shipments
from fulfillment.models import Shipment, Task
from kpis import behind, invariants, periods, snapshots
from kpis.metrics import FIGURES
from kpis.models import DailyFact
from routing import history
from routing.history import Kind
from routing.models import Order
from tests import make
from tests.fulfillment.sold import AT, allocate, stock

pytestmark = pytest.mark.django_db
ACTOR = "user:7"
HOUR = timedelta(hours=1)


def counted(at=AT) -> dict[str, int]:
    """What is said of promises, by name, rolled up and checked against counting anew."""
    snapshots.roll_up(at=at)
    assert invariants.broken_rows() == []
    return dict(DailyFact.objects.filter(name__in=["promised", "on_time"]).values_list("name", "count"))


def in_two_parcels(method: str, **beside: int) -> tuple[Order, Shipment, Shipment]:
    """Two mugs (and what else is asked for) in one parcel and two bowls in another, both on the floor."""
    reno = make.node("RENO")
    stock(reno, MUG=5, BOWL=5, **dict.fromkeys(beside, 5))
    order = make.order("O-1", lines={"MUG": 2, "BOWL": 2, **beside}, method=method)
    allocate(order, reno, {"MUG": 2, **beside})
    allocate(order, reno, {"BOWL": 2})
    shipments.dispatch_due(at=AT, actor="engine")
    mugs, bowls = Shipment.objects.filter(order=order).order_by("parcel")
    return order, mugs, bowls


def make_ready(shipment: Shipment, at=AT) -> None:
    shipments.pick_whole_many([shipment.id], at=at, actor=ACTOR)
    shipments.pack_many([shipment.id], at=at, actor=ACTOR)
    shipments.make_ready_many([shipment.id], at=at, actor=ACTOR)


def deliver(shipment: Shipment, at) -> None:
    shipments.pick_whole_many([shipment.id], at=at, actor=ACTOR)
    shipments.pack_many([shipment.id], at=at, actor=ACTOR)
    shipments.ship_many([(shipment.id, f"TRK{shipment.id}")], at=at, actor=ACTOR)
    shipments.deliver_many([shipment.id], at=at, actor=ACTOR)


def test_goods_cancelled_on_the_shelf_do_not_stand_in_for_goods_that_are_not_ready():
    """Four units stood ready, four are wanted, and yet only two of the wanted ones stand there."""
    order, mugs, bowls = in_two_parcels("pickup", CUP=2)
    make_ready(mugs)
    orders.cancel(order.ref, line_refs=["1"], at=AT, actor=ACTOR)
    assert counted() == {"promised": 1}
    orders.put_back_done(Task.objects.values_list("id", flat=True), at=AT, actor=ACTOR)
    assert counted() == {"promised": 1}
    make_ready(bowls, at=AT + HOUR)
    assert counted() == {"promised": 1, "on_time": 1}


def test_a_pickup_in_two_parcels_is_on_time_when_both_stand_ready_by_the_promise():
    order, mugs, bowls = in_two_parcels("pickup")
    make_ready(mugs)
    assert counted() == {"promised": 1}
    make_ready(bowls, at=order.first_promise_at)
    assert counted() == {"promised": 1, "on_time": 1}


def test_a_pickup_whose_second_parcel_is_ready_too_late_is_late():
    order, mugs, bowls = in_two_parcels("pickup")
    make_ready(mugs)
    make_ready(bowls, at=order.first_promise_at + timedelta(seconds=1))
    assert counted() == {"promised": 1}


def test_a_parcel_whose_goods_were_cancelled_does_not_make_the_rest_late():
    """The mugs stood ready after the promise, in a parcel that keeps nothing else: nobody wants them any more."""
    order, mugs, bowls = in_two_parcels("pickup")
    make_ready(bowls)
    make_ready(mugs, at=order.first_promise_at + HOUR)
    assert counted() == {"promised": 1}
    orders.cancel(order.ref, line_refs=["1"], at=order.first_promise_at + HOUR, actor=ACTOR)
    assert counted() == {"promised": 1, "on_time": 1}


def test_goods_that_wait_to_be_put_back_are_no_longer_wanted():
    order, mugs, bowls = in_two_parcels("pickup")
    make_ready(mugs), make_ready(bowls)
    orders.cancel(order.ref, line_refs=["1"], at=AT, actor=ACTOR)
    assert Task.objects.filter(done_at=None).count() == 1
    assert counted() == {"promised": 1, "on_time": 1}
    orders.cancel(order.ref, at=AT, actor=ACTOR)
    assert counted() == {}


def test_a_pickup_that_was_collected_stays_on_time():
    order, mugs, bowls = in_two_parcels("pickup")
    make_ready(mugs), make_ready(bowls)
    shipments.hand_over_many([mugs.id, bowls.id], at=order.first_promise_at + HOUR, actor=ACTOR)
    assert counted() == {"promised": 1, "on_time": 1}


def test_a_shipped_order_needs_both_parcels_at_the_door():
    order, mugs, bowls = in_two_parcels("ship")
    deliver(mugs, AT)
    assert counted() == {"promised": 1}
    deliver(bowls, order.first_promise_at)
    assert counted() == {"promised": 1, "on_time": 1}


def moved(order: Order, saved: int, *, to: str, at=AT) -> None:
    told = {"saved": saved, "currency": "USD", "parcels": [{"node": to}], "from": ["DENVER"], "sooner": 0}
    history.record(Kind.REPLANNED, [(order.id, told)], actor="engine", at=at)


def test_what_planning_anew_saved_is_a_fact_of_the_day_and_node_that_an_order_moved_to():
    make.node("RENO")
    first, second = make.order("O-1"), make.order("O-2")
    moved(first, 120, to="RENO")
    moved(first, -20, to="RENO")
    moved(second, 300, to="RENO", at=AT + 20 * HOUR)
    snapshots.roll_up(at=AT)
    assert invariants.broken_rows() == []
    found = DailyFact.objects.filter(name="replanned").order_by("day")
    assert [(str(f.day), f.node, f.channel, f.count, f.amount, f.currency) for f in found] == [
        ("2026-11-10", "RENO", "web", 2, 100, "USD"),
        ("2026-11-11", "RENO", "web", 1, 300, "USD"),
    ]
    snapshots.rebuild(at=AT)
    assert DailyFact.objects.filter(name="replanned").count() == 2


def test_an_order_is_split_from_the_day_on_which_its_second_parcel_leaves():
    _order, mugs, bowls = in_two_parcels("ship")
    deliver(mugs, AT)
    snapshots.roll_up(at=AT)
    sent = DailyFact.objects.filter(name__startswith="sent:")
    assert list(sent.values_list("name", "node", "count")) == [("sent:1", "RENO", 1)]
    deliver(bowls, AT + 30 * HOUR)
    snapshots.roll_up(at=AT)
    assert invariants.broken_rows() == []
    assert [(str(f.day), f.name, f.count) for f in sent.all()] == [("2026-11-10", "sent:2", 1)]


def test_the_orders_behind_the_split_rate_tell_their_parcels():
    _order, mugs, bowls = in_two_parcels("ship")
    deliver(mugs, AT), deliver(bowls, AT)
    snapshots.roll_up(at=AT)
    days = periods.Period(AT.date(), AT.date())
    page = behind.orders(FIGURES["split_rate"], days, at=AT, only="hurts")
    assert [(row.order_ref, row.parcels) for row in page.rows] == [("O-1", 2)]
    assert (page.total, page.counted) == (1, 1)
