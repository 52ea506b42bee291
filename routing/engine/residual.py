"""What is left of stock and slots while orders are served one after the other."""

import numpy as np
from numpy.typing import NDArray

from routing.engine import gaps
from routing.engine.problem import Bools, Int32, Int64, Problem

MOST = np.iinfo(np.int32).max  # units
NOTHING_LEFT = np.iinfo(np.int16).max  # ship day of a node without a slot


class Residual:
    """Units per (SKU, node) and parcel slots per (node, day), with each node's first day that has one."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        skus = np.repeat(np.arange(len(problem.sku_ref)), np.diff(problem.sku_ptr))
        self.cell: Int64 = skus * problem.nodes + problem.stock_node  # [entry] its place in the tables, ascending
        self.atp: Int32 = np.full((len(problem.sku_ref), problem.nodes), -1, np.int32)  # −1 = not stocked
        self.fill()
        self.slots: NDArray[np.int64] = np.maximum(problem.slots_left.astype(np.int64), 0)
        self.ship_day: Int64 = problem.ship_day.astype(np.int64)
        room = self.slots > 0
        some = room.any(1)
        first = room.argmax(1)
        ship_day = self.ship_day[np.arange(problem.nodes), first]
        self.first: Int64 = np.where(some, first, -1)  # place of the day, −1 = no slot on any
        self.first_ship: Int64 = np.where(some, ship_day, NOTHING_LEFT)

    def fill(self) -> None:
        """Put all units back where they were in the beginning."""
        problem = self.problem
        left = problem.free.astype(np.int64) - np.maximum(problem.buffer, 0)
        self.atp.ravel()[self.cell] = np.where(gaps.no_stock(problem), 0, left.clip(0, gaps.LARGEST))

    def spread(self, values: Int64) -> NDArray[np.integer]:
        """[SKU, node] these values of the stock entries, none below 0, and 0 where it is not stocked."""
        table = np.zeros(self.atp.shape, np.min_scalar_type(int(values.max(initial=0))))
        table.ravel()[self.cell] = values
        return table

    def smallest(self) -> Int64:
        """[SKU] the least stock that any node has of it, where it has some."""
        left = self.atp.ravel()[self.cell]
        least = np.full(len(self.atp), MOST, np.int64)
        np.minimum.at(least, self.cell[left > 0] // max(self.problem.nodes, 1), left[left > 0])
        return least

    def entry_at(self, sku: Int32 | Int64, node: Int64) -> Int32:
        """Places of these stock entries; each must be stocked."""
        cell = sku.astype(np.int64) * self.problem.nodes + node
        return np.searchsorted(self.cell, cell).astype(np.int32)

    @property
    def open_slot(self) -> Bools:
        """[node] some day has room."""
        return self.first >= 0

    def tight(self, parcels: int) -> Bools:
        """[node] its first day has room, but not for this many parcels."""
        room = self.slots[np.arange(len(self.first)), self.first]
        return (self.first >= 0) & (room < parcels)

    def days(self, node: int, parcels: int) -> list[int]:
        """Places of the days that the node's next parcels go on, as far as there is room."""
        left = np.minimum(self.slots[node], parcels)
        return [int(day) for day in np.repeat(np.arange(len(left)), left)[:parcels]]

    def take_slot(self, node: int, day: int) -> bool:
        """Take one slot; True when the node's first day moved."""
        self.slots[node, day] -= 1
        if self.slots[node, day] == 0 and day == self.first[node]:
            self._move_on(node)
            return True
        return False

    def give_back_slot(self, node: int, day: int) -> None:
        """One slot more."""
        self.slots[node, day] += 1
        self._move_on(node)

    def _move_on(self, node: int) -> None:
        room = np.flatnonzero(self.slots[node] > 0)
        self.first[node] = room[0] if len(room) else -1
        self.first_ship[node] = self.ship_day[node, room[0]] if len(room) else NOTHING_LEFT
