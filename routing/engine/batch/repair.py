"""Repair: of the users of a scarce unit those keep it who would lose most without it; the others look again."""

from typing import NamedTuple

import numpy as np

from routing.engine.batch.plans import Asked
from routing.engine.batch.standings import Standings, inside, over_asked
from routing.engine.kernel import MOST_LINES
from routing.engine.problem import Int64

AT_ONCE = 200


class Displaced(NamedTuple):
    """Who had to look again, and for what: one row for each order and over-asked unit, in places of the batch."""

    loser: Int64
    winner: Int64
    line: Int64  # of the loser
    node: Int64
    regret: Int64  # what the loser would have lost, at the least, by going elsewhere
    winner_regret: Int64


NOBODY = Displaced(*(np.zeros(0, np.int64) for _ in Displaced._fields))


def repair(standings: Standings) -> Displaced:
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
    told = _told(standings, used, key, over, rank, regret, column)
    standings.take(np.flatnonzero(~out))

    standings.shared |= out
    queue = np.flatnonzero(out)
    if len(queue):
        standings.serve(queue[_by_loss(standings, queue)], at_once=AT_ONCE)
    return told


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


def _told(
    standings: Standings,
    used: Int64,
    key: Int64,
    over: np.ndarray[tuple[int], np.dtype[np.bool_]],
    rank: Int64,
    regret: np.ndarray[tuple[int], np.dtype[np.float64]],
    column: Int64,
) -> Displaced:
    """Each loser beside the user who kept the unit with the least to lose."""
    orders, field = standings.orders, standings.field
    owner = orders.order[used]
    last = np.flatnonzero(~over)
    last = last[np.lexsort((-rank[owner[last]], key[last]))]
    first = np.ones(len(last), np.bool_)
    first[1:] = key[last][1:] != key[last][:-1]
    kept = last[first]  # of each key, the one of the lowest rank that kept it
    lost = np.flatnonzero(over)
    place = np.minimum(np.searchsorted(key[kept], key[lost]), max(len(kept) - 1, 0))
    if not len(kept):
        lost = lost[:0]
    known = key[kept][place[: len(lost)]] == key[lost] if len(kept) else np.zeros(0, np.bool_)
    lost, place = lost[known], place[: len(lost)][known]
    winner = owner[kept][place] if len(kept) else np.zeros(0, np.int64)
    return Displaced(
        loser=owner[lost],
        winner=winner,
        line=used[lost],
        node=field.node[column[used[lost]]],
        regret=regret[owner[lost]].astype(np.int64),
        winner_regret=regret[winner].astype(np.int64),
    )
