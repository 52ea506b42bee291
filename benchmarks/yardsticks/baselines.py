"""Policies to compare with. Gains are reported against exact first come, first served: nearest flatters any engine."""

from collections.abc import Callable

import numpy as np

from benchmarks.yardsticks.instance import stock_table
from benchmarks.yardsticks.invoice import Assignment
from benchmarks.yardsticks.jasin_sinha import LOST
from routing.engine.problem import Bools, Int64, Problem


class Left:
    """Stock and slots while orders are served in claim order, each line whole or not at all."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.stock = stock_table(problem)
        self.slots = problem.slots_left[:, 0].astype(np.int64)
        self.node = np.full(problem.lines, -1, np.int64)
        self.block = np.zeros(problem.lines, np.int64)

    def can(self, lines: slice) -> Bools:
        """[line, node] the node fills the line whole and still sends parcels."""
        units = self.problem.units[lines]
        can: Bools = (self.stock[self.problem.sku[lines]] >= units[:, None]) & (self.slots > 0)
        return can

    def take(self, lines: slice, chosen: Int64) -> None:
        """Serve these lines, the whole order, from the chosen nodes (−1 = none), one parcel a node."""
        place = np.flatnonzero(chosen >= 0)
        line, node = lines.start + place, chosen[place]
        self.stock[self.problem.sku[line], node] -= self.problem.units[line]
        self.slots[np.unique(node)] -= 1
        self.node[line] = node


def _in_turn(problem: Problem, choose: Callable[[Left, int, slice], Int64]) -> Assignment:
    left = Left(problem)
    ptr = problem.ptr.tolist()
    for order in range(problem.orders):
        lines = slice(ptr[order], ptr[order + 1])
        left.take(lines, choose(left, order, lines))
    return Assignment(left.node, left.block)


def nearest(problem: Problem) -> Assignment:
    """Each line from the nearest node that has it. Looks at no cost."""
    by_distance = np.argsort(problem.distance_km, axis=1, kind="stable")
    dest = problem.dest.tolist()

    def choose(left: Left, order: int, lines: slice) -> Int64:
        near = by_distance[dest[order]]
        can = left.can(lines)[:, near]
        return np.where(can.any(1), near[can.argmax(1)], -1)

    return _in_turn(problem, choose)


def greedy(problem: Problem) -> Assignment:
    """The typical rule engine: the cheapest node that has everything; else, again and again, the one that has most
    lines of what is left, the cheapest of several."""
    late = np.maximum(problem.transit[0] - problem.slack[:, None].astype(np.int64), 0) * problem.late_per_day
    last = len(problem.band_grams) - 1

    def choose(left: Left, order: int, lines: slice) -> Int64:
        can, chosen = left.can(lines), np.full(lines.stop - lines.start, -1, np.int64)
        grams, units = problem.grams[lines], problem.units[lines]
        open_ = np.ones(len(chosen), np.bool_)
        while open_.any():
            covers = can[open_].sum(0)
            if not covers.max():
                break
            among = np.flatnonzero(covers == covers.max())
            takes = (can[:, among] & open_[:, None]).T
            zone = problem.zone[problem.dest[order], among]
            band = np.minimum(np.searchsorted(problem.band_grams, takes @ grams), last)
            parcel = problem.rate[0, zone, band] + late[order, zone] + problem.fix[among]
            node = among[(parcel + takes @ units * problem.pick[among]).argmin()]
            taken = can[:, node] & open_
            chosen[taken] = node
            open_ &= ~taken
        return chosen

    return _in_turn(problem, choose)


def closest_carrying(problem: Problem) -> Assignment:
    """Jasin–Sinha/Ma only, the papers' myopic policy: each item from the closest centre that was given any stock of
    it, and lost once that one is out."""
    lost = problem.node_codes.index(LOST)
    carried = stock_table(problem) > 0
    away = np.where(carried[:, None], problem.distance_km.astype(np.int64), np.iinfo(np.int64).max)
    closest = away.argmin(2)  # [SKU, destination]

    def choose(left: Left, order: int, lines: slice) -> Int64:
        sku = problem.sku[lines]
        node = closest[sku, problem.dest[order]]
        return np.where(left.stock[sku, node] > 0, node, lost)

    return _in_turn(problem, choose)
