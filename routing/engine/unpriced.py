"""What scarcity prices changed: each order's best plan without them, on what the other orders of the plan leave."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from routing.engine.demand import merged
from routing.engine.drawing import draw
from routing.engine.look import Look
from routing.engine.plan import Options, Plan
from routing.engine.problem import Int64, Problem
from routing.engine.residual import Residual
from routing.engine.steering import Steering
from routing.engine.verdicts import Pieces, Verdicts, kept

OPTIONS = Options(explain=False)
NOTHING = np.zeros(0, np.int32)


class Unpriced(NamedTuple):
    """The best plan without prices: its invoice, and the node of each parcel."""

    invoice: int
    nodes: tuple[int, ...]


def unpriced(problem: Problem, plan: Plan) -> Mapping[int, Unpriced]:
    """By order, the best plan without prices where it is another one. Only orders that met a price are tried."""
    rows = _met_a_price(problem)
    if not len(rows):
        return {}
    bare = replace(problem, price=NOTHING, slot_price=NOTHING)
    demand = merged(bare)
    look = Look(bare, demand, OPTIONS)
    found = _looked_at(look, rows, _Taken(problem, plan, look.residual))
    other = draw(bare, demand, look, found, OPTIONS, [], 0, None)
    steering = Steering(problem)
    return {
        row: Unpriced(int(other.invoice[row]), tuple(parcel.node for parcel in other.parcels(row)))
        for row in rows.tolist()
        if _goods(other, row) != _goods(plan, row) and _prices_decided(steering, plan, other, row)
    }


def _prices_decided(steering: Steering, plan: Plan, other: Plan, order: int) -> bool:
    """The other plan is no dearer without prices, and no cheaper with them: nothing else kept the order from it."""
    scarcity = sum(int(steering.price[choice.entry]) * choice.units for choice in other.choices(order))
    scarcity += sum(int(steering.slot[parcel.node]) for parcel in other.parcels(order))
    priced, bare = int(plan.priced[order]), int(other.priced[order])
    return bare <= priced - int(plan.scarcity[order]) and bare + scarcity >= priced


def _met_a_price(problem: Problem) -> Int64:
    steering = Steering(problem)
    if steering.prices_slots:
        return np.arange(problem.orders)
    if not steering.prices_units:
        return np.zeros(0, np.int64)
    entry_sku = np.repeat(np.arange(len(problem.sku_ref)), np.diff(problem.sku_ptr))
    priced = np.isin(problem.sku, entry_sku[steering.price > 0])
    owner = np.repeat(np.arange(problem.orders), np.diff(problem.ptr))
    return np.unique(owner[priced])


def _goods(plan: Plan, order: int) -> Counter[tuple[int, int, int]]:
    return Counter((choice.line, choice.node, choice.units) for choice in plan.choices(order))


class _Taken:
    """What each order of the plan takes, put on a residual and off it again."""

    def __init__(self, problem: Problem, plan: Plan, residual: Residual) -> None:
        self.problem, self.plan, self.residual = problem, plan, residual
        self.days = problem.ship_day.tolist()

    def put(self, order: int, sign: int = 1) -> None:
        """Take the units and slots of an order, or (−1) give them back."""
        residual = self.residual
        for choice in self.plan.choices(order):
            residual.atp[self.problem.sku[choice.line], choice.node] -= sign * choice.units
        for parcel in self.plan.parcels(order):
            day = self.days[parcel.node].index(parcel.ship_day)
            if sign > 0:
                residual.take_slot(parcel.node, day)
            else:
                residual.give_back_slot(parcel.node, day)


def _looked_at(look: Look, rows: Int64, taken: _Taken) -> list[Verdicts]:
    """The verdicts without prices. What was best with all the stock and still fits is best with less."""
    plan = taken.plan
    first = look.at(rows)
    pieces = first.by_row()
    place_of = {row: place for place, row in enumerate(rows.tolist())}
    start = np.searchsorted(
        np.array([place_of[row] for row in pieces.order.tolist()], np.int64), np.arange(len(rows) + 1)
    )
    good = np.zeros(len(rows), np.bool_)
    again: list[Verdicts] = []

    def judge(row: int) -> None:
        place = place_of[row]
        own = pieces.of(np.arange(start[place], start[place + 1]))
        if not first.fragile[place] and _fits(look, own):
            good[place] = True
        else:
            again.append(look.at(np.array([row])))

    together = np.flatnonzero(plan.served == 0).tolist()
    for row in together:
        taken.put(row)
    for row in together:
        if row in place_of:
            taken.put(row, -1)
            judge(row)
            taken.put(row)
    in_turn = np.flatnonzero(plan.served > 0)
    for row in in_turn[np.argsort(plan.served[in_turn])].tolist():
        if row in place_of:
            judge(row)
        taken.put(row)
    return [kept(first, good), *again]


def _fits(look: Look, pieces: Pieces) -> bool:
    residual = look.residual
    sku = look.demand.sku[pieces.want]
    if (residual.atp[sku, pieces.node] < pieces.units + pieces.spare).any():
        return False
    if (residual.first[pieces.node] != pieces.day).any():
        return False
    parcels = Counter(node for node, _ in set(zip(pieces.node.tolist(), pieces.block.tolist(), strict=True)))
    return all(residual.slots.item(node, residual.first.item(node)) >= count for node, count in parcels.items())
