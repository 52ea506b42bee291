"""Repair: of the users of a scarce unit those keep it who would lose most without it; the others look again."""

import numpy as np

from routing.engine.batch.plans import Asked
from routing.engine.batch.standings import Standings, inside, over_asked
from routing.engine.kernel import MOST_LINES
from routing.engine.problem import Int64

AT_ONCE = 200


def repair(standings: Standings) -> None:
    """Make the plans fit stock and slots; on return all of them are taken from the field."""
    field, orders = standings.field, standings.orders
    column = standings.columns()
    used = np.flatnonzero(column >= 0)
    key = standings.keys(column, used)
    units = orders.units[used]
    limit = _limit(standings, column, used)
    _, place = np.unique(key, return_inverse=True)
    contested = np.bincount(place, units, minlength=0)[place] > limit if len(used) else np.zeros(0, np.bool_)
    regret = _regrets(standings, used[contested], column)
    rank = np.empty(orders.count, np.int64)
    rank[np.argsort(-regret, kind="stable")] = np.arange(orders.count)  # equal regrets: first come, first served

    over = over_asked(key, rank[orders.order[used]], units, limit)
    out = np.zeros(orders.count, np.bool_)
    out[orders.order[used[over]]] = True
    at, who = standings.parcels()
    crowded = over_asked(at, rank[who], np.ones(len(at), np.int64), field.slots[at])
    out[who[crowded]] = True
    standings.take(np.flatnonzero(~out))

    standings.shared |= out
    queue = np.flatnonzero(out)
    if len(queue):
        standings.serve(queue[_by_loss(standings, queue)], at_once=AT_ONCE)


def _limit(standings: Standings, column: Int64, used: Int64) -> Int64:
    """[use] units of its stock that may be given out: what a rule wants left is never one of them."""
    field, orders = standings.field, standings.orders
    spare = orders.need[used] - orders.units[used]
    limit: Int64 = field.atp[orders.sku[used], field.node[column[used]]] - spare
    return limit


def _regrets(standings: Standings, contested: Int64, column: Int64) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """[order] what it loses without any of its contested units; 0 for orders that have none."""
    field, orders = standings.field, standings.orders
    regret = np.zeros(orders.count)
    rivals = np.unique(orders.order[contested])
    if not len(rivals):
        return regret
    row = np.full(orders.count, -1)
    row[rivals] = np.arange(len(rivals))
    without = np.full((len(rivals), MOST_LINES), -1, np.int64)
    without[row[orders.order[contested]], orders.position[contested]] = field.node[column[contested]]
    now = standings.found(rivals)
    regret[rivals] = standings.found(rivals, Asked(barred=without)).cost - now.cost
    return regret


def _by_loss(standings: Standings, queue: Int64) -> Int64:
    """Places of the queue: first who would lose most if its best plan on what is left were gone too."""
    first = standings.found(queue)
    nodes = np.where(first.column >= 0, standings.field.node[first.column], -1)
    second = standings.found(queue, Asked(barred=np.where(inside(standings, queue), nodes, -1)))
    return np.argsort(first.cost - second.cost, kind="stable")
