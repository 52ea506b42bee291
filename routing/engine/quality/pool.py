"""Columns: whole plans of single orders, with what each uses of every unit and slot that can run out."""

import numpy as np
from numpy.typing import NDArray

from routing.engine.batch.costs import costs
from routing.engine.batch.field import Field
from routing.engine.batch.plans import Plans
from routing.engine.kernel import MOST_LINES
from routing.engine.problem import Bools, Int8, Int32, Int64


class Pool:
    """Plans seen so far, each once. Rows: order, then slots by column of the field, then stock as it comes up."""

    def __init__(self, field: Field) -> None:
        self.field = field
        orders = field.orders
        demand = np.bincount(orders.sku, orders.units, minlength=orders.skus)
        self.can_bind: Bools = ((demand[:, None] > field.atp) & (field.atp > 0)).ravel()
        self.first_stock = orders.count + field.columns
        self.row_of: Int64 = np.full(field.atp.size, -1)  # [stock key] its row
        self.keys: list[Int64] = []  # stock keys in the order of their rows
        self.rows = self.first_stock
        self.seen: set[bytes] = set()
        self.order: Int64 = np.zeros(0, np.int64)
        self.cost: NDArray[np.float64] = np.zeros(0)
        self.column: Int32 = np.zeros((0, MOST_LINES), np.int32)
        self.block: Int8 = np.zeros((0, MOST_LINES), np.int8)
        self.use_row: Int64 = np.zeros(0, np.int64)  # what plans use: (row, plan, how much)
        self.use_plan: Int64 = np.zeros(0, np.int64)
        self.use: NDArray[np.float64] = np.zeros(0)

    @property
    def plans(self) -> int:
        return len(self.order)

    @property
    def stock_keys(self) -> Int64:
        """Stock keys in the order of their rows."""
        return np.concatenate(self.keys) if self.keys else np.zeros(0, np.int64)

    def limits(self) -> NDArray[np.float64]:
        """[row − orders] slots and units there are."""
        return np.concatenate([self.field.slots, self.field.atp.ravel()[self.stock_keys]]).astype(np.float64)

    def add(self, index: Int64, plans: Plans) -> int:
        """Add the plans that were not seen before; returns how many those are."""
        orders = self.field.orders
        inside = np.arange(MOST_LINES) < orders.length[index][:, None]
        column = np.where(inside, plans.column, -1).astype(np.int32)
        block = np.where(column >= 0, plans.block, 0).astype(np.int8)
        key = np.concatenate(
            [index.astype(np.int32)[:, None].view(np.int8), column.view(np.int8), block.view(np.int8)], axis=1
        )
        fresh = []
        for place, packed in enumerate(map(bytes, key)):
            if packed not in self.seen:
                self.seen.add(packed)
                fresh.append(place)
        if fresh:
            new = np.array(fresh)
            self._append(index[new], Plans(plans.cost[new], column[new], block[new]))
        return len(fresh)

    def _append(self, index: Int64, plans: Plans) -> None:
        field, orders = self.field, self.field.orders
        plan, line = np.nonzero(plans.column >= 0)
        column = plans.column[plan, line].astype(np.int64)
        at = orders.ptr[index[plan]] + line
        key = orders.sku[at] * field.nodes + field.node[column]
        scarce = self.can_bind[key]
        self._rows_for(key[scarce])
        held = plans.block[plan, line].astype(np.int64)
        first = held & ((1 << line) - 1) == 0  # one slot for each parcel
        rows = np.concatenate([index, self.row_of[key[scarce]], orders.count + column[first]])
        places = np.concatenate([np.arange(len(index)), plan[scarce], plan[first]])
        units = np.concatenate([np.ones(len(index)), orders.units[at[scarce]], np.ones(int(first.sum()))])
        self.use_row = np.append(self.use_row, rows)
        self.use_plan = np.append(self.use_plan, places + self.plans)
        self.use = np.append(self.use, units)
        self.order, self.cost = np.append(self.order, index), np.append(self.cost, costs(field, index, plans))
        self.column, self.block = np.vstack([self.column, plans.column]), np.vstack([self.block, plans.block])

    def _rows_for(self, keys: Int64) -> None:
        fresh = np.unique(keys)
        fresh = fresh[self.row_of[fresh] < 0]
        if len(fresh):
            self.row_of[fresh] = self.rows + np.arange(len(fresh))
            self.keys.append(fresh)
            self.rows += len(fresh)

    def matrix(self, start: int) -> tuple[Int32, Int32, NDArray[np.float64]]:
        """The plans from `start` on as (begin of each, rows, amounts), equal rows of a plan added up."""
        own = self.use_plan >= start
        return by_column(self.use_row[own], self.use_plan[own] - start, self.use[own], self.plans - start, self.rows)

    def chosen(self, plans: Int64) -> Plans:
        """These plans, which must be one for each order, in the order of orders."""
        by_order = plans[np.argsort(self.order[plans], kind="stable")]
        return Plans(self.cost[by_order].copy(), self.column[by_order].copy(), self._blocks(by_order))

    def _blocks(self, plans: Int64) -> Int8:
        alone = (1 << np.arange(MOST_LINES)).astype(np.int8)
        return np.where(self.column[plans] >= 0, self.block[plans], alone).astype(np.int8)


def by_column(
    row: Int64, column: Int64, amount: NDArray[np.float64], columns: int, rows: int
) -> tuple[Int32, Int32, NDArray[np.float64]]:
    """A sparse matrix by columns: (begin of each column, its rows, amounts); amounts of one cell are added up."""
    cell, place = np.unique(column * rows + row, return_inverse=True)
    total = np.bincount(place, amount, minlength=len(cell)).astype(np.float64)
    begin = np.searchsorted(cell, np.arange(columns) * rows).astype(np.int32)
    return begin, (cell % rows).astype(np.int32), total
