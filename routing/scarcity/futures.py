"""What may come: whole orders of the past, drawn again by weekday. The same seed draws the same futures."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def draw(weekdays: Ints, expected: Sequence[float], weekday: int, seed: Sequence[int]) -> Ints:
    """Places of past orders that one future consists of, in the order in which they come.

    `weekdays`: of each past order, 0 to 6; `expected`: orders on each day from today on, whose weekday is `weekday`.
    Each day has a number of orders around what is expected (Poisson), drawn with replacement from those of its
    weekday; from all where that never had one.
    """
    luck = np.random.Generator(np.random.PCG64(np.random.SeedSequence(list(seed))))
    everything = np.arange(len(weekdays))
    by_weekday = [np.flatnonzero(weekdays == own) for own in range(7)]
    days = []
    for ahead, mean in enumerate(expected):
        own = by_weekday[(weekday + ahead) % 7]
        own = own if len(own) else everything
        days.append(own[luck.integers(0, len(own), luck.poisson(mean))] if len(own) else everything)
    return np.concatenate([np.zeros(0, np.int64), *days])


def most_drawn(values: Ints, most: int) -> Ints:
    """The distinct values, ascending: all of them, or the `most` that come most often (of equals the smaller)."""
    distinct, count = np.unique(values, return_counts=True)
    if len(distinct) <= most:
        return distinct
    return np.sort(distinct[np.lexsort((distinct, -count))[:most]])
