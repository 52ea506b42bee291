"""Orders of up to ten lines, exactly, by dynamic programming over sets of lines and a count of parcels.

Also the exact answer for shorter orders when a node's day has fewer slots left than the order would like to use there.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from routing.engine.offers import ALTERNATIVES, Offers, Picks
from routing.engine.problem import Int64
from routing.engine.sets import lines_of, parts_of, sums_of_sets
from routing.engine.tariff import CANNOT, Costs

MOST_LINES = 10


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """(part, rest) of every set, one set after the other; sets count from 1."""

    part: Int64
    rest: Int64
    start: Int64  # [set − 1]


@cache
def pairs_of(lines: int, *, with_highest: bool) -> Pairs:
    """Non-empty parts of every set of lines; `with_highest`: only parts that hold its highest line."""
    sets = 1 << lines
    parts, rests, starts, size = [], [], [], 0
    for whole in range(1, sets):
        top = 1 << (whole.bit_length() - 1) if with_highest else 0
        free = whole ^ top
        every = np.arange(sets, dtype=np.int64)
        inner = every[(every & ~free) == 0]
        part = inner | top
        part = part[part > 0]
        parts.append(part)
        rests.append(whole ^ part)
        starts.append(size)
        size += len(part)
    return Pairs(np.concatenate(parts), np.concatenate(rests), np.array(starts, np.int64))


@dataclass(frozen=True, slots=True)
class Layer:
    """The parcels of one node, on its days in their order: the j-th parcel takes the j-th slot."""

    node: int
    days: list[int]
    cost: list[Costs]  # [j][set]
    tables: list[Costs]  # [j] least cost per (parcels, set) with exactly j parcels of this node


class Tables:
    """Cost of every set of lines of one order at every node, and of every set in any number of parcels."""

    def __init__(self, offers: Offers, tight: list[int]) -> None:
        _, self.lines, _ = offers.shape
        self.offers = offers
        self.parcels = min(offers.max_parcels, self.lines)
        self.sums: Costs = sums_of_sets(offers.goods)[0]  # [set, node]
        self.grams: Int64 = sums_of_sets(offers.grams)[0]
        self.left: Costs = sums_of_sets(offers.unfilled)[0]
        self.total: Costs = offers.parcel(self.grams[None])[0]
        self.total += self.sums
        self.total[0] = CANNOT
        free = self.total
        if tight:
            free = free.copy()
            free[:, tight] = CANNOT
        self.node: NDArray[np.intp] = free.argmin(1)
        self.best: Costs = free[np.arange(len(free)), self.node]
        self.base = self._stacked()
        self.layers: list[Layer] = []
        table = self.base
        for node in tight:
            table = self._with(node, table)
        self.table = table  # [parcels, set] least cost of shipping exactly this set in exactly so many parcels

    def _stacked(self) -> Costs:
        pairs = pairs_of(self.lines, with_highest=True)
        table = np.full((self.parcels + 1, len(self.best)), CANNOT)
        table[0, 0] = 0
        first = self.best[pairs.part]
        for count in range(1, self.parcels + 1):
            table[count, 1:] = np.minimum.reduceat(first + table[count - 1][pairs.rest], pairs.start)
        return table

    def _with(self, node: int, table: Costs) -> Costs:
        pairs = pairs_of(self.lines, with_highest=False)
        days = self.offers.residual.days(node, self.parcels)
        costs, tables = [], [table]
        for day in days:
            place, head = self.offers.later(node, day)
            price = self.offers.tariff.parcel(place, self.grams[None])[0, :, 0] + head[0, 0] + self.sums[:, node]
            costs.append(price)
            nearer = np.full_like(table, CANNOT)
            for count in range(1, self.parcels + 1):
                nearer[count, 1:] = np.minimum.reduceat(
                    price[pairs.part] + tables[-1][count - 1][pairs.rest], pairs.start
                )
            tables.append(nearer)
        self.layers.append(Layer(node, days, costs, tables))
        least: Costs = np.minimum.reduce(tables)
        return least

    def read(self, count: int, whole: int) -> list[tuple[int, int, int | None]]:
        """(set, node, place of the day or None for the first) of each parcel of the least cost for this set."""
        parcels: list[tuple[int, int, int | None]] = []
        for layer in reversed(self.layers):
            used = int(np.argmin([table[count, whole] for table in layer.tables]))
            for j in range(used, 0, -1):
                part = parts_of(whole)
                price = layer.cost[j - 1][part] + layer.tables[j - 1][count - 1][whole ^ part]
                chosen = int(part[price.argmin()])
                parcels.append((chosen, layer.node, layer.days[j - 1]))
                whole, count = whole ^ chosen, count - 1
        while count:
            part = parts_of(whole)
            part = part[part >= 1 << (whole.bit_length() - 1)]
            chosen = int(part[(self.best[part] + self.base[count - 1][whole ^ part]).argmin()])
            parcels.append((chosen, int(self.node[chosen]), None))
            whole, count = whole ^ chosen, count - 1
        return parcels

    def cheapest(self, most: int, within: int) -> tuple[float, int, int]:
        """(cost, parcels, set shipped) of the best plan for the lines `within` in at most `most` parcels."""
        inner = np.append(parts_of(within), 0)
        price = self.table[: most + 1, inner] + self.left[within ^ inner]
        # equal costs: leave the fewest lines, then the fewest parcels
        size = np.bitwise_count(inner).astype(np.int64)
        least = price.min()
        count, place = np.nonzero(price == least)
        first = np.lexsort((inner[place], count, -size[place]))[0]
        return float(least), int(count[first]), int(inner[place[first]])


def solve(offers: Offers, *, explain: bool) -> Picks:
    """The cheapest plan of one order."""
    tables, cost, parcels = settled(offers)
    picks = _picks(offers, cost, parcels)
    if explain:
        _through_others(tables, parcels, picks)
    return picks


def settled(offers: Offers) -> tuple[Tables, float, list[tuple[int, int, int | None]]]:
    """(tables that respect the slots its plan takes, cost, parcels as `Tables.read` tells them) of one order."""
    tight: list[int] = []
    most = min(offers.max_parcels, offers.shape[1])
    full = (1 << offers.shape[1]) - 1
    while True:
        tables = Tables(offers, tight)
        cost, count, shipped = tables.cheapest(most, full)
        parcels = tables.read(count, shipped)
        over = _over(offers, parcels, tight)
        if not over:
            return tables, cost, parcels
        tight = sorted(tight + over)


def _over(offers: Offers, parcels: list[tuple[int, int, int | None]], tight: list[int]) -> list[int]:
    """Nodes not yet solved by day whose first day has fewer slots than this plan takes there."""
    nodes = [node for _, node, _ in parcels]
    room = offers.residual.slots
    return [
        node for node in sorted(set(nodes) - set(tight)) if nodes.count(node) > room[node, offers.residual.first[node]]
    ]


def _picks(offers: Offers, cost: float, parcels: list[tuple[int, int, int | None]]) -> Picks:
    lines = offers.shape[1]
    node, block = np.full((1, lines), -1, np.int32), np.zeros((1, lines), np.int32)
    picks = Picks(np.array([cost]), node, block)
    for held, at, day in parcels:
        own = lines_of(held)
        node[0, own], block[0, own] = at, held
        if day is not None and day != offers.residual.first[at]:
            picks.later[0, at, held] = day
    return picks


def through(tables: Tables) -> Costs:
    """[set, node] cost of the order with this set in one parcel from there, and the best for the rest."""
    full = (1 << tables.lines) - 1
    sets = np.arange(full + 1)
    # [set] least cost of it when some of it may be left and one parcel is kept for the other node
    completed = tables.table[: tables.parcels].min(0)
    for line in range(tables.lines):
        held = sets[sets >> line & 1 == 1]
        completed[held] = np.minimum(completed[held], completed[held ^ (1 << line)] + tables.left[1 << line])
    cost: Costs = tables.total + completed[full ^ sets][:, None]
    return cost


def _through_others(tables: Tables, parcels: list[tuple[int, int, int | None]], picks: Picks) -> None:
    lines, nodes, full = tables.lines, tables.total.shape[1], (1 << tables.lines) - 1
    cost = through(tables)
    value = cost.min(0)
    value[[node for _, node, _ in parcels]] = CANNOT
    count = min(ALTERNATIVES, nodes)
    chosen = np.argsort(value, kind="stable")[:count]
    other = np.where(np.isfinite(value[chosen]), chosen, -1).astype(np.int32)
    other_node, other_block = np.full((1, count, lines), -1, np.int32), np.zeros((1, count, lines), np.int32)
    for place, node in enumerate(other.tolist()):
        if node < 0:
            continue
        held = int(cost[:, node].argmin())
        _, parcels_beside, shipped = tables.cheapest(tables.parcels - 1, full ^ held)
        for part, at, _ in [(held, node, None), *tables.read(parcels_beside, shipped)]:
            own = lines_of(part)
            other_node[0, place, own], other_block[0, place, own] = at, part
    picks.other, picks.other_node, picks.other_block = other[None], other_node, other_block
