"""The executive's page as data: the figures against target and the time before, by day and by node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from dom_project.lib import db
from routing.models import StrategyActivation

from . import periods
from .metrics import (
    FIGURES,
    Fact,
    Figure,
    Unit,
    by_day,
    cost_per_order,
    currencies,
    on_time,
    order_to_ship_p50,
    reached,
    shown,
)
from .models import Cursor, Target
from .periods import Period
from .snapshots import EVENTS

STALE_SECONDS = 60


@dataclass(frozen=True)
class Card:
    figure: Figure
    value: Fraction | None
    previous: Fraction | None
    target: Fraction | None
    trend: Sequence[float | None]
    trend_before: Sequence[float | None]
    orders: int  # how many stand behind it
    so_far: bool = False  # of a day that isn't over: no verdict

    @property
    def shown(self) -> Fraction | None:
        return shown(self.figure.unit, self.value)

    @property
    def shown_before(self) -> Fraction | None:
        return shown(self.figure.unit, self.previous)

    @property
    def shown_target(self) -> Fraction | None:
        return shown(self.figure.unit, self.target)

    @property
    def change(self) -> Fraction | None:
        """What the two figures differ by as they are shown, so that it adds up on the page."""
        now, before = self.shown, self.shown_before
        return None if now is None or before is None else now - before

    @property
    def met(self) -> bool | None:
        """None: there is no value or no target, or the day isn't over."""
        if self.so_far or self.value is None or self.target is None:
            return None
        return reached(self.figure, self.value, self.target)

    @property
    def better(self) -> bool | None:
        """Than before; None if equal or unknown."""
        return None if not self.change else (self.change < 0) == self.figure.lower_is_better


@dataclass(frozen=True)
class NodeRow:
    code: str
    name: str
    parcels: int
    cost_per_order: Fraction | None
    on_time: Fraction | None
    order_to_ship: Fraction | None


@dataclass(frozen=True)
class Mark:
    """A moment at which a strategy version went live."""

    at: datetime
    number: int
    reason: str
    version_id: int


@dataclass(frozen=True)
class Board:
    period: Period
    currency: str
    cards: list[Card]
    nodes: list[NodeRow]
    node_names: dict[str, str]  # of all nodes, by code, in the order of their names
    marks: list[Mark]
    orders: int
    parcels: int
    days_covered: int  # days of the period on which anything was counted
    days_covered_before: int
    compared: bool  # with the period before: the day is over, and most of the days before were counted
    counted_at: datetime | None
    behind_seconds: float | None  # the roll-up's age when it is late, else None
    mixed_currencies: bool


def count_behind(figure: Figure, facts: Sequence[Fact]) -> int:
    """How many orders, lines or answers the figure divides by."""
    whole = figure.whole
    return sum(
        fact.count for fact in facts if fact.name == whole or (whole.endswith(":") and fact.name.startswith(whole))
    )


def targets_on(day: date) -> dict[str, Fraction]:
    """The newest target of each figure that holds on this day, in the figure's own unit."""
    found = Target.objects.filter(from_date__lte=day).order_by("metric", "-from_date").distinct("metric")
    return {target.metric: Fraction(target.value) for target in found}


def read(period: Period, *, at: datetime, channel: str = "", node: str = "") -> Board:
    """Everything on the page, in a fixed number of queries whatever the period."""
    days, days_before = periods.covered(period)
    compared = not period.so_far and 2 * days_before > period.days
    facts = periods.facts_of(period, at=at, channel=channel, node=node)
    before = periods.facts_of(period.before, at=at, channel=channel, node=node) if compared else []
    cursor = Cursor.objects.filter(name=EVENTS).first()
    known = currencies(facts + before)
    targets = targets_on(period.end)
    names = dict(db.rows("SELECT code, name FROM inventory_node ORDER BY name, code"))
    cards = []
    for figure in FIGURES.values():
        if len(known) > 1 and figure.unit is Unit.MONEY:
            cards.append(Card(figure, None, None, None, [], [], 0, period.so_far))
            continue
        cards.append(
            Card(
                figure,
                figure.compute(facts),
                figure.compute(before),
                targets.get(figure.code),
                _trend(figure, period, facts),
                _trend(figure, period.before, before) if compared else [],
                count_behind(figure, facts),
                period.so_far,
            )
        )
    return Board(
        period=period,
        currency=min(known, default="USD"),
        cards=cards,
        nodes=node_rows(period, names, at=at, channel=channel, node=node) if len(known) < 2 else [],
        node_names=names,
        marks=marks_of(period),
        orders=sum(fact.count for fact in facts if fact.name == "orders_begun"),
        parcels=sum(fact.count for fact in facts if fact.name == "parcels"),
        days_covered=days,
        days_covered_before=days_before,
        compared=compared,
        counted_at=cursor.moved_at if cursor else None,
        behind_seconds=late(cursor, at),
        mixed_currencies=len(known) > 1,
    )


def _trend(figure: Figure, period: Period, facts: Sequence[Fact]) -> Sequence[float | None]:
    return periods.sparse(period, {day: float(value) for day, value in by_day(figure, facts).items()})


def node_rows(
    period: Period, names: Mapping[str, str], *, at: datetime, channel: str = "", node: str = ""
) -> list[NodeRow]:
    """The nodes that sent something, most parcels first; `names` by code."""
    by_node: dict[str, list[Fact]] = {}
    for fact in periods.facts_of(period, at=at, channel=channel, node=node, by_node=True):
        if fact.node:
            by_node.setdefault(fact.node, []).append(fact)
    rows = [
        NodeRow(
            code,
            names.get(code, code),
            sum(fact.count for fact in facts if fact.name == "parcels"),
            cost_per_order(facts),
            on_time(facts),
            order_to_ship_p50(facts),
        )
        for code, facts in by_node.items()
    ]
    return sorted((row for row in rows if row.parcels), key=lambda row: (-row.parcels, row.code))


def marks_of(period: Period) -> list[Mark]:
    found = StrategyActivation.objects.filter(activated_at__date__range=(period.start, period.end))
    return [
        Mark(activation.activated_at, activation.version.number, activation.reason, activation.version_id)
        for activation in found.select_related("version").order_by("activated_at", "id")
    ]


def late(cursor: Cursor | None, at: datetime) -> float | None:
    """Seconds by which the roll-up of this cursor is behind, None while it keeps up."""
    if cursor is None or cursor.moved_at is None:
        return None
    age = (at - cursor.moved_at).total_seconds()
    return age if age > STALE_SECONDS else None
