from datetime import datetime

import pytest
from django.db import transaction
from django.db.models import F

from routing import demand, history, pending
from routing.history import Event, Kind
from routing.models import Order, OrderEvent, OrderException, OrderLine, Outbox, Pending
from tests import make

pytestmark = pytest.mark.django_db


def told(order: Order) -> list[tuple[int, str, dict[str, object]]]:
    return list(OrderEvent.objects.filter(order=order).order_by("seq").values_list("seq", "kind", "data"))


def state_after(order: Order, clock: datetime, **lines: int) -> str:
    OrderLine.objects.filter(order=order).update(**{"pending": 0} | lines)
    history.record(Kind.TRACKING, [(order.id, {})], actor="engine", at=clock)
    order.refresh_from_db()
    return order.state


def test_events_of_many_orders_are_each_orders_own_sequence_without_gaps(clock):
    mug, lamp = make.order("A"), make.order("B")
    history.record(Kind.ACCEPTED, [(mug.id, {}), (lamp.id, {})], actor="token:3", at=clock, request_id="r-1")
    history.record_many(
        [
            Event(lamp.id, Kind.HELD, {"reason": "fraud check"}),
            Event(mug.id, Kind.TRACKING, {"n": 1}),
            Event(lamp.id, Kind.UNHELD, {}),
        ],
        actor="user:12",
        at=clock,
    )
    assert told(mug) == [(1, "accepted", {}), (2, "tracking", {"n": 1})]
    assert told(lamp) == [(1, "accepted", {}), (2, "held", {"reason": "fraud check"}), (3, "unheld", {})]
    assert list(Order.objects.order_by("ref").values_list("event_seq", flat=True)) == [2, 3]
    first = OrderEvent.objects.get(order=mug, seq=1)
    assert (first.day, first.actor, first.request_id, first.at) == (mug.day, "token:3", "r-1", clock)


def test_every_event_is_told_to_the_outside_world_with_the_order_it_is_about(clock):
    order = make.order("A", order_ref="WEB-77")
    history.record(Kind.CANCELLED, [(order.id, {"lines": ["1"]})], actor="engine", at=clock)
    message = Outbox.objects.get()
    assert (message.aggregate, message.seq, message.topic) == (order.id, 1, "order.cancelled")
    assert message.payload == {
        "order": "A",
        "channel": "web",
        "order_ref": "WEB-77",
        "kind": "cancelled",
        "state": "pending",
        "data": {"lines": ["1"]},
        "at": "2026-11-10T15:00:00+00:00",
    }


def test_no_events_write_nothing(clock, django_assert_num_queries):
    with django_assert_num_queries(0):
        history.record(Kind.ACCEPTED, [], actor="engine", at=clock)


def test_any_number_of_events_is_one_statement(clock, django_assert_num_queries):
    orders = [make.order() for _ in range(5)]
    with django_assert_num_queries(1):
        history.record(Kind.ACCEPTED, [(order.id, {}) for order in orders], actor="engine", at=clock)


def test_an_order_nobody_looked_at_is_pending(clock):
    order = make.order()
    assert state_after(order, clock, pending=2) == "pending"


@pytest.mark.parametrize(
    ("state", "lines"),
    [
        ("cancelled", {"cancelled": 2}),
        ("delivered", {"shipped": 1, "delivered": 1, "cancelled": 1}),
        ("shipped", {"shipped": 2, "delivered": 1}),
        ("backordered", {"allocated": 1, "backordered": 1}),
        ("partly_shipped", {"shipped": 1, "allocated": 1}),
        ("routed", {"allocated": 1, "cancelled": 1}),
        ("partly_routed", {"allocated": 1, "pending": 1}),
    ],
)
def test_the_state_is_derived_from_the_lines(clock, state, lines):
    assert state_after(make.order(), clock, **lines) == state


def test_a_held_order_is_held_until_it_has_shipped(clock):
    order = make.order(held_reason="fraud check")
    assert state_after(order, clock, allocated=2) == "held"
    assert state_after(order, clock, allocated=0, shipped=2) == "shipped"


def test_an_open_exception_shows_only_while_nothing_is_being_looked_at(clock):
    order = make.order()
    raised = OrderException.objects.create(order=order, reason="no_rule", raised_at=clock)
    assert state_after(order, clock, pending=2) == "pending"
    Pending.objects.all().delete()
    assert state_after(order, clock, pending=2) == "exception"
    OrderException.objects.filter(pk=raised.pk).update(closed_at=clock)
    assert state_after(order, clock, pending=2) == "pending"


def test_the_moment_of_being_fully_routed_is_kept_for_good(clock):
    order = make.order()
    state_after(order, clock, allocated=1, pending=1)
    assert order.routed_at is None
    state_after(order, clock, allocated=2)
    assert order.routed_at == clock
    history.record(Kind.TRACKING, [(order.id, {})], actor="engine", at=clock.replace(hour=20))
    order.refresh_from_db()
    assert order.routed_at == clock


def test_locking_orders_answers_which_there_are(clock):
    order = make.order()
    with transaction.atomic():
        assert demand.lock_orders([order.id + 1, order.id]) == {order.id}
    assert demand.days_of([order.id]) == {order.id: order.day}


def test_delivered_and_returned_units_are_added_to_their_lines(clock):
    order = make.order(lines={"MUG": 2, "LAMP": 3})
    OrderLine.objects.update(pending=0, shipped=F("ordered"))
    mug, lamp = order.lines.order_by("position").values_list("id", flat=True)
    assert demand.count_delivered([(mug, 1), (lamp, 1), (lamp, 2)]) == 2
    assert demand.count_returned([(lamp, 1)]) == 1
    assert list(order.lines.order_by("position").values_list("delivered", "returned")) == [(1, 0), (3, 1)]


def test_adding_work_to_a_held_order_waits_for_its_release(clock):
    order = make.order(held_reason="fraud check", due=False)
    assert pending.add([order.id], at=clock) == 0
    assert not Pending.objects.exists()
