"""Plans of orders over a field, and what may be asked of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.engine.problem import Bools, Int8, Int32, Int64


class Plans(NamedTuple):
    """Plans by place in what was asked; `block` is the bit mask of the lines in the same parcel."""

    cost: NDArray[np.float64]
    column: Int32  # [order, line] −1 = left
    block: Int8  # [order, line]

    def of(self, places: Int64) -> "Plans":
        """Some of the plans."""
        return Plans(self.cost[places], self.column[places], self.block[places])

    def put(self, places: Int64, other: "Plans") -> None:
        """Write other plans over those at `places`."""
        self.cost[places], self.column[places], self.block[places] = other


class Asked(NamedTuple):
    """Per (order, line): what it may not use, what it has already, what must be."""

    barred: Int64 | None = None  # a node it may not use, −1 = none
    own: Int64 | None = None  # the column where it has its units and slot already, −1 = nowhere
    only: Int64 | None = None  # the only node it may use
    closed: Int64 | None = None  # [order] a column that is closed for it, −1 = none
    must: Bools | None = None
    priced: bool = True  # False: at what is paid in the end, without prices and duals
    guarded: bool = True  # heed the problem's guard

    def of(self, places: Int64) -> "Asked":
        """The same for some of the orders."""
        return Asked(
            None if self.barred is None else self.barred[places],
            None if self.own is None else self.own[places],
            None if self.only is None else self.only[places],
            None if self.closed is None else self.closed[places],
            None if self.must is None else self.must[places],
            self.priced,
            self.guarded,
        )


FREELY = Asked()
