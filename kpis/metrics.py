"""What each number means: arithmetic on facts. The docstring of a figure is the definition on its page."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

CLASS_MINUTES = 15


class Fact(NamedTuple):
    """A sum of daily facts: how often, and money in minor units of `currency`."""

    day: date
    node: str
    channel: str
    name: str
    count: int  # type: ignore[assignment]  # hides tuple.count on purpose
    amount: int
    currency: str = ""


class Unit(StrEnum):
    MONEY = "money"  # minor units
    SHARE = "share"  # 0 to 1
    MINUTES = "minutes"


def _count(facts: Iterable[Fact], name: str) -> int:
    return sum(fact.count for fact in facts if fact.name == name)


def _share(facts: Sequence[Fact], part: str, whole: str) -> Fraction | None:
    total = _count(facts, whole)
    return Fraction(_count(facts, part), total) if total else None


def currencies(facts: Iterable[Fact]) -> set[str]:
    """The currencies in which figures of money would be added up."""
    return {fact.currency for fact in facts if fact.name in {"parcels", "replanned"}}


def _amount(facts: Iterable[Fact], name: str) -> int:
    mine = [fact for fact in facts if fact.name == name]
    if len({fact.currency for fact in mine}) > 1:
        raise ValueError("the amounts are in several currencies")
    return sum(fact.amount for fact in mine)


def cost_per_order(facts: Sequence[Fact]) -> Fraction | None:
    """Invoice cost of the parcels that left in the period ÷ orders whose first parcel left in it. None without orders.

    Minor units of the facts' one currency; raises ValueError if they carry several.
    """
    amount, orders = _amount(facts, "parcels"), _count(facts, "orders_begun")
    return Fraction(amount, orders) if orders else None


def saved_by_replanning(facts: Sequence[Fact]) -> Fraction | None:
    """Invoice cost of plans less that of the plans that took their place before a floor had them. None without any.

    Minor units of the facts' one currency; raises ValueError if they carry several.
    """
    amount = _amount(facts, "replanned")
    return Fraction(amount) if _count(facts, "replanned") else None


def split_rate(facts: Sequence[Fact]) -> Fraction | None:
    """Orders of which more than one parcel left ÷ orders of which any did, by the day of their first parcel."""
    sent = sum(fact.count for fact in facts if fact.name.startswith("sent:"))
    return Fraction(sent - _count(facts, "sent:1"), sent) if sent else None


def on_time(facts: Sequence[Fact]) -> Fraction | None:
    """Of the orders first promised for the period, those with every unit delivered (pickup: ready) by then."""
    return _share(facts, "on_time", "promised")


def stock_out_rate(facts: Sequence[Fact]) -> Fraction | None:
    """Order lines that no eligible node could fill at the first look ÷ lines looked at for the first time."""
    return _share(facts, "stocked_out", "looked")


def csat(facts: Sequence[Fact]) -> Fraction | None:
    """Answers of 4 or 5 ÷ all answers to the question how it went."""
    return _share(facts, "satisfied", "answers")


def order_to_ship_p50(facts: Sequence[Fact]) -> Fraction | None:
    """Minutes from intake until the last unit left, for the middle one of the orders that were completed.

    Interpolated inside its class of 15 minutes as if the class were evenly filled (median of grouped data).
    """
    classes: dict[int, int] = {}
    for fact in facts:
        if fact.name.startswith("to_ship:"):
            place = int(fact.name.removeprefix("to_ship:"))
            classes[place] = classes.get(place, 0) + fact.count
    half, below = Fraction(sum(classes.values()), 2), 0
    for place in sorted(classes):
        if below + classes[place] >= half and classes[place]:
            return CLASS_MINUTES * (place + (half - below) / classes[place])
        below += classes[place]
    return None


@dataclass(frozen=True)
class Figure:
    """One of the figures: how it is computed, its unit, what is better, and the facts whose orders stand behind it."""

    code: str
    unit: Unit
    lower_is_better: bool
    compute: Callable[[Sequence[Fact]], Fraction | None]
    behind: tuple[str, ...]  # facts by name; one that ends in a colon means all that begin so

    @property
    def whole(self) -> str:
        """The fact that it divides by: what stands behind it is counted by this one."""
        return "orders_begun" if "orders_begun" in self.behind else self.behind[0]


FIGURES: Mapping[str, Figure] = {
    figure.code: figure
    for figure in (
        Figure("cost_per_order", Unit.MONEY, True, cost_per_order, ("parcels", "orders_begun")),
        Figure("on_time", Unit.SHARE, False, on_time, ("promised", "on_time")),
        Figure("stock_out_rate", Unit.SHARE, True, stock_out_rate, ("looked", "stocked_out")),
        Figure("csat", Unit.SHARE, False, csat, ("answers", "satisfied")),
        Figure("order_to_ship_p50", Unit.MINUTES, True, order_to_ship_p50, ("to_ship:",)),
        Figure("saved_by_replanning", Unit.MONEY, False, saved_by_replanning, ("replanned",)),
        Figure("split_rate", Unit.SHARE, True, split_rate, ("sent:",)),
    )
}


def shown(unit: Unit, value: Fraction | None) -> Fraction | None:
    """The value as the page tells it: whole minor units, tenths of a percent, a length in its two largest units."""
    return None if value is None else _told(unit, value)


def _told(unit: Unit, value: Fraction) -> Fraction:
    if unit is Unit.MONEY:
        return Fraction(round(value))
    if unit is Unit.SHARE:
        return Fraction(round(value * 1000), 1000)
    seconds = round(value * 60)
    step = 1 if seconds < 60 else 60 if seconds < 48 * 3600 else 3600
    return Fraction(seconds // step * step, 60)


def by_day(figure: Figure, facts: Sequence[Fact]) -> dict[date, Fraction]:
    """The figure of each day that has one."""
    days: dict[date, list[Fact]] = {}
    for fact in facts:
        days.setdefault(fact.day, []).append(fact)
    values = {day: figure.compute(days[day]) for day in sorted(days)}
    return {day: value for day, value in values.items() if value is not None}


def reached(figure: Figure, value: Fraction, target: Fraction) -> bool:
    """True if the value is at least as good as the target, both as the page tells them: 95.0 % meets 95.0 %."""
    told, wanted = _told(figure.unit, value), _told(figure.unit, target)
    return told <= wanted if figure.lower_is_better else told >= wanted
