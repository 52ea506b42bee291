"""Whether a promise will hold, as the order page says it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from fulfillment.dossier import Parcel
from fulfillment.outlook import Outlook, Verdict, judge

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
TODAY = NOW.date()
CUT_OFF = NOW + timedelta(hours=5)


def parcel(**fields: object) -> Parcel:
    """To pick in Reno, due there tomorrow."""
    planned = {
        "number": 1, "node": "RENO", "time_zone": "UTC", "ship_date": TODAY, "arrive_date": TODAY + timedelta(days=1),
        "service": "ground", "distance_km": 10, "grams": 400, "freight": 600, "handling": 0, "lateness": 0,
        "planned_at": NOW, "shipment": "s1", "state": "to_pick", "cut_off_at": CUT_OFF, "dispatched_at": NOW,
        "picking_at": None, "packed_at": None, "ready_at": None, "shipped_at": None, "delivered_at": None,
        "cancel_reason": "", "picker": "", "tracking_number": "",
    }  # fmt: skip
    return Parcel(**(planned | fields))  # type: ignore[arg-type]


def outlook(
    *parcels: Parcel, promise_at: datetime, state: str = "routed", unplaced: int = 0, at: datetime = NOW
) -> Outlook:
    return judge(parcels, unplaced=unplaced, state=state, promise_at=promise_at, time_zone="UTC", at=at)


def end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)


TOMORROW = TODAY + timedelta(days=1)
PICKUP = {"service": "", "arrive_date": TODAY}
CASES = [
    ("a day to spare", {}, end_of(TODAY + timedelta(days=2)), Outlook(Verdict.HOLDS, 1, TOMORROW, 1)),
    ("on the day itself", {}, end_of(TOMORROW), Outlook(Verdict.TIGHT, 0, TOMORROW, 1)),
    ("a day late", {}, end_of(TODAY), Outlook(Verdict.LATE, -1, TOMORROW, 1)),
    ("the cut-off has passed", {"cut_off_at": NOW - timedelta(minutes=1)}, end_of(TOMORROW),
     Outlook(Verdict.AT_RISK, 0, TOMORROW, 1)),
    ("a pickup with hours to go", PICKUP, NOW + timedelta(hours=4), Outlook(Verdict.TIGHT, 0, TODAY, 1)),
    ("a pickup whose hour is near", PICKUP, NOW + timedelta(hours=3), Outlook(Verdict.NEAR, 0, TODAY, 1)),
    ("a pickup whose hour has passed", PICKUP, NOW - timedelta(hours=1), Outlook(Verdict.LATE, 0, TODAY, 1)),
    ("a pickup that is ready", PICKUP | {"state": "ready", "ready_at": NOW}, NOW + timedelta(hours=1),
     Outlook(Verdict.KEPT, 0, TODAY)),
]  # fmt: skip


@pytest.mark.parametrize(("case", "fields", "promise_at", "expected"), CASES)
def test_a_promise_is_judged_by_where_its_parcel_is(case, fields, promise_at, expected):
    assert outlook(parcel(**fields), promise_at=promise_at) == expected, case


def test_the_parcel_that_comes_last_decides():
    late = parcel(number=2, arrive_date=TODAY + timedelta(days=3))
    assert outlook(parcel(), late, promise_at=end_of(TOMORROW)) == Outlook(Verdict.LATE, -2, late.arrive_date, 2)


def test_units_without_a_place_leave_it_open_until_the_promise_has_passed():
    assert outlook(parcel(), promise_at=end_of(TODAY), unplaced=1) == Outlook(Verdict.OPEN)
    missed = outlook(parcel(), promise_at=NOW - timedelta(days=2), unplaced=1)
    assert missed == Outlook(Verdict.LATE, -2)


def test_a_cancelled_order_needs_no_outlook():
    assert outlook(parcel(), promise_at=end_of(TODAY), state="cancelled") == Outlook(Verdict.NONE)
