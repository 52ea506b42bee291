"""From the worth of futures to prices: what they say, no less than the till would earn, or what history can't say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.engine.problem import Int64, Kind, Problem
from routing.engine.scarcity import Worth, cold_start, mean_worth, walk_in_floor
from routing.scarcity import worth

LEAST_DAYS = 28  # of a till's figures: fewer count as so many, for the first sale of a shelf says little of the next


class Shelf(NamedTuple):
    """[entry] of a problem: units after the last receipt, units that the till sold and on how many days."""

    stocked: Int64
    sold: Int64
    counted_days: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """In minor units. `unit`, `cold` and `walk_in` by stock entry, `slot` by node."""

    unit: Int64
    cold: Int64
    walk_in: Int64
    slot: Int64


def spread_out(everything: Problem, future: Problem, found: Worth) -> Worth:
    """The worth of one future by the places of a problem that knows all entries; what it did not ask for is 0."""
    unit = np.zeros(len(everything.level_ref))
    order = np.argsort(everything.level_ref)
    unit[order[np.searchsorted(everything.level_ref, future.level_ref, sorter=order)]] = found.unit
    return Worth(unit, found.slot)


def prices(
    everything: Problem,
    found: Sequence[Worth],
    shelf: Shelf,
    selling: Int64,
    margin: Int64,
    grams: Int64,
    *,
    hours: int,
) -> Prices:
    """The prices of every entry of a problem. `found`: of each future, none while there is too little history.

    `selling`, `margin` and `grams`: [SKU] of one unit. Where a basket that may not be split waits for one unit, the
    whole of it hangs on that unit; still it is worth no more than it sells for, and the longest way to it.
    """
    entry_sku = np.repeat(np.arange(len(everything.sku_ref)), np.diff(everything.sku_ptr))
    left = np.maximum(everything.free.astype(np.int64), 0)
    dearest = worth.dearest(everything, grams)
    cold = cold_start(dearest, worth.consumed_share(shelf.stocked, left))
    cold = np.where(left > 0, cold, 0)
    unit, slot = mean_worth(found) if found else (cold, np.zeros(everything.nodes, np.int64))
    most = np.where(selling > 0, selling, worth.LARGEST)[entry_sku] + dearest
    unit = np.minimum(unit, most)
    observed = np.where(shelf.counted_days > 0, np.maximum(shelf.counted_days, LEAST_DAYS), 1)
    store = everything.kind[everything.stock_node] == Kind.STORE
    expected = np.where(store, worth.sold_until(shelf.sold, observed, hours / 24), 0.0)
    floor = walk_in_floor(margin[entry_sku], expected, left)
    floor = np.where((left > 0) & (expected > 0), floor, 0)
    whole = [np.clip(np.maximum(each, floor), 0, worth.LARGEST) for each in (unit, cold)]
    return Prices(whole[0], whole[1], np.clip(floor, 0, worth.LARGEST), np.clip(slot, 0, worth.LARGEST))


def per_day(everything: Problem, asked: Mapping[int, int], days: float) -> NDArray[np.float64]:
    """[SKU] units that are asked for in a day; `asked`: by SKU id, in so many days."""
    units = [asked.get(sku, 0) for sku in everything.sku_ref.tolist()]
    return np.array(units, np.float64) / max(days, 1e-9)
