from datetime import timedelta

import pytest
from django.http import Http404

from dom_project.accounts.models import Role
from dom_project.lib.crypto import keyed_hash
from fulfillment import access, orders, queue, search, shipments, words
from fulfillment.models import Shipment, Task
from fulfillment.queue import Tab
from fulfillment.shipments import Reason
from inventory.models import StockLevel
from routing.models import Customer
from tests import make

from .sold import AT, on_the_floor, packed, picked, shipped, sold, stock

pytestmark = pytest.mark.django_db


def test_each_shipment_is_on_one_tab(reno, django_assert_num_queries):
    waiting, boxed, gone = on_the_floor(reno), packed(reno), shipped(reno)
    half = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1})
    shipments.pick_many([(half.lines.get(sku__code="MUG").id, 2)], at=AT, actor="user:7")
    full = picked(reno)
    with django_assert_num_queries(1):
        assert queue.counts(reno, at=AT) == dict.fromkeys(Tab, 1)
    for tab, shipment in zip(Tab, (waiting, half, full, boxed, gone), strict=True):
        with django_assert_num_queries(2):
            [card] = queue.cards(reno, tab, at=AT)
        assert (card.ref, card.tab) == (shipment.ref, tab)
    assert queue.counts(make.node(), at=AT) == dict.fromkeys(Tab, 0)
    tomorrow = AT + timedelta(days=1)
    assert queue.cards(reno, Tab.DONE, at=tomorrow) == []


def test_a_card_says_what_to_do_by_when_and_why(reno):
    StockLevel.objects.filter(sku__code="TRAY").update(shelf="A-01")
    shipment = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1})
    [card] = queue.cards(reno, Tab.TO_PICK, at=AT)
    assert card == queue.card(shipment.id, at=AT)
    assert card.minutes_left == 8 * 60  # until 15:00 in Reno
    assert (card.units, card.picked) == (3, 0)
    assert [(item.sku, item.shelf, item.quantity, item.left) for item in card.items] == [
        ("MUG", "", 2, 2),
        ("TRAY", "A-01", 1, 1),
    ]
    assert words.why(card.why) == "Best place for this order, 180 km from the customer."
    assert queue.card(shipment.id, at=AT + timedelta(hours=9)).minutes_left == -60
    with pytest.raises(LookupError):
        queue.card(10**9, at=AT)


def test_a_stopped_line_and_a_stopped_shipment_stay_visible_for_the_picker(reno):
    shipment = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1})
    shipments.start_picking_many([shipment.id], at=AT, actor="user:7")
    orders.cancel(shipment.order.ref, line_refs=["1"], at=AT, actor="user:3")
    [card] = queue.cards(reno, Tab.PICKING, at=AT)
    assert [(item.sku, item.stopped, item.left) for item in card.items] == [("MUG", True, 0), ("TRAY", False, 1)]
    assert card.units == 1
    orders.cancel(shipment.order.ref, at=AT, actor="user:3")
    assert queue.cards(reno, Tab.PICKING, at=AT) == []
    [sign] = queue.stopped(reno, at=AT + timedelta(minutes=29))
    assert (sign.ref, sign.cancel_reason) == (shipment.ref, "cancelled")
    assert queue.stopped(reno, at=AT + timedelta(minutes=31)) == []


def test_what_was_reported_short_counts_no_longer_as_work(reno):
    shipment = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1})
    shipments.report_short(shipment.lines.get(sku__code="MUG").pk, 1, Reason.MISSING, at=AT, actor="user:7")
    [card] = queue.cards(reno, Tab.PICKING, at=AT)
    assert [(item.sku, item.quantity, item.reason) for item in card.items] == [
        ("MUG", 1, ""),
        ("MUG", 1, "missing"),
        ("TRAY", 1, ""),
    ]
    assert (card.units, card.picked) == (2, 1)


def test_goods_to_put_back_are_listed_until_they_are(reno):
    shipment = packed(reno)
    orders.cancel(shipment.order.ref, at=AT, actor="user:3")
    [task] = queue.put_backs(reno)
    assert (task.shipment_ref, task.sku, task.quantity, task.created_at) == (shipment.ref, "MUG", 2, AT)
    orders.put_back_done([task.id], at=AT, actor="user:7")
    assert queue.put_backs(reno) == []


def test_other_peoples_work_does_not_exist(reno):
    denver = make.node("DENVER")
    shipment = packed(reno)
    orders.cancel(shipment.order.ref, at=AT, actor="user:3")
    task = Task.objects.get()
    for user in (make.user(Role.STORE_ASSOCIATE, nodes=(reno,)), make.user(Role.OPERATIONS_MANAGER)):
        assert access.shipment_for(user, shipment.ref) == shipment
        assert access.order_for(user, shipment.order.ref) == shipment.order
        assert access.task_for(user, task.id) == task
    stranger = make.user(Role.STORE_ASSOCIATE, nodes=(denver,))
    for find, ref in [
        (access.shipment_for, shipment.ref),
        (access.order_for, shipment.order.ref),
        (access.task_for, task.id),
        (access.order_for, "NOPE"),
    ]:
        with pytest.raises(Http404):
            find(stranger, ref)


def test_a_pickup_order_is_known_to_its_shop(reno):
    order = make.order(method="pickup", pickup_node=reno)
    assert access.order_for(make.user(Role.STORE_ASSOCIATE, nodes=(reno,)), order.ref) == order


def test_an_order_is_found_by_what_a_person_has_in_hand(reno, django_assert_num_queries):
    shipment = shipped(reno, "1Z99")
    order = shipment.order
    order.customer = Customer.objects.create(
        name="Ada O'Brien-Maës",
        email_hash=keyed_hash("ada@example.com"),
        phone_hash=keyed_hash("7755550100"),
        created_at=AT,
    )
    order.save()
    make.order()
    whole = [order.ref, order.order_ref, order.order_ref.lower(), shipment.ref, "1Z99"]
    for text in [*whole, " Ada@Example.com ", "+1 (775) 555-0100", "ada", "O'BRIEN", "brien ad", "maë", "Brien-Maës"]:
        with django_assert_num_queries(1):
            [row] = search.orders(text=text).rows
        assert (row.ref, row.customer, row.units, row.shipped, row.nodes) == (
            order.ref,
            "Ada O'Brien-Maës",
            2,
            2,
            ["RENO"],
        )
    for text in ("nobody", "a", "da", "ada lovelace", "' | a:* & !(", "1:*", "ada@", "&"):
        assert search.orders(text=text).rows == [], text


def test_a_list_holds_what_its_reader_may_open_and_nothing_else(reno):
    dallas = make.node("DALLAS")
    stock(dallas, MUG=10)
    here, there = on_the_floor(reno).order, on_the_floor(dallas).order
    allocated = sold(reno)  # not on its floor yet
    collected = make.order(method="pickup", pickup_node=reno)
    bound = make.user(Role.INTEGRATION, nodes=(reno,))
    opened = set(access.orders_of(bound).values_list("ref", flat=True))
    assert {row.ref for row in search.orders(nodes=[reno.id]).rows} == opened == {here.ref, collected.ref}
    assert search.count_by_state(nodes=[reno.id]) == {"routed": 1, "pending": 1}
    assert access.order_for(bound, here.ref) == here
    for ref in (there.ref, allocated.ref):
        with pytest.raises(access.NoSuchOrder):
            access.order_for(bound, ref)


def test_orders_are_listed_by_state_and_node_page_by_page(reno):
    gone = shipped(reno).order
    waiting = [make.order(placed_at=AT + timedelta(hours=hour)) for hour in range(3)]
    assert [row.ref for row in search.orders(states=["shipped"]).rows] == [gone.ref]
    assert [row.ref for row in search.orders(nodes=[reno.id]).rows] == [gone.ref]
    assert search.orders(nodes=[]).rows == []
    assert search.count_by_state() == {"pending": 3, "shipped": 1}
    assert search.count_by_state(accepted_from=AT + timedelta(minutes=1)) == {"pending": 2}
    first = search.orders(limit=3)
    assert [row.ref for row in first.rows] == [waiting[2].ref, waiting[1].ref, waiting[0].ref]
    last = search.orders(limit=3, before=first.before)
    assert ([row.ref for row in last.rows], last.before) == ([gone.ref], None)
    assert Shipment.objects.count() == 1
