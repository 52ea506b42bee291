"""The same decisions by trying everything, in plain integers: slow, short and independent of the engine's tables."""

from functools import cache
from itertools import permutations
from typing import NamedTuple

from routing.engine.carriage import COLLECTED, carriage
from tests.routing.engine.facts import refusal, selects


class Decided(NamedTuple):
    outcome: str
    rule: int
    priced: int


CUT = Decided("cut", -1, 0)  # not tried: a rule would cut one of its lines


class Way(NamedTuple):
    """One way to serve an order: parcels as (node, lines), the lines left, what it costs and what steers it."""

    parcels: tuple
    left: tuple
    cost: int  # with the expected cost of a no
    scarcity: int = 0

    @property
    def priced(self):
        return self.cost + self.scarcity

    @property
    def filled(self):
        return {line for _, held in self.parcels for line in held}


class Trial:
    """One order under one rule: every plan of whole lines."""

    def __init__(self, state, rule, order):
        self.state, self.rule, self.order, self.problem = state, rule, order, state.problem
        problem, self.nodes = self.problem, range(self.problem.nodes)
        self.lines = list(range(problem.ptr[order], problem.ptr[order + 1]))
        self.most = 1 if problem.method[order] in COLLECTED else rule.max_parcels
        self.may = {
            line: [node for node in range(problem.nodes) if refusal(state, rule, order, line, node) is None]
            for line in self.lines
        }
        self.on_day = cache(self._on_day)

    def needs_cutting(self):
        """Some line fits whole nowhere, yet a node may have a unit of it: more ways than are tried here."""
        return self.rule.split_lines and any(
            not self.may[line]
            and any(
                told is None or told[0] == "rule_atp_left"
                for told in (refusal(self.state, self.rule, self.order, line, node, 1) for node in self.nodes)
            )
            for line in self.lines
        )

    def too_heavy(self):
        """A parcel from some node may be too heavy: more ways than are tried here."""
        heaviest = [sum(int(self.problem.grams[line]) for line in self.lines)]
        if self.rule.rank == "cost":
            heaviest = [int(self.problem.grams[line]) for line in self.lines]
        return any(
            self.state.free_days(node, 1)
            and carriage(self.problem, self.order, node, self.state.free_days(node, 1)[0], grams) is None
            for grams in heaviest
            for node in {node for nodes in self.may.values() for node in nodes}
        )

    def left_cost(self, lines):
        return sum(int(self.problem.units[line]) * int(self.problem.unfilled[line]) for line in lines)

    def _on_day(self, node, held, day):
        carried = carriage(self.problem, self.order, node, day, sum(int(self.problem.grams[line]) for line in held))
        if carried is None:
            return None
        units = sum(int(self.problem.units[line]) for line in held)
        handling = int(self.problem.fix[node]) + units * int(self.problem.pick[node])
        return carried.freight + carried.lateness + handling + sum(self.no(node, line) for line in held)

    def no(self, node, line):
        """Odds times cost of sourcing again, odds no higher than a half, rounded half up."""
        problem = self.problem
        odds = problem.no_odds[self.state.entry[int(problem.sku[line]), node]]
        return (min(max(int(odds), 0), 5000) * max(problem.resource_cost, 0) * 2 + 10_000) // 20_000

    def scarcity(self, parcels):
        """Prices of the units and of the slots."""
        problem, entry = self.problem, self.state.entry
        slots = sum(max(int(problem.slot_price[node]), 0) for node, _ in parcels)
        return slots + sum(
            int(problem.units[line]) * max(int(problem.price[entry[int(problem.sku[line]), node]]), 0)
            for node, held in parcels
            for line in held
        )

    def cost(self, parcels):
        """Least cost of these (node, lines): a node's parcels take its next slots, in the best order. None = can't."""
        total = 0
        for node in {node for node, _ in parcels}:
            own = [held for at, held in parcels if at == node]
            days = self.state.free_days(node, len(own))
            if len(days) < len(own):
                return None
            prices = []
            for turn in permutations(days):
                priced = [self.on_day(node, held, day) for held, day in zip(own, turn, strict=True)]
                if None not in priced:
                    prices.append(sum(priced))
            if not prices:
                return None
            total += min(prices)
        return total

    def ways(self):
        """Every way to serve the order."""
        found = []

        def extend(index, parcels, left):
            if index == len(self.lines):
                cost = self.cost(parcels)
                if cost is not None:
                    found.append(Way(parcels, left, cost + self.left_cost(left), self.scarcity(parcels)))
                return
            line = self.lines[index]
            extend(index + 1, parcels, (*left, line))
            for i, (node, held) in enumerate(parcels):
                if node in self.may[line]:
                    extend(index + 1, (*parcels[:i], (node, (*held, line)), *parcels[i + 1 :]), left)
            if len(parcels) < self.most:
                for node in self.may[line]:
                    extend(index + 1, (*parcels, (node, (line,))), left)

        extend(0, (), ())
        return found

    def cheapest(self):
        """The best ways, one for each set of lines to fill that costs the same without prices."""
        ways = self.ways()
        best = [_least(ways)]
        if self.problem.guarded and best[0].left:
            unpriced = min(way.cost for way in ways)
            musts = {frozenset(way.filled) for way in ways if way.cost == unpriced}
            best = [_least([way for way in ways if way.filled >= must]) for must in musts]
        inertia = int(self.problem.inertia[self.order])
        held = [int(self.problem.held_node[line]) for line in self.lines]
        if inertia > 0 and min(held) >= 0:
            where = dict(zip(self.lines, held, strict=True))
            stays = [
                way
                for way in ways
                if not way.left and all(where[line] == node for node, lines in way.parcels for line in lines)
            ]
            if stays:
                stay = _least(stays)
                best = [stay if stay.priced < way.priced + inertia else way for way in best]
        return best

    def ranked(self, rank):
        """The way by rank: the best node for all, else node after node."""
        problem = self.problem

        def key(node, held):
            if rank == "distance":
                away = int(problem.distance_km[problem.dest[self.order], node])
                return away if away >= 0 else 2**60
            day = self.state.free_days(node, 1)[0]
            return carriage(problem, self.order, node, day, sum(int(problem.grams[line]) for line in held)).arrive_day

        def priced(node, held):
            cost = self.cost(((node, held),))
            return None if cost is None else cost + self.scarcity(((node, held),))

        singles = []
        for node in range(problem.nodes):
            held = tuple(self.lines)
            if all(node in self.may[line] for line in held) and priced(node, held) is not None:
                singles.append((key(node, held), priced(node, held), node))
        if singles:
            return [self._way(((min(singles)[2], tuple(self.lines)),), ())]
        turns = []
        for node in range(problem.nodes):
            held = tuple(line for line in self.lines if node in self.may[line])
            if held and priced(node, held) is not None:
                turns.append((key(node, held), priced(node, held), node))
        parcels, left = [], list(self.lines)
        for _, _, node in sorted(turns):
            held = tuple(line for line in left if node in self.may[line])
            if held and len(parcels) < self.most and priced(node, held) is not None:
                parcels.append((node, held))
                left = [line for line in left if line not in held]
        return [self._way(tuple(parcels), tuple(left))]

    def _way(self, parcels, left):
        return Way(parcels, left, self.cost(parcels) + self.left_cost(left), self.scarcity(parcels))


def _least(ways):
    """The cheapest way; among equals the one that leaves least."""
    return min(ways, key=lambda way: (way.priced, len(way.left)))


def decide(state, order):
    """What may become of an order whose lines are whole, by every rule in turn: more than one only among equals.

    CUT is among them when a rule on the way would cut a line.
    """
    problem = state.problem
    lines = range(problem.ptr[order], problem.ptr[order + 1])
    everything = sum(int(problem.units[line]) * int(problem.unfilled[line]) for line in lines)

    def under(place, last):
        if place == len(problem.rules):
            return {last}
        rule = problem.rules[place]
        if not selects(problem, rule, order):
            return under(place + 1, last)
        trial = Trial(state, rule, order)
        if trial.needs_cutting() or trial.too_heavy():
            return {CUT}
        found = set()
        for way in trial.cheapest() if rule.rank == "cost" else trial.ranked(rule.rank):
            after = rule.if_part if way.filled else rule.if_none
            if not way.left:
                found.add(Decided("all", place, way.priced))
            elif after == "assign":
                found.add(Decided("part", place, way.priced))
            elif after != "next_rule":
                found.add(Decided(f"{'part' if way.filled else 'none'} {after}", place, everything))
            else:
                found |= under(place + 1, Decided("no_rule_left", place, everything))
        return found

    return under(0, Decided("no_rule", -1, everything))
