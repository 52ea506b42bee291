"""Dual steps: what is over-asked gets dearer, what was dear and is asked no more gets cheaper, and orders move."""

import numpy as np
from numpy.typing import NDArray

from routing.engine.batch.standings import Standings
from routing.engine.problem import Bools, Int64

FIRST_STEP = 1000.0  # a price moves by this at most in the first step: more than what a second parcel costs
SLOT_STEP = 0.3  # slots move by this part of it
DECAY = ((4, 0.5), (7, 0.6), (10, 0.7), (15, 0.8))


def decay_for(steps: int) -> float:
    """How much smaller each step is than the one before: more steps, finer ones."""
    return next((decay for most, decay in DECAY if steps <= most), 0.9)


class Steps:
    """The contested units and slots of a batch, and their duals while they are searched for."""

    def __init__(self, standings: Standings) -> None:
        self.standings = standings
        field, orders = standings.field, standings.orders
        demand = np.bincount(orders.sku, orders.units, minlength=orders.skus)
        smallest = field.look.residual.smallest()
        # only a SKU asked for more than its smallest stock can ever be contested
        self.hot: Int64 = np.flatnonzero((demand > smallest)[orders.sku])
        self.raised: Int64 = np.zeros(0, np.int64)  # stock keys with a dual, once they had one
        self.slots_raised = False

    def run(self, steps: int) -> int:
        """Take so many steps; returns how many were needed until nothing was over-asked."""
        step, decay = FIRST_STEP, decay_for(steps)
        for done in range(steps):
            touched = self._step(step)
            if touched is None:
                return done
            redo = np.flatnonzero(touched)
            if len(redo):
                self.standings.evaluate(redo)
            step *= decay
        return steps

    def _step(self, step: float) -> Bools | None:
        """Move the duals once; the orders that touch a changed one, None when nothing is over-asked."""
        standings, field, orders = self.standings, self.standings.field, self.standings.orders
        column = standings.columns()
        used = self.hot[column[self.hot] >= 0]
        key = standings.keys(column, used)
        keys, place = np.unique(np.concatenate([key, self.raised]), return_inverse=True)
        use = np.bincount(place[: len(key)], orders.units[used], minlength=len(keys))
        limit = field.atp.ravel()[keys]
        opened = standings.opened()
        crowded = opened > field.slots
        if not (use > limit).any() and not crowded.any():
            return None
        touched = np.zeros(orders.count, np.bool_)
        self._units(keys, use, limit, step, touched)
        self._slots(opened, crowded, step * SLOT_STEP, column, touched)
        return touched

    def _units(self, keys: Int64, use: NDArray[np.number], limit: Int64, step: float, touched: Bools) -> None:
        field, orders = self.standings.field, self.standings.orders
        duals = field.duals.ravel()
        push = step * np.clip(2 * (use - limit) / np.maximum(use + limit, 1), -1, 1)
        moving = (use > limit) | ((duals[keys] > 0) & (use < limit))
        keys = keys[moving]
        price = np.maximum(0, np.rint(duals[keys] + push[moving])).astype(np.float32)
        changed = price != duals[keys]
        keys = keys[changed]
        duals[keys] = price[changed]
        self.raised = np.union1d(self.raised, keys)
        rows = np.unique(keys // field.nodes)
        field.refresh(rows)
        marked = np.zeros(orders.skus, np.bool_)
        marked[rows] = True
        touched[orders.order[marked[orders.sku]]] = True

    def _slots(self, opened: Int64, crowded: Bools, step: float, column: Int64, touched: Bools) -> None:
        field, orders = self.standings.field, self.standings.orders
        moved = crowded | ((field.slot_duals > 0) & (opened < field.slots))
        if not moved.any():
            return
        push = np.clip(5 * (opened - field.slots) / np.maximum(field.slots, 1), -1, 1)
        duals = np.maximum(0, np.rint(field.slot_duals + step * push))
        field.slot_duals = np.where(moved, duals, field.slot_duals).astype(np.float32)
        self.slots_raised = True
        touched[orders.order[(column >= 0) & moved[column]]] = True
        if not field.open_days(np.unique(field.node[crowded])):
            field.rehead()
