"""What the nodes ask for the lines of orders of one length, and what a way of solving answers."""

from dataclasses import dataclass, field, replace

import numpy as np

from routing.engine.problem import Bools, Int32, Int64
from routing.engine.residual import Residual
from routing.engine.tariff import CANNOT, Costs, Index, Tariff

ALTERNATIVES = 3  # plans not taken that are kept with the one that is


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """Costs in whole minor units; +inf is "may not" and is told by isfinite, never by size."""

    goods: Costs  # [order, line, node] cost of picking the line there, with what steers it
    grams: Int64  # [order, line]
    unfilled: Costs  # [order, line] cost of leaving the line
    head: Costs  # [order, node] cost of any parcel: the shipment itself, lateness beyond the tables
    place: Index  # [order, node] where the tariff of the first ship day begins
    slack: Int64  # [order] days to the promise
    dest: Int64  # [order]
    collected: Bools  # [order]
    max_parcels: int
    tariff: Tariff
    residual: Residual
    fix: Int64  # [node] of any parcel, with the price of its slot
    scarcity: Costs | None = None  # [order, line, node] the part of goods that is a price, None = 0
    slot_price: Int64 | None = None  # [node] the part of fix and head that is a price, None = 0

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.goods.shape[0], self.goods.shape[1], self.goods.shape[2]

    def parcel(self, grams: Int64) -> Costs:
        """Cost of parcels on each node's first day: grams[order] or [order, set] → [order, (set,) node]."""
        head = self.head if grams.ndim == 1 else self.head[:, None]
        return self.tariff.parcel(self.place, grams) + head

    def later(self, node: int, day: int) -> tuple[Index, Costs]:
        """(tariff place, head) of one node on another of its days, [order, 1] each."""
        ship_day = self.residual.ship_day[[node], day]
        place, beyond = self.tariff.rows(self.slack, ship_day, self.dest, self.collected, np.array([node]))
        return place, beyond + float(self.fix[node])

    def one(self, order: int) -> "Offers":
        """The offers of one order alone."""
        return self.some(np.array([order]))

    def some(self, rows: Int64) -> "Offers":
        """The offers of some of the orders."""
        return replace(
            self,
            goods=self.goods[rows],
            grams=self.grams[rows],
            unfilled=self.unfilled[rows],
            head=self.head[rows],
            place=self.place[rows],
            slack=self.slack[rows],
            dest=self.dest[rows],
            collected=self.collected[rows],
            scarcity=None if self.scarcity is None else self.scarcity[rows],
        )

    def without_prices(self) -> "Offers":
        """The same at what is paid in the end: no scarcity price, no price of a slot."""
        goods = self.goods if self.scarcity is None else self.goods - self.scarcity
        head, fix = self.head, self.fix
        if self.slot_price is not None:
            head, fix = head - self.slot_price, fix - self.slot_price
        return replace(self, goods=goods, head=head, fix=fix, scarcity=None, slot_price=None)


@dataclass(slots=True, eq=False)
class Picks:
    """Plans of orders of one length. Lines of an order with the same node and block travel in one parcel."""

    cost: Costs  # [order]
    node: Int32  # [order, line] −1 = unfilled
    block: Int32  # [order, line]
    # (order, node, block) → day, if not the first
    later: dict[tuple[int, int, int], int] = field(default_factory=dict)
    guarded: Int64 | None = None  # orders whose prices were not free to leave lines
    # [order, 3] the cheapest plans through nodes not used; node −1 = none
    other: Int32 | None = None
    other_node: Int32 | None = None  # [order, 3, line]
    other_block: Int32 | None = None


def nothing(offers: Offers) -> Picks:
    """Every line left."""
    orders, lines, _ = offers.shape
    return Picks(offers.unfilled.sum(1), np.full((orders, lines), -1, np.int32), np.zeros((orders, lines), np.int32))


def whole_orders(offers: Offers) -> Costs:
    """[order, node] the whole order in one parcel, +inf where it may not be."""
    total: Costs = offers.goods.sum(1) + offers.parcel(offers.grams.sum(1))
    return np.where(np.isfinite(total), total, CANNOT)
