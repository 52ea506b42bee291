"""What a unit is worth where the futures are silent: to the till of a store, and while there is no history."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from routing.engine.problem import Int64, Problem

LARGEST = 2**30  # a price above means nothing
MARGIN_SHARE = 0.4  # of the selling price, where what a unit has cost is not known


def margins(price: Int64, cost: Int64) -> Int64:
    """What selling one unit earns: price less cost, or a share of the price where the cost is unknown (0)."""
    own: Int64 = np.where(cost > 0, price - cost, np.rint(price * MARGIN_SHARE).astype(np.int64))
    return np.maximum(own, 0)


def consumed_share(stocked: Int64, left: Int64) -> NDArray[np.float64]:
    """The share of what was there after the last receipt that is gone since: 0 to 1."""
    share: NDArray[np.float64] = 1 - np.maximum(left, 0) / np.maximum(stocked, 1)
    return np.clip(share, 0, 1)


def sold_until(sold: Int64, observed_days: Int64, days: float) -> NDArray[np.float64]:
    """Units that the till is expected to sell in so many days, as it did on the days that were observed."""
    return np.maximum(sold, 0) / np.maximum(observed_days, 1) * days


def as_if_now(problem: Problem, hours: int, penalty: int) -> Problem:
    """A future as one batch: the slots of its hours are all open on each node's first day.

    Not having a unit costs no more than it sells for: the `penalty` that a plan pays beside that would drown what
    the way to it costs.
    """
    within = problem.ship_day < max(-(-hours // 24), 1)
    room = np.where(within, np.maximum(problem.slots_left, 0).astype(np.int64), 0)
    slots = np.where(within, 0, problem.slots_left)
    slots[:, 0] = room.sum(1) if slots.shape[1] else 0
    return replace(problem, slots_left=slots, unfilled=np.maximum(problem.unfilled - penalty, 1))


def dearest(problem: Problem, grams: Int64) -> Int64:
    """[entry] the most that an order may lose by not getting the unit here: from the nearest zone to the farthest,
    and from the work here to the dearest elsewhere. `grams`: [SKU] of one unit.
    """
    entry_sku = np.repeat(np.arange(len(problem.sku_ref)), np.diff(problem.sku_ptr))
    work = (problem.fix + problem.pick)[problem.stock_node]
    most_work = np.zeros(len(problem.sku_ref), np.int64)
    np.maximum.at(most_work, entry_sku, work)
    lost: Int64 = _freight_range(problem, grams)[entry_sku] + most_work[entry_sku] - work
    return np.maximum(lost, 0)


def _freight_range(problem: Problem, grams: Int64) -> Int64:
    """[SKU] between the nearest and the farthest zone, each by its cheapest service."""
    if not problem.rate.size:
        return np.zeros(len(grams), np.int64)
    endless = np.iinfo(np.int64).max
    band = np.searchsorted(problem.band_grams, grams).clip(0, problem.rate.shape[2] - 1)
    cheapest = np.where(problem.rate < 0, endless, problem.rate).min(0)  # [zone, band]
    known = cheapest < endless
    least = cheapest.min(0)
    most = np.where(known, cheapest, -1).max(0)
    of_band = np.where(known.any(0), most - least, 0)
    spread: Int64 = of_band[band]
    return spread
