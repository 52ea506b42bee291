"""The figures as a table for a spreadsheet: the period, the one before, then day by day."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from io import StringIO
from typing import NamedTuple

from inventory.currencies import exponent

from . import board, periods
from .metrics import FIGURES, Fact, Figure, Unit, currencies
from .periods import Period

COLUMNS = (
    "span", "start_date", "end_date", "figure", "value", "unit", "currency", "target", "counted", "days_with_figures",
)  # fmt: skip


class Sheet(NamedTuple):
    """A file of figures: what it is called, and its text."""

    name: str
    text: str


def write(days: int, *, at: datetime, channel: str = "", node: str = "") -> Sheet:
    """The figures of the latest period of so many days as CSV: `COLUMNS`, then the rows of `read`."""
    period = periods.latest(days, at=at)
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    lines.writerows(read(period, at=at, channel=channel, node=node))
    return Sheet(f"fairlead-kpis-{period.start}-{period.end}.csv", text.getvalue())


def read(period: Period, *, at: datetime, channel: str = "", node: str = "") -> list[Sequence[object]]:
    """Rows of `COLUMNS`. Costs are in units of their currency.

    A span without the figure has no row, and costs have none where they are in several currencies.
    """
    days, days_before = periods.covered(period)
    now = periods.facts_of(period, at=at, channel=channel, node=node)
    before = [] if period.so_far else periods.facts_of(period.before, at=at, channel=channel, node=node)
    targets = board.targets_on(period.end)
    known = currencies(now + before)
    currency = min(known, default="")
    minor = 10 ** exponent(currency)

    def line(span: str, of: Period, facts: Sequence[Fact], figure: Figure, covered: int) -> Iterator[Sequence[object]]:
        value = figure.compute(facts)
        if value is None:
            return
        money = figure.unit is Unit.MONEY
        target, scale = targets.get(figure.code), minor if money else 1
        yield (
            span, of.start, of.end, figure.code, _told(value, scale), figure.unit.value, currency if money else "",
            "" if target is None else _told(target, scale), board.count_behind(figure, facts), covered,
        )  # fmt: skip

    told = [figure for figure in FIGURES.values() if figure.unit is not Unit.MONEY or len(known) < 2]
    rows = [row for figure in told for row in line("period", period, now, figure, days)]
    rows += [row for figure in told for row in line("period_before", period.before, before, figure, days_before)]
    for day in sorted({fact.day for fact in now}):
        of_day = [fact for fact in now if fact.day == day]
        rows += [row for figure in told for row in line("day", Period(day, day), of_day, figure, 1)]
    return rows


def _told(value: Fraction, scale: int) -> str:
    return f"{float(value / scale):.4f}"
