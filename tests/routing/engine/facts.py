"""Stock, slots, rules and refusals of a problem in plain integers, independent of the engine's tables."""

from routing.engine.carriage import COLLECTED
from routing.rules import KINDS, METHODS


class State:
    """Units and slots left, by plain dictionaries."""

    def __init__(self, problem):
        self.problem = problem
        self.atp, self.slots, self.entry = {}, {}, {}
        for sku in range(len(problem.sku_ref)):
            for entry in range(problem.sku_ptr[sku], problem.sku_ptr[sku + 1]):
                self.entry[sku, int(problem.stock_node[entry])] = entry
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


def refusal(state, rule, order, line, node, units=None):
    """The first refusal of a node for a line, as (code, position of the criterion or None), None = may."""
    problem = state.problem
    sku, units = int(problem.sku[line]), int(problem.units[line]) if units is None else units
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
