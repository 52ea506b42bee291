"""The exact kernel over a field: the cheapest plan of every order as if it were alone, thousands at a time.

Every set of lines of an order at every column, then every way to cut the order into parcels (engine of one order:
`kernel`). What cannot be is +inf, never a large number.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.engine.batch.field import CANNOT, Field
from routing.engine.batch.partitions import partitions_of
from routing.engine.kernel import MOST_LINES, cuts_of
from routing.engine.problem import Bools, Int8, Int32, Int64

CELLS = 250_000  # orders × columns worked on at once, so that they stay in the cache
Floats = NDArray[Any]  # float32, or float64 for orders that need it


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


def evaluate(field: Field, index: Int64, asked: Asked = FREELY) -> Plans:
    """The cheapest plan of each of these orders at the field's prices, whatever the others take.

    With the guard on, a price leaves no line that would be filled without it; an order that is held stays unless
    leaving saves its inertia, which is a part of the cost of a plan elsewhere.
    """
    plans = _evaluate(field, index, asked)
    problem = field.look.problem
    if asked.guarded and problem.guarded and field.look.eligibility.steering.has_prices and asked.priced:
        inside = np.arange(MOST_LINES) < field.orders.length[index][:, None]
        starved = np.flatnonzero(((plans.column < 0) & inside).any(1))
        if len(starved):
            free = _evaluate(field, index[starved], asked.of(starved)._replace(priced=False))
            must = asked.of(starved)._replace(must=free.column >= 0)
            plans.put(starved, _evaluate(field, index[starved], must))
    inertia = field.orders.inertia[index]
    moving = np.flatnonzero(inertia > 0)
    if len(moving) and asked.only is None:
        _stay(field, index, asked, plans, moving, inertia[moving].astype(np.float64))
    return plans


def _stay(field: Field, index: Int64, asked: Asked, plans: Plans, moving: Int64, inertia: NDArray[np.float64]) -> None:
    orders = field.orders
    held = padded(orders.held, field, index[moving])
    whole = (held >= 0) | (np.arange(MOST_LINES) >= orders.length[index[moving]][:, None])
    moving, held, inertia = moving[whole.all(1)], held[whole.all(1)], inertia[whole.all(1)]
    stay = _evaluate(field, index[moving], asked.of(moving)._replace(only=held, must=held >= 0))
    at = np.where(stay.column >= 0, field.node[stay.column], -1)
    stays = (at == held).all(1) & (stay.cost < plans.cost[moving] + inertia)
    plans.cost[moving] += inertia
    plans.put(moving[stays], stay.of(np.flatnonzero(stays)))


def padded(values: Int64, field: Field, index: Int64) -> Int64:
    """[order, line] the values of the lines of these orders, −1 beyond their last line."""
    orders = field.orders
    place = orders.ptr[index][:, None] + np.arange(MOST_LINES)
    inside = np.arange(MOST_LINES) < orders.length[index][:, None]
    return np.where(inside, values[np.minimum(place, len(values) - 1)], -1)


def _evaluate(field: Field, index: Int64, asked: Asked) -> Plans:
    orders = field.orders
    plans = Plans(
        np.zeros(len(index)),
        np.full((len(index), MOST_LINES), -1, np.int32),
        np.zeros((len(index), MOST_LINES), np.int8),
    )
    length, most = orders.length[index], orders.most[index]
    wide = field.wide[index]
    kind = wide * 4 + orders.whole[index] * 2 + orders.partial[index]
    group = (length * (MOST_LINES + 1) + most) * 8 + kind
    for key in np.unique(group).tolist():
        places = np.flatnonzero(group == key)
        lines, parcels = int(length[places[0]]), int(most[places[0]])
        number = np.float64 if key & 4 else np.float32
        whole, partial = bool(key & 2), bool(key & 1)
        sets = 1 if whole else 1 << lines
        step = max(8, CELLS // (field.columns * sets))
        for start in range(0, len(places), step):
            part = places[start : start + step]
            own = asked if len(part) == len(index) else asked.of(part)
            _Group(field, index[part], lines, parcels, number, own).solve(plans, part, whole=whole, partial=partial)
    return plans


class _Group:
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
        weight = _sums(orders.grams[self.at])  # [order, set]
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
        total = _sums(unfilled)[:, cuts.left]
        for blocks in cuts.blocks.T:
            total = total + best[:, blocks]
        chosen = total.argmin(1)
        plans.cost[part] = total[self.every, chosen]
        block = cuts.block_of[chosen]
        plans.column[part, : self.lines] = np.where(block > 0, column[self.every[:, None], block], -1)
        plans.block[part, : self.lines] = np.where(block > 0, block, 1 << np.arange(self.lines))


def _sums(values: NDArray[Any]) -> NDArray[Any]:
    """[order, set] sums of [order, line] over every set of lines."""
    sums = np.zeros((len(values), 1 << values.shape[1]), values.dtype)
    for line in range(values.shape[1]):
        bit = 1 << line
        np.add(sums[:, :bit], values[:, line, None], out=sums[:, bit : 2 * bit])
    return sums
