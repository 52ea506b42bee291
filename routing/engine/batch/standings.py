"""The plans of a batch, and what they use: units by (stock row, node), parcels by column."""

from collections import Counter

import numpy as np

from routing.engine.batch.evaluate import evaluate
from routing.engine.batch.field import CANNOT, Field
from routing.engine.batch.plans import FREELY, Asked, Plans
from routing.engine.kernel import MOST_LINES
from routing.engine.problem import Bools, Int64


class Standings:
    """One plan for every order of a field. Line arrays lie in the order of `orders.order`."""

    def __init__(self, field: Field, plans: Plans) -> None:
        self.field, self.orders, self.plans = field, field.orders, plans
        self.shared: Bools = np.zeros(self.orders.count, np.bool_)  # [order] planned with regard to others
        self.row_key: Int64 = self.orders.sku * field.nodes
        self.evaluations = 0
        self.seen: list[tuple[Int64, Plans]] | None = None  # every plan found on the way, when somebody asks for them

    def columns(self) -> Int64:
        """[line] its column, −1 = left."""
        column: Int64 = self.plans.column[self.orders.order, self.orders.position].astype(np.int64)
        return column

    def keys(self, column: Int64, lines: Int64) -> Int64:
        """[line] the stock that a line uses: row × nodes + node."""
        return self.row_key[lines] + self.field.node[column[lines]]

    def parcels(self) -> tuple[Int64, Int64]:
        """(column, order) of every parcel."""
        orders, column = self.orders, self.columns()
        block = self.plans.block[orders.order, orders.position].astype(np.int64)
        first = (column >= 0) & (block & ((1 << orders.position) - 1) == 0)  # the lowest line of its block
        return column[first], orders.order[first]

    def opened(self) -> Int64:
        """[column] parcels."""
        return np.bincount(self.parcels()[0], minlength=self.field.columns)

    def evaluate(self, index: Int64) -> None:
        """Plan these orders anew, each as if it were alone."""
        found = self.found(index)
        self.plans.put(index, found)
        if self.seen is not None:
            self.seen.append((index, found))

    def found(self, index: Int64, asked: Asked = FREELY) -> Plans:
        """What these orders would do if each were alone."""
        self.evaluations += len(index)
        return evaluate(self.field, index, asked)

    def take(self, index: Int64) -> None:
        """Take what the plans of these orders use from the field."""
        field, orders = self.field, self.orders
        column = self.columns()
        chosen = np.zeros(orders.count, np.bool_)
        chosen[index] = True
        lines = np.flatnonzero((column >= 0) & chosen[orders.order])
        field.take(orders.sku[lines], field.node[column[lines]], orders.units[lines])
        at, who = self.parcels()
        field.slots -= np.bincount(at[chosen[who]], minlength=field.columns)
        field.refresh(np.unique(orders.sku[lines]))
        field.rehead()

    def fits(self, order: int, column: list[int], block: list[int]) -> bool:
        """The plan has its units and slots now."""
        field, orders = self.field, self.orders
        start = orders.ptr.item(order)
        parcels: dict[int, set[int]] = {}
        for line, (at, held) in enumerate(zip(column, block, strict=True)):
            if at >= 0:
                place = start + line
                if field.atp.item(orders.sku.item(place), field.node.item(at)) < orders.need.item(place):
                    return False
                parcels.setdefault(at, set()).add(held)
        return all(field.slots.item(at) >= len(held) for at, held in parcels.items())

    def move(self, order: int, sign: int) -> None:
        """−1: take the units and slots of the order's plan; +1: give them back."""
        field, orders = self.field, self.orders
        start, size = orders.ptr.item(order), orders.length.item(order)
        columns = self.plans.column[order, :size].tolist()
        blocks = self.plans.block[order, :size].tolist()
        parcels = set()
        for line, (at, held) in enumerate(zip(columns, blocks, strict=True)):
            if at < 0:
                continue
            row, node = orders.sku.item(start + line), field.node.item(at)
            before = field.atp.item(row, node)
            field.atp[row, node] = before + sign * orders.units.item(start + line)
            if (before <= 0) != (field.atp.item(row, node) <= 0):
                field.refresh_cell(row, node)
            parcels.add((at, held))
        for at, _ in sorted(parcels):
            field.slots[at] += sign
            left = field.slots.item(at)
            if sign < 0 and left == 0:
                field.head[:, at] = CANNOT
            elif sign > 0 and left == 1:
                field.reopen(at)

    def serve(self, queue: Int64, *, at_once: int) -> None:
        """Give every order in turn its best plan on what is left.

        Evaluated in chunks: stock and slots only shrink, so a plan that was best at the start of a chunk and still
        fits is still best.
        """
        for start in range(0, len(queue), at_once):
            part = queue[start : start + at_once]
            found = self.found(part)
            columns, blocks = found.column.tolist(), found.block.tolist()
            for place, order in enumerate(part.tolist()):
                size = self.orders.length.item(order)
                if self.fits(order, columns[place][:size], blocks[place][:size]):
                    self.plans.put(np.array([order]), found.of(np.array([place])))
                else:
                    self._alone(order)
                self.move(order, -1)

    def _alone(self, order: int) -> None:
        """The best plan of one order on what is left; a column without slots for all its parcels closes for it.

        Every pass closes one more column, so there can be no more passes than columns.
        """
        field, one = self.field, np.array([order])
        size = self.orders.length.item(order)
        closed: list[int] = []
        for _ in range(field.columns + 1):
            self.evaluate(one)
            columns, blocks = self.plans.column[order, :size].tolist(), self.plans.block[order, :size].tolist()
            if self.fits(order, columns, blocks):
                break
            parcels = {(at, held) for at, held in zip(columns, blocks, strict=True) if at >= 0}
            wanted = Counter(at for at, _ in parcels)
            short = [at for at, count in wanted.items() if count > field.slots.item(at)]
            closed.append(min(short, key=lambda at: (field.slots.item(at), at)))
            field.head[:, closed[-1]] = CANNOT
        for at in closed:
            if field.slots[at] > 0:
                field.reopen(at)


def over_asked(key: Int64, rank: Int64, quantity: Int64, limit: Int64) -> Bools:
    """[use] True where serving the uses of its key by rising rank passes the key's limit [use]."""
    order = np.lexsort((rank, key))
    sorted_key, running = key[order], np.cumsum(quantity[order])
    first = np.ones(len(key), np.bool_)
    first[1:] = sorted_key[1:] != sorted_key[:-1]
    start = np.maximum.accumulate(np.where(first, np.arange(len(key)), 0))
    over = np.empty(len(key), np.bool_)
    over[order] = running - (running[start] - quantity[order][start]) > limit[order]
    return over


def inside(standings: Standings, index: Int64) -> Bools:
    """[order, line] the line exists."""
    return np.arange(MOST_LINES) < standings.orders.length[index][:, None]
