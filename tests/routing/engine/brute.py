"""The same decisions by trying everything, in plain integers: slow, short and independent of the engine's tables."""

from functools import cache
from itertools import permutations
from typing import NamedTuple

from routing.engine.audit import COLLECTED, carriage
from routing.rules import KINDS, METHODS


class Decided(NamedTuple):
    outcome: str
    rule: int
    priced: int


class State:
    """Units and slots left, by plain dictionaries."""

    def __init__(self, problem):
        self.problem = problem
        self.atp, self.slots = {}, {}
        for sku in range(len(problem.sku_ref)):
            for entry in range(problem.sku_ptr[sku], problem.sku_ptr[sku + 1]):
                left = max(int(problem.free[entry]) - int(problem.buffer[entry]), 0)
                self.atp[sku, int(problem.stock_node[entry])] = left
        for node in range(problem.nodes):
            for day, room in zip(problem.ship_day[node].tolist(), problem.slots_left[node].tolist(), strict=True):
                self.slots[node, day] = max(room, 0)

    def take(self, plan, order):
        for choice in plan.choices(order):
            self.atp[int(self.problem.sku[choice.line]), choice.node] -= choice.units
        for parcel in plan.parcels(order):
            self.slots[parcel.node, parcel.ship_day] -= 1
        assert min(self.atp.values()) >= 0
        assert min(self.slots.values()) >= 0

    def free_days(self, node, count):
        days = [day for (at, day), room in sorted(self.slots.items()) if at == node for _ in range(min(room, count))]
        return days[:count]


def selects(problem, rule, order):
    lines = range(problem.ptr[order], problem.ptr[order + 1])

    def holds(criterion):
        match criterion.field:
            case "value":
                return problem.value[order] >= criterion.amount
            case "channel":
                return problem.channels[problem.channel[order]] in criterion.values
            case "region":
                return problem.regions[problem.region[order]] in criterion.values
            case "method":
                return METHODS[problem.method[order]] in criterion.values
            case "category":
                return any(problem.categories[problem.category[line]] in criterion.values for line in lines)

    return rule.enabled and all(holds(criterion) != criterion.negate for criterion in rule.which_orders)


def refusal(state, rule, order, line, node):
    """The first refusal of a node for a line, as (code, position of the criterion or None), None = may."""
    problem = state.problem
    sku, units = int(problem.sku[line]), int(problem.units[line])
    zone = int(problem.zone[problem.dest[order], node])
    collected = problem.method[order] in COLLECTED
    left = state.atp.get((sku, node))
    if left is None:
        return "not_stocked", None
    if left < units:
        return "no_atp", None
    if (problem.slots_left[node] < 0).all() or not problem.abilities[node]:
        return "node_closed", None
    if not int(problem.abilities[node]) >> int(problem.method[order]) & 1:
        return "ability_missing", None
    if int(problem.node_class_bits[node]) & int(problem.class_bits[line]) != problem.class_bits[line]:
        return "handling_class", None
    if not state.free_days(node, 1):
        return "no_slot", None
    if node in problem.forbid_node[problem.forbid_ptr[line] : problem.forbid_ptr[line + 1]].tolist():
        return "refused_before", None
    if not collected and zone >= 0:
        runs = [
            service
            for service in range(len(problem.services))
            if int(problem.service_bits[node]) >> service & 1
            and problem.transit[service, zone] >= 0
            and (problem.rate[service, zone] >= 0).any()
        ]
        if not runs:
            return "no_rate", None
    if not collected and zone < 0:
        return "no_zone", None
    if collected and node != problem.pinned_node[order]:
        return "not_pickup_node", None
    for position, criterion in enumerate(rule.which_nodes):
        away = int(problem.distance_km[problem.dest[order], node])
        group = int(problem.group[node])
        holds = {
            "kind": KINDS[problem.kind[node]] in criterion.values,
            "group": group >= 0 and problem.groups[group] in criterion.values,
            "node": problem.node_codes[node] in criterion.values,
            "distance": away <= criterion.amount,
            "atp_left": left - units >= criterion.amount,
        }[criterion.field]
        if holds == criterion.negate or (criterion.field == "distance" and away < 0):
            return f"rule_{criterion.field}", position
    return None


class Trial:
    """One order under one rule: every plan of whole lines."""

    def __init__(self, state, rule, order):
        self.state, self.order, problem = state, order, state.problem
        self.problem = problem
        self.lines = list(range(problem.ptr[order], problem.ptr[order + 1]))
        self.most = 1 if problem.method[order] in COLLECTED else rule.max_parcels
        self.may = {
            line: [node for node in range(problem.nodes) if refusal(state, rule, order, line, node) is None]
            for line in self.lines
        }
        self.on_day = cache(self._on_day)

    def left_cost(self, lines):
        return sum(int(self.problem.units[line]) * int(self.problem.unfilled[line]) for line in lines)

    def _on_day(self, node, held, day):
        carried = carriage(self.problem, self.order, node, day, sum(int(self.problem.grams[line]) for line in held))
        if carried is None:
            return None
        units = sum(int(self.problem.units[line]) for line in held)
        handling = int(self.problem.fix[node]) + units * int(self.problem.pick[node])
        return carried.freight + carried.lateness + handling

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

    def cheapest(self):
        """(cost, parcels) of the best plan."""
        found = []

        def extend(index, parcels, left):
            if index == len(self.lines):
                cost = self.cost(parcels)
                if cost is not None:
                    found.append((cost + self.left_cost(left), parcels))
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
        return min(found, key=lambda plan: plan[0])

    def ranked(self, rank):
        """(cost, parcels) by rank: the best node for all, else node after node."""
        problem = self.problem

        def key(node, held):
            if rank == "distance":
                away = int(problem.distance_km[problem.dest[self.order], node])
                return away if away >= 0 else 2**60
            day = self.state.free_days(node, 1)[0]
            return carriage(problem, self.order, node, day, sum(int(problem.grams[line]) for line in held)).arrive_day

        singles = []
        for node in range(problem.nodes):
            held = tuple(self.lines)
            if all(node in self.may[line] for line in held) and self.cost(((node, held),)) is not None:
                singles.append((key(node, held), self.cost(((node, held),)), node))
        if singles:
            _, cost, node = min(singles)
            return cost, ((node, tuple(self.lines)),)
        turns = []
        for node in range(problem.nodes):
            held = tuple(line for line in self.lines if node in self.may[line])
            if held and self.cost(((node, held),)) is not None:
                turns.append((key(node, held), self.cost(((node, held),)), node))
        parcels, left = [], list(self.lines)
        for _, _, node in sorted(turns):
            held = tuple(line for line in left if node in self.may[line])
            if held and len(parcels) < self.most and self.cost(((node, held),)) is not None:
                parcels.append((node, held))
                left = [line for line in left if line not in held]
        return self.cost(parcels) + self.left_cost(left), tuple(parcels)


def decide(state, order):
    """What becomes of an order whose lines are whole, by every rule in turn."""
    problem = state.problem
    last = Decided("no_rule", -1, 0)
    everything = sum(
        int(problem.units[line]) * int(problem.unfilled[line])
        for line in range(problem.ptr[order], problem.ptr[order + 1])
    )
    for place, rule in enumerate(problem.rules):
        if not selects(problem, rule, order):
            continue
        trial = Trial(state, rule, order)
        cost, parcels = trial.cheapest() if rule.rank == "cost" else trial.ranked(rule.rank)
        served = sum(len(held) for _, held in parcels)
        if served == len(trial.lines):
            return Decided("all", place, cost)
        after = rule.if_part if served else rule.if_none
        if after == "assign":
            return Decided("part", place, cost)
        if after != "next_rule":
            return Decided(f"{'part' if served else 'none'} {after}", place, everything)
        last = Decided("no_rule_left", place, 0)
    return last._replace(priced=everything)
