"""The exact kernel over a field: every set of an order's lines at every column, then every way to cut it into parcels.

The same answers as `kernel` gives for one order, from tables shared by thousands. What cannot be is +inf, never a
large number.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.engine.batch.field import CANNOT, Field
from routing.engine.batch.partitions import partitions_of
from routing.engine.batch.plans import Asked, Plans
from routing.engine.kernel import cuts_of
from routing.engine.problem import Int32, Int64
from routing.engine.sets import sums_of_sets

Floats = NDArray[Any]  # float32, or float64 for orders that need it


class Group:
    """Orders of one length that may take the same number of parcels."""

    def __init__(
        self, field: Field, index: Int64, lines: int, parcels: int, number: type[np.floating], asked: Asked
    ) -> None:
        self.field, self.index, self.lines, self.parcels = field, index, lines, parcels
        self.number, self.asked = number, asked
        orders = field.orders
        self.at = orders.line_of(index, lines)
        self.unfilled = orders.unfilled[self.at]
        head = field.head_of[index]
        table = field.head if asked.priced else field.paid_head()
        self.head: Floats = table[head].astype(number, copy=False)
        if asked.own is not None:
            self._keep_slots(asked.own)
        if asked.closed is not None:
            order = np.flatnonzero(asked.closed >= 0)
            self.head[order, asked.closed[order]] = CANNOT
        self.place = field.place[head]
        self.goods = self._goods()
        weight = sums_of_sets(orders.grams[self.at])  # [order, set]
        problem = field.look.problem
        self.band = np.searchsorted(problem.band_grams, weight).astype(np.int32)
        self.heavy = weight > field.look.tariff.top
        self.weight = weight
        if self.heavy.any():
            self.band = np.minimum(self.band, field.look.tariff.bands - 1)
        self.every = np.arange(len(index))

    def _goods(self) -> Floats:
        """[order, line, column] what each line costs at each column."""
        field, orders, at, asked = self.field, self.field.orders, self.at, self.asked
        sku, need = orders.sku[at], orders.need[at]
        if asked.priced:
            goods = field.each[sku].astype(self.number, copy=False)
            if field.no is not None:
                goods += field.noes(sku)
            several = np.flatnonzero((need > 1).any(1))
        else:
            goods = np.empty((*sku.shape, field.columns), self.number)
            several = np.arange(len(sku))
        if len(several):
            goods[several] = self._several(sku[several], need[several], orders.units[at[several]])
        if orders.barred_ptr[-1]:
            self._bar(goods)
        for nodes, bar in ((asked.barred, True), (asked.only, False)):
            if nodes is not None:
                own = nodes[:, : self.lines, None]
                goods[((own == field.node) == bar) & (own >= 0)] = CANNOT
        if asked.own is not None:
            self._give_back(goods, asked.own)
        return goods

    def _several(self, sku: Int64, need: Int64, units: Int64) -> Floats:
        field = self.field
        each = (
            field.each[sku]
            if self.asked.priced
            else np.broadcast_to(field.pick[field.node].astype(np.float32), (*sku.shape, field.columns))
        )
        goods = each.astype(self.number) * units[:, :, None].astype(self.number)
        if field.no is not None:
            goods += field.noes(sku)
        short = field.atp[sku] < need[:, :, None]
        goods[short if field.columns == field.nodes else short[:, :, field.node]] = CANNOT
        return goods

    def _bar(self, goods: Floats) -> None:
        orders = self.field.orders
        start, end = orders.barred_ptr[self.at], orders.barred_ptr[self.at + 1]
        for order, line in zip(*np.nonzero(end > start), strict=True):
            nodes = orders.barred[start[order, line] : end[order, line]]
            goods[order, line, np.isin(self.field.node, nodes)] = CANNOT

    def _keep_slots(self, own: Int64) -> None:
        """A parcel may stay in a column where the order has a slot already, even if none is left there now."""
        order, line = np.nonzero(own[:, : self.lines] >= 0)
        column = own[order, line]
        kept = self.field.base[self.field.head_of[self.index[order]], column]
        if not self.asked.priced:
            kept = kept - self.field.slot_price[column]
        self.head[order, column] = kept

    def _give_back(self, goods: Floats, own: Int64) -> None:
        """A line may stay where it has its units already, even if none are left there now."""
        field, orders = self.field, self.field.orders
        stays = own[:, : self.lines] >= 0
        if self.asked.only is not None:
            only = self.asked.only[:, : self.lines]
            stays &= (only < 0) | (only == np.where(stays, field.node[own[:, : self.lines]], -1))
        order, line = np.nonzero(stays)
        if not len(order):
            return
        node, at = field.node[own[order, line]], self.at[order, line]
        sku, units = orders.sku[at], orders.units[at]
        each = field.unit_at(sku, node) if self.asked.priced else field.pick[node].astype(np.float64)
        cost = each * units + field.no_at(sku, node)
        enough = field.atp[sku, node] + units >= orders.need[at]
        cost = np.where(enough, cost, CANNOT)
        goods[order, line, node] = cost
        for column in range(field.nodes, field.columns):
            here = node == field.node[column]
            goods[order[here], line[here], column] = cost[here]

    def _parcels(self, held: int, goods: Floats) -> Floats:
        """[order, column] the set of lines `held` as one parcel."""
        field = self.field
        total = field.freight.take(self.place + self.band[:, held, None], mode="clip").astype(self.number, copy=False)
        if self.heavy[:, held].any():
            which = np.flatnonzero(self.heavy[:, held])
            grams = np.broadcast_to(self.weight[which, held, None], (len(which), field.columns))
            total[which] = field.look.tariff.heavy(self.place[which].astype(np.intp), grams)
        total += self.head
        total += goods
        return total

    def solve(self, plans: Plans, part: Int64, *, whole: bool, partial: bool) -> None:
        """Write the plans of the group to `part` of the plans."""
        if whole:
            self._whole(plans, part)
            return
        best, column = self._sets()
        if self.parcels < self.lines or self.asked.must is not None:
            self._cut(best, column, plans, part)
        else:
            self._divide(best, column, plans, part)
        if not partial:
            none = np.flatnonzero((plans.column[part, : self.lines] < 0).any(1))
            self._leave(plans, part, none)

    def _whole(self, plans: Plans, part: Int64) -> None:
        full = (1 << self.lines) - 1
        total = self._parcels(full, self.goods.sum(1, dtype=self.number))
        column = total.argmin(1)
        cost = total[self.every, column]
        plans.cost[part], plans.block[part, : self.lines] = cost, full
        plans.column[part, : self.lines] = column[:, None]
        self._leave(plans, part, np.flatnonzero(~np.isfinite(cost)))

    def _leave(self, plans: Plans, part: Int64, which: Int64) -> None:
        """These orders get nothing."""
        if len(which):
            plans.cost[part[which]] = self.unfilled[which].sum(1)
            plans.column[part[which]] = -1
            plans.block[part[which], : self.lines] = 1 << np.arange(self.lines)

    def _sets(self) -> tuple[Floats, Int32]:
        """(best[order, set], its column) of shipping a set of lines as one parcel."""
        count = 1 << self.lines
        best = np.zeros((len(self.index), count), self.number)
        column = np.full((len(self.index), count), -1, np.int32)
        sums: list[Any] = [None] * count
        for held in range(1, count):
            low = held & -held
            line, rest = low.bit_length() - 1, held ^ low
            sums[held] = self.goods[:, line] + sums[rest] if rest else self.goods[:, line]
            total = self._parcels(held, sums[held])
            at = total.argmin(1)
            column[:, held], best[:, held] = at, total[self.every, at]
        return best, column

    def _divide(self, best: Floats, column: Int32, plans: Plans, part: Int64) -> None:
        """As many parcels as lines: a block of one line may be a line that is left."""
        for line in range(self.lines):
            limit = self.unfilled[:, line].astype(self.number)
            leave = best[:, 1 << line] > limit  # always so where no node can
            best[leave, 1 << line], column[leave, 1 << line] = limit[leave], -1
        if self.lines == 1:
            plans.cost[part], plans.column[part, 0], plans.block[part, 0] = best[:, 1], column[:, 1], 1
            return
        # every line for itself is a plan; what costs more never wins and is cut, so that no +inf meets a 0 below
        alone = best[:, 1 << np.arange(self.lines)].sum(1, keepdims=True)
        cut = partitions_of(self.lines)
        member = cut.member if self.number is np.float32 else cut.member64
        total = np.minimum(best, alone + 1) @ member
        chosen = total.argmin(1)
        plans.cost[part] = total[self.every, chosen]
        block = cut.block_of[chosen]
        plans.block[part, : self.lines] = block
        plans.column[part, : self.lines] = column[self.every[:, None], block]

    def _cut(self, best: Floats, column: Int32, plans: Plans, part: Int64) -> None:
        """Fewer parcels than lines: what is left belongs to no parcel."""
        cuts = cuts_of(self.lines, self.parcels)
        unfilled = self.unfilled.astype(self.number)
        if self.asked.must is not None:
            unfilled[self.asked.must[:, : self.lines]] = CANNOT
        total = sums_of_sets(unfilled)[:, cuts.left]
        for blocks in cuts.blocks.T:
            total = total + best[:, blocks]
        chosen = total.argmin(1)
        plans.cost[part] = total[self.every, chosen]
        block = cuts.block_of[chosen]
        plans.column[part, : self.lines] = np.where(block > 0, column[self.every[:, None], block], -1)
        plans.block[part, : self.lines] = np.where(block > 0, block, 1 << np.arange(self.lines))
