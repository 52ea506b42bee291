"""Calendars. Nodes are built, not saved: nothing here asks the database."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError

from inventory import network
from inventory.models import Node

WEEKDAYS = {str(day): ["09:00", "18:00"] for day in range(5)}


def node(**fields) -> Node:
    defaults = {"time_zone": "America/New_York", "hours": WEEKDAYS, "cut_off": time(15), "pickup_ready_minutes": 120}
    return Node(**(defaults | fields))


def utc(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("case", "at", "first"),
    [
        ("before the cut-off it leaves today", utc(10, 19, 59), date(2026, 11, 10)),
        ("at the cut-off too", utc(10, 20), date(2026, 11, 10)),
        ("a missed one moves the ship day", utc(10, 20, 1), date(2026, 11, 11)),
        ("over the weekend", utc(13, 20, 1), date(2026, 11, 16)),
        ("Sunday evening there is Monday in UTC", utc(16, 3), date(2026, 11, 16)),
    ],
)
def test_a_parcel_leaves_on_the_next_day_whose_cut_off_is_not_missed(case, at, first):
    assert network.next_ship_date(node(), at) == first


def test_ship_dates_leave_out_weekends_and_holidays():
    dates = network.ship_dates(node(holidays=[date(2026, 11, 11)]), utc(10, 12), days=4)
    assert dates == (date(2026, 11, 10), date(2026, 11, 12), date(2026, 11, 13), date(2026, 11, 16))


def test_ship_days_are_always_as_many_and_ascending():
    never, daily = node(hours={}), node(hours={str(day): ["00:00", "24:00"] for day in range(7)})
    first, second = network.ship_days([never, daily], at=utc(10, 12), decided_on=date(2026, 11, 10))
    assert first == tuple(range(61, 75))
    assert second == tuple(range(14))
    assert network.next_ship_date(never, utc(10, 12)) is None


@pytest.mark.parametrize(
    ("case", "ship_date", "instant"),
    [
        ("summer time", date(2026, 10, 30), utc(30, 19, month=10)),
        ("the day the clocks go back", date(2026, 11, 1), utc(1, 20)),
        ("winter time", date(2026, 11, 2), utc(2, 20)),
    ],
)
def test_the_cut_off_follows_the_nodes_clock(case, ship_date, instant):
    assert network.cut_off_at(node(), ship_date) == instant


def test_a_cut_off_in_the_hour_that_the_clocks_leave_out_is_still_an_instant():
    assert network.cut_off_at(node(cut_off=time(2, 30)), date(2026, 3, 8)) == utc(8, 7, 30, month=3)


@pytest.mark.parametrize(
    ("case", "at", "ready"),
    [
        ("while open", utc(10, 15), utc(10, 17)),
        ("too late for today", utc(10, 21, 1), utc(11, 16)),
        ("just in time", utc(10, 21), utc(10, 23)),
        ("before opening", utc(10, 13), utc(10, 16)),
        ("Friday evening", utc(14, 1), utc(16, 16)),
    ],
)
def test_a_pickup_is_ready_within_opening_hours(case, at, ready):
    assert network.pickup_ready_at(node(), at) == ready


def test_a_node_that_never_opens_has_nothing_ready():
    assert network.pickup_ready_at(node(hours={}), utc(10, 12)) is None


def test_a_closed_node_knows_when_it_opens_again():
    here = node(hours=WEEKDAYS, holidays=[date(2026, 11, 11)])
    opens, closes = network.hours_on(here, date(2026, 11, 10))
    thursday = network.hours_on(here, date(2026, 11, 12))[0]
    assert network.opens_again_at(here, opens - timedelta(minutes=1)) == opens
    assert network.opens_again_at(here, opens) is None
    assert network.opens_again_at(here, closes) == thursday  # Wednesday is a holiday
    assert network.opens_again_at(node(hours={}), opens) is None


def test_hours_past_midnight_belong_to_the_day_on_which_they_began():
    late = node(hours={"1": ["18:00", "02:00"]})
    assert network.hours_on(late, date(2026, 11, 10)) == (utc(10, 23), utc(11, 7))
    assert network.is_open(late, utc(11, 6, 59))
    assert not network.is_open(late, utc(11, 7))
    assert network.pickup_ready_at(late, utc(11, 4)) == utc(11, 6)


def test_a_calendar_reads_the_nodes_row():
    assert network.calendar_of(node(hours={"0": ["09:00", "24:00"], "6": []})).week == (
        (time(9), time(0)), None, None, None, None, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("case", "hours"),
    [
        ("no table", ["09:00"]),
        ("a day of no week", {"7": ["09:00", "18:00"]}),
        ("no closing time", {"0": ["09:00"]}),
        ("text", {"0": "09:00-18:00"}),
        ("no time", {"0": ["9am", "18:00"]}),
        ("numbers", {"0": [9, 18]}),
    ],
)
def test_hours_that_can_not_be_read_are_refused_at_their_field(case, hours):
    with pytest.raises(ValidationError) as refusal:
        node(hours=hours).clean()
    assert list(refusal.value.message_dict) == ["hours"]


def test_a_time_zone_nobody_knows_is_refused_at_its_field():
    with pytest.raises(ValidationError) as refusal:
        node(time_zone="Mars/Olympus").clean()
    assert list(refusal.value.message_dict) == ["time_zone"]
