"""From shares of plans to one plan for each order: a small integer programme where the shares are not whole."""

import highspy
import numpy as np
from numpy.typing import NDArray

from routing.engine.problem import Bools, Int64
from routing.engine.quality.master import NO_INDEX, NO_VALUE, Prices, solver
from routing.engine.quality.pool import Pool, by_column

WHOLE = 1e-4
GAP = 5e-4


def choose(pool: Pool, prices: Prices, shares: NDArray[np.float64], most_nodes: int) -> Int64 | None:
    """A plan of the pool for every order, None when the search ended at its limit without any.

    Free are the orders with a broken plan, and those that share something of a price with one of them; the others keep
    theirs. Orders that can't get into each other's way are chosen by themselves.
    """
    free = _free(pool, prices, shares)
    chosen = np.full(pool.field.orders.count, -1)
    fixed = np.flatnonzero((shares >= 1 - WHOLE) & ~free[pool.order])
    chosen[pool.order[fixed]] = fixed
    taken = np.zeros(pool.plans, np.bool_)
    taken[fixed] = True
    own = taken[pool.use_plan]
    used = np.bincount(pool.use_row[own], pool.use[own], minlength=pool.rows)
    limits: NDArray[np.float64] = np.concatenate([np.ones(pool.field.orders.count), pool.limits()])
    left: NDArray[np.float64] = limits - used
    for mine in _components(pool, np.flatnonzero(free[pool.order]), left):
        value = _solved(pool, mine, left, most_nodes)
        if value is None:
            return None
        picked = mine[value > 0.5]
        chosen[pool.order[picked]] = picked
    return None if (chosen < 0).any() else chosen


def _free(pool: Pool, prices: Prices, shares: NDArray[np.float64]) -> Bools:
    """[order] its plan is broken, or its plan uses a priced unit or slot that one of those has a part of."""
    count = pool.field.orders.count
    free = np.zeros(count, np.bool_)
    free[pool.order[(shares > WHOLE) & (shares < 1 - WHOLE)]] = True
    priced = np.zeros(pool.rows, np.bool_)
    priced[count : pool.first_stock] = prices.slot > WHOLE
    keys = pool.stock_keys
    priced[pool.row_of[keys]] = prices.unit[keys] > WHOLE
    use = np.flatnonzero(priced[pool.use_row] & (shares[pool.use_plan] > WHOLE))
    row, order = pool.use_row[use], pool.order[pool.use_plan[use]]
    hit = np.zeros(pool.rows, np.bool_)
    hit[row[free[order]]] = True
    free[order[hit[row]]] = True
    return free


def _components(pool: Pool, plans: Int64, left: NDArray[np.float64]) -> list[Int64]:
    """The plans by what hangs together: orders that share a row which their plans could use up."""
    if not len(plans):
        return []
    place = np.full(pool.plans, -1)
    place[plans] = np.arange(len(plans))
    own = place[pool.use_plan] >= 0
    row, order, use = pool.use_row[own], pool.order[pool.use_plan[own]], pool.use[own]
    count = pool.field.orders.count
    cell, at = np.unique(row * count + order, return_inverse=True)
    most = np.zeros(len(cell))
    np.maximum.at(most, at, use)  # the most that one order could use of a row
    row, order = cell // count, cell % count
    tight = np.bincount(row, most, minlength=pool.rows) > left + 1e-9
    keep = tight[row] & (row >= count)
    label = _labels(row[keep], order[keep], pool.rows, count)
    parts = label[pool.order[plans]]
    by_part = np.argsort(parts, kind="stable")
    starts = np.flatnonzero(np.diff(parts[by_part], prepend=-1))
    return [part for part in np.split(plans[by_part], starts[1:]) if len(part)]


def _labels(row: Int64, order: Int64, rows: int, orders: int) -> Int64:
    """[order] the lowest order that it hangs together with through any rows."""
    label = np.arange(orders)
    while True:
        lowest = np.full(rows, orders)
        np.minimum.at(lowest, row, label[order])
        new = label.copy()
        np.minimum.at(new, order, lowest[row])
        new = new[new]  # a label points to an order, whose own label may be lower by now
        if (new == label).all():
            return label
        label = new


def _solved(pool: Pool, plans: Int64, left: NDArray[np.float64], most_nodes: int) -> NDArray[np.float64] | None:
    """[plan] 1 for the chosen ones; None when no solution was found within so many nodes of the search."""
    place = np.full(pool.plans, -1)
    place[plans] = np.arange(len(plans))
    own = place[pool.use_plan] >= 0
    rows, row = np.unique(pool.use_row[own], return_inverse=True)
    begin, index, amount = by_column(row, place[pool.use_plan[own]], pool.use[own], len(plans), len(rows))
    whole = rows < pool.field.orders.count
    highs = solver()
    highs.setOptionValue("mip_rel_gap", GAP)
    highs.setOptionValue("mip_max_nodes", most_nodes)  # nodes repeat, seconds don't
    lower, upper = np.where(whole, 1.0, -highspy.kHighsInf), np.where(whole, 1.0, left[rows])
    highs.addRows(len(rows), lower, upper, 0, NO_INDEX, NO_INDEX, NO_VALUE)
    count = len(plans)
    highs.addCols(count, pool.cost[plans], np.zeros(count), np.ones(count), len(index), begin, index, amount)
    highs.changeColsIntegrality(count, np.arange(count, dtype=np.int32), np.full(count, highspy.HighsVarType.kInteger))
    highs.run()
    value = np.array(highs.getSolution().col_value)
    if len(value) != count or highs.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    return value
