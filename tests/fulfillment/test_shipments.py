from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dom_project.lib.api_errors import BadInput, NotFound, Refused
from fulfillment import shipments, words
from fulfillment.models import Shipment
from fulfillment.states import IllegalMove
from inventory.models import Barcode, NodeDay, Sku
from routing.models import Order, OrderEvent, OrderLine, Outbox
from tests import make

from .sold import AT, everything, figures, on_the_floor, packed, picked, shipped, sold, stock

pytestmark = pytest.mark.django_db
PICKER = "user:7"


@pytest.fixture
def reno():
    node = make.node("RENO")
    stock(node, MUG=10, TRAY=10)
    return node


def kinds(order):
    return list(OrderEvent.objects.filter(order=order).order_by("seq").values_list("kind", flat=True))


def test_dispatch_makes_one_shipment_per_plan_parcel_once(reno):
    order = sold(reno, lines={"MUG": 2, "TRAY": 1})
    other = sold(reno)
    assert shipments.dispatch_due(at=AT, actor="engine") == 2
    assert shipments.dispatch_due(at=AT, actor="engine") == 0
    shipment = Shipment.objects.get(order=order)
    assert (shipment.node, shipment.parcel, shipment.state, shipment.service) == (reno, 1, "to_pick", "ground")
    assert shipment.cut_off_at.isoformat() == "2026-11-10T23:00:00+00:00"  # 15:00 in Reno
    assert list(shipment.lines.order_by("id").values_list("sku__code", "quantity", "picked")) == [
        ("MUG", 2, 0),
        ("TRAY", 1, 0),
    ]
    assert shipment.why == {"code": "chosen", "params": {"distance_km": 180}}
    assert kinds(order) == ["routed", "dispatched"] == kinds(other)
    assert len({shipment.ref for shipment in Shipment.objects.all()}) == 2


def test_a_held_order_stays_away_from_the_floor(reno):
    order = sold(reno)
    Order.objects.filter(pk=order.pk).update(held_reason="fraud check")
    assert shipments.dispatch_due(at=AT, actor="engine") == 0
    Order.objects.filter(pk=order.pk).update(held_reason="")
    assert shipments.dispatch_due(at=AT, actor="engine") == 1


def test_dispatch_takes_so_many_orders_at_a_time(reno):
    for _ in range(3):
        sold(reno)
    assert [shipments.dispatch_due(at=AT, actor="engine", limit=2) for _ in range(3)] == [2, 1, 0]


def test_more_orders_cost_no_more_statements_to_dispatch(reno):
    asked = []
    for orders in (1, 4):
        for _ in range(orders):
            sold(reno)
        asked.append(statements(shipments.dispatch_due))
    assert asked[0] == asked[1] <= 14


def test_a_parcel_goes_from_list_to_door(reno):
    shipment = on_the_floor(reno, lines={"MUG": 3})
    order = shipment.order
    line = shipment.lines.get()
    assert shipments.start_picking_many([shipment.id], at=AT, actor=PICKER) == [shipment.id]
    assert shipments.pick_many([(line.id, 3)], at=AT, actor=PICKER) == [line.id]
    assert shipments.pick_many([(line.id, 3)], at=AT, actor=PICKER) == []
    assert shipments.pack_many([shipment.id], at=AT, actor=PICKER) == [shipment.id]
    assert figures(reno) == (10, 3, 0)
    assert shipments.ship_many([(shipment.id, " 1Z999 ")], at=AT, actor=PICKER) == [shipment.id]
    assert figures(reno) == (7, 0, 0)
    shipment.refresh_from_db()
    assert (shipment.state, shipment.tracking_number, shipment.picker) == ("shipped", "1Z999", PICKER)
    assert (shipment.freight_cost, shipment.handling_cost, shipment.currency) == (600, 150 + 3 * 40, "USD")
    assert shipment.closed_at == shipment.shipped_at == AT
    assert shipments.deliver_many([shipment.id], at=AT, actor="feed:ups") == [shipment.id]
    ordered = OrderLine.objects.get(order=order)
    assert (ordered.allocated, ordered.shipped, ordered.delivered) == (0, 3, 3)
    order.refresh_from_db()
    assert order.state == "delivered"
    assert kinds(order) == ["routed", "dispatched", "picking", "packed", "shipped", "delivered"]


def test_the_next_to_pick_is_the_most_urgent_and_tells_what_was_meant_instead(reno):
    later, sooner = on_the_floor(reno), on_the_floor(reno)
    Shipment.objects.filter(pk=sooner.pk).update(cut_off_at=AT)
    assert shipments.start_next(reno.pk, seen=sooner.ref, at=AT, actor="user:8") == (sooner.ref, None)
    missed = (sooner.ref, "user:8")
    assert shipments.start_next(reno.pk, seen=sooner.ref, at=AT, actor=PICKER) == (later.ref, missed)
    assert shipments.start_next(reno.pk, seen=sooner.ref, at=AT, actor=PICKER) == ("", missed)
    assert shipments.start_next(reno.pk, at=AT, actor=PICKER) == ("", None)
    assert list(Shipment.objects.order_by("id").values_list("state", "picker")) == [
        ("picking", PICKER),
        ("picking", "user:8"),
    ]


def test_another_nodes_shipment_is_nothing_that_was_meant_here(reno):
    stock(elsewhere := make.node("ELKO"), MUG=5)
    here, there = on_the_floor(reno), on_the_floor(elsewhere)
    assert shipments.start_next(reno.pk, seen=there.ref, at=AT, actor=PICKER) == (here.ref, None)


def test_what_left_is_told_with_the_keys_of_the_ledger(reno):
    shipment = shipped(reno, lines={"MUG": 2})
    message = Outbox.objects.get(topic="order.shipped")
    assert message.payload["data"] == {
        "shipment": shipment.ref,
        "node": "RENO",
        "tracking_number": "TRK1",
        "units": 2,
        "movements": [
            {"key": f"ship:{shipment.lines.get().allocation_id}", "node": "RENO", "sku": "MUG", "units": -2}
        ],
    }


def test_a_pickup_is_shipped_and_delivered_at_the_counter(reno):
    shipment = packed(reno, method="pickup", pickup_node=reno)
    assert shipment.cut_off_at == shipment.order.promise_at
    assert shipment.why["code"] == "collected_here"
    with pytest.raises(Refused, match="not_a_parcel"):
        shipments.ship_many([(shipment.id, "X")], at=AT, actor=PICKER)
    assert shipments.make_ready_many([shipment.id], at=AT, actor=PICKER) == [shipment.id]
    assert figures(reno) == (10, 2, 0)
    assert shipments.hand_over_many([shipment.id], at=AT, actor=PICKER) == [shipment.id]
    assert figures(reno) == (8, 0, 0)
    shipment.refresh_from_db()
    assert (shipment.state, shipment.shipped_at, shipment.delivered_at) == ("handed_over", AT, AT)
    assert (shipment.freight_cost, shipment.handling_cost) == (0, 150 + 2 * 40)
    line = OrderLine.objects.get(order=shipment.order)
    assert (line.shipped, line.delivered) == (2, 2)
    assert Order.objects.get().state == "delivered"


def test_a_parcel_is_never_ready_for_pickup(reno):
    shipment = packed(reno)
    before = everything()
    with pytest.raises(Refused, match="not_a_pickup"):
        shipments.make_ready_many([shipment.id], at=AT, actor=PICKER)
    assert everything() == before


def test_a_box_is_packed_only_when_everything_is_picked(reno):
    shipment, ready = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1}), picked(reno)
    mug = shipment.lines.get(sku__code="MUG")
    shipments.pick_many([(mug.id, 1)], at=AT, actor=PICKER)
    before = everything()
    with pytest.raises(Refused) as refused:
        shipments.pack_many([ready.id, shipment.id], at=AT, actor=PICKER)
    assert refused.value.params["left"] == [
        {"line_ref": "1", "sku": "MUG", "units": 1},
        {"line_ref": "2", "sku": "TRAY", "units": 1},
    ]
    assert everything() == before


@pytest.mark.parametrize("units", [-1, 3, 10**9])
def test_nobody_picks_more_than_is_asked_for(reno, units):
    line = on_the_floor(reno).lines.get()
    before = everything()
    with pytest.raises(BadInput, match="units_out_of_range"):
        shipments.pick_many([(line.id, units)], at=AT, actor=PICKER)
    assert everything() == before


def test_a_packed_box_is_not_picked_again(reno):
    shipment = packed(reno)
    before = everything()
    with pytest.raises(IllegalMove):
        shipments.pick_many([(shipment.lines.get().id, 1)], at=AT, actor=PICKER)
    with pytest.raises(IllegalMove):
        shipments.pick_whole_many([shipment.id], at=AT, actor=PICKER)
    assert everything() == before


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", "tracking_number_missing"),
        ("  ", "tracking_number_missing"),
        ("9" * 65, "too_long"),
        ("1Z9", "tracking_number_short"),
        ("1-Z - 9", "tracking_number_short"),
        ("1Z99;", "tracking_number_odd"),
        ("1Z99\u0661", "tracking_number_odd"),
        ("4001", "tracking_number_is_barcode"),
    ],
)
def test_a_parcel_leaves_with_a_tracking_number(reno, number, code):
    shipment = packed(reno)
    Barcode.objects.create(sku=Sku.objects.get(code="MUG"), code="4001")
    before = everything()
    with pytest.raises(BadInput, match=code):
        shipments.ship_many([(shipment.id, number)], at=AT, actor=PICKER)
    assert everything() == before


def test_what_is_no_tracking_number_is_refused_in_words():
    barcode = words.sentence("tracking_number_is_barcode", {"number": "4001", "sku": "MUG"})
    assert barcode == "4001 is the barcode of MUG, not a tracking number: scan the label."
    short = words.sentence("tracking_number_short", {"least": 4})
    assert short == "A tracking number has at least 4 letters or digits."


def test_one_illegal_move_stops_the_whole_batch(reno):
    good, bad = packed(reno), on_the_floor(reno)
    before = everything()
    with pytest.raises(IllegalMove) as refused:
        shipments.ship_many([(good.id, "A"), (bad.id, "B")], at=AT, actor=PICKER)
    assert refused.value.params == {"shipment": bad.ref, "old": "to_pick", "new": "shipped"}
    assert everything() == before


def test_an_unknown_shipment_is_not_found(reno):
    with pytest.raises(NotFound, match="unknown_shipment"):
        shipments.pack_many([on_the_floor(reno).id, 10**9], at=AT, actor=PICKER)
    with pytest.raises(NotFound, match="unknown_shipment_line"):
        shipments.pick_many([(10**9, 1)], at=AT, actor=PICKER)


def test_a_lost_parcel_can_still_arrive(reno):
    shipment = shipped(reno)
    assert shipments.lose_many([shipment.id], at=AT, actor="feed:ups") == [shipment.id]
    assert shipments.deliver_many([shipment.id], at=AT, actor="feed:ups") == [shipment.id]
    assert Shipment.objects.get().state == "delivered"


def statements(verb, *args):
    with CaptureQueriesContext(connection) as asked:
        verb(*args, at=AT, actor=PICKER)
    return len(asked)


def test_more_parcels_cost_no_more_statements(reno):
    one, *more = [on_the_floor(reno).id for _ in range(5)]
    for verb in (shipments.start_picking_many, shipments.pick_whole_many, shipments.pack_many):
        assert statements(verb, [one]) == statements(verb, more) <= 9, verb
    sent = [(shipment_id, f"TRK{shipment_id}") for shipment_id in more]
    assert statements(shipments.ship_many, [(one, "TRK1")]) == statements(shipments.ship_many, sent) <= 13
    assert statements(shipments.deliver_many, [one]) == statements(shipments.deliver_many, more) <= 9


def test_a_slot_stays_taken_until_the_parcel_is_taken_back(reno):
    shipped(reno)
    assert NodeDay.objects.get(node=reno, ship_date="2026-11-10").taken == 1


def test_a_scan_finds_the_line_or_names_what_is_expected(reno):
    shipment = on_the_floor(reno, lines={"MUG": 1, "TRAY": 2})
    mug, tray = (shipment.lines.get(sku__code=code) for code in ("MUG", "TRAY"))
    mug.sku.barcodes.create(code="4006381333931")
    make.sku("LAMP")
    assert shipments.expect_scan(shipment.id, " 4006381333931 ").id == mug.id
    assert shipments.expect_scan(shipment.id, "TRAY").id == tray.id
    shipments.pick_many([(mug.id, 1)], at=AT, actor=PICKER)
    for code, told in [("LAMP", "wrong_item"), ("MUG", "already_picked"), ("nonsense", "unknown_code")]:
        with pytest.raises(Refused) as refused:
            shipments.expect_scan(shipment.id, code)
        assert (refused.value.code, refused.value.params["expected"]) == (told, ["TRAY"])


def test_nothing_arrives_before_it_left(reno):
    shipment = shipped(reno)
    before = everything()
    early = {shipment.id: AT - timedelta(seconds=1)}
    with pytest.raises(BadInput) as refused:
        shipments.deliver_many([shipment.id], delivered_at=early, at=AT + timedelta(days=1), actor="feed:ups")
    assert (refused.value.code, refused.value.field) == ("before_it_left", "delivered_at")
    assert everything() == before
    shipments.deliver_many([shipment.id], delivered_at={shipment.id: AT}, at=AT, actor="feed:ups")
    assert Shipment.objects.get().delivered_at == AT
