"""The executive's page as data: five figures against target and the time before, by day and by node."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from dom_project.lib import db
from routing.models import StrategyActivation

from . import periods
from .metrics import FIGURES, Fact, Figure, Unit, by_day, cost_per_order, on_time, order_to_ship_p50, reached
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

    @property
    def change(self) -> Fraction | None:
        return None if self.value is None or self.previous is None else self.value - self.previous

    @property
    def gap(self) -> Fraction | None:
        return None if self.value is None or self.target is None else self.value - self.target

    @property
    def met(self) -> bool | None:
        """None: there is no value or no target."""
        return None if self.value is None or self.target is None else reached(self.figure, self.value, self.target)

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
    marks: list[Mark]
    orders: int
    parcels: int
    behind_seconds: float | None  # the roll-up's age when it is late, else None
    mixed_currencies: bool


def count_behind(figure: Figure, facts: Sequence[Fact]) -> int:
    """How many orders, lines or answers the figure divides by."""
    whole = "orders_begun" if "orders_begun" in figure.behind else figure.behind[0]
    return sum(
        fact.count for fact in facts if fact.name == whole or (whole.endswith(":") and fact.name.startswith(whole))
    )


def targets_on(day: date) -> dict[str, Fraction]:
    """The newest target of each figure that holds on this day, in the figure's own unit."""
    found = Target.objects.filter(from_date__lte=day).order_by("metric", "-from_date").distinct("metric")
    return {target.metric: Fraction(target.value) for target in found}


def read(period: Period, *, at: datetime, channel: str = "", node: str = "") -> Board:
    """Everything on the page, in a fixed number of queries whatever the period."""
    facts = periods.facts_of(period, channel=channel, node=node)
    before = periods.facts_of(period.before, channel=channel, node=node)
    currencies = {fact.currency for fact in facts + before if fact.name == "parcels"}
    targets = targets_on(period.end)
    cards = []
    for figure in FIGURES.values():
        if len(currencies) > 1 and figure.unit is Unit.MONEY:
            cards.append(Card(figure, None, None, None, [], [], 0))
            continue
        cards.append(
            Card(
                figure,
                figure.compute(facts),
                figure.compute(before),
                targets.get(figure.code),
                _trend(figure, period, facts),
                _trend(figure, period.before, before),
                count_behind(figure, facts),
            )
        )
    return Board(
        period=period,
        currency=min(currencies, default="USD"),
        cards=cards,
        nodes=node_rows(period, channel=channel, node=node) if len(currencies) < 2 else [],
        marks=marks_of(period),
        orders=sum(fact.count for fact in facts if fact.name == "orders_begun"),
        parcels=sum(fact.count for fact in facts if fact.name == "parcels"),
        behind_seconds=late_by(at),
        mixed_currencies=len(currencies) > 1,
    )


def _trend(figure: Figure, period: Period, facts: Sequence[Fact]) -> Sequence[float | None]:
    return periods.sparse(period, {day: float(value) for day, value in by_day(figure, facts).items()})


def node_rows(period: Period, *, channel: str = "", node: str = "") -> list[NodeRow]:
    """The nodes that sent something, most parcels first."""
    by_node: dict[str, list[Fact]] = {}
    for fact in periods.facts_of(period, channel=channel, node=node, by_node=True):
        if fact.node:
            by_node.setdefault(fact.node, []).append(fact)
    names = dict(db.rows("SELECT code, name FROM inventory_node WHERE code = ANY(%s)", [list(by_node)]))
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


def late_by(at: datetime) -> float | None:
    """Seconds by which the roll-up is behind, None while it keeps up."""
    return late(Cursor.objects.filter(name=EVENTS).first(), at)


def late(cursor: Cursor | None, at: datetime) -> float | None:
    """The same of the events' cursor that was read already."""
    if cursor is None or cursor.moved_at is None:
        return None
    age = (at - cursor.moved_at).total_seconds()
    return age if age > STALE_SECONDS else None
