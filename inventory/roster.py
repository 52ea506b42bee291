"""The nodes as they stand now: doors, cut-off, today's parcels, feed. And one node's next days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from . import feeds, network
from .hours import Hours
from .models import Node, NodeDay

AHEAD = 14  # days that a node's page shows beside today
BUSY, FULL = 0.7, 0.9


@dataclass(frozen=True, slots=True)
class Today:
    """One node now. `minutes` to the cut-off, below 0 once it is missed, None on a day without parcels."""

    node: Node
    is_open: bool
    works: bool
    cut_off_at: datetime
    minutes: int | None
    next_ship_date: date | None
    cap: int
    taken: int
    overload: int
    feed: feeds.Told

    @property
    def load(self) -> float | None:
        """Taken as a share of the cap, None on a day without parcels."""
        return self.taken / self.cap if self.cap else (1.0 if self.taken else None)

    @property
    def tone(self) -> str:
        if self.load is None:
            return "quiet"
        return "bad" if self.load >= FULL else "warn" if self.load >= BUSY else "good"


@dataclass(frozen=True, slots=True)
class Day:
    """One of a node's days: its hours (None: closed), its cut-off, its parcels. `cap` is None where no row is open."""

    date: date
    hours: Hours | None
    holiday: bool
    cut_off_at: datetime
    cap: int | None
    taken: int
    overload: int
    by_hand: bool
    usual: int


def today(nodes: Iterable[Node], at: datetime) -> list[Today]:
    """The nodes in the order given, as they stand now; two queries."""
    nodes = list(nodes)
    around = [(at + timedelta(days=days)).date() for days in (-1, 1)]
    days = {
        (day.node_id, day.ship_date): day
        for day in NodeDay.objects.filter(node__in=[node.pk for node in nodes], ship_date__range=around)
    }
    told = feeds.told_by_node(at)
    return [_today(node, days, told.get(node.pk, feeds.NOBODY), at) for node in nodes]


def days(node: Node, at: datetime) -> list[Day]:
    """The node's days from its own today to 14 days ahead."""
    calendar, first = network.calendar_of(node), network.local_day(node, at)
    kept = {day.ship_date: day for day in node.days.filter(ship_date__range=[first, first + timedelta(days=AHEAD)])}
    return [_day(node, calendar, first + timedelta(days=ahead), kept) for ahead in range(AHEAD + 1)]


def _today(node: Node, days: dict[tuple[int, date], NodeDay], told: feeds.Told, at: datetime) -> Today:
    calendar = network.calendar_of(node)
    local = network.local_day(calendar, at)
    day, works = days.get((node.pk, local)), node.active and network.open_on(calendar, local)
    cut_off_at = network.cut_off_at(calendar, local)
    return Today(
        node=node,
        is_open=node.active and network.is_open(calendar, at),
        works=works,
        cut_off_at=cut_off_at,
        minutes=int((cut_off_at - at).total_seconds() // 60) if works else None,
        next_ship_date=network.next_ship_date(calendar, at) if node.active else None,
        cap=day.cap if day else 0,
        taken=day.taken if day else 0,
        overload=day.overload if day else 0,
        feed=told,
    )


def _day(node: Node, calendar: network.Calendar, day: date, kept: dict[date, NodeDay]) -> Day:
    row, closed = kept.get(day), day in calendar.holidays
    hours = None if closed else calendar.week[day.weekday()]
    return Day(
        date=day,
        hours=hours,
        holiday=closed,
        cut_off_at=network.cut_off_at(calendar, day),
        cap=row.cap if row else None,
        taken=row.taken if row else 0,
        overload=row.overload if row else 0,
        by_hand=bool(row and row.by_hand),
        usual=node.daily_capacity if node.active and hours else 0,
    )
