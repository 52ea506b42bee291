"""When the floor gets its work: at once for today, as the day begins for later ones."""

from datetime import timedelta

import pytest
import time_machine

from dom_project.accounts.models import Role
from fulfillment import queue, shipments
from fulfillment.models import Shipment
from routing import in_hand
from routing.models import Order, PlanParcel
from tests import make

from .sold import AT, allocate, sound, stock


@pytest.fixture
def for_tomorrow(db):
    """An order that leaves Reno on the next day; it is 07:00 there."""
    reno = make.node("RENO")
    stock(reno, MUG=50)
    order = make.order("LATER")
    allocate(order, reno, day=AT.date() + timedelta(days=1))
    return order


def floor_gets(at) -> int:
    return shipments.dispatch_due(at=at, actor="engine")


def test_what_leaves_on_a_later_day_is_kept_until_that_day_begins_at_its_node(for_tomorrow):
    midnight = AT.replace(hour=8) + timedelta(days=1)
    assert floor_gets(AT) == 0
    assert floor_gets(midnight - timedelta(seconds=1)) == 0
    assert floor_gets(midnight) == 1
    assert Shipment.objects.get().ship_date == PlanParcel.objects.get().ship_date
    assert sound()


def test_of_one_order_each_parcel_has_its_own_day(for_tomorrow):
    now = make.node("SPARKS")
    stock(now, LAMP=5)
    order = make.order("BOTH", lines={"LAMP": 1, "MUG": 1})
    allocate(order, now, {"LAMP": 1})
    allocate(order, PlanParcel.objects.get(order=for_tomorrow).node, {"MUG": 1}, day=AT.date() + timedelta(days=1))
    assert floor_gets(AT) == 1
    assert Shipment.objects.get().node == now
    assert floor_gets(AT + timedelta(days=1)) == 2
    assert sound()


def test_a_pickup_waits_for_no_day(for_tomorrow):
    Order.objects.update(method="pickup")
    assert floor_gets(AT) == 1


def test_switched_off_the_floor_gets_everything_at_once(for_tomorrow):
    assert in_hand.is_on()
    assert in_hand.switch(False, at=AT, actor="user:1")
    assert floor_gets(AT) == 1


def test_switching_to_what_it_is_leaves_no_trace(db):
    assert not in_hand.switch(True, at=AT, actor="user:1")
    assert in_hand.last_switch() is None


def test_a_node_that_has_time_gets_its_later_days_now_and_nobody_elses(for_tomorrow):
    reno, elsewhere = PlanParcel.objects.get().node, make.node("SPARKS")
    stock(elsewhere, LAMP=5)
    order = make.order("BOTH", lines={"MUG": 1, "LAMP": 1})
    allocate(order, reno, {"MUG": 1}, day=AT.date() + timedelta(days=2))
    allocate(order, elsewhere, {"LAMP": 1}, day=AT.date() + timedelta(days=1))
    assert shipments.dispatch_ahead(reno.id, at=AT, actor="user:7") == 2
    assert set(Shipment.objects.values_list("node__code", "order__ref")) == {("RENO", "LATER"), ("RENO", "BOTH")}
    assert shipments.dispatch_ahead(reno.id, at=AT, actor="user:7") == 0
    assert sound()


def test_a_held_order_is_not_sent_ahead(for_tomorrow):
    Order.objects.update(held_reason="fraud check")
    assert shipments.dispatch_ahead(PlanParcel.objects.get().node_id, at=AT, actor="user:7") == 0


def test_what_the_floor_gets_at_the_next_ring_is_not_in_hand(for_tomorrow):
    reno = PlanParcel.objects.get().node
    assert queue.in_hand(reno, at=AT) == 1
    assert queue.in_hand(reno, at=AT + timedelta(days=1)) == 0
    Order.objects.update(method="pickup")
    assert queue.in_hand(reno, at=AT) == 0


@time_machine.travel(AT, tick=False)
def test_the_queue_tells_what_is_in_hand_and_takes_it(client, for_tomorrow):
    reno = PlanParcel.objects.get().node
    client.force_login(make.user(Role.STORE_ASSOCIATE, nodes=(reno,)))
    assert "1 parcel is planned here for a later day." in client.get("/store/RENO/").content.decode()
    answer = client.post("/store/RENO/ahead/", follow=True)
    assert "1 parcel more to pick." in answer.content.decode()
    assert answer.context["in_hand"] == 0
    assert "Nothing is in hand" in client.post("/store/RENO/ahead/", follow=True).content.decode()
    other = make.node("SPARKS")
    assert client.post(f"/store/{other.code}/ahead/").status_code == 404
