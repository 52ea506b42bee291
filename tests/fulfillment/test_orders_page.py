"""The list of orders: who may see it, what finds an order, and what it costs to draw."""

from datetime import timedelta

import pytest

from dom_project.accounts.models import Role
from inventory.models import Channel
from routing.models import Customer, Order
from tests import make

from .sold import AT, shipped, stock

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def reno():
    node = make.node("RENO", name="Reno store")
    stock(node, MUG=300)
    return node


@pytest.fixture
def desk(client):
    client.force_login(make.user(Role.CUSTOMER_SERVICE))
    return client


def text_of(response):
    return response.content.decode()


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
