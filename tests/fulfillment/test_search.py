"""What the list of orders tells of each: its state as people call it, and what is still to be paid."""

import pytest

from fulfillment import dossier, orders, search, shipments
from fulfillment.models import Shipment
from routing.models import Allocation, Order
from tests import make

from .sold import AT, allocate, on_the_floor, packed, sold

pytestmark = pytest.mark.django_db


def test_an_order_that_waits_for_its_customer_is_ready_not_routed(reno, django_assert_num_queries):
    pickup = {"method": "pickup", "pickup_node": reno}
    ready, on_shelf = (packed(reno, **pickup) for _ in range(2))
    in_hand, boxed = on_the_floor(reno, **pickup).order, packed(reno).order
    half = sold(reno, lines={"MUG": 1, "TRAY": 1}, **pickup)
    shipments.dispatch_due(at=AT, actor="engine")
    half_shipment = Shipment.objects.get(order=half)
    shipments.pick_whole_many([half_shipment.pk], at=AT, actor="user:7")
    shipments.pack_many([half_shipment.pk], at=AT, actor="user:7")
    shipments.make_ready_many([ready.pk, on_shelf.pk, half_shipment.pk], at=AT, actor="user:7")
    shipments.hand_over_many([on_shelf.pk], at=AT, actor="user:7")
    with django_assert_num_queries(1):
        rows = search.orders(states=["ready"]).rows
    assert {(row.ref, row.state) for row in rows} == {(ready.order.ref, "ready"), (half.ref, "ready")}
    assert {row.ref for row in search.orders(states=["routed"]).rows} == {in_hand.ref, boxed.ref}
    assert search.count_by_state() == {"ready": 2, "routed": 2, "delivered": 1}
    for row in search.orders().rows:
        order = Order.objects.get(ref=row.ref)
        waits = dossier.waits_for_customer(order.state, order.method, dossier.parcels(order.id), pending=0)
        assert waits == (row.state == "ready"), row.ref


def test_a_pickup_of_which_more_is_to_come_is_not_ready_yet(reno):
    pickup = {"method": "pickup", "pickup_node": reno}
    order = make.order(lines={"MUG": 3}, **pickup)
    allocate(order, reno, {"MUG": 1})
    shipments.dispatch_due(at=AT, actor="engine")
    shipment = Shipment.objects.get(order=order)
    shipments.pick_whole_many([shipment.pk], at=AT, actor="user:7")
    shipments.pack_many([shipment.pk], at=AT, actor="user:7")
    shipments.make_ready_many([shipment.pk], at=AT, actor="user:7")
    assert search.count_by_state() == {"partly_routed": 1}
    allocate(order, reno, {"MUG": 2})
    assert search.count_by_state() == {"routed": 1}
    assert not dossier.waits_for_customer("routed", "pickup", dossier.parcels(order.id), pending=0)


def test_a_pickup_with_units_that_no_node_was_found_for_yet_is_not_ready(reno):
    order = make.order(lines={"MUG": 3}, method="pickup", pickup_node=reno)
    for _ in range(2):
        allocate(order, reno, {"MUG": 1})
        shipments.dispatch_due(at=AT, actor="engine")
    collected, on_shelf = Shipment.objects.filter(order=order).order_by("parcel")
    ids = [collected.pk, on_shelf.pk]
    shipments.pick_whole_many(ids, at=AT, actor="user:7")
    shipments.pack_many(ids, at=AT, actor="user:7")
    shipments.make_ready_many(ids, at=AT, actor="user:7")
    shipments.hand_over_many([collected.pk], at=AT, actor="user:7")
    assert search.count_by_state() == {"partly_shipped": 1}
    parcels = dossier.parcels(order.id)
    assert not dossier.waits_for_customer("partly_shipped", "pickup", parcels, pending=1)
    assert dossier.waits_for_customer("partly_shipped", "pickup", parcels, pending=0)


def test_what_is_due_is_the_value_of_what_is_not_cancelled(reno, django_assert_num_queries):
    order = sold(reno, lines={"MUG": 2, "TRAY": 1})
    [row] = search.orders().rows
    assert (row.value, row.due, row.cancelled) == (5970, 5970, 0)
    orders.cancel(order.ref, line_refs=["1"], at=AT, actor="user:3")
    with django_assert_num_queries(1):
        [row] = search.orders().rows
    assert (row.value, row.due, row.cancelled) == (5970, 1990, 3980)


def test_what_the_ledger_moved_for_an_order_is_found_by_its_key(reno):
    order = sold(reno, lines={"MUG": 2})
    sold(reno, lines={"MUG": 1})
    allocation = Allocation.objects.get(order=order)
    for key in (f"alloc:{allocation.pk}", f"ship:{allocation.pk}", f"release:{allocation.pk}"):
        assert [row.ref for row in search.orders(text=key).rows] == [order.ref]
    for key in (f"count:{allocation.pk}", "alloc:", f"alloc:{'9' * 18}", f"alloc:{'9' * 30}"):
        assert not search.orders(text=key).rows
