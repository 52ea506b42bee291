"""One problem, one plan: orders in claim order, or as many as can be planned together first."""

import numpy as np

from routing.engine import kernel
from routing.engine.crowd import Crowd, plan_crowd
from routing.engine.demand import merged
from routing.engine.drawing import draw
from routing.engine.look import Look
from routing.engine.modes import options_for
from routing.engine.plan import Mode, Options, Plan
from routing.engine.problem import Int64, Problem
from routing.engine.residual import NOTHING_LEFT
from routing.engine.verdicts import Pieces, Verdicts, kept


def solve(problem: Problem, options: Options | None = None) -> Plan:
    """The plan for every order of the problem. Deterministic; business data never makes it raise.

    Without options the problem's own facts choose the mode. `exact_fcfs`: each order at its best in turn, those of
    more than six distinct SKUs after the shorter ones. `batch` and `quality`: the orders that a rule ranks by cost are
    planned together first; what they leave is the others'.
    """
    options = options or options_for(problem)
    demand = merged(problem)
    look = Look(problem, demand, options)
    queue = Queue(look)
    rows = np.arange(problem.orders)
    crowd: Crowd | None = None
    if options.mode is not Mode.EXACT_FCFS:
        crowd = plan_crowd(look, options)
        queue.granted += crowd.verdicts
        rows = np.setdiff1d(rows, np.concatenate([verdicts.rows for verdicts in crowd.verdicts]))
    short = rows[look.length[rows] <= kernel.MOST_LINES]
    # a node that wants its stock low becomes eligible while others take: then no plan outlives the order before it
    chunk = 1 if any(mask.shrinking_helps() for mask in look.masks.rules) else max(options.chunk, 1)
    for start in range(0, len(short), chunk):
        queue.serve(short[start : start + chunk])
    for order in rows[look.length[rows] > kernel.MOST_LINES].tolist():
        queue.serve(np.array([order]))
    return draw(problem, demand, look, queue.granted, options, queue.turns, queue.looked_again, crowd)


class Queue:
    """Serves orders in turn.

    Stock only shrinks, so a plan that was best for its order at the start of a chunk and still fits is still best.
    What breaks that looks again: a full day (on the next one the fast service may no longer keep the promise, and a
    slow, cheaper one takes its place), a rule that treats a part otherwise than nothing at all, nodes that take turns
    by rank, and lines cut into pieces.
    """

    def __init__(self, look: Look) -> None:
        self.look = look
        self.granted: list[Verdicts] = []
        self.turns: list[Int64] = []  # rows in the order of their turn
        self.looked_again = 0

    def serve(self, rows: Int64) -> None:
        """Look at these orders together, then grant or look again, one after the other."""
        verdicts = self.look.at(rows)
        pieces = verdicts.by_row()
        table = self._table(pieces)
        places = np.empty(int(rows.max()) + 1, np.int64)
        places[rows] = np.arange(len(rows))
        start = np.searchsorted(places[pieces.order], np.arange(len(rows) + 1)).tolist()
        fragile = verdicts.fragile
        watched = set(np.flatnonzero(fragile).tolist())
        stale = np.zeros(len(rows), np.bool_)
        good = np.ones(len(rows), np.bool_)
        touched: set[int] = set()
        again: list[Verdicts] = []
        for place in range(len(rows)):
            mine = table[start[place] : start[place + 1]]
            if place and (
                stale[place]
                or not self._fits(mine)
                or (place in watched and not touched.isdisjoint(self._skus(rows.item(place))))
            ):
                good[place] = False
                again.append(self.look.at(rows[[place]]))
                mine = self._table(again[-1].by_row())
            for before, now in self._take(mine, touched):
                slack = self.look.problem.slack[rows]
                if now != NOTHING_LEFT:  # on a later day another service may carry it; without one it fits no more
                    stale |= (slack >= before + self.look.tariff.soonest) & (slack < now + self.look.tariff.longest)
                stale |= fragile
        self.turns.append(rows)
        self.looked_again += len(again)
        self.granted += [kept(verdicts, good), *again]

    def _table(self, pieces: Pieces) -> list[tuple[int, ...]]:
        """(SKU, units, units to be left there, node, block, day) of each piece."""
        columns = (pieces.units, pieces.spare, pieces.node, pieces.block, pieces.day)
        sku = self.look.demand.sku[pieces.want].tolist()
        return list(zip(sku, *(column.tolist() for column in columns), strict=True))

    def _skus(self, order: int) -> list[int]:
        demand = self.look.demand
        return [int(sku) for sku in demand.sku[demand.ptr[order] : demand.ptr[order + 1]]]

    def _fits(self, mine: list[tuple[int, ...]]) -> bool:
        residual = self.look.residual
        atp, first = residual.atp, residual.first
        parcels: dict[int, set[int]] = {}
        for sku, units, spare, node, block, day in mine:
            if atp.item(sku, node) < units + spare or first.item(node) != day:
                return False
            parcels.setdefault(node, set()).add(block)
        return all(residual.slots.item(node, first.item(node)) >= len(held) for node, held in parcels.items())

    def _take(self, mine: list[tuple[int, ...]], touched: set[int]) -> list[tuple[int, int]]:
        """Take the units and slots; returns (ship day before, ship day now) of nodes whose first day is full."""
        residual = self.look.residual
        parcels = set()
        for sku, units, _, node, block, day in mine:
            residual.atp[sku, node] -= units
            touched.add(sku)
            parcels.add((node, block, day))
        moved = []
        for node, _, day in sorted(parcels):
            before = residual.first_ship.item(node)
            if residual.take_slot(node, day):
                moved.append((before, residual.first_ship.item(node)))
        return moved
