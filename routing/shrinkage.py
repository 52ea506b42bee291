"""Odds learned from few answers: each level leans on the one above it, the more the less it was asked.

A place is a prefix of (kind, node, category, bucket of units on hand); () is the whole network.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Place = tuple[str | int, ...]

HALF_LIFE = 28  # days after which an answer counts half
HORIZON = 6 * HALF_LIFE  # days after which it counts no more: less than a sixtieth
TREND = 7  # days back that odds are compared with
STRENGTH = 20  # answers that a level must have to be believed as much as the one above it
PRIOR = 0.02  # of a network that was never asked
MOST = 0.5  # above, a rule should exclude the node
WHOLE = 1000  # the weight of an answer of today
PARTS = 10_000  # odds are told in 1/10,000
BUCKETS = (1, 2, 3, 6)  # fewest units on hand of each bucket; 0 = not known


class Answers(NamedTuple):
    """How often a node was asked and said no: counted, weighted by age, and weighted as of `TREND` days ago."""

    asked: int = 0
    no: int = 0
    weight: int = 0  # in 1/1000
    no_weight: int = 0
    weight_before: int = 0
    no_weight_before: int = 0

    def plus(self, other: "Answers") -> "Answers":
        return Answers(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Learned(NamedTuple):
    """The odds of one place in 1/10,000, now and `TREND` days ago, with the answers of everything below it."""

    place: Place
    answers: Answers
    odds: int
    odds_before: int


def weights(days: int = HORIZON) -> list[int]:
    """The weight of an answer by its age in days, from today, in 1/1000."""
    return [round(WHOLE * 0.5 ** (age / HALF_LIFE)) for age in range(days)]


def weights_before(days: int = HORIZON) -> list[int]:
    """The same as of `TREND` days ago: what has come since then counts nothing."""
    return [0] * TREND + weights(days - TREND)


def leaning(of: float, count: float, parent: float, strength: float = STRENGTH) -> float:
    """The mean of `of` over `count`, drawn to the parent's as if `strength` more had been like it."""
    return (of + strength * parent) / (count + strength)


def learned(leaves: Iterable[tuple[Place, Answers]]) -> list[Learned]:
    """The odds of every place that has an answer in or below it and of the network, parents before children.

    A leaf whose last part is 0 (stock on hand unknown) counts for the places above it only.
    """
    sums: dict[Place, Answers] = {(): Answers()}
    for place, answers in leaves:
        known = place[:-1] if place and place[-1] == 0 else place
        for depth in range(len(known) + 1):
            sums[known[:depth]] = sums.get(known[:depth], Answers()).plus(answers)
    now: dict[Place, float] = {}
    before: dict[Place, float] = {}
    found = []
    for place, answers in sorted(sums.items(), key=_by_depth):
        now[place] = _leaned(answers.no_weight, answers.weight, now, place)
        before[place] = _leaned(answers.no_weight_before, answers.weight_before, before, place)
        found.append(Learned(place, answers, told(now[place]), told(before[place])))
    return found


def told(odds: float) -> int:
    """In 1/10,000, never above `MOST`."""
    return round(PARTS * min(odds, MOST))


def bucket_of(on_hand: NDArray[np.integer]) -> NDArray[np.int64]:
    """The bucket of each number of units on hand, 1 … 4; 0 where there are none."""
    return np.searchsorted(np.array(BUCKETS), on_hand, side="right").astype(np.int64)


def mean_costs(
    found: Mapping[str, Mapping[int, tuple[int, int]]], start: int
) -> dict[tuple[str, int | None], tuple[int, int, int]]:
    """Cost of sourcing a line again by (currency, strategy), strategy None = the mean: (lines, extra, cost).

    `found` has lines and what they cost extra, in minor units, by currency and strategy. Each strategy leans on its
    currency's mean, that on `start`. A cost below 0 (the second place was cheaper) counts as none.
    """
    costs: dict[tuple[str, int | None], tuple[int, int, int]] = {}
    for currency, own in sorted(found.items()):
        lines, extra = (sum(row[part] for row in own.values()) for part in (0, 1))
        mean = leaning(extra, lines, start)
        costs[currency, None] = (lines, extra, max(round(mean), 0))
        for strategy, (count, more) in sorted(own.items()):
            costs[currency, strategy] = (count, more, max(round(leaning(more, count, mean)), 0))
    return costs


def _leaned(no: int, asked: int, found: Mapping[Place, float], place: Place) -> float:
    return leaning(no / WHOLE, asked / WHOLE, found[place[:-1]] if place else PRIOR)


def _by_depth(row: tuple[Place, Answers]) -> tuple[int, Sequence[str]]:
    return len(row[0]), [f"{part:>20}" for part in row[0]]
