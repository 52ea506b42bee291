"""What a unit and a slot will be worth to orders still to come: the prices of futures that were drawn, averaged."""

from collections.abc import Sequence
from math import lgamma
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.engine.batch.field import Field
from routing.engine.batch.orders import together
from routing.engine.batch.plan import plan_together
from routing.engine.demand import merged
from routing.engine.look import Look
from routing.engine.plan import Options
from routing.engine.problem import Int64, Problem

STEPS, ROUNDS, TOLERANCE = 6, 8, 1e-3


class Worth(NamedTuple):
    """Prices in minor units by the places of a problem, not rounded."""

    unit: NDArray[np.float64]  # [stock entry]
    slot: NDArray[np.float64]  # [node] of a parcel on its first open day


def worth_of(future: Problem) -> Worth:
    """What each unit and slot would be worth if exactly these orders came: the duals of the linear programme.

    Prices that the problem brings along are left out of it. Orders that can't be planned together count for nothing.
    """
    from routing.engine.quality.master import Prices  # noqa: PLC0415  the solver is loaded where it is used
    from routing.engine.quality.plan import priced  # noqa: PLC0415

    look = Look(future, merged(future), Options(explain=False))
    unit, slot = np.zeros(len(future.stock_node)), np.zeros(future.nodes)
    orders = together(look)
    if not orders.count:
        return Worth(unit, slot)
    field = Field(look, orders)
    seen = plan_together(field, STEPS, keep_seen=True)
    start = Prices.of(seen.unit_duals, seen.slot_duals)
    best = priced(field, seen.standings, start, ROUNDS, TOLERANCE).best or start
    unit[:] = best.unit[look.residual.cell]
    slot[:] = best.slot[: future.nodes]
    return Worth(unit, slot)


def mean_worth(drawn: Sequence[Worth]) -> tuple[Int64, Int64]:
    """(price of a unit [entry], of a slot [node]) in whole minor units: the mean over the futures, rounded.

    One future is half noise, so take eight or more; the median would be 0 nearly everywhere, for most duals are.
    """
    unit = np.rint(np.mean([worth.unit for worth in drawn], axis=0)).astype(np.int64)
    slot = np.rint(np.mean([worth.slot for worth in drawn], axis=0)).astype(np.int64)
    return unit, slot


def cold_start(dearest: Int64, consumed: NDArray[np.float64]) -> Int64:
    """The price of one more unit where nothing is known of the future, in whole minor units.

    `dearest`: the most an order could lose by not getting the unit; `consumed`: the share of the stock that was used
    since the last receipt. dearest × (e^consumed − 1) / (e − 1), the primal–dual price of online packing.
    """
    price: Int64 = np.rint(dearest * np.expm1(np.clip(consumed, 0, 1)) / np.expm1(1.0)).astype(np.int64)
    return price


def walk_in_floor(margin: Int64, expected: NDArray[np.float64], left: Int64) -> Int64:
    """The least price of a store's unit that the till may sell too: the margin × the odds that it would be missed.

    `expected`: units the till sells until the next receipt; `left`: units there are. Poisson: the odds that the till
    asks for `left` units or more, so that one taken away is a sale lost.
    """
    floor: Int64 = np.rint(np.maximum(margin, 0) * _odds_of_as_many(expected, np.maximum(left, 0))).astype(np.int64)
    return floor


def _odds_of_as_many(mean: NDArray[np.float64], units: Int64) -> NDArray[np.float64]:
    """The odds that a Poisson variable of this mean comes to so many units or more."""
    reach = 12 * np.sqrt(mean) + 24  # farther from the mean the odds are 0 or 1 to twelve digits
    odds = np.where(units <= mean, 1.0, 0.0)
    near = np.flatnonzero(np.abs(units - mean) <= reach)
    if not len(near):
        return odds
    mean, stop = mean[near], units[near]
    sold = np.maximum(np.floor(mean - reach[near]), 0)
    factor = np.log(np.maximum(mean, np.finfo(np.float64).tiny))
    # by logarithms: e to the minus eight hundred is no number
    term = sold * factor - mean - np.array([lgamma(count + 1) for count in sold.tolist()])
    fewer = np.zeros(len(near))
    for _ in range(int((stop - sold).max(initial=0))):
        fewer += np.where(sold < stop, np.exp(term), 0)
        sold = sold + 1
        term += factor - np.log(sold)
    odds[near] = np.clip(1 - fewer, 0, 1)
    return odds
