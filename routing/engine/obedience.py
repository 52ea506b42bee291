"""Does a plan do what the rule that won says? In plain integers, for the audit: none of the engine's masks."""

from collections import Counter
from collections.abc import Mapping

from routing.engine.carriage import COLLECTED, carriage, serves_at_a_cost, weight_of
from routing.engine.plan import Action, Outcome, Plan
from routing.engine.problem import Problem
from routing.rules import KINDS, METHODS, Criterion, IfNone, IfPart, Rank, Rule

ENDLESS = 2**31 - 1  # no figure of a stock
UNKNOWN_KM = 2**31  # such nodes come last


def fault(
    problem: Problem, plan: Plan, order: int, taken: Mapping[int, int], slots: Mapping[tuple[int, int], int]
) -> str:
    """What the plan of this order does against its rule, "" when nothing.

    `taken` by stock entry and `slots` by (node, ship day) are what the orders served before it took; an order
    that was planned together with others is judged on the whole stock instead.
    """
    place = int(plan.rule[order])
    if place < 0:
        return "has parcels without a rule" if plan.parcels(order) else ""
    rule = problem.rules[place]
    if not rule.enabled or not all(holds_for_order(problem, order, one) != one.negate for one in rule.which_orders):
        return f"rule {rule.ref} does not select it"
    return (
        _wrong_end(plan, order, rule)
        or _wrong_nodes(problem, plan, order, rule, taken if _in_turn(plan, order) else {})
        or _outranked(problem, plan, order, taken, slots)
    )


def holds_for_order(problem: Problem, order: int, criterion: Criterion) -> bool:
    """The criterion without its "not"."""
    if criterion.field == "value":
        return int(problem.value[order]) >= criterion.amount
    if criterion.field == "category":
        lines = range(problem.ptr[order], problem.ptr[order + 1])
        return any(_named(problem.categories, int(problem.category[line]), criterion) for line in lines)
    if criterion.field == "method":
        return _named(METHODS, int(problem.method[order]), criterion)
    places = {"channel": (problem.channels, problem.channel), "region": (problem.regions, problem.region)}
    names, place = places[criterion.field]
    return _named(names, int(place[order]), criterion)


def allows_node(problem: Problem, order: int, node: int, criterion: Criterion) -> bool:
    """A criterion of nodes that looks at no stock, with its "not"; an unknown distance is neither near nor far."""
    if criterion.field == "distance":
        away = int(problem.distance_km[problem.dest[order], node])
        return away >= 0 and (away <= criterion.amount) != criterion.negate
    if criterion.field == "node":
        held = _named(problem.node_codes, node, criterion)
    elif criterion.field == "group":
        held = _named(problem.groups, int(problem.group[node]), criterion)
    else:
        held = _named(KINDS, int(problem.kind[node]), criterion)
    return held != criterion.negate


def _named(names: tuple[str, ...], place: int, criterion: Criterion) -> bool:
    return place >= 0 and names[place] in criterion.values


def _wrong_end(plan: Plan, order: int, rule: Rule) -> str:
    outcome, action = Outcome(int(plan.outcome[order])), Action(int(plan.action[order]))
    if outcome is Outcome.PART:
        assigned = rule.if_part is IfPart.ASSIGN
        if assigned != bool(plan.parcels(order)) or assigned != (action is Action.BACKORDER):
            return f"a part ends in {action.name} with {len(plan.parcels(order))} parcels, if_part is {rule.if_part}"
    if outcome is Outcome.NONE and (action is Action.BACKORDER) != (rule.if_none is IfNone.BACKORDER):
        return f"nothing ends in {action.name}, if_none is {rule.if_none}"
    return ""


def _wrong_nodes(problem: Problem, plan: Plan, order: int, rule: Rule, taken: Mapping[int, int]) -> str:
    own: Counter[int] = Counter()
    for choice in plan.choices(order):
        own[choice.entry] += choice.units
    for entry, units in own.items():
        node = int(problem.stock_node[entry])
        left = atp(problem, entry) - taken.get(entry, 0) - units
        for position, criterion in enumerate(rule.which_nodes):
            if criterion.field != "atp_left":
                if not allows_node(problem, order, node, criterion):
                    return f"rule {rule.ref} condition {position} refuses node {node}"
            elif criterion.negate and not _in_turn(plan, order):
                continue  # others may have taken some first
            elif (left >= criterion.amount) == criterion.negate:
                return f"rule {rule.ref} condition {position}: {left} units are left at node {node}"
    return ""


def _in_turn(plan: Plan, order: int) -> bool:
    return bool(plan.served[order])


def atp(problem: Problem, entry: int) -> int:
    """Units of a stock entry that can be promised before anyone takes some."""
    free, buffer = int(problem.free[entry]), max(int(problem.buffer[entry]), 0)
    return max(free - buffer, 0) if max(free, buffer) < ENDLESS else 0


def _outranked(
    problem: Problem, plan: Plan, order: int, taken: Mapping[int, int], slots: Mapping[tuple[int, int], int]
) -> str:
    """A nearer node that has all of it, where nodes are ranked by distance and the plan is one whole parcel."""
    rule, parcels = problem.rules[plan.rule[order]], plan.parcels(order)
    whole = len(parcels) == 1 and Outcome(int(plan.outcome[order])) is Outcome.ALL
    if rule.rank is not Rank.DISTANCE or not whole or not _in_turn(plan, order):
        return ""
    chosen = parcels[0].node
    away = [km if km >= 0 else UNKNOWN_KM for km in problem.distance_km[problem.dest[order]].tolist()]
    for node in range(problem.nodes):
        if away[node] < away[chosen] and serves_all(problem, order, rule, node, taken, slots):
            return f"node {node} is nearer than {chosen} and has all of it"
    return ""


def serves_all(
    problem: Problem,
    order: int,
    rule: Rule,
    node: int,
    taken: Mapping[int, int],
    slots: Mapping[tuple[int, int], int],
) -> bool:
    """Could this node send or hand over the whole order in one parcel now?"""
    collected = problem.method[order] in COLLECTED
    free = [
        day
        for day, room in zip(problem.ship_day[node].tolist(), problem.slots_left[node].tolist(), strict=True)
        if room > slots.get((node, day), 0)
    ]
    if not free or (collected and node != problem.pinned_node[order]):
        return False
    if not serves_at_a_cost(problem, node) or not int(problem.abilities[node]) >> int(problem.method[order]) & 1:
        return False
    if not all(allows_node(problem, order, node, one) for one in rule.which_nodes if one.field != "atp_left"):
        return False
    lines = range(int(problem.ptr[order]), int(problem.ptr[order + 1]))
    wanted: Counter[int] = Counter()
    for line in lines:
        wanted[int(problem.sku[line])] += int(problem.units[line])
        needs = int(problem.class_bits[line])
        own = slice(problem.forbid_ptr[line], problem.forbid_ptr[line + 1])
        if int(problem.node_class_bits[node]) & needs != needs or node in problem.forbid_node[own].tolist():
            return False
    for sku, units in wanted.items():
        entries = range(int(problem.sku_ptr[sku]), int(problem.sku_ptr[sku + 1]))
        entry = next((entry for entry in entries if problem.stock_node[entry] == node), None)
        left = -1 if entry is None else atp(problem, entry) - taken.get(entry, 0) - units
        if left < 0 or any((left >= one.amount) == one.negate for one in rule.which_nodes if one.field == "atp_left"):
            return False
    grams = sum(weight_of(problem, line) for line in lines)
    return carriage(problem, order, node, free[0], grams) is not None
