from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from inventory import audit, capacity
from inventory.capacity import ParcelSlot
from inventory.models import NodeDay
from tests import make

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 10)
AT = datetime(2026, 11, 10, 15, tzinfo=UTC)


def day(node) -> tuple[int, int, int]:
    return NodeDay.objects.filter(node=node, ship_date=DAY).values_list("cap", "taken", "overload").get()


def slots(node, *orders: int, parcel: int = 1) -> list[ParcelSlot]:
    return [ParcelSlot(order, node.pk, DAY, parcel) for order in orders]


def test_slots_are_granted_first_come_first_served_and_orders_whole():
    near, far = make.node(), make.node()
    capacity.set_cap(near.pk, DAY, 2, at=AT, actor="user:1")
    capacity.set_cap(far.pk, DAY, 1, at=AT, actor="user:1")
    asked = slots(near, 1, 2) + slots(far, 2) + slots(near, 3) + slots(far, 3, 4)
    assert capacity.grant_many(asked) == {3, 4}
    assert (day(near), day(far)) == ((2, 0, 0), (1, 0, 0))
    capacity.take_many(slots(near, 1, 2) + slots(far, 2))
    assert (day(near), day(far)) == ((2, 2, 0), (1, 1, 0))
    assert capacity.grant_many(slots(near, 5)) == {5}


def test_a_parcel_takes_one_slot_however_many_allocations_it_has():
    node = make.node()
    capacity.set_cap(node.pk, DAY, 1, at=AT, actor="user:1")
    assert capacity.grant_many(slots(node, 1, 1)) == set()
    capacity.take_many(slots(node, 1, 1))
    assert day(node) == (1, 1, 0)
    capacity.give_back_many(slots(node, 1, 1))
    assert day(node) == (1, 0, 0)


def test_an_order_that_needs_more_slots_than_a_day_has_holds_up_nobody():
    node = make.node()
    capacity.set_cap(node.pk, DAY, 1, at=AT, actor="user:1")
    assert capacity.grant_many(slots(node, 1) + slots(node, 1, parcel=2) + slots(node, 2)) == {1}


def test_a_day_without_a_row_is_closed():
    assert capacity.grant_many(slots(make.node(), 1)) == {1}


def test_slots_that_were_not_granted_can_not_be_taken():
    node = make.node()
    capacity.set_cap(node.pk, DAY, 1, at=AT, actor="user:1")
    with pytest.raises(IntegrityError, match="taken_is_within_cap_or_known_overload"), transaction.atomic():
        capacity.take_many(slots(node, 1, 2))
    assert day(node) == (1, 0, 0)


def test_a_lowered_cap_raises_overload_which_goes_as_slots_come_back():
    node = make.node()
    capacity.set_cap(node.pk, DAY, 5, at=AT, actor="user:1")
    capacity.take_many(slots(node, 1, 2, 3, 4, 5))
    capacity.set_cap(node.pk, DAY, 2, at=AT, actor="user:1")
    assert day(node) == (2, 5, 3)
    assert capacity.grant_many(slots(node, 6)) == {6}
    capacity.give_back_many(slots(node, 1, 2))
    assert day(node) == (2, 3, 1)
    capacity.give_back_many(slots(node, 3, 4))
    assert day(node) == (2, 1, 0)


def test_days_are_opened_from_the_nodes_own_today():
    hours = {str(weekday): ["09:00", "18:00"] for weekday in range(5)}
    node = make.node(hours=hours, holidays=[date(2026, 11, 26)], daily_capacity=7)
    before_midnight_there = datetime(2026, 11, 17, 7, tzinfo=UTC)  # the 16th in Reno
    assert capacity.open_days(at=before_midnight_there) == 15
    caps = dict(NodeDay.objects.filter(node=node).values_list("ship_date", "cap"))
    assert (min(caps), max(caps)) == (date(2026, 11, 16), date(2026, 11, 30))
    assert sorted(closed for closed, cap in caps.items() if cap == 0) == [
        date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 26), date(2026, 11, 28), date(2026, 11, 29),
    ]  # fmt: skip
    assert {cap for cap in caps.values() if cap} == {7}


def test_opening_again_follows_the_node_and_keeps_what_is_taken_and_what_a_person_set():
    node = make.node(daily_capacity=7)
    capacity.open_days(at=AT)
    capacity.take_many(slots(node, 1, 2, 3))
    capacity.set_cap(node.pk, DAY + timedelta(days=1), 4, at=AT, actor="user:1")
    node.daily_capacity = 2
    node.save()
    assert capacity.open_days(at=AT, node_ids=[node.pk]) == 14
    assert day(node) == (2, 3, 1)
    assert NodeDay.objects.get(node=node, ship_date=DAY + timedelta(days=1)).cap == 4
    assert capacity.open_days(at=AT) == 0


def test_who_set_a_days_cap_is_remembered_with_the_moment():
    node = make.node()
    capacity.set_cap(node.pk, DAY, 5, at=AT, actor="user:1")
    capacity.set_cap(node.pk, DAY, 5, at=AT, actor="user:2")  # as it was
    capacity.set_cap(node.pk, DAY, 2, at=AT + timedelta(hours=1), actor="token:3")
    told = [(change.at, change.what, change.actor, change.values["cap"]) for change in audit.changes("NodeDayEvent")]
    assert told == [(AT + timedelta(hours=1), "update", "token:3", 2), (AT, "insert", "user:1", 5)]
