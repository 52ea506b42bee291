"""Which parcels will be late, by the pace of their node."""

from datetime import date, timedelta

import pytest
from django.core.cache import cache

from fulfillment.models import Shipment
from kpis import floor_load
from routing.models import Order
from tests import make
from tests.fulfillment.sold import AT, packed, shipped, stock

pytestmark = pytest.mark.django_db
TWENTY_HOURS = timedelta(hours=20)


@pytest.fixture(autouse=True)
def _reno_lets_parcels_wait_twenty_hours():
    """The carrier takes parcels twenty hours after they were packed."""
    cache.clear()
    reno = make.node("RENO")
    stock(reno, MUG=60)
    gone = shipped(reno)
    Shipment.objects.filter(pk=gone.pk).update(
        dispatched_at=AT - TWENTY_HOURS, picking_at=AT - TWENTY_HOURS, packed_at=AT - TWENTY_HOURS
    )
    yield
    cache.clear()


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


def test_a_parcels_promise_is_a_day_where_it_goes_and_a_pickups_an_hour():
    waiting(0, FRIDAY_MORNING - timedelta(minutes=1))
    [risk] = floor_load.at_risk(at=AT).first
    assert (risk.promise_date, risk.time_zone) == (date(2026, 11, 12), "America/Los_Angeles")
    Shipment.objects.filter(closed_at=None).update(method="pickup")
    [risk] = floor_load.at_risk(at=AT + timedelta(days=3)).first
    assert risk.promise_date is None
