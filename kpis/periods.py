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
    return Period(min(days), max(days))


def latest(days: int, *, at: datetime) -> Period:
    """Today so far for one day, else so many days up to the last that has ended at every node."""
    now = today(at=at)
    if days == TODAY:
        return now
    return Period(now.start - timedelta(days=days), now.start - timedelta(days=1))


FACTS = """
SELECT day, {node}, '', name, sum(count)::bigint, sum(amount)::bigint, currency FROM kpis_dailyfact
WHERE day BETWEEN %(start)s AND %(end)s
  AND (%(channel)s = '' OR channel = %(channel)s) AND (%(node)s = '' OR node = %(node)s)
GROUP BY 1, 2, 4, 7 ORDER BY 1, 2, 4, 7"""


def facts_of(period: Period, *, channel: str = "", node: str = "", by_node: bool = False) -> list[Fact]:
    """The period's facts summed by day (and by node if asked); of one channel or node if one is named."""
    asked = {"start": period.start, "end": period.end, "channel": channel, "node": node}
    return [Fact(*row) for row in db.rows(FACTS.format(node="node" if by_node else "''"), asked)]


def sparse(period: Period, values: dict[date, float]) -> Sequence[float | None]:
    """One entry per day of the period, None where there is no value."""
    return [values.get(period.start + timedelta(days=place)) for place in range(period.days)]
