"""Exchanges: an order takes a unit or a slot from the one that loses least by it, where that saves money in sum.

What is used up is offered to everybody at the loss of its cheapest holder. Orders that still gain take it, the largest
gain first; the holder moves to the best it found without it. Each exchange is checked on what is there at its turn.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.engine.batch.costs import costs
from routing.engine.batch.plans import Asked, Plans
from routing.engine.batch.standings import Standings, inside
from routing.engine.kernel import MOST_LINES
from routing.engine.problem import Int64

MOST_HOLDERS = 2  # that one order may send elsewhere


class Holders(NamedTuple):
    """The cheapest holder of each scarce thing, and its plan without it. Keys: stock, then columns after them."""

    key: Int64  # ascending
    order: Int64
    loss: NDArray[np.float64]
    plan: Plans


def exchange(standings: Standings, tried: Int64, raised: Int64) -> int:
    """Exchange among the orders of `tried`; `raised`: the stock that was contested. Returns how many orders gained."""
    if not len(tried):
        return 0
    field = standings.field
    standings.shared[tried] = True
    holders = _holders(standings, tried, raised)
    found = _offered(standings, tried, holders)
    now = costs(field, tried, standings.plans.of(tried))
    gain = now - found.cost
    gaining = np.flatnonzero(gain >= 1)
    saved = now[gaining] - costs(field, tried[gaining], found.of(gaining))
    turn = _Turn(standings, holders)
    for place in np.argsort(-gain[gaining], kind="stable").tolist():
        turn.of(int(tried[gaining[place]]), found.of(gaining[[place]]), float(saved[place]))
    return turn.gained


def _holders(standings: Standings, tried: Int64, raised: Int64) -> Holders:
    """Who holds the last units and slots, and what giving one up would cost them at the least."""
    field, orders = standings.field, standings.orders
    ours = np.zeros(orders.count, np.bool_)
    ours[tried] = True
    contested = np.zeros(field.atp.size, np.bool_)
    contested[raised] = True
    column = standings.columns()
    used = np.flatnonzero((column >= 0) & ours[orders.order])
    stock_key = standings.keys(column, used)
    line = contested[stock_key] & (field.atp.ravel()[stock_key] <= 0)
    at, who = standings.parcels()
    slot = ours[who] & (field.slots[at] <= 0)

    order = np.concatenate([orders.order[used[line]], who[slot]])
    key = np.concatenate([stock_key[line], field.atp.size + at[slot]])
    own = np.where(inside(standings, order), standings.plans.column[order], -1)
    barred = np.full((len(order), MOST_LINES), -1, np.int64)
    units = np.flatnonzero(key < field.atp.size)
    position = orders.position[used[line]]
    barred[units, position] = field.node[own[units, position]]
    closed = np.full(len(order), -1, np.int64)
    closed[len(units) :] = at[slot]
    own = np.where(barred >= 0, -1, own)
    without = standings.found(order, Asked(barred=barred, own=own, closed=closed))
    loss = without.cost - costs(field, order, standings.plans.of(order))
    first = np.lexsort((order, loss, key))
    lowest = np.ones(len(first), np.bool_)
    lowest[1:] = key[first][1:] != key[first][:-1]
    chosen = first[lowest]
    return Holders(key[chosen], order[chosen], np.maximum(loss[chosen], 0), without.of(chosen))


def _offered(standings: Standings, tried: Int64, holders: Holders) -> Plans:
    """The best plans of these orders when each scarce thing may be had for its holder's loss."""
    field = standings.field
    cells = field.atp.size
    units = holders.key < cells
    keys, columns = holders.key[units], holders.key[~units] - cells
    stock, duals = field.atp.ravel(), field.duals.ravel()
    before = stock[keys].copy()
    rows = np.unique(keys // max(field.nodes, 1))
    stock[keys] += 1
    duals[keys] = holders.loss[units]
    field.refresh(rows)
    duals[keys] = 0  # what an order has already costs it nothing more
    field.slots[columns] += 1
    field.slot_duals[columns] = holders.loss[~units]
    field.rehead()
    field.slot_duals[columns] = 0
    own = np.where(inside(standings, tried), standings.plans.column[tried], -1)
    found = standings.found(tried, Asked(own=own))
    stock[keys] = before
    field.slots[columns] -= 1
    field.refresh(rows)
    field.rehead()
    return found


class _Turn:
    """One exchange after the other; who moved once stays for the rest of the round."""

    def __init__(self, standings: Standings, holders: Holders) -> None:
        self.standings, self.holders = standings, holders
        self.place = {key: place for place, key in enumerate(holders.key.tolist())}
        self.moved: set[int] = set()
        self.gained = 0

    def of(self, order: int, plan: Plans, saved: float) -> None:
        """Give the order this plan, which saves so much, and its holders theirs; or leave all as it was."""
        if order in self.moved:
            return
        standings = self.standings
        standings.move(order, +1)
        before = {order: standings.plans.of(np.array([order]))}
        after = {order: plan}
        for place in self._lacking(order, plan):
            holder = int(self.holders.order[place])
            if holder in after or holder in self.moved:
                after.clear()
                break
            standings.move(holder, +1)
            before[holder] = standings.plans.of(np.array([holder]))
            saved -= self.holders.loss.item(place)
            after[holder] = self.holders.plan.of(np.array([place]))
        taken: list[int] = []
        if len(after) <= 1 + MOST_HOLDERS and saved >= 1:  # the tables round a loss beyond what float32 holds
            for each, new in after.items():
                if not self._fits(each, new):
                    break
                standings.plans.put(np.array([each]), new)
                standings.move(each, -1)
                taken.append(each)
        if after and len(taken) == len(after):
            self.moved.update(taken)
            self.gained += 1
            return
        for each in taken:
            standings.move(each, +1)
        for each, old in before.items():
            standings.plans.put(np.array([each]), old)
            standings.move(each, -1)

    def _fits(self, order: int, plan: Plans) -> bool:
        size = self.standings.orders.length.item(order)
        return self.standings.fits(order, plan.column[0, :size].tolist(), plan.block[0, :size].tolist())

    def _lacking(self, order: int, plan: Plans) -> list[int]:
        """Places of the holders of what the plan needs and is used up."""
        field, orders = self.standings.field, self.standings.orders
        start, size = orders.ptr.item(order), orders.length.item(order)
        found, parcels = [], set()
        for line, (at, held) in enumerate(
            zip(plan.column[0, :size].tolist(), plan.block[0, :size].tolist(), strict=True)
        ):
            if at < 0:
                continue
            row, node = orders.sku.item(start + line), field.node.item(at)
            if field.atp.item(row, node) < orders.need.item(start + line):
                found.append(self.place.get(row * field.nodes + node, -1))
            parcels.add((at, held))
        for at, _ in sorted(parcels):
            if field.slots.item(at) < 1:
                found.append(self.place.get(field.atp.size + at, -1))
        return [place for place in found if place >= 0]
