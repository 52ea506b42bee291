"""What the orders ask for, with the lines of one SKU merged: two lines that draw on one stock are one decision."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.engine.gaps import MOST_GRAMS
from routing.engine.problem import Bits, Bools, Int32, Int64, Problem
from routing.rules import Refusal

GRAMS_UNKNOWN = 1000  # per unit, where nothing is likely


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """Merged lines: order i asks for the wants ptr[i] … ptr[i + 1] − 1, by SKU row."""

    ptr: Int32  # [order + 1]
    order: Int32  # [want]
    sku: Int32
    units: Int64  # 0 = nothing that can be served
    grams: Int64
    unfilled: Int64  # cost per unit left
    class_bits: Bits
    line: Int32  # lines sorted by want; a want's own are line[line_ptr[w]] … line[line_ptr[w + 1] − 1], in line order
    line_ptr: Int32
    line_units: Int64  # [line] units that can be asked for, 0 for a bad quantity
    want_of_line: Int64
    forbid_want: Int32  # pairs: this want may not use that node again
    forbid_node: Int32
    held_node: Int32  # [want] where all of it is held, −1 = nowhere
    gaps: tuple[Refusal, ...]

    @property
    def length(self) -> Int32:
        """[order] distinct SKUs."""
        return np.diff(self.ptr)


def merged(problem: Problem) -> Demand:
    """The demand of a problem. Quantities below one and missing weights are repaired and named in `gaps`."""
    gaps: list[Refusal] = []
    owner = np.repeat(np.arange(problem.orders, dtype=np.int64), np.diff(problem.ptr))
    units = np.maximum(problem.units.astype(np.int64), 0)
    gaps += [Refusal("bad_quantity", {"line": ref}) for ref in problem.line_ref[units == 0].tolist()]
    grams = _weighed(problem, units, gaps)
    gaps += [Refusal("negative_worth", {"line": ref}) for ref in problem.line_ref[problem.unfilled < 0].tolist()]
    unfilled = np.maximum(problem.unfilled, 0)

    key = owner * max(len(problem.sku_ref), 1) + problem.sku
    line = np.argsort(key, kind="stable")
    first = np.ones(len(line), np.bool_)
    first[1:] = key[line][1:] != key[line][:-1]
    start = np.flatnonzero(first)
    head = line[start]
    want_of_line = np.empty(len(line), np.int64)
    want_of_line[line] = np.cumsum(first) - 1
    forbid_line = np.repeat(np.arange(problem.lines), np.diff(problem.forbid_ptr))
    order = owner[head]
    ptr = np.zeros(problem.orders + 1, np.int32)
    np.cumsum(np.bincount(order, minlength=problem.orders), out=ptr[1:])
    return Demand(
        ptr=ptr,
        order=order.astype(np.int32),
        sku=problem.sku[head],
        units=_sums(units[line], start),
        grams=_sums(grams[line], start),
        unfilled=np.maximum.reduceat(unfilled[line], start) if len(start) else unfilled[:0],
        class_bits=np.bitwise_or.reduceat(problem.class_bits[line], start) if len(start) else problem.class_bits[:0],
        line=line.astype(np.int32),
        line_ptr=np.append(start, len(line)).astype(np.int32),
        line_units=units,
        want_of_line=want_of_line,
        forbid_want=want_of_line[forbid_line].astype(np.int32),
        forbid_node=problem.forbid_node.astype(np.int32),
        held_node=_held(problem.held_node[line], start),
        gaps=tuple(gaps),
    )


def _sums(values: Int64, start: Int64) -> Int64:
    return np.add.reduceat(values, start) if len(start) else values[:0]


def _held(node: NDArray[np.int16], start: Int64) -> Int32:
    """The node that holds every line of a want, −1 where they are at several or not held."""
    if not len(start):
        return np.zeros(0, np.int32)
    low, high = np.minimum.reduceat(node, start), np.maximum.reduceat(node, start)
    return np.where(low == high, low, -1).astype(np.int32)


def _weighed(problem: Problem, units: Int64, gaps: list[Refusal]) -> Int64:
    """Grams of every line; where unknown, what is likely, else a kilogram a unit.

    Nothing of the other lines counts: an order weighs the same in every batch.
    """
    grams: Int64 = problem.grams.clip(0, MOST_GRAMS)
    heavy = np.flatnonzero(problem.grams > MOST_GRAMS)
    gaps += [Refusal("absurd_weight", {"sku": ref}) for ref in np.unique(problem.sku_ref[problem.sku[heavy]]).tolist()]
    unknown: Bools = (grams <= 0) & (units > 0)
    if not unknown.any():
        return grams
    likely = np.where(problem.likely_grams > 0, problem.likely_grams, GRAMS_UNKNOWN * units).clip(0, MOST_GRAMS)
    gaps += [Refusal("no_weight", {"sku": ref}) for ref in np.unique(problem.sku_ref[problem.sku[unknown]]).tolist()]
    return np.where(unknown, likely, grams)
