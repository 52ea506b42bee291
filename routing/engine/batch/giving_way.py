"""Who gave way to whom: lines that would have a unit elsewhere if no other order wanted it, beside who has it."""

from typing import NamedTuple

import numpy as np

from routing.engine.batch.costs import costs
from routing.engine.batch.plans import Asked, Plans
from routing.engine.batch.standings import Standings, inside
from routing.engine.kernel import MOST_LINES
from routing.engine.problem import Int64


class Displaced(NamedTuple):
    """One row for each line that gave way, in places of the batch."""

    loser: Int64
    winner: Int64  # of those who have units there, the one with the least to lose
    line: Int64  # of the loser
    node: Int64
    regret: Int64  # what the loser's plan costs more than the one it would have alone
    winner_regret: Int64  # what the winner's would cost more without its units there, all others as they are


NOBODY = Displaced(*(np.zeros(0, np.int64) for _ in Displaced._fields))


def gave_way(standings: Standings, alone: Plans) -> Displaced:
    """Judged by the plans as they are, all taken from the field. `alone`: what each order would do without others."""
    field, orders = standings.field, standings.orders
    column = standings.columns()
    wished = alone.column[orders.order, orders.position].astype(np.int64)
    now, then = (np.where(at >= 0, field.node[at], -1) for at in (column, wished))
    # what is still there was left for another reason: a slot, a line that went elsewhere
    lost = np.flatnonzero((then >= 0) & (now != then) & (field.atp[orders.sku, then] < orders.need))
    lost_key = standings.row_key[lost] + then[lost]
    used = np.flatnonzero(column >= 0)
    key = standings.keys(column, used)
    used, key = used[np.isin(key, lost_key)], key[np.isin(key, lost_key)]
    if not len(used):
        return NOBODY
    regret = _regrets(standings, used, now)
    owner = orders.order[used]
    least = np.lexsort((-owner, regret[owner], key))  # equal regrets: who came last
    first = least[np.diff(key[least], prepend=-1) > 0]
    place = np.minimum(np.searchsorted(key[first], lost_key), len(first) - 1)
    known = key[first][place] == lost_key
    lost, winner = lost[known], owner[first][place[known]]
    loser = orders.order[lost]
    everyone = np.arange(orders.count)
    more = costs(field, everyone, standings.plans) - costs(field, everyone, alone)
    worse = (more[loser] > 0) & (loser != winner)
    lost, loser, winner = lost[worse], loser[worse], winner[worse]
    return Displaced(loser, winner, lost, then[lost], more[loser].astype(np.int64), regret[winner].astype(np.int64))


def _regrets(standings: Standings, used: Int64, now: Int64) -> Int64:
    """[order] what it would lose without its units among these, all others as they are; 0 for who has none there."""
    orders = standings.orders
    owners = np.unique(orders.order[used])
    row = np.full(orders.count, -1)
    row[owners] = np.arange(len(owners))
    barred = np.full((len(owners), MOST_LINES), -1, np.int64)
    barred[row[orders.order[used]], orders.position[used]] = now[used]
    own = np.where(inside(standings, owners), standings.plans.column[owners], -1)
    own = np.where(barred >= 0, -1, own)
    without = standings.found(owners, Asked(barred=barred, own=own))
    regret = np.zeros(orders.count, np.int64)
    loss = costs(standings.field, owners, without) - costs(standings.field, owners, standings.plans.of(owners))
    regret[owners] = np.maximum(loss, 0)
    return regret
