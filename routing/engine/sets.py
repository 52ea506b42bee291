"""Sets of an order's lines as bit masks: bit i is its line i."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.engine.problem import Int64


def lines_of(held: int) -> list[int]:
    """The lines of a set, ascending."""
    return [line for line in range(held.bit_length()) if held >> line & 1]


def parts_of(whole: int) -> Int64:
    """The non-empty parts of a set, ascending."""
    parts = np.zeros(1, np.int64)
    for line in lines_of(whole):
        parts = np.concatenate([parts, parts | 1 << line])
    return parts[1:]


def sums_of_sets(values: NDArray[Any]) -> NDArray[Any]:
    """[order, set, …] sums of [order, line, …] over every set of lines, in the type of the values; set = bit mask."""
    sums = np.zeros((len(values), 1 << values.shape[1], *values.shape[2:]), values.dtype)
    for line in range(values.shape[1]):
        bit = 1 << line
        np.add(sums[:, :bit], values[:, line, None], out=sums[:, bit : 2 * bit])
    return sums
