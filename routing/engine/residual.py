"""What is left of stock and slots while orders are served one after the other."""

import numpy as np
from numpy.typing import NDArray

from routing.engine import gaps
from routing.engine.problem import Bools, Int32, Int64, Problem

NOTHING_LEFT = np.iinfo(np.int16).max  # ship day of a node without a slot


class Residual:
    """Units per (SKU, node) and parcel slots per (node, day), with each node's first day that has one."""

    def __init__(self, problem: Problem) -> None:
        skus = np.repeat(np.arange(len(problem.sku_ref)), np.diff(problem.sku_ptr))
        shape = (len(problem.sku_ref), problem.nodes)
        self.entry: Int32 = np.full(shape, -1, np.int32)  # place of the stock entry, −1 = not stocked
        self.entry[skus, problem.stock_node] = np.arange(len(skus), dtype=np.int32)
        self.atp: Int32 = np.full(shape, -1, np.int32)  # −1 = not stocked
        left = problem.free.astype(np.int64) - np.maximum(problem.buffer, 0)
        self.atp[skus, problem.stock_node] = np.where(gaps.no_stock(problem), 0, left.clip(0, gaps.LARGEST))
        self.slots: NDArray[np.int64] = np.maximum(problem.slots_left.astype(np.int64), 0)
        self.ship_day: Int64 = problem.ship_day.astype(np.int64)
        room = self.slots > 0
        some = room.any(1)
        first = room.argmax(1)
        ship_day = self.ship_day[np.arange(problem.nodes), first]
        self.first: Int64 = np.where(some, first, -1)  # place of the day, −1 = no slot on any
        self.first_ship: Int64 = np.where(some, ship_day, NOTHING_LEFT)

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
