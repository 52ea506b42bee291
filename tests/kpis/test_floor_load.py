"""Which parcels will be late, by the pace of their node."""

from datetime import date, timedelta

import pytest

from fulfillment import shipments
from fulfillment.models import Shipment
from kpis import floor_load
from kpis.floor_load import Pause
from routing.models import Order
from tests import make
from tests.fulfillment.sold import AT, on_the_floor, packed, shipped, stock

pytestmark = pytest.mark.django_db
TWENTY_HOURS = timedelta(hours=20)


@pytest.fixture(autouse=True)
def _reno_lets_parcels_wait_twenty_hours():
    """The carrier takes parcels twenty hours after they were packed."""
    reno = make.node("RENO")
    stock(reno, MUG=60)
    gone = shipped(reno)
    Shipment.objects.filter(pk=gone.pk).update(
        dispatched_at=AT - TWENTY_HOURS, picking_at=AT - TWENTY_HOURS, packed_at=AT - TWENTY_HOURS
    )


def waiting(hours: int, promise_at) -> Shipment:
    """A parcel of two days' transit that was packed so many hours ago; its cut-off is in an hour."""
    parcel = packed(Shipment.objects.first().node, promise_at=promise_at)
    Shipment.objects.filter(pk=parcel.pk).update(
        packed_at=AT - timedelta(hours=hours), cut_off_at=AT + timedelta(hours=1), transit_days=2
    )
    return parcel


# Tuesday 15:00 UTC, 07:00 in Reno: sent today it is there by the end of Thursday, which is Friday 08:00 UTC.
FRIDAY_MORNING = AT + timedelta(days=2, hours=17)


def test_a_parcel_that_the_carrier_is_about_to_take_is_not_at_risk():
    waiting(19, FRIDAY_MORNING)
    assert floor_load.at_risk(at=AT) == floor_load.Risks(0, 0, [])
    assert [(stage.stage, stage.queue, stage.late) for stage in floor_load.stages(at=AT)] == [("waiting", 1, 0)]


def test_one_that_has_the_whole_wait_ahead_is_at_risk():
    parcel = waiting(0, FRIDAY_MORNING)
    risks = floor_load.at_risk(at=AT)
    [risk] = risks.first
    assert (risks.ahead, risks.missed) == (1, 0)
    assert (risk.order, risk.reason) == (Order.objects.get(pk=parcel.order_id).ref, "too_slow")
    assert [(stage.stage, stage.queue, stage.late) for stage in floor_load.stages(at=AT)] == [("waiting", 1, 1)]


def test_one_whose_cut_off_has_passed_is_at_risk_however_fast_the_node_is():
    parcel = waiting(21, FRIDAY_MORNING)
    Shipment.objects.filter(pk=parcel.pk).update(cut_off_at=AT - timedelta(minutes=1))
    assert floor_load.at_risk(at=AT).first[0].reason == "cut_off_missed"


def test_what_has_missed_its_promise_is_counted_apart_and_comes_last():
    missed = waiting(0, AT - timedelta(days=3))
    ahead = waiting(0, FRIDAY_MORNING)
    risks = floor_load.at_risk(at=AT)
    assert (risks.ahead, risks.missed) == (1, 1)
    refs = dict(Order.objects.values_list("pk", "ref"))
    assert [risk.order for risk in risks.first] == [refs[ahead.order_id], refs[missed.order_id]]
    short = floor_load.at_risk(at=AT, limit=1)
    assert (short.ahead, short.missed, len(short.first)) == (1, 1, 1)


def pauses(at=AT):
    return [(stage.node, stage.stage, stage.late, stage.pause) for stage in floor_load.stages(at=at)]


def test_parcels_wait_for_the_carrier_of_the_evening_and_then_stand_still():
    waiting(19, FRIDAY_MORNING)
    assert pauses() == [("RENO", "waiting", 0, Pause("carrier", AT + timedelta(hours=1)))]
    [stage] = floor_load.stages(at=AT)
    assert (stage.minutes_to_clear, stage.clears_in_time(AT)) == (60, None)  # one left in the last hour
    later = AT + timedelta(hours=2)
    assert pauses(later) == [("RENO", "waiting", 1, None)]
    assert floor_load.stages(at=later)[0].minutes_to_clear is None


def test_a_closed_node_opens_again_and_picks_then():
    on_the_floor(Shipment.objects.first().node, promise_at=FRIDAY_MORNING + timedelta(days=7))
    opens_at = AT + timedelta(hours=1)  # 08:00 in Reno
    assert pauses() == [("RENO", "to_pick", 0, Pause("closed", opens_at))]
    assert pauses(opens_at) == [("RENO", "to_pick", 0, None)]


def test_what_lies_ready_waits_for_its_customers_while_the_store_is_open():
    reno = Shipment.objects.first().node
    for _ in range(2):
        bag = packed(reno, method="pickup", pickup_node=reno, promise_at=FRIDAY_MORNING)
        shipments.make_ready_many([bag.pk], at=AT, actor="user:7")
    noon = AT + timedelta(hours=5)
    assert pauses(noon) == [("RENO", "waiting", 0, Pause("customer"))]


def test_a_packed_pickup_among_the_carriers_parcels_waits_for_the_floor():
    reno = Shipment.objects.first().node
    waiting(19, FRIDAY_MORNING)
    packed(reno, method="pickup", pickup_node=reno, promise_at=FRIDAY_MORNING)
    opens_at = AT + timedelta(hours=1)
    Shipment.objects.filter(method="ship", closed_at=None).update(cut_off_at=AT + timedelta(hours=9))
    assert pauses() == [("RENO", "waiting", 0, Pause("closed", opens_at))]
    assert pauses(opens_at) == [("RENO", "waiting", 0, None)]


def test_a_queue_that_pauses_as_planned_stands_behind_those_that_could_move_and_before_none_that_will_be_late():
    elko = make.node("ELKO", hours={str(day): ["00:00", "24:00"] for day in range(7)})
    stock(elko, MUG=9)
    for _ in range(2):
        waiting(19, FRIDAY_MORNING)
    on_the_floor(elko, promise_at=FRIDAY_MORNING + timedelta(days=7))
    assert [stage.node for stage in floor_load.stages(at=AT)] == ["ELKO", "RENO"]
    waiting(0, FRIDAY_MORNING)
    assert [stage.node for stage in floor_load.stages(at=AT)] == ["RENO", "ELKO"]


def test_a_packed_pickup_is_not_judged_by_the_wait_for_the_carrier():
    reno = Shipment.objects.first().node
    packed(reno, method="pickup", pickup_node=reno, promise_at=AT + timedelta(hours=2))
    assert floor_load.at_risk(at=AT) == floor_load.Risks(0, 0, [])


def test_a_parcels_promise_is_a_day_where_it_goes_and_a_pickups_an_hour():
    waiting(0, FRIDAY_MORNING - timedelta(minutes=1))
    [risk] = floor_load.at_risk(at=AT).first
    assert (risk.promise_date, risk.time_zone) == (date(2026, 11, 12), "America/Los_Angeles")
    Shipment.objects.filter(closed_at=None).update(method="pickup")
    [risk] = floor_load.at_risk(at=AT + timedelta(days=3)).first
    assert risk.promise_date is None
