"""What a plan really costs and whether it can be carried out: whole numbers, none of the engine's tables.

For problems of one service in which every parcel leaves on its node's first day, as the yardsticks' do.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from benchmarks.yardsticks.instance import stock_table
from routing.engine.plan import Plan
from routing.engine.problem import Int64, Problem


class Infeasible(ValueError):
    """A plan that can't be carried out; the text says where."""


class Assignment(NamedTuple):
    """[line] the node that fills it whole, −1 = none; lines of an order with one node and block share a parcel."""

    node: Int64
    block: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Units of lines from nodes; those of an order with one node and block share a parcel."""

    line: Int64
    node: Int64
    units: Int64
    block: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Charges:
    """Per order, in minor units."""

    freight: Int64
    handling: Int64
    lateness: Int64
    unfilled: Int64
    parcels: Int64
    units_unfilled: Int64

    @property
    def invoice(self) -> Int64:
        return self.freight + self.handling

    @property
    def priced(self) -> Int64:
        return self.invoice + self.lateness + self.unfilled


def pieces_of(problem: Problem, plan: Plan | Assignment) -> Pieces:
    """What is sent from where."""
    if isinstance(plan, Assignment):
        line = np.flatnonzero(plan.node >= 0)
        return Pieces(line, plan.node[line], problem.units[line].astype(np.int64), plan.block[line])
    return Pieces(
        *(column.astype(np.int64) for column in (plan.line, plan.node, plan.units, plan.parcel)),
    )


def charged(problem: Problem, pieces: Pieces) -> Charges:
    """The costs of every order. Raises Infeasible at the first line, level or node that is asked for too much."""
    m, first_day = problem.orders, problem.ship_day[:, 0].astype(np.int64)
    owner = np.repeat(np.arange(m), np.diff(problem.ptr))
    filled = np.zeros(problem.lines, np.int64)
    np.add.at(filled, pieces.line, pieces.units)
    _, first, parcel = np.unique(
        np.stack([owner[pieces.line], pieces.node, pieces.block]), axis=1, return_index=True, return_inverse=True
    )
    order, node = owner[pieces.line[first]], pieces.node[first]
    _check(problem, pieces, filled, node)

    grams, units = np.zeros((2, len(first)), np.int64)
    of_line = problem.units[pieces.line].astype(np.int64)
    np.add.at(grams, parcel, -(-problem.grams[pieces.line] * pieces.units // of_line))
    np.add.at(units, parcel, pieces.units)
    zone = problem.zone[problem.dest[order], node]
    band = np.searchsorted(problem.band_grams, grams)
    last = len(problem.band_grams) - 1
    above = -(-np.maximum(grams - problem.band_grams[last], 0) // 1000) * problem.per_kg_above[0, zone]
    freight = problem.rate[0, zone, np.minimum(band, last)] + above
    late = np.maximum(first_day[node] + problem.transit[0, zone] - problem.slack[order], 0)
    left = problem.units - filled

    def total(of: Int64, amounts: Int64) -> Int64:
        sums = np.zeros(m, np.int64)
        np.add.at(sums, of, amounts)
        return sums

    return Charges(
        freight=total(order, freight),
        handling=total(order, problem.fix[node] + units * problem.pick[node]),
        lateness=total(order, late * problem.late_per_day),
        unfilled=total(owner, left * problem.unfilled),
        parcels=np.bincount(order, minlength=m),
        units_unfilled=total(owner, left),
    )


def _check(problem: Problem, pieces: Pieces, filled: Int64, parcel_node: Int64) -> None:
    if len(problem.services) != 1 or (problem.units < 1).any() or (pieces.units < 1).any():
        raise Infeasible("this is for one service and whole quantities")
    over = np.flatnonzero(filled > problem.units)
    if len(over):
        raise Infeasible(f"line {over[0]} gets {filled[over[0]]} units of {problem.units[over[0]]}")
    left = stock_table(problem)
    np.subtract.at(left, (problem.sku[pieces.line], pieces.node), pieces.units)
    short = np.argwhere(left < 0)
    if len(short):
        raise Infeasible(f"SKU {short[0, 0]} at node {short[0, 1]} lacks {-left[tuple(short[0])]} units")
    sent = np.bincount(parcel_node, minlength=problem.nodes)
    full = np.flatnonzero(sent > problem.slots_left[:, 0])
    if len(full):
        raise Infeasible(f"node {full[0]} sends {sent[full[0]]} parcels of {problem.slots_left[full[0], 0]}")
