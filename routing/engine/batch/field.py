"""The tables that a batch is planned on: what a unit and a parcel cost at every node now, and what is left there.

A column is a node on one of its ship days. Each node begins with its first open day; a day whose slots are over-asked
brings in the next one beside it, so that a parcel may wait instead of going elsewhere.

Costs are whole minor units in float32 (exact below 2**24); +inf is "may not". Duals are prices on top, of a unit by
(SKU, node) and of a slot by column: they steer the search and are in no result.
"""

import numpy as np
from numpy.typing import NDArray

from routing.engine import codes
from routing.engine.batch.orders import Orders
from routing.engine.look import Look
from routing.engine.problem import Bools, Int32, Int64
from routing.engine.residual import NOTHING_LEFT

Table = NDArray[np.float32]
CANNOT = np.float32(np.inf)
ROOM = 8  # columns kept for further days: one for so many nodes
AT_ONCE = 2000  # stock rows refreshed together
EXACT = 1 << 24  # float32 holds every whole number up to here


class Field:
    """Stock rows and heads for some orders. `duals` and `slot_duals` may be written; then `refresh` and `rehead`."""

    def __init__(self, look: Look, orders: Orders) -> None:
        self.look, self.orders = look, orders
        problem, residual = look.problem, look.residual
        self.nodes = problem.nodes
        self.atp: Int32 = residual.atp  # the look's own: what a batch takes is taken
        self.pick: Int64 = look.eligibility.pick.astype(np.int64)
        self.price = look.eligibility.price  # [SKU, node] that came with the problem
        self.no = look.eligibility.no  # [SKU, node] expected cost of a no
        self.duals: Table = np.zeros(self.atp.shape, np.float32)
        self._columns_of_first_days()
        self._heads()
        room = self.columns + max(self.nodes // ROOM, 4)
        self._each: Table = np.empty((len(self.atp), room), np.float32)  # with room for columns to come
        self.freight: Table = look.tariff.cost.astype(np.float32)
        self.refresh(np.arange(len(self.atp)))
        self.rehead()
        self.wide: Bools = self.too_wide(1)

    def too_wide(self, parts: int) -> Bools:
        """[order] its dearest plan that could win would pass the whole numbers that float32 holds.

        No winner costs more than every line alone: left, or in the dearest parcel at the dearest unit cost. A dual
        above the cost of leaving the unit wins nothing. `parts`: fractions of a minor unit that duals are told in.
        """
        orders, per_kg = self.orders, int(self.look.tariff.per_kg_above.max(initial=0))
        steering = self.look.eligibility.steering
        unfilled = np.maximum.reduceat(orders.unfilled, orders.ptr[:-1]) if orders.count else np.zeros(0, np.int64)
        units = np.add.reduceat(orders.units, orders.ptr[:-1]) if orders.count else unfilled
        dearest = int(self.pick.max(initial=0)) + int(steering.price.max(initial=0)) + int(steering.no.max(initial=0))
        late = int(np.where(np.isfinite(self.base), self.base, 0).max(initial=0))
        freight = int(np.where(np.isfinite(self.freight), self.freight, 0).max(initial=0))
        parcel = freight + late + per_kg * (int(orders.grams.max(initial=0)) // 1000)
        bound = units * dearest + 2 * orders.length * (unfilled + parcel)
        return bound * parts >= EXACT

    @property
    def columns(self) -> int:
        return len(self.node)

    @property
    def each(self) -> Table:
        """[SKU, column] what a unit costs."""
        return self._each[:, : self.columns]

    @property
    def slot_price(self) -> Table:
        """[column] the part of a head that is the price of a slot which came with the problem."""
        return self.look.eligibility.steering.slot[self.node].astype(np.float32)

    def _columns_of_first_days(self) -> None:
        residual = self.look.residual
        self.node: Int64 = np.arange(self.nodes)
        self.day: Int64 = residual.first.copy()  # place of the ship day, −1 = no slot on any
        self.slots: Int64 = np.where(self.day >= 0, residual.slots[self.node, np.maximum(self.day, 0)], 0)
        self.slot_duals: Table = np.zeros(self.nodes, np.float32)
        self.last_day: Int64 = self.day.copy()  # [node] the latest day that has a column

    def open_days(self, nodes: Int64) -> bool:
        """Bring in the next day with slots of each of these nodes; False when none has another."""
        residual, found = self.look.residual, []
        for node in nodes.tolist():
            later = np.flatnonzero(residual.slots[node] > 0)
            later = later[later > self.last_day[node]]
            if len(later) and self.last_day[node] >= 0:
                found.append((node, int(later[0])))
                self.last_day[node] = later[0]
        if not found:
            return False
        node, day = np.array(found, np.int64).T
        self.node, self.day = np.append(self.node, node), np.append(self.day, day)
        self.slots = np.append(self.slots, residual.slots[node, day])
        self.slot_duals = np.append(self.slot_duals, np.zeros(len(node), np.float32))
        if self.columns > self._each.shape[1]:
            more = np.empty((len(self._each), max(self.nodes // ROOM, len(node))), np.float32)
            self._each = np.concatenate([self._each, more], axis=1)
        first = self.columns - len(node)
        for column, at in enumerate(node.tolist(), first):
            self._each[:, column] = self._each[:, at]
        self._heads()
        self.rehead()
        return True

    def restore(self) -> None:
        """All stock and slots as they were in the beginning, no duals."""
        residual = self.look.residual
        residual.fill()
        self.slots = np.where(self.day >= 0, residual.slots[self.node, np.maximum(self.day, 0)], 0)
        self.duals[:] = 0
        self.slot_duals = np.zeros(self.columns, np.float32)
        self.refresh(np.arange(len(self.atp)))
        self.rehead()

    def _heads(self) -> None:
        """One row for each kind of order: rule, destination, days to the promise, method, pickup node."""
        look, orders, problem = self.look, self.orders, self.look.problem
        row = orders.row
        if not hasattr(self, "head_of"):
            collected = look.masks.collected[row]
            pinned = np.where(collected, problem.pinned_node[row], -1)
            kinds = np.stack([orders.home, problem.dest[row], problem.slack[row], problem.method[row], pinned])
            _, first, head_of = np.unique(_keys(kinds), return_index=True, return_inverse=True)
            self.head_of: Int64 = head_of.reshape(-1)
            self._kind = row[first]
            self._home = orders.home[first]
        kind = self._kind
        slack, dest = problem.slack[kind].astype(np.int64), problem.dest[kind].astype(np.int64)
        ship_day = np.where(self.day >= 0, look.residual.ship_day[self.node, np.maximum(self.day, 0)], NOTHING_LEFT)
        place, beyond = look.tariff.rows(slack, ship_day, dest, look.masks.collected[kind], self.node)
        fix = look.eligibility.fix[self.node]
        refused = self._refused(kind)[:, self.node] | (self.day < 0)
        self.place: NDArray[np.int32] = place.astype(np.int32)
        self.base: Table = (beyond + fix).astype(np.float32)
        self.base[refused] = CANNOT

    def _refused(self, kind: Int64) -> Bools:
        look = self.look
        refused = np.empty((len(kind), self.nodes), np.bool_)
        open_slot = np.ones(self.nodes, np.bool_)
        for home, mask in enumerate(self.orders.rules):
            own = np.flatnonzero(self._home == home)
            if len(own):
                refused[own] = look.masks.codes_for(kind[own], mask, open_slot) != codes.MAY
        return refused

    def rehead(self) -> None:
        """Take up changed slot duals and slots: a column without a slot is closed."""
        self.head: Table = self.base + self.slot_duals
        self.head[:, self.slots <= 0] = CANNOT

    def paid_head(self) -> Table:
        """The heads at what is paid in the end: without slot prices and slot duals."""
        head: Table = self.base - self.slot_price
        head[~np.isfinite(self.head)] = CANNOT  # full, or closed for the order that looks alone
        return head

    def reopen(self, column: int) -> None:
        """It has a slot again."""
        self.head[:, column] = self.base[:, column] + self.slot_duals[column]

    def refresh(self, rows: Int64) -> None:
        """Take up changed stock and duals of some stock rows."""
        for start in range(0, len(rows), AT_ONCE):
            self._refresh(rows[start : start + AT_ONCE])

    def _refresh(self, rows: Int64) -> None:
        cost = self.duals[rows] + self.pick.astype(np.float32)
        if self.price is not None:
            cost += self.price[rows]
        cost[self.atp[rows] <= 0] = CANNOT
        if self.columns > self.nodes:
            cost = cost[:, self.node]
        self.each[rows] = cost

    def refresh_cell(self, row: int, node: int) -> None:
        """The same for one (row, node)."""
        cost = np.float32(self.pick[node]) + self.duals[row, node]
        if self.price is not None:
            cost += np.float32(self.price[row, node])
        cost = cost if self.atp[row, node] > 0 else CANNOT
        for column in [node, *(np.flatnonzero(self.node[self.nodes :] == node) + self.nodes).tolist()]:
            self.each[row, column] = cost

    def unit_at(self, rows: Int64, node: Int64) -> NDArray[np.float64]:
        """What a unit costs there at duals, whatever the stock."""
        cost: NDArray[np.float64] = self.duals[rows, node].astype(np.float64)
        cost += self.pick[node]
        if self.price is not None:
            cost += self.price[rows, node]
        return cost

    def noes(self, rows: Int64) -> NDArray[np.integer]:
        """[…, column] expected cost of a no of a line of these SKUs; only where the problem has any."""
        assert self.no is not None
        no: NDArray[np.integer] = self.no[rows]
        return no if self.columns == self.nodes else no[..., self.node]

    def no_at(self, rows: Int64, node: Int64) -> Int64:
        """Expected cost of a no of a line there."""
        return np.zeros(len(rows), np.int64) if self.no is None else self.no[rows, node].astype(np.int64)

    def take(self, rows: Int64, node: Int64, units: Int64) -> None:
        """Take units at once; `refresh` follows."""
        np.subtract.at(self.atp, (rows, node), units.astype(np.int32))


def _keys(columns: NDArray[np.integer]) -> Int64:
    """One number for each combination of several columns."""
    key = np.zeros(columns.shape[1], np.int64)
    for column in columns:
        values, place = np.unique(column, return_inverse=True)
        key = key * len(values) + place.reshape(-1)
    return key
