"""Which plans of a solved problem are worth to leave the held ones for, and which of them need one another."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from routing.engine.carriage import late_per_day, price, serves_at_a_cost
from routing.engine.cutting import share
from routing.engine.demand import merged
from routing.engine.plan import Outcome, Plan
from routing.engine.problem import Problem
from routing.engine.steering import Steering

LATER_DAYS = 0  # days beyond the promise, and beyond what is held, by which a move may make an order later

# Why an order stays where it is.
BEST = "best"  # no plan saves what a move must save
LATER = "later"  # the plan that saves would come later than promised
NO_PLAN = "no_plan"  # today's rules, stock or days hold no whole plan for it
MORE_PARCELS = "more_parcels"  # a part has left: the rest may not become more parcels
NOT_COMPARABLE = "not_comparable"  # the held plan has no price in today's rates


class HeldParcel(NamedTuple):
    """A parcel as it is held. Indices and days are the problem's; pieces are (line, stock entry, units)."""

    node: int
    service: int
    ship_day: int
    arrive_day: int
    pieces: tuple[tuple[int, int, int], ...]


class Move(NamedTuple):
    """An order that leaves its held plan. Money in minor units: `saved` of the invoice, `gain` of what is minimised.

    `sooner`: days by which its last parcel arrives earlier.
    """

    order: int
    saved: int
    gain: int
    sooner: int


class Judged(NamedTuple):
    """Orders to move, in groups that must go together or not at all, and why the others stay, by order.

    `unwilling`: those of them that the plan would have moved. What it gave others of theirs is not there.
    """

    groups: list[list[Move]]
    stays: dict[int, str]
    unwilling: frozenset[int]


class _Cost(NamedTuple):
    invoice: int
    priced: int
    arrives: int


def judge(
    problem: Problem, plan: Plan, held: Mapping[int, Sequence[HeldParcel]], begun: frozenset[int] = frozenset()
) -> Judged:
    """What of the plan is worth an exchange, judged with what is held at the rates and prices of the problem.

    A move must gain the order's inertia, and at least 1. Where plans take what others leave, the group as a whole
    must; if it does not, those that earn it alone are tried alone. `begun`: orders of which other parcels are away.
    """
    costs = _Costs(problem)
    found: list[Move] = []
    stays: dict[int, str] = {}
    for order, parcels in held.items():
        if _as_held(plan, order, parcels):
            stays[order] = BEST
            continue
        move = _move(problem, plan, costs.of(order, parcels), order, parcels, order in begun)
        if isinstance(move, Move):
            found.append(move)
        else:
            stays[order] = move
    same = frozenset(order for order, why in stays.items() if why == BEST)
    groups = []
    for group in _groups(problem, plan, held, found):
        if sum(move.gain for move in group) >= max(sum(_needed(problem, move) for move in group), 1):
            groups.append(group)
            continue
        for move in group:
            if move.gain >= max(_needed(problem, move), 1):
                groups.append([move])
            else:
                stays[move.order] = BEST
    return Judged(groups, stays, frozenset(stays) - same)


def _as_held(plan: Plan, order: int, parcels: Sequence[HeldParcel]) -> bool:
    days = {(parcel.node, parcel.ship_day) for parcel in parcels}
    return _goods_of(plan, order) == _goods(parcels) and days == {
        (parcel.node, parcel.ship_day) for parcel in plan.parcels(order)
    }


def _move(
    problem: Problem, plan: Plan, before: _Cost | None, order: int, parcels: Sequence[HeldParcel], begun: bool
) -> Move | str:
    if before is None:
        return NOT_COMPARABLE
    if plan.outcome[order] != Outcome.ALL:
        return NO_PLAN
    new = plan.parcels(order)
    if begun and len(new) > len(parcels):
        return MORE_PARCELS
    arrives, promised = max(parcel.arrive_day for parcel in new), int(problem.slack[order])
    if arrives > max(promised, before.arrives) + LATER_DAYS:
        return LATER
    return Move(
        order,
        saved=before.invoice - int(plan.invoice[order]),
        gain=before.priced - int(plan.priced[order]),
        sooner=before.arrives - arrives,
    )


def _needed(problem: Problem, move: Move) -> int:
    return max(int(problem.inertia[move.order]), 0)


def _goods(parcels: Sequence[HeldParcel]) -> Counter[tuple[tuple[int, int, int], ...]]:
    """What lies together, as often as it does."""
    return Counter(tuple(sorted(parcel.pieces)) for parcel in parcels)


def _goods_of(plan: Plan, order: int) -> Counter[tuple[tuple[int, int, int], ...]]:
    together: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for choice in plan.choices(order):
        together[choice.parcel].append((choice.line, choice.entry, choice.units))
    return Counter(tuple(sorted(pieces)) for pieces in together.values())


class _Costs:
    """What held parcels cost at the problem's own weights, rates and prices."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.steering, self.demand = problem, Steering(problem), merged(problem)
        self.want = self.demand.want_of_line.tolist()

    def of(self, order: int, parcels: Sequence[HeldParcel]) -> _Cost | None:
        """What they cost together; None when one of them has no price."""
        problem, steering = self.problem, self.steering
        invoice = late = steers = 0
        for parcel in parcels:
            zone = int(problem.zone[problem.dest[order], parcel.node])
            if parcel.service < 0 or zone < 0 or any(entry < 0 for _, entry, _ in parcel.pieces):
                return None
            freight = price(problem, parcel.service, zone, self._grams(parcel))
            if freight is None or not serves_at_a_cost(problem, parcel.node):
                return None
            units = sum(units for *_, units in parcel.pieces)
            invoice += freight + int(problem.fix[parcel.node]) + units * int(problem.pick[parcel.node])
            late += max(parcel.arrive_day - int(problem.slack[order]), 0) * late_per_day(problem)
            steers += int(steering.slot[parcel.node])
            steers += sum(int(steering.no[entry]) for entry in {entry for _, entry, _ in parcel.pieces})
            steers += sum(int(steering.price[entry]) * units for _, entry, units in parcel.pieces)
        return _Cost(invoice, invoice + late + steers, max(parcel.arrive_day for parcel in parcels))

    def _grams(self, parcel: HeldParcel) -> int:
        units: Counter[int] = Counter()
        for line, _, held in parcel.pieces:
            units[self.want[line]] += held
        wants, own = np.fromiter(units.keys(), np.int64), np.fromiter(units.values(), np.int64)
        return int(share(self.demand.grams[wants], own, self.demand.units[wants]).sum())


def _groups(
    problem: Problem, plan: Plan, held: Mapping[int, Sequence[HeldParcel]], moves: Sequence[Move]
) -> list[list[Move]]:
    """The moves, those together of which one takes units or a slot that is only there when the other leaves it."""
    takes: dict[tuple[int, int], list[int]] = defaultdict(list)  # (entry, −1) or (node, day) → orders, one per unit
    taken: Counter[tuple[int, int]] = Counter()
    leaves: dict[tuple[int, int], list[int]] = defaultdict(list)
    for move in moves:
        for thing, amount in _taken(plan, move.order):
            takes[thing].append(move.order)
            taken[thing] += amount
        for thing, _ in _left(held[move.order]):
            leaves[thing].append(move.order)
    free = _free(problem, held, taken)
    leader = {move.order: move.order for move in moves}

    def lead(order: int) -> int:
        while leader[order] != order:
            leader[order] = leader[leader[order]]
            order = leader[order]
        return order

    for thing in sorted(takes):
        if taken[thing] > free[thing] and leaves[thing]:
            first, *others = [lead(order) for order in takes[thing] + leaves[thing]]
            for other in others:
                leader[lead(other)] = lead(first)
    groups: dict[int, list[Move]] = {}
    for move in moves:
        groups.setdefault(lead(move.order), []).append(move)
    return list(groups.values())


def _taken(plan: Plan, order: int) -> Iterable[tuple[tuple[int, int], int]]:
    yield from (((choice.entry, -1), choice.units) for choice in plan.choices(order))
    yield from (((parcel.node, parcel.ship_day), 1) for parcel in plan.parcels(order))


def _left(parcels: Sequence[HeldParcel]) -> Iterable[tuple[tuple[int, int], int]]:
    for parcel in parcels:
        yield (parcel.node, parcel.ship_day), 1
        yield from (((entry, -1), units) for _, entry, units in parcel.pieces)


def _free(
    problem: Problem, held: Mapping[int, Sequence[HeldParcel]], asked: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], int]:
    """What would be there of these units and slots if nobody left anything."""
    free = {}
    for one, day in asked:
        if day < 0:
            free[one, day] = int(problem.free[one]) - max(int(problem.buffer[one]), 0)
        else:
            place = problem.ship_day[one].tolist().index(day)
            free[one, day] = int(problem.slots_left[one, place])
    for parcels in held.values():
        for thing, amount in _left(parcels):
            if thing in free:
                free[thing] -= amount
    return free
