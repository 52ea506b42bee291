"""When nodes work: opening hours, ship dates, cut-offs. Days are the node's own; instants come back in UTC.

Hours are read once per distinct calendar; a node's own answer for a day costs a dictionary look-up.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dom_project.lib import db

from .hours import week_of
from .models import Node

SHIP_DAYS = 14  # ship dates that sourcing looks at
FAR = 60  # days after which a node counts as closed for good
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Calendar:
    """A node's week: opening and closing time by weekday (None: closed), its holidays, its cut-off."""

    time_zone: str
    week: tuple[tuple[time, time] | None, ...]
    holidays: frozenset[date]
    cut_off: time


def calendar_of(node: Node) -> Calendar:
    """The calendar in the node's row. Raises ValueError if its hours can't be read."""
    return Calendar(node.time_zone, week_of(node.hours), frozenset(node.holidays), node.cut_off)


def open_on(node: Node | Calendar, day: date) -> bool:
    """Whether the node works on that local day."""
    calendar = _calendar(node)
    return calendar.week[day.weekday()] is not None and day not in calendar.holidays


def local_day(node: Node | Calendar, at: datetime) -> date:
    """The node's own day at that instant."""
    return at.astimezone(ZoneInfo(_calendar(node).time_zone)).date()


def hours_on(node: Node | Calendar, day: date) -> Span | None:
    """Opening and closing instant of that local day in UTC, None if closed. Closing at or before opening: next day."""
    calendar = _calendar(node)
    hours = calendar.week[day.weekday()]
    if hours is None or day in calendar.holidays:
        return None
    opens, closes = hours
    closing_day = day if closes > opens else day + timedelta(days=1)
    return _instant(calendar, day, opens), _instant(calendar, closing_day, closes)


def is_open(node: Node | Calendar, at: datetime) -> bool:
    """Whether the doors are open at that instant."""
    calendar, today = _calendar(node), local_day(node, at)
    spans = (hours_on(calendar, day) for day in (today - timedelta(days=1), today))
    return any(span is not None and span[0] <= at < span[1] for span in spans)


def opens_again_at(node: Node | Calendar, at: datetime) -> datetime | None:
    """When a node that is closed at that instant opens next. None while it is open, and if it never opens."""
    calendar = _calendar(node)
    if is_open(calendar, at):
        return None
    return next((opens for opens, _closes in _spans(calendar, local_day(calendar, at)) if opens > at), None)


def cut_off_at(node: Node | Calendar, ship_date: date) -> datetime:
    """The instant by which a parcel of that local day must be ready."""
    calendar = _calendar(node)
    return _instant(calendar, ship_date, calendar.cut_off)


def ship_dates(node: Node | Calendar, at: datetime, *, days: int = SHIP_DAYS) -> tuple[date, ...]:
    """The next local days on which the node sends parcels, a missed cut-off already inside. Fewer if it closes."""
    calendar = _calendar(node)
    today = local_day(calendar, at)
    return _open_days(calendar, today + timedelta(days=at > cut_off_at(calendar, today)), days)


def next_ship_date(node: Node | Calendar, at: datetime) -> date | None:
    """The first of the node's ship dates, None if it never opens."""
    return next(iter(ship_dates(node, at, days=1)), None)


def ship_days(
    nodes: Iterable[Node | Calendar], *, at: datetime, decided_on: date, days: int = SHIP_DAYS
) -> list[tuple[int, ...]]:
    """Per node its next ship dates as days from `decided_on`, always `days` of them and ascending.

    A node that opens less often is filled up with days beyond its horizon, of which no node day has room.
    """
    return [_offsets(ship_dates(node, at, days=days), decided_on, days) for node in nodes]


def pickup_ready_at(node: Node, at: datetime) -> datetime | None:
    """When an order accepted now can be picked up; None if the node never opens.

    Now + its ready minutes if that is within the opening hours that hold now, else next opening + those minutes.
    """
    calendar, minutes, today = calendar_of(node), timedelta(minutes=node.pickup_ready_minutes), local_day(node, at)
    for span in _spans(calendar, today - timedelta(days=1)):
        opens, closes = span
        if opens <= at < closes and at + minutes <= closes:
            return at + minutes
        if opens > at:
            return opens + minutes
    return None


FREE_SLOTS = """
SELECT node_id, ship_date, greatest(cap - taken, 0) FROM inventory_nodeday
WHERE (%(node)s::bigint[] IS NULL OR node_id = ANY(%(node)s)) AND ship_date BETWEEN %(first)s AND %(last)s
ORDER BY node_id, ship_date"""


def free_slots(first: date, last: date, *, node_ids: Sequence[int] | None = None) -> list[tuple[int, date, int]]:
    """(node, ship date, parcels that still find a slot) of the node days between two local days, both included."""
    nodes = None if node_ids is None else list(node_ids)
    return db.rows(FREE_SLOTS, {"node": nodes, "first": first, "last": last})


def _calendar(node: Node | Calendar) -> Calendar:
    return node if isinstance(node, Calendar) else calendar_of(node)


@lru_cache(maxsize=20_000)
def _instant(calendar: Calendar, day: date, at: time) -> datetime:
    # An hour that a clock change leaves out or doubles is read by the offset that held before it.
    return datetime.combine(day, at, ZoneInfo(calendar.time_zone)).astimezone(UTC)


@lru_cache(maxsize=10_000)
def _open_days(calendar: Calendar, first: date, wanted: int) -> tuple[date, ...]:
    ahead = (first + timedelta(days=number) for number in range(FAR))
    return tuple(day for day in ahead if open_on(calendar, day))[:wanted]


@lru_cache(maxsize=10_000)
def _offsets(dates: tuple[date, ...], decided_on: date, wanted: int) -> tuple[int, ...]:
    offsets = [(day - decided_on).days for day in dates]
    beyond = max([FAR, *offsets]) + 1
    return (*offsets, *range(beyond, beyond + wanted - len(offsets)))


def _spans(calendar: Calendar, first: date) -> Iterator[Span]:
    for number in range(FAR):
        if span := hours_on(calendar, first + timedelta(days=number)):
            yield span
