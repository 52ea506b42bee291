from datetime import timedelta

import pytest

from dom_project.lib.api_errors import BadInput
from fulfillment import tracking
from fulfillment.models import Shipment, TrackingEvent
from fulfillment.tracking import Recorded, Scan
from routing.models import Order, OrderEvent

from .sold import AT, everything, packed, shipped, sound

pytestmark = pytest.mark.django_db
CARRIER = "feed:ups"


def scan(state, *, number="TRK1", hours=1, code="X"):
    return Scan("ups", number, code, state, AT + timedelta(hours=hours), "Sparks, NV", "…")


def test_a_scan_is_one_row_however_often_it_comes(reno):
    shipment = shipped(reno)
    now = AT + timedelta(hours=2)
    assert tracking.record_many([scan("in_transit")] * 2, at=now, actor=CARRIER) == Recorded(1, 0, [])
    before = everything()
    assert tracking.record_many([scan("in_transit")], at=now, actor=CARRIER) == Recorded(0, 0, [])
    assert everything() == before
    kept = TrackingEvent.objects.get()
    assert (kept.shipment, kept.day, kept.state, kept.place) == (
        shipment,
        shipment.order.day,
        "in_transit",
        "Sparks, NV",
    )
    assert OrderEvent.objects.latest("seq").kind == "tracking"


def test_the_first_delivered_scan_delivers_and_is_final(reno):
    shipped(reno)
    now = AT + timedelta(hours=60)
    scans = [scan("delivered", hours=50, code="D"), scan("out_for_delivery", hours=45)]
    assert tracking.record_many(scans, at=now, actor=CARRIER) == Recorded(2, 1, [])
    shipment = Shipment.objects.get()
    assert (shipment.state, shipment.delivered_at) == ("delivered", AT + timedelta(hours=50))
    assert Order.objects.get().state == "delivered"
    later = [scan("delivered", hours=55, code="D2"), scan("lost", hours=56)]
    assert tracking.record_many(later, at=now, actor=CARRIER) == Recorded(2, 0, [])
    shipment.refresh_from_db()
    assert (shipment.state, shipment.delivered_at) == ("delivered", AT + timedelta(hours=50))
    assert sound()


def test_a_lost_parcel_turns_up(reno):
    shipped(reno)
    now = AT + timedelta(hours=90)
    tracking.record_many([scan("lost", hours=70)], at=now, actor=CARRIER)
    assert Shipment.objects.get().state == "lost"
    assert tracking.record_many([scan("delivered", hours=80)], at=now, actor=CARRIER).delivered == 1
    assert Shipment.objects.get().state == "delivered"
    assert sound()


def test_nothing_arrives_before_it_left(reno):
    shipped(reno)
    tracking.record_many([scan("delivered", hours=-1)], at=AT, actor=CARRIER)
    assert Shipment.objects.get().delivered_at == AT


def test_many_parcels_at_once(reno):
    for number in range(3):
        shipped(reno, f"TRK{number}")
    scans = [scan("delivered", number=f"TRK{number}") for number in (0, 2)] + [scan("delivered", number="WHO")]
    assert tracking.record_many(scans, at=AT + timedelta(hours=2), actor=CARRIER) == Recorded(2, 2, ["WHO"])
    assert list(Shipment.objects.order_by("id").values_list("state", flat=True)) == [
        "delivered",
        "shipped",
        "delivered",
    ]


def test_a_number_that_nobody_shipped_is_named(reno):
    packed(reno)
    before = everything()
    assert tracking.record_many([scan("delivered", number="")], at=AT + timedelta(hours=1), actor=CARRIER) == Recorded(
        0, 0, [""]
    )
    assert everything() == before


@pytest.mark.parametrize(
    ("field", "bad"), [("state", scan("teleported")), ("occurred_at", scan("delivered", hours=0.1))]
)
def test_a_scan_that_can_not_be_changes_nothing(reno, field, bad):
    shipped(reno)
    before = everything()
    with pytest.raises(BadInput) as refused:
        tracking.record_many([scan("in_transit", hours=0), bad], at=AT, actor=CARRIER)
    assert (refused.value.field, refused.value.row) == (field, 1)
    assert everything() == before
