"""The associate's pages without a browser: who may, what is answered, what changed and what did not."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from dom_project.accounts.models import Role
from fulfillment import orders, shipments
from fulfillment.models import Shipment, Task
from fulfillment.states import State
from inventory import capacity
from inventory.models import Barcode, Node
from routing import sourcing
from routing.models import Customer, LineRefusal, Order, OrderEvent, Pending
from tests import make

from .sold import AT, allocate, everything, figures, on_the_floor, packed, picked, shipped, sound, stock

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def reno():
    node = make.node("RENO", name="Reno store")
    stock(node, MUG=60, TRAY=60)
    return node


@pytest.fixture
def picker(reno):
    return make.user(Role.STORE_ASSOCIATE, nodes=(reno,), first_name="Robin", last_name="Hale")


@pytest.fixture
def floor(client, picker):
    client.force_login(picker)
    return client


def url(name, shipment):
    return reverse(name, args=[shipment.node.code, shipment.ref])


def text_of(response):
    return response.content.decode()


def said(response):
    """What the next page says after a redirect."""
    return [str(message) for message in response.wsgi_request._messages]


def picked_units(shipment):
    return dict(shipment.lines.values_list("sku__code", "picked"))


def state_of(shipment):
    return Shipment.objects.get(pk=shipment.pk).state


# ── who sees what ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_associate_of_one_node_lands_on_its_queue(floor, reno):
    assert floor.get("/store/").url == "/store/RENO/"


def test_an_associate_of_two_nodes_chooses_and_sees_no_others(client, reno):
    make.node("ELKO", name="Elko store"), make.node("DENVER", name="Denver store")
    elko = Node.objects.get(code="ELKO")
    client.force_login(make.user(Role.STORE_ASSOCIATE, nodes=(reno, elko)))
    on_the_floor(reno)
    page = text_of(client.get("/store/"))
    assert "/store/RENO/" in page
    assert "/store/ELKO/" in page
    assert "Denver" not in page


def test_an_associate_without_a_node_is_told_who_gives_one(client):
    client.force_login(make.user(Role.STORE_ASSOCIATE))
    assert "No store is yours yet" in text_of(client.get("/store/"))


def test_a_manager_sees_every_node_with_its_counts(client, reno, django_assert_max_num_queries):
    packed(reno), on_the_floor(reno), picked(reno)
    make.node("ELKO", name="Elko store")
    client.force_login(make.user(Role.OPERATIONS_MANAGER))
    with django_assert_max_num_queries(12):
        page = text_of(client.get("/store/"))
    assert "<b>1</b> to pick" in page
    assert "<b>1</b> to pack" in page
    assert "<b>1</b> waiting" in page
    assert "Elko store" in page
    assert "1 node with nothing to do" in page


@pytest.mark.parametrize("role", [Role.EXECUTIVE, Role.CUSTOMER_SERVICE])
def test_who_does_not_work_the_floor_is_told_so(client, reno, role):
    shipment = on_the_floor(reno)
    client.force_login(make.user(role))
    for path in ("/store/", "/store/RENO/", url("pick", shipment)):
        assert client.get(path).status_code == 403
    assert client.post(url("pick_start", shipment)).status_code == 403
    assert state_of(shipment) == State.TO_PICK


def test_somebody_who_has_not_logged_in_is_asked_to(client, reno):
    assert client.get("/store/RENO/").url == "/login/?next=/store/RENO/"


POSTS = ["start", "scan", "units", "short", "lay_back", "pack", "ready", "ship", "hand_over"]


def test_other_peoples_work_is_not_there(client, reno):
    shipment, boxed = on_the_floor(reno), packed(reno)
    orders.cancel(boxed.order.ref, at=AT, actor="user:3")
    task = Task.objects.get()
    elko = make.node("ELKO")
    client.force_login(make.user(Role.STORE_ASSOCIATE, nodes=(elko,)))
    before = everything()
    assert client.get("/store/RENO/").status_code == 404
    assert client.post("/store/RENO/next/").status_code == 404
    for code in ("RENO", "ELKO"):
        assert client.get(f"/store/{code}/{shipment.ref}/").status_code == 404
        assert client.post(f"/store/{code}/put-back/{task.pk}/").status_code == 404
        for action in POSTS:
            answer = client.post(reverse(f"pick_{action}", args=[code, shipment.ref]), {"code": "MUG"})
            assert answer.status_code == 404
    assert client.get("/store/ELKO/NOPE/").status_code == 404
    assert client.post("/store/ELKO/put-back/99999999999999999999/").status_code == 404
    assert everything() == before


def test_a_manager_may_do_every_nodes_work(client, reno):
    shipment = on_the_floor(reno)
    client.force_login(make.user(Role.OPERATIONS_MANAGER))
    client.post(url("pick_start", shipment))
    assert state_of(shipment) == State.PICKING


def test_actions_are_posts_only(floor, reno):
    shipment = on_the_floor(reno)
    for action in POSTS:
        assert floor.get(url(f"pick_{action}", shipment)).status_code == 405


# ── the queue ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("count", [1, 50])
def test_the_queue_asks_no_more_for_fifty_than_for_one(floor, reno, count, django_assert_max_num_queries):
    stock(reno, CUP=200)
    make_many = [make.order(lines={"CUP": 1}) for _ in range(count)]
    for order in make_many:
        allocate(order, reno)
    shipments.dispatch_due(at=AT, actor="engine")
    ids = list(Shipment.objects.values_list("id", flat=True))
    with django_assert_max_num_queries(12):
        assert text_of(floor.get("/store/RENO/")).count('<li class="card pick-card') == count
    shipments.start_picking_many(ids, at=AT, actor="user:7")
    with django_assert_max_num_queries(12):
        assert text_of(floor.get("/store/RENO/?tab=picking")).count('<li class="card pick-card') == count
    with django_assert_max_num_queries(12):
        floor.get(f"/store/RENO/{Shipment.objects.first().ref}/")


def test_the_most_urgent_comes_first_and_says_why_and_until_when(floor, reno):
    later, sooner = on_the_floor(reno), on_the_floor(reno)
    now = timezone.now()
    Shipment.objects.filter(pk=later.pk).update(cut_off_at=now + timedelta(hours=5, minutes=1))
    Shipment.objects.filter(pk=sooner.pk).update(cut_off_at=now + timedelta(minutes=40, seconds=30))
    page = text_of(floor.get("/store/RENO/"))
    assert page.index(sooner.ref) < page.index(later.ref)
    assert "40 min left" in page
    assert "5 h " in page
    assert "Best place for this order, 180 km from the customer." in page
    assert f"Start picking next: {sooner.ref[-4:]}" in page


def test_a_fragment_is_the_rows_alone(floor, reno):
    shipment = on_the_floor(reno)
    part = floor.get("/store/RENO/", headers=HTMX)
    assert shipment.ref in text_of(part)
    assert "<html" not in text_of(part)
    assert "HX-Request" in part["Vary"]


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("to_pick", "Nothing to pick"),
        ("picking", "Nobody is picking"),
        ("to_pack", "Nothing to pack"),
        ("ready", "Nothing waits"),
        ("done", "Nothing has left yet today"),
        ("put_back", "Nothing to put back"),
        ("no-such-tab", "Nothing to pick"),
    ],
)
def test_an_empty_tab_says_what_would_be_there(floor, tab, words):
    assert words in text_of(floor.get(f"/store/RENO/?tab={tab}"))


def test_starting_the_next_takes_the_most_urgent(floor, reno, picker):
    later, sooner = on_the_floor(reno), on_the_floor(reno)
    Shipment.objects.filter(pk=sooner.pk).update(cut_off_at=AT - timedelta(days=1))
    answer = floor.post("/store/RENO/next/", {"seen": sooner.ref})
    assert answer.url == f"/store/RENO/{sooner.ref}/"
    assert said(answer) == []
    sooner.refresh_from_db()
    assert (sooner.state, sooner.picker, state_of(later)) == (State.PICKING, f"user:{picker.pk}", State.TO_PICK)


def test_who_comes_second_is_told_who_was_faster_and_gets_the_next(floor, reno):
    wanted, other = on_the_floor(reno), on_the_floor(reno)
    rival = make.user(Role.STORE_ASSOCIATE, nodes=(reno,), first_name="Sam", last_name="Lee")
    shipments.start_picking_many([wanted.pk], at=AT, actor=f"user:{rival.pk}")
    answer = floor.post("/store/RENO/next/", {"seen": wanted.ref})
    assert answer.url == f"/store/RENO/{other.ref}/"
    assert said(answer) == [f"Sam Lee was faster with {wanted.ref[-4:]}. This is the next one."]
    answer = floor.post("/store/RENO/next/", {"seen": wanted.ref})
    assert (answer.url, said(answer)[-1]) == ("/store/RENO/", f"Sam Lee was faster with {wanted.ref[-4:]}.")
    assert Shipment.objects.get(pk=wanted.pk).picker == f"user:{rival.pk}"


def test_goods_are_put_back_once(floor, reno):
    boxed = packed(reno)
    orders.cancel(boxed.order.ref, at=AT, actor="user:3")
    task = Task.objects.get()
    assert figures(reno) == (60, 2, 0)
    assert "Back on the shelf" in text_of(floor.get("/store/RENO/?tab=put_back"))
    path = f"/store/RENO/put-back/{task.pk}/"
    first = floor.post(path)
    assert first.url == "/store/RENO/?tab=put_back"
    assert figures(reno) == (60, 0, 0)
    before = everything()
    second = floor.post(path)
    assert said(second)[-1] == "These goods are back on the shelf already."
    assert everything() == before
    assert sound()


# ── picking ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_scan_counts_one_unit_by_barcode_or_sku_and_starts_the_pick(floor, reno, picker):
    shipment = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1})
    Barcode.objects.create(sku=shipment.lines.get(sku__code="MUG").sku, code="0400123456796")
    part = floor.post(url("pick_scan", shipment), {"code": "0400123456796", "key": "a"}, headers=HTMX)
    assert part.status_code == 200
    assert "MUG: 1 of 2." in text_of(part)
    assert "<html" not in text_of(part)
    plain = floor.post(url("pick_scan", shipment), {"code": " TRAY ", "key": "b"})
    assert plain.url == url("pick", shipment)
    assert said(plain) == ["TRAY: 1 of 1."]
    assert picked_units(shipment) == {"MUG": 1, "TRAY": 1}
    assert Shipment.objects.get(pk=shipment.pk).picker == f"user:{picker.pk}"


def test_the_same_scan_sent_again_counts_nothing(floor, reno):
    shipment = on_the_floor(reno)
    floor.post(url("pick_scan", shipment), {"code": "MUG", "key": "one"})
    before = everything()
    again = floor.post(url("pick_scan", shipment), {"code": "MUG", "key": "one"}, headers=HTMX)
    assert again.status_code == 200
    assert everything() == before
    floor.post(url("pick_scan", shipment), {"code": "MUG", "key": "two"})
    assert picked_units(shipment) == {"MUG": 2}


@pytest.mark.parametrize(
    ("case", "code", "words"),
    [
        ("another item", "TRAY", "This is Tray (TRAY). Expected: Mug (MUG)."),
        ("nothing we know", "999", "Nothing has the code 999. Expected: Mug (MUG)."),
        ("an empty field", "", "Scan a barcode, or type it or the SKU."),
        ("half a scanner", "a" * 65, "Scan a barcode, or type it or the SKU."),
        ("a broken character", "MU\0G", "Scan a barcode, or type it or the SKU."),
    ],
)
def test_a_wrong_scan_names_what_is_expected_and_changes_nothing(floor, reno, case, code, words):
    shipment = on_the_floor(reno)
    before = everything()
    for headers in ({}, HTMX):
        answer = floor.post(url("pick_scan", shipment), {"code": code, "key": "k"}, headers=headers)
        assert answer.status_code == 422
        assert words in text_of(answer)
    assert everything() == before


def test_one_unit_too_many_is_told(floor, reno):
    shipment = picked(reno)
    answer = floor.post(url("pick_scan", shipment), {"code": "MUG", "key": "k"})
    assert answer.status_code == 422
    assert "All of MUG is picked. Expected: nothing more, all is picked." in text_of(answer)


def test_units_are_set_by_hand_and_one_is_put_back(floor, reno):
    shipment = on_the_floor(reno)
    line = shipment.lines.get()
    for units in (2, 2, 1):
        assert floor.post(url("pick_units", shipment), {"line": line.pk, "units": units}).status_code == 302
        assert picked_units(shipment) == {"MUG": units}
    before = everything()
    for wrong in ({"line": line.pk, "units": 3}, {"line": line.pk, "units": -1}, {"line": line.pk, "units": 10**9},
                  {"line": "x", "units": 1}, {"line": 10**12, "units": 1}, {}):  # fmt: skip
        assert floor.post(url("pick_units", shipment), wrong).status_code == 422
    assert everything() == before


def test_another_shipments_line_is_not_counted_here(floor, reno):
    shipment, other = on_the_floor(reno), on_the_floor(reno)
    before = everything()
    wrong = {"line": other.lines.get().pk, "units": 1, "reason": "missing", "found": 0}
    assert floor.post(url("pick_units", shipment), wrong).status_code == 422
    assert floor.post(url("pick_short", shipment), wrong).status_code == 422
    assert everything() == before


def test_work_goes_back_to_the_queue(floor, reno):
    shipment = on_the_floor(reno)
    floor.post(url("pick_scan", shipment), {"code": "MUG", "key": "k"})
    assert "Put the 1 unit you picked on the shelf first." in text_of(floor.get(url("pick", shipment)))
    assert floor.post(url("pick_lay_back", shipment)).url == "/store/RENO/"
    shipment.refresh_from_db()
    assert (shipment.state, shipment.picker, shipment.picking_at) == (State.TO_PICK, "", None)
    assert picked_units(shipment) == {"MUG": 0}
    again = floor.post(url("pick_lay_back", shipment))
    assert said(again)[-1] == "It is back in the queue already."
    kinds = list(OrderEvent.objects.filter(order=shipment.order).order_by("seq").values_list("kind", flat=True))
    assert kinds[-2:] == ["picking", "laid_back"]
    assert sound()


# ── short ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_short_says_its_consequence_before_and_routes_the_rest_elsewhere(floor, reno):
    denver = make.node("DENVER", name="Denver store")
    stock(denver, MUG=5)
    make.rate_card(), make.strategy()
    shipment = on_the_floor(reno)
    line = shipment.lines.get()
    before = text_of(floor.get(f"{url('pick', shipment)}?short={line.pk}"))
    assert "What you did not find is routed again at once, never to Reno store." in before
    answer = floor.post(url("pick_short", shipment), {"line": line.pk, "reason": "missing", "found": 1})
    assert answer.url == url("pick", shipment)
    assert said(answer) == ["Mug: 1 routed again, never to Reno store."]
    assert figures(reno) == (1, 1, 0)
    assert LineRefusal.objects.get().node == reno
    capacity.open_days(at=AT)
    Pending.objects.update(next_at=Now() - timedelta(days=1))
    sourcing.source_due(at=AT, owner="test")
    assert Order.objects.get(pk=shipment.order_id).parcels.filter(node=denver).count() == 1
    assert "Missing: routed again" in text_of(floor.get(url("pick", shipment)))
    assert sound()


def test_a_short_sent_twice_is_one_short(floor, reno):
    shipment = on_the_floor(reno, lines={"MUG": 3})
    sent = {"line": shipment.lines.get().pk, "reason": "damaged", "found": 1}
    floor.post(url("pick_short", shipment), sent)
    before = everything()
    again = floor.post(url("pick_short", shipment), sent)
    assert said(again)[-1] == "That is reported already."
    assert everything() == before
    assert figures(reno) == (58, 1, 0)


def test_nothing_found_at_all_closes_the_shipment_once(floor, reno):
    shipment = on_the_floor(reno)
    sent = {"line": shipment.lines.get().pk, "reason": "damaged", "found": 0}
    assert floor.post(url("pick_short", shipment), sent).url == "/store/RENO/"
    before = everything()
    again = floor.post(url("pick_short", shipment), sent)
    assert again.status_code == 302
    assert everything() == before
    assert "Nothing of this was found" in text_of(floor.get(url("pick", shipment)))
    assert sound()


@pytest.mark.parametrize(
    ("case", "change", "words"),
    [
        ("no reason", {"reason": ""}, "Say why: missing or damaged."),
        ("another reason", {"reason": "lost"}, "Select a valid choice"),
        ("all found", {"found": 2}, "All of MUG was found, so nothing is short."),
        ("more than all", {"found": 3}, "MUG: 3 units can&#x27;t be, at most 2 are asked for."),
        ("below nothing", {"found": -1}, "greater than or equal to 0"),
        ("not a number", {"found": "two"}, "Enter a whole number."),
    ],
)
def test_a_short_that_cannot_be_is_answered_with_its_form(floor, reno, case, change, words):
    shipment = on_the_floor(reno)
    before = everything()
    sent = {"line": shipment.lines.get().pk, "reason": "missing", "found": 1} | change
    answer = floor.post(url("pick_short", shipment), sent, headers=HTMX)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert 'id="short-form"' in text_of(answer)
    assert everything() == before


# ── taken away meanwhile ──────────────────────────────────────────────────────────────────────────────────────


def test_a_cancelled_pick_shows_the_stop_sign_and_takes_nothing_more(floor, reno, picker):
    shipment = on_the_floor(reno)
    line = shipment.lines.get()
    floor.post(url("pick_scan", shipment), {"code": "MUG", "key": "k"})
    orders.cancel(shipment.order.ref, at=timezone.now(), actor="user:3")
    poll = floor.get(f"{url('pick', shipment)}?seen=floor", headers=HTMX)
    assert poll["HX-Redirect"] == url("pick", shipment)
    assert "Stop: this was cancelled." in text_of(floor.get(url("pick", shipment)))
    assert f"Stop: {shipment.ref[-4:]} was cancelled." in text_of(floor.get("/store/RENO/"))
    before = everything()
    stop = f"Stop: {shipment.ref[-4:]} was cancelled."
    for action, sent in [
        ("scan", {"code": "MUG", "key": "later"}),
        ("units", {"line": line.pk, "units": 2}),
        ("pack", {}),
        ("start", {}),
        ("lay_back", {}),
        ("short", {"line": line.pk, "reason": "missing", "found": 0}),
    ]:
        answer = floor.post(url(f"pick_{action}", shipment), sent)
        told = said(answer)[-1] if answer.status_code == 302 else text_of(answer)
        assert stop in told or "This line was taken away. Do not bring it." in told, action
    assert everything() == before


def test_a_recalled_line_is_crossed_out_and_the_rest_goes_on(floor, reno):
    shipment = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1})
    floor.post(url("pick_scan", shipment), {"code": "TRAY", "key": "k"})
    mug = shipment.lines.get(sku__code="MUG")
    shipments.recall_many([mug.pk], at=AT, actor="engine")
    page = text_of(floor.get(url("pick", shipment)))
    assert "Goes from another node: do not bring it" in page
    assert "Pack 1 unit" in page
    answer = floor.post(url("pick_units", shipment), {"line": mug.pk, "units": 1})
    assert answer.status_code == 422
    assert "This line was taken away. Do not bring it." in text_of(answer)
    assert picked_units(shipment) == {"MUG": 0, "TRAY": 1}


def test_a_cancelled_box_leads_to_what_has_to_be_put_back(floor, reno):
    shipment = packed(reno)
    orders.cancel(shipment.order.ref, at=AT, actor="user:3")
    before = everything()
    answer = floor.post(url("pick_ship", shipment), {"tracking_number": "1Z9"})
    assert said(answer) == [f"Stop: {shipment.ref[-4:]} was cancelled."]
    assert everything() == before
    assert "/store/RENO/?tab=put_back" in text_of(floor.get(url("pick", shipment)))


def test_a_page_somebody_types_into_is_left_alone_while_nothing_changed(floor, reno):
    shipment = packed(reno)
    assert floor.get(f"{url('pick', shipment)}?seen=packed", headers=HTMX).status_code == 204
    assert floor.get(f"{url('pick', shipment)}?seen=floor&short=", headers=HTMX)["HX-Redirect"] == url(
        "pick", shipment
    )


# ── packed and gone ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_parcel_is_packed_and_shipped_each_once(floor, reno):
    shipment = picked(reno)
    assert "Pack 2 units" in text_of(floor.get(url("pick", shipment)))
    for words in ("Packed.", "It is packed already."):
        assert said(floor.post(url("pick_pack", shipment)))[-1] == words
    page = text_of(floor.get(f"{url('pick', shipment)}?number=own"))
    assert f'value="FL-{shipment.ref[1:]}"' in page
    sent = {"tracking_number": "1Z9"}
    first = floor.post(url("pick_ship", shipment), sent)
    assert (first.url, said(first)[-1]) == ("/store/RENO/?tab=ready", "On its way with 1Z9.")
    before = everything()
    second = floor.post(url("pick_ship", shipment), {"tracking_number": "OTHER"})
    assert said(second)[-1] == "It has left already."
    assert everything() == before
    assert (figures(reno), Shipment.objects.get().tracking_number) == ((58, 0, 0), "1Z9")
    assert "1Z9" in text_of(floor.get(url("pick", shipment)))
    assert sound()


def test_a_parcel_does_not_leave_without_its_number(floor, reno):
    shipment = packed(reno)
    before = everything()
    for number in ("", "   ", "x" * 65):
        answer = floor.post(url("pick_ship", shipment), {"tracking_number": number}, headers=HTMX)
        assert answer.status_code == 422
        assert "field-errors" in text_of(answer)
    assert everything() == before


def test_half_a_pick_is_not_packed(floor, reno):
    shipment = on_the_floor(reno)
    floor.post(url("pick_scan", shipment), {"code": "MUG", "key": "k"})
    before = everything()
    answer = floor.post(url("pick_pack", shipment))
    assert answer.status_code == 422
    assert "is not fully picked" in text_of(answer)
    assert everything() == before


def test_a_pickup_is_made_ready_and_handed_over_to_who_gave_the_name(floor, reno):
    ada = Customer.objects.create(name="Ada Field", created_at=AT)
    shipment = packed(reno, method="pickup", pickup_node=reno, customer=ada)
    for words in ("Ready: the customer may come.", "It is ready already."):
        assert said(floor.post(url("pick_ready", shipment)))[-1] == words
    assert "Ada Field" in text_of(floor.get(url("pick", shipment)))
    before = everything()
    answer = floor.post(url("pick_hand_over", shipment))
    assert answer.status_code == 422
    assert "Ask for the name first." in text_of(answer)
    assert everything() == before
    for words in ("Handed over.", "It was handed over already."):
        assert said(floor.post(url("pick_hand_over", shipment), {"checked": "on"}))[-1] == words
    assert Shipment.objects.get().state == State.HANDED_OVER
    assert sound()


def test_the_wrong_way_out_is_refused_in_words(floor, reno):
    parcel, bag = packed(reno), packed(reno, method="pickup", pickup_node=reno)
    before = everything()
    for name, shipment, words in [
        ("pick_ready", parcel, "goes with a carrier: ship it."),
        ("pick_ship", bag, "is collected by the customer: hand it over."),
    ]:
        answer = floor.post(url(name, shipment), {"tracking_number": "1Z9"})
        assert answer.status_code == 422
        assert words in text_of(answer)
    late = floor.post(url("pick_hand_over", bag), {"checked": "on"})
    assert said(late)[-1] == f"Shipment {bag.ref} is Packed and can't become Handed over."
    assert everything() == before


def test_who_opens_a_colleagues_pick_reads_whose_it_is(floor, reno):
    shipment = on_the_floor(reno)
    sam = make.user(Role.STORE_ASSOCIATE, nodes=(reno,), first_name="Sam", last_name="Lee")
    shipments.start_picking_many([shipment.pk], at=AT, actor=f"user:{sam.pk}")
    assert "Sam Lee is picking it." in text_of(floor.get(url("pick", shipment)))
    assert said(floor.post(url("pick_start", shipment))) == ["Sam Lee is picking it already."]
    assert Shipment.objects.get().picker == f"user:{sam.pk}"


def test_what_left_today_is_listed_with_its_number(floor, reno):
    shipment = shipped(reno, "1Z77")
    Shipment.objects.filter(pk=shipment.pk).update(closed_at=timezone.now(), shipped_at=timezone.now())
    assert "1Z77" in text_of(floor.get("/store/RENO/?tab=done"))
