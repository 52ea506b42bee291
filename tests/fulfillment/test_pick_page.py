"""Picking without a browser: scans and counts, short picks, and what is taken away meanwhile."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from dom_project.accounts.models import Role
from fulfillment import orders, shipments
from fulfillment.models import Shipment
from fulfillment.states import State
from inventory import capacity
from inventory.models import Barcode
from routing import sourcing
from routing.models import LineRefusal, Order, OrderEvent, Pending
from tests import make

from .answers import HTMX, picked_units, said, text_of, url
from .sold import AT, everything, figures, on_the_floor, packed, picked, sound, stock

pytestmark = pytest.mark.django_db


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


def test_who_opens_a_colleagues_pick_reads_whose_it_is(floor, reno):
    shipment = on_the_floor(reno)
    sam = make.user(Role.STORE_ASSOCIATE, nodes=(reno,), first_name="Sam", last_name="Lee")
    shipments.start_picking_many([shipment.pk], at=AT, actor=f"user:{sam.pk}")
    assert "Sam Lee is picking it." in text_of(floor.get(url("pick", shipment)))
    assert said(floor.post(url("pick_start", shipment))) == ["Sam Lee is picking it already."]
    assert Shipment.objects.get().picker == f"user:{sam.pk}"


# ── short ──────────────────────────────────────────────────────────────────────────────────────────────────────


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
        ("below nothing", {"found": -1}, "Please give a whole number from 0 to 1,000,000."),
        ("not a number", {"found": "two"}, "Please give a whole number from 0 to 1,000,000."),
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


# ── taken away meanwhile ───────────────────────────────────────────────────────────────────────────────────────


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
    assert "Not sent from here any more: do not bring it" in page
    assert "Pack 1 unit" in page
    answer = floor.post(url("pick_units", shipment), {"line": mug.pk, "units": 1})
    assert answer.status_code == 422
    assert "This line was taken away. Do not bring it." in text_of(answer)
    assert picked_units(shipment) == {"MUG": 0, "TRAY": 1}


def test_a_cancelled_box_leads_to_what_has_to_be_put_back(floor, reno):
    shipment = packed(reno)
    orders.cancel(shipment.order.ref, at=AT, actor="user:3")
    before = everything()
    answer = floor.post(url("pick_ship", shipment), {"tracking_number": "1Z99"})
    assert said(answer) == [f"Stop: {shipment.ref[-4:]} was cancelled."]
    assert everything() == before
    assert "/store/RENO/?tab=put_back" in text_of(floor.get(url("pick", shipment)))


def test_a_page_somebody_types_into_is_left_alone_while_nothing_changed(floor, reno):
    shipment = packed(reno)
    assert floor.get(f"{url('pick', shipment)}?seen=packed", headers=HTMX).status_code == 204
    assert floor.get(f"{url('pick', shipment)}?seen=floor&short=", headers=HTMX)["HX-Redirect"] == url(
        "pick", shipment
    )
