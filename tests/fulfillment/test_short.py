import pytest

from dom_project.lib.api_errors import BadInput, NotFound, Refused
from fulfillment import shipments
from fulfillment.models import Shipment, ShipmentLine
from fulfillment.shipments import report_short
from fulfillment.states import IllegalMove
from inventory.models import FloorEvidence, LedgerEntry, NodeDay
from routing import shortfalls
from routing.models import Allocation, LineRefusal, Order, OrderEvent, OrderLine, Pending
from tests import make

from .sold import AT, allocate, everything, figures, on_the_floor, packed, picked, sold, sound, stock

pytestmark = pytest.mark.django_db
PICKER = "user:7"


@pytest.fixture
def reno():
    node = make.node("RENO")
    stock(node, MUG=10, TRAY=10)
    return node


def line_of(shipment, code="MUG"):
    return shipment.lines.get(sku__code=code, closed_at=None)


def test_what_is_missing_is_sourced_elsewhere_and_what_was_found_goes_on(reno):
    shipment = on_the_floor(reno, lines={"MUG": 5})
    line = line_of(shipment)
    told = report_short(line.id, 2, "missing", at=AT, actor=PICKER)
    assert told == (shipment.id, 3, False)
    order = shipment.order
    assert figures(reno) == (2, 2, 0)  # the shelf is empty: only what was found is there
    ordered = OrderLine.objects.get()
    assert (ordered.allocated, ordered.pending) == (2, 3)
    assert Pending.objects.filter(order=order).exists()
    refusal = LineRefusal.objects.get()
    assert (refusal.line, refusal.node, refusal.reason, refusal.at) == (ordered, reno, "missing", AT)
    kept, gone = Allocation.objects.order_by("id")
    assert [(a.quantity, a.state) for a in (kept, gone)] == [(2, "open"), (3, "released")]
    shown = list(ShipmentLine.objects.order_by("id").values_list("allocation", "quantity", "picked", "close_reason"))
    assert shown == [(kept.id, 2, 2, ""), (gone.id, 3, 0, "missing")]
    evidence = FloorEvidence.objects.get()
    assert (evidence.counted, evidence.observed_at, evidence.actor) == (2, AT, PICKER)
    event = OrderEvent.objects.latest("seq")
    assert event.kind == "picked_short"
    assert event.data == {
        "shipment": shipment.ref,
        "node": "RENO",
        "cancelled": False,
        "line_ref": "1",
        "sku": "MUG",
        "found": 2,
        "units": 3,
        "reason": "missing",
    }
    assert Shipment.objects.get().state == "picking"
    assert shipments.pack_many([shipment.id], at=AT, actor=PICKER) == [shipment.id]
    assert sound()


def test_an_empty_shelf_leaves_every_order_what_its_picker_holds(reno):
    boxed = packed(reno, lines={"MUG": 2})
    in_the_basket = on_the_floor(reno, lines={"MUG": 3})
    shipments.pick_many([(line_of(in_the_basket).id, 1)], at=AT, actor="user:8")
    not_started = on_the_floor(reno, lines={"MUG": 1})
    undispatched = sold(reno, lines={"MUG": 1})
    mine = Shipment.objects.get(pk=on_the_floor_first(undispatched, reno).pk)
    report_short(line_of(mine).id, 1, "missing", at=AT, actor=PICKER)
    # picked and not shipped: 2 in the box, 1 in the other basket, 1 of this pick
    on_hand, allocated, shortfall = figures(reno)
    assert on_hand == 2 + 1 + 1
    assert allocated == 2 + 3 + 1 + 1 + 1
    assert shortfall == 4
    assert sound()

    # What nobody has picked goes elsewhere: the undispatched one at once, the others when the floor answers.
    shortfalls.resolve_shortfalls(at=AT)
    assert OrderLine.objects.get(order=undispatched).pending == 1
    assert Allocation.objects.filter(recall_wanted_at__isnull=False).count() == 3
    assert shipments.answer_recalls(at=AT) == 1
    assert Shipment.objects.get(pk=not_started.pk).state == "cancelled"
    assert Shipment.objects.get(pk=not_started.pk).cancel_reason == "recalled"
    # The basket with one mug of three stays: its picker will not find the others and says so.
    assert Shipment.objects.get(pk=in_the_basket.pk).state == "picking"
    assert figures(reno) == (4, 6, 2)
    shortfalls.resolve_shortfalls(at=AT)
    assert shipments.answer_recalls(at=AT) == 0
    report_short(line_of(in_the_basket).id, 1, "missing", at=AT, actor="user:8")
    assert figures(reno) == (4, 4, 0)
    assert Shipment.objects.get(pk=boxed.pk).state == "packed"
    assert sound()


def on_the_floor_first(held_back, reno):
    """Dispatch a new order for two mugs, but not `held_back`."""
    Order.objects.filter(pk=held_back.pk).update(held_reason="wait")
    shipment = on_the_floor(reno, lines={"MUG": 2})
    Order.objects.filter(pk=held_back.pk).update(held_reason="")
    return shipment


def test_what_is_damaged_costs_only_those_units(reno):
    other = on_the_floor(reno, lines={"MUG": 4})
    shipment = on_the_floor(reno, lines={"MUG": 5})
    assert report_short(line_of(shipment).id, 3, "damaged", at=AT, actor=PICKER) == (shipment.id, 2, False)
    assert figures(reno) == (8, 7, 0)
    assert not FloorEvidence.objects.exists()
    assert LineRefusal.objects.get().reason == "damaged"
    entry = LedgerEntry.objects.get(verb="adjust")
    assert (entry.on_hand, entry.reason, entry.actor) == (-2, "damaged", PICKER)
    assert Shipment.objects.get(pk=other.pk).state == "to_pick"
    assert Allocation.objects.filter(recall_wanted_at__isnull=False).count() == 0
    assert sound()


@pytest.mark.parametrize("reason", ["missing", "damaged"])
def test_nothing_found_at_all_cancels_the_shipment(reno, reason):
    shipment = on_the_floor(reno)
    assert report_short(line_of(shipment).id, 0, reason, at=AT, actor=PICKER) == (shipment.id, 2, True)
    shipment.refresh_from_db()
    assert (shipment.state, shipment.cancel_reason, shipment.closed_at) == ("cancelled", "short", AT)
    assert figures(reno) == ((0, 0, 0) if reason == "missing" else (8, 0, 0))
    assert NodeDay.objects.filter(taken__gt=0).count() == 0
    assert Allocation.objects.get().state == "released"
    assert ShipmentLine.objects.get().close_reason == reason
    assert sound()


def test_the_other_lines_of_a_short_shipment_go_on(reno):
    shipment = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1})
    assert not report_short(line_of(shipment).id, 0, "missing", at=AT, actor=PICKER).cancelled
    assert line_of(shipment, "TRAY").quantity == 1
    assert NodeDay.objects.get(ship_date="2026-11-10").taken == 1
    assert figures(reno, "TRAY") == (10, 1, 0)
    assert sound()


def test_a_line_can_be_short_twice(reno):
    shipment = on_the_floor(reno, lines={"MUG": 5})
    report_short(line_of(shipment).id, 4, "damaged", at=AT, actor=PICKER)
    report_short(line_of(shipment).id, 1, "missing", at=AT, actor=PICKER)
    assert figures(reno) == (1, 1, 0)
    ordered = OrderLine.objects.get()
    assert (ordered.allocated, ordered.pending) == (1, 4)
    assert LineRefusal.objects.get().reason == "damaged"  # the first no is enough
    assert sound()


@pytest.mark.parametrize(
    ("case", "found", "reason", "code"),
    [
        ("all of it is there", 2, "missing", "nothing_short"),
        ("more than was asked for", 3, "missing", "units_out_of_range"),
        ("below nothing", -1, "damaged", "units_out_of_range"),
        ("no such reason", 1, "stolen", "unknown_reason"),
    ],
)
def test_a_report_that_can_not_be_true_changes_nothing(reno, case, found, reason, code):
    shipment = on_the_floor(reno)
    before = everything()
    with pytest.raises(BadInput, match=code):
        report_short(line_of(shipment).id, found, reason, at=AT, actor=PICKER)
    assert everything() == before


def test_only_what_is_being_picked_can_be_short(reno):
    shipment = packed(reno)
    before = everything()
    with pytest.raises(IllegalMove):
        report_short(line_of(shipment).id, 1, "missing", at=AT, actor=PICKER)
    with pytest.raises(NotFound, match="unknown_shipment_line"):
        report_short(10**9, 1, "missing", at=AT, actor=PICKER)
    assert everything() == before


def test_a_closed_line_is_not_short(reno):
    shipment = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1})
    line = line_of(shipment)
    report_short(line.id, 0, "missing", at=AT, actor=PICKER)
    before = everything()
    with pytest.raises(Refused, match="line_closed"):
        report_short(line.id, 0, "missing", at=AT, actor=PICKER)
    assert everything() == before


def wanted_back(*codes):
    Allocation.objects.filter(line__sku__code__in=codes, state="open").update(recall_wanted_at=AT)


def test_an_unpicked_line_is_recalled_and_the_rest_stays(reno):
    shipment = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1})
    wanted_back("MUG")
    assert shipments.answer_recalls(at=AT) == 1
    assert figures(reno) == (10, 0, 0)
    assert list(shipment.lines.order_by("id").values_list("close_reason", flat=True)) == ["recalled", ""]
    assert Shipment.objects.get().state == "to_pick"
    assert Pending.objects.count() == 1
    assert shipments.answer_recalls(at=AT) == 0
    wanted_back("TRAY")
    assert shipments.answer_recalls(at=AT) == 1
    shipment.refresh_from_db()
    assert (shipment.state, shipment.cancel_reason) == ("cancelled", "recalled")
    assert OrderEvent.objects.latest("seq").data == {
        "shipment": shipment.ref,
        "node": "RENO",
        "lines": [{"line_ref": "2", "sku": "TRAY", "units": 1}],
        "cancelled": True,
    }
    assert sound()


def test_what_is_picked_or_packed_stays_and_the_wish_is_taken_away(reno):
    in_the_basket, boxed = picked(reno), packed(reno)
    wanted_back("MUG")
    assert shipments.answer_recalls(at=AT) == 0
    assert not Allocation.objects.filter(recall_wanted_at__isnull=False).exists()
    assert [Shipment.objects.get(pk=s.pk).state for s in (in_the_basket, boxed)] == ["picking", "packed"]
    assert figures(reno) == (10, 4, 0)
    before = everything()
    assert shipments.answer_recalls(at=AT) == 0
    assert everything() == before


def test_the_order_comes_back_as_a_new_shipment(reno):
    shipment = on_the_floor(reno)
    wanted_back("MUG")
    shipments.answer_recalls(at=AT)
    allocate(shipment.order, reno)
    assert shipments.dispatch_due(at=AT, actor="engine") == 1
    assert list(Shipment.objects.order_by("id").values_list("parcel", "state")) == [(1, "cancelled"), (2, "to_pick")]
    assert sound()
