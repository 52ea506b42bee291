"""The list of orders: who may see it, what finds an order, and what it costs to draw."""

from datetime import timedelta

import pytest

from dom_project.accounts.models import Role
from fulfillment import orders, shipments
from inventory.models import Channel
from routing.models import Customer, Order
from tests import make

from .answers import HTMX, text_of
from .sold import AT, packed, shipped, sold, stock

pytestmark = pytest.mark.django_db


def named(order, name):
    Order.objects.filter(pk=order.pk).update(customer=Customer.objects.create(name=name, created_at=AT))
    return order


def test_orders_are_for_who_has_to_do_with_them(client, reno):
    assert client.get("/orders/").url == "/login/?next=/orders/"
    client.force_login(make.user(Role.STORE_ASSOCIATE))
    assert client.get("/orders/").status_code == 403


def test_a_name_finds_every_order_of_it(desk):
    for name in ("Ada Finch", "Ada Juniper", "Bob Finch"):
        named(make.order(), name)
    page = text_of(desk.get("/orders/", {"q": "ada"}))
    assert "Ada Finch" in page
    assert "Ada Juniper" in page
    assert "Bob Finch" not in page


def test_what_finds_one_order_leads_to_it(desk, reno):
    order = named(shipped(reno, "1Z99").order, "Ada Finch")
    named(make.order(), "Bob Juniper")
    for text in ("finch ada", order.order_ref, "1z99"):
        assert desk.get("/orders/", {"q": text}).url == f"/orders/{order.ref}/", text
    assert text_of(desk.get("/orders/", {"q": "ada"}, headers=HTMX)).count("<tr data-row-link>") == 1


def test_what_finds_nothing_says_how_to_search(desk):
    make.order()
    page = text_of(desk.get("/orders/", {"q": "nobody"}))
    assert "No order found" in page
    assert "names by how their words begin" in page


def test_a_retailer_without_orders_reads_where_they_come_from(desk):
    assert "No orders yet" in text_of(desk.get("/orders/"))


def test_states_and_channels_filter_and_keep_each_other(desk, reno):
    gone, waiting = shipped(reno).order, make.order()
    kiosk = Channel.objects.create(
        code="kiosk", name="Kiosk", time_zone="UTC", currency="USD", legal_entity=gone.channel.legal_entity
    )
    there = make.order(channel=kiosk)
    page = text_of(desk.get("/orders/", {"state": "pending", "channel": "kiosk"}))
    assert there.order_ref in page
    assert gone.order_ref not in page
    assert waiting.order_ref not in page
    assert f'href="?state=pending&amp;channel={gone.channel.code}"' in page
    assert 'href="?state=pending" aria-current="true">Kiosk' in page
    assert 'href="?channel=kiosk"' in page


def test_what_was_cancelled_is_no_longer_to_be_paid(desk, reno):
    stock(reno, TRAY=9)
    part, whole = sold(reno, lines={"MUG": 2, "TRAY": 1}), sold(reno, lines={"MUG": 3})
    orders.cancel(part.ref, line_refs=["1"], at=AT, actor="user:3")
    orders.cancel(whole.ref, at=AT, actor="user:3")
    page = text_of(desk.get("/orders/"))
    assert '$19.90<div class="cell-sub">$39.80 cancelled</div></td>' in page
    assert "<s>$59.70</s></td>" in page
    assert page.count("cancelled</div>") == 1


def test_what_waits_for_its_customer_is_found_under_a_state_of_its_own(desk, reno):
    bag, parcel = packed(reno, method="pickup", pickup_node=reno), packed(reno)
    shipments.make_ready_many([bag.pk], at=AT, actor="user:7")
    page = text_of(desk.get("/orders/", {"state": "ready"}))
    assert 'href="?state=ready" aria-current="true">Ready for pickup <span class="count">1</span>' in page
    assert bag.order.order_ref in page
    assert parcel.order.order_ref not in page
    assert "Ready for pickup</span>" in text_of(desk.get(f"/orders/{bag.order.ref}/"))
    assert "Ready for pickup" not in text_of(desk.get(f"/orders/{parcel.order.ref}/"))


def test_a_parcel_is_promised_for_a_day_there_and_a_pickup_for_an_hour_of_the_store(desk, reno):
    make.order(promise_at=AT + timedelta(days=3, hours=16))  # the end of Friday in California
    make.order(method="pickup", pickup_node=reno, promise_at=AT + timedelta(hours=6))
    page = text_of(desk.get("/orders/"))
    assert "<td>Fri 13 Nov" in page
    assert ">Tue 10 Nov, 13:00 PST</time>" in page


@pytest.mark.parametrize("count", [1, 50])
def test_the_list_asks_no_more_for_fifty_orders_than_for_one(desk, reno, count, django_assert_max_num_queries):
    for _ in range(count):
        named(shipped(reno).order if count == 1 else make.order(), "Ada Finch")
    desk.get("/orders/")
    with django_assert_max_num_queries(8):
        page = text_of(desk.get("/orders/"))
    assert page.count("<tr data-row-link>") == count


@pytest.mark.parametrize("place", ["nonsense", "2026-11-10T15:00:00_1", "2026-11-10T15:00:00+00:00_-4", "\x00"])
def test_a_place_in_the_list_that_nobody_wrote_is_its_beginning(desk, place):
    order = make.order()
    assert order.order_ref in text_of(desk.get("/orders/", {"after": place}))


def test_the_search_box_finds_skus_and_nodes_too(client, desk, reno):
    named(shipped(reno).order, "Mugsy Dell"), named(shipped(reno, "TRK2").order, "Ada Field")
    assert "Nodes and SKUs" not in text_of(desk.get("/orders/", {"q": "reno"}))
    client.force_login(make.user(Role.OPERATIONS_MANAGER))
    page = text_of(client.get("/orders/", {"q": "mug"}))
    assert "/inventory/skus/MUG/" in page
    page = text_of(client.get("/orders/", {"q": "reno"}))
    assert "/network/RENO/" in page


def test_the_beginning_of_a_reference_finds_its_orders(desk):
    make.order("WEB-1001"), make.order("WEB-1002"), make.order("POS_77")
    page = text_of(desk.get("/orders/", {"q": "web-10"}))
    assert ("WEB-1001" in page, "WEB-1002" in page, "POS_77" in page) == (True, True, False)
    assert desk.get("/orders/", {"q": "pos_"}).status_code == 302
    for text in ("we", "web%", "pos-", "_os_77"):
        assert "No order found" in text_of(desk.get("/orders/", {"q": text})), text


def test_a_whole_reference_leads_to_its_order_though_others_begin_so(desk):
    whole = make.order("WEB-10")
    make.order("WEB-101")
    assert desk.get("/orders/", {"q": "web-10"}).url == f"/orders/{whole.ref}/"


def test_the_hint_promises_only_what_the_person_can_find(client, desk):
    page = text_of(desk.get("/orders/"))
    assert ("SKU" in page, "Order or customer" in page) == (False, True)
    client.force_login(make.user(Role.OPERATIONS_MANAGER))
    assert "SKUs and nodes are found by name, code or barcode." in text_of(client.get("/orders/"))
