"""Orders in claim order, each solved on what the earlier ones left."""

import numpy as np

from routing.engine import kernel
from routing.engine.demand import merged
from routing.engine.drawing import draw
from routing.engine.look import Look
from routing.engine.plan import Options, Plan
from routing.engine.problem import Int64, Problem
from routing.engine.verdicts import Verdicts, kept


def solve(problem: Problem, options: Options | None = None) -> Plan:
    """The plan for every order of the problem. Deterministic; business data never makes it raise.

    Orders of more than six distinct SKUs come after the shorter ones.
    """
    options = options or Options()
    demand = merged(problem)
    look = Look(problem, demand, options)
    short = np.flatnonzero(look.length <= kernel.MOST_LINES)
    long = np.flatnonzero(look.length > kernel.MOST_LINES)
    # a node that wants its stock low becomes eligible while others take: then no plan outlives the order before it
    chunk = 1 if any(mask.shrinking_helps() for mask in look.masks.rules) else max(options.chunk, 1)
    queue = Queue(look)
    for start in range(0, len(short), chunk):
        queue.serve(short[start : start + chunk])
    for order in long.tolist():
        queue.serve(np.array([order]))
    return draw(problem, demand, look, queue.granted, options, {"looked_again": queue.looked_again})


class Queue:
    """Serves orders in turn.

    Stock only shrinks, so a plan that was best for its order at the start of a chunk and still fits is still best.
    A full day is the exception: on the next one the fast service may no longer keep the promise, and a slow, cheaper
    one takes its place. Orders for which that can happen look again.
    """

    def __init__(self, look: Look) -> None:
        self.look = look
        self.granted: list[Verdicts] = []
        self.looked_again = 0

    def serve(self, rows: Int64) -> None:
        """Look at these orders together, then grant or look again, one after the other."""
        verdicts = self.look.at(rows)
        pieces = verdicts.pieces
        start = np.searchsorted(_places(rows, pieces.order), np.arange(len(rows) + 1)).tolist()
        sku = self.look.demand.sku[pieces.want].tolist()
        columns = (pieces.units, pieces.spare, pieces.node, pieces.block, pieces.day)
        table = list(zip(sku, *(column.tolist() for column in columns), strict=True))
        stale = np.zeros(len(rows), np.bool_)
        good = np.ones(len(rows), np.bool_)
        again: list[Verdicts] = []
        for place in range(len(rows)):
            mine = table[start[place] : start[place + 1]]
            if place and (stale[place] or not self._fits(mine)):
                good[place] = False
                fresh = self.look.at(rows[[place]])
                again.append(fresh)
                fresh_sku = self.look.demand.sku[fresh.pieces.want].tolist()
                own = fresh.pieces
                mine = list(
                    zip(
                        fresh_sku,
                        *(c.tolist() for c in (own.units, own.spare, own.node, own.block, own.day)),
                        strict=True,
                    )
                )
            if mine and self._take(mine):
                self._mark_stale(rows, stale)
        self.looked_again += len(again)
        self.granted += [kept(verdicts, good), *again]

    def _fits(self, mine: list[tuple[int, ...]]) -> bool:
        residual = self.look.residual
        atp = residual.atp
        parcels: dict[int, set[int]] = {}
        for sku, units, spare, node, block, day in mine:
            if atp.item(sku, node) < units + spare or residual.first.item(node) != day:
                return False
            parcels.setdefault(node, set()).add(block)
        return all(residual.slots.item(node, residual.first.item(node)) >= len(held) for node, held in parcels.items())

    def _take(self, mine: list[tuple[int, ...]]) -> list[tuple[int, int]]:
        """Take the units and slots; returns (ship day before, ship day now) of nodes whose first day is full."""
        residual = self.look.residual
        atp = residual.atp
        parcels = set()
        for sku, units, _, node, block, day in mine:
            atp[sku, node] -= units
            parcels.add((node, block, day))
        moved = []
        for node, _, day in sorted(parcels):
            before = residual.first_ship.item(node)
            if residual.take_slot(node, day):
                moved.append((before, residual.first_ship.item(node)))
        self._moved = moved
        return moved

    def _mark_stale(self, rows: Int64, stale: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
        slack = self.look.problem.slack[rows].astype(np.int64)
        for before, now in self._moved:
            stale |= (slack >= before + self.look.tariff.soonest) & (slack < now + self.look.tariff.longest)


def _places(rows: Int64, orders: Int64) -> Int64:
    place = np.empty(int(rows.max(initial=0)) + 1, np.int64)
    place[rows] = np.arange(len(rows))
    return place[orders]
