"""Which days a page speaks of, and the facts of those days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dom_project.lib import db
from inventory.models import Node

from .metrics import Fact

TODAY = 1
LENGTHS = (TODAY, 7, 14, 28, 90)


@dataclass(frozen=True)
class Period:
    """Local days from `start` up to and with `end`."""

    start: date
    end: date
    so_far: bool = False  # a day that isn't over: nothing to hold against a whole one or a target

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def before(self) -> "Period":
        """As many days, just before."""
        return Period(self.start - timedelta(days=self.days), self.start - timedelta(days=1))


def today(*, at: datetime) -> Period:
    """The day that it is at the nodes; two where midnight has passed at some of them only. UTC's without a node."""
    zones = set(Node.objects.filter(active=True).values_list("time_zone", flat=True)) or {"UTC"}
    days = {at.astimezone(ZoneInfo(zone)).date() for zone in zones}
    return Period(min(days), max(days), so_far=True)


def latest(days: int, *, at: datetime) -> Period:
    """Today so far for one day, else so many days up to the last that has ended at every node."""
    now = today(at=at)
    if days == TODAY:
        return now
    return Period(now.start - timedelta(days=days), now.start - timedelta(days=1))


# A promise that isn't due yet is neither kept nor missed: its facts are taken off again. The first of them is of the
# day that it is farthest west.
NOT_DUE = """
  SELECT p.day, p.node, p.channel, p.name, -p.count, 0, ''
  FROM kpis_orderfact p JOIN routing_order o ON o.id = p.order_id
  WHERE p.name IN ('promised', 'on_time') AND o.first_promise_at > %(at)s AND p.day BETWEEN %(start)s AND %(end)s
    AND p.day >= ((%(at)s::timestamptz AT TIME ZONE 'UTC') - interval '12 hours')::date"""
FACTS = f"""
SELECT day, {{node}}, '', name, sum(count)::bigint, sum(amount)::bigint, currency FROM (
  SELECT day, node, channel, name, count, amount, currency FROM kpis_dailyfact
  WHERE day BETWEEN %(start)s AND %(end)s
  UNION ALL {NOT_DUE}) f
WHERE (%(channel)s = '' OR channel = %(channel)s) AND (%(node)s = '' OR node = %(node)s)
GROUP BY 1, 2, 4, 7 ORDER BY 1, 2, 4, 7"""

COVERED = """
SELECT count(DISTINCT day) FILTER (WHERE day >= %(start)s), count(DISTINCT day) FILTER (WHERE day < %(start)s)
FROM kpis_dailyfact WHERE name IN ('orders', 'parcels') AND day BETWEEN %(before)s AND %(end)s"""


def facts_of(period: Period, *, at: datetime, channel: str = "", node: str = "", by_node: bool = False) -> list[Fact]:
    """The period's facts summed by day (and by node if asked); of one channel or node if one is named.

    Promises count once they are due: those for later than `at` are left out.
    """
    asked = {"at": at, "start": period.start, "end": period.end, "channel": channel, "node": node}
    return [Fact(*row) for row in db.rows(FACTS.format(node="node" if by_node else "''"), asked)]


def covered(period: Period) -> tuple[int, int]:
    """On how many days of the period, and of the one before, orders came or parcels left anywhere."""
    asked = {"before": period.before.start, "start": period.start, "end": period.end}
    [(days, before)] = db.rows(COVERED, asked)
    return days, before


def sparse(period: Period, values: dict[date, float]) -> Sequence[float | None]:
    """One entry per day of the period, None where there is no value."""
    return [values.get(period.start + timedelta(days=place)) for place in range(period.days)]
