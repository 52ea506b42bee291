"""An independent check of a plan: plain integers from the problem alone, none of the engine's tables."""

from collections import Counter, defaultdict

from routing.engine import obedience
from routing.engine.carriage import COLLECTED, MOST, Carriage, carriage, weight_of
from routing.engine.plan import Action, Outcome, Plan
from routing.engine.problem import Problem

ODDS, MOST_ODDS = 10_000, 5_000  # odds of a no are told in 1/10,000 and count no further than a half


class AuditError(AssertionError):
    """A plan breaks a promise; the text names the order and what is wrong."""


def cost_of_no(problem: Problem, entry: int) -> int:
    """What a line at this stock entry is expected to cost because the node may say no, to the nearest unit."""
    odds = min(max(int(problem.no_odds[entry]), 0), MOST_ODDS)
    return (odds * min(max(problem.resource_cost, 0), MOST) + ODDS // 2) // ODDS


def audit(problem: Problem, plan: Plan) -> None:
    """Raise AuditError at the first fault: stock, slots, masks, rules, parcels, costs, counts, outcomes."""
    taken: Counter[int] = Counter()
    slots: Counter[tuple[int, int]] = Counter()
    served: Counter[int] = Counter()
    for order in sorted(range(problem.orders), key=lambda order: int(plan.served[order])):
        fault = obedience.fault(problem, plan, order, taken, slots)
        _audit_order(problem, plan, order, taken, slots, served)
        if fault:
            raise AuditError(f"order {order}: {fault}")
    for entry, units in taken.items():
        if units > obedience.atp(problem, entry):
            raise AuditError(f"stock entry {entry}: {units} units from {problem.free[entry]}")
    for (node, day), parcels in slots.items():
        place = problem.ship_day[node].tolist().index(day)
        if parcels > problem.slots_left[node, place]:
            raise AuditError(f"node {node} day {day}: {parcels} parcels, {problem.slots_left[node, place]} slots")
    for line, units in enumerate(plan.filled.tolist()):
        if units != served[line]:
            raise AuditError(f"line {line}: {served[line]} units in pieces, {units} filled")
        if (units < max(int(problem.units[line]), 1)) != (plan.reason[line] > 0):
            raise AuditError(f"line {line}: {units} units, reason {plan.reason[line]}")


def _price(figure: int) -> int:
    """A price below nothing, or beyond what prices can be, is none."""
    return int(figure) if 0 < figure < MOST else 0


def _audit_order(
    problem: Problem,
    plan: Plan,
    order: int,
    taken: Counter[int],
    slots: Counter[tuple[int, int]],
    served: Counter[int],
) -> None:
    def fail(what: str) -> AuditError:
        return AuditError(f"order {order}: {what}")

    parcels, choices = plan.parcels(order), plan.choices(order)
    lines = range(int(problem.ptr[order]), int(problem.ptr[order + 1]))
    wanted = {line: int(problem.units[line]) for line in lines if problem.units[line] > 0}
    held: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for choice in choices:
        if choice.line not in lines or choice.units < 1 or not 0 <= choice.parcel < len(parcels):
            raise fail(f"odd choice {choice}")
        if problem.stock_node[choice.entry] != choice.node or parcels[choice.parcel].node != choice.node:
            raise fail(f"choice {choice} and its stock or parcel are at different nodes")
        sku = int(problem.sku[choice.line])
        if not problem.sku_ptr[sku] <= choice.entry < problem.sku_ptr[sku + 1]:
            raise fail(f"choice {choice} takes another SKU")
        needs = int(problem.class_bits[choice.line])
        if int(problem.node_class_bits[choice.node]) & needs != needs:
            raise fail(f"node {choice.node} does not accept the goods of line {choice.line}")
        own = slice(problem.forbid_ptr[choice.line], problem.forbid_ptr[choice.line + 1])
        if choice.node in problem.forbid_node[own].tolist():
            raise fail(f"node {choice.node} refused line {choice.line} before")
        taken[choice.entry] += choice.units
        served[choice.line] += choice.units
        held[choice.parcel][sku] += choice.units
    for line in lines:
        if served[line] > max(int(problem.units[line]), 0):
            raise fail(f"line {line} gets {served[line]} units")
    _audit_parcels(problem, plan, order, slots, held)
    _audit_sums(problem, plan, order)
    total = sum(wanted.values())
    got = sum(served[line] for line in lines)
    outcome = Outcome(int(plan.outcome[order]))
    if parcels and len(parcels) > problem.rules[plan.rule[order]].max_parcels:
        raise fail(f"{len(parcels)} parcels")
    if (outcome is Outcome.ALL) != (got == total and len(wanted) == len(lines)):
        raise fail(f"outcome {outcome.name} with {got} of {total} units")
    if (plan.action[order] == Action.NONE) != (outcome is Outcome.ALL):
        raise fail(f"outcome {outcome.name} with action {plan.action[order]}")
    if (plan.why[order] == 0) != (outcome is Outcome.ALL):
        raise fail(f"outcome {outcome.name} with why {plan.why[order]}")


def _audit_parcels(
    problem: Problem,
    plan: Plan,
    order: int,
    slots: Counter[tuple[int, int]],
    held: dict[int, Counter[int]],
) -> None:
    def fail(what: str) -> AuditError:
        return AuditError(f"order {order}: {what}")

    units: Counter[int] = Counter()
    grams: Counter[int] = Counter()
    for line in range(int(problem.ptr[order]), int(problem.ptr[order + 1])):
        units[int(problem.sku[line])] += max(int(problem.units[line]), 0)
        grams[int(problem.sku[line])] += weight_of(problem, line)
    for parcel in plan.parcels(order):
        goods = held.get(parcel.number, Counter())
        if not goods:
            raise fail(f"parcel {parcel.number} is empty")
        weight = sum(-(-grams[sku] * count // units[sku]) for sku, count in goods.items())
        carried = carriage(problem, order, parcel.node, parcel.ship_day, weight)
        handling = int(problem.fix[parcel.node]) + sum(goods.values()) * int(problem.pick[parcel.node])
        claimed = Carriage(parcel.service, parcel.arrive_day, parcel.freight, parcel.lateness)
        if carried != claimed or handling != parcel.handling or weight != parcel.grams:
            raise fail(f"{parcel} should be {carried}, handling {handling}, {weight} g")
        if problem.method[order] in COLLECTED and parcel.node != problem.pinned_node[order]:
            raise fail(f"is collected at node {parcel.node}")
        free = [
            day
            for day, room in zip(problem.ship_day[parcel.node].tolist(), problem.slots_left[parcel.node], strict=True)
            if room > slots[parcel.node, day]
        ]
        twin = sum(other.node == parcel.node for other in plan.parcels(order)) > 1
        waits = twin or not plan.served[order]  # another order may have needed the first day more
        if not free or (parcel.ship_day != free[0] and not waits) or parcel.ship_day not in free:
            raise fail(f"{parcel} does not take the first free day of {free}")
    for parcel in plan.parcels(order):
        slots[parcel.node, parcel.ship_day] += 1


def _audit_sums(problem: Problem, plan: Plan, order: int) -> None:
    """Invoice, expected cost of a no, scarcity and what was minimised, from parcels, prices and odds."""
    parcels, choices = plan.parcels(order), plan.choices(order)
    invoice = sum(parcel.freight + parcel.handling for parcel in parcels)
    late = sum(parcel.lateness for parcel in parcels)
    rejection = sum(cost_of_no(problem, entry) for _, entry in {(choice.parcel, choice.entry) for choice in choices})
    scarcity = sum(choice.units * _price(problem.price[choice.entry]) for choice in choices)
    scarcity += sum(_price(problem.slot_price[parcel.node]) for parcel in parcels)
    lines = range(int(problem.ptr[order]), int(problem.ptr[order + 1]))
    worth: Counter[int] = Counter()  # lines of one SKU are worth what the dearest of them is
    for line in lines:
        worth[int(problem.sku[line])] = max(worth[int(problem.sku[line])], int(problem.unfilled[line]))
    left = sum(
        (max(int(problem.units[line]), 0) - int(plan.filled[line])) * worth[int(problem.sku[line])] for line in lines
    )
    why = plan.why_of(order)
    if why and why.code == "amount_too_large":
        left = 0
    claimed = [int(column[order]) for column in (plan.invoice, plan.rejection, plan.scarcity, plan.priced)]
    if claimed != [invoice, rejection, scarcity, invoice + late + left + rejection + scarcity]:
        raise AuditError(
            f"order {order}: "
            f"invoice {claimed[0]}, rejection {claimed[1]}, scarcity {claimed[2]}, priced {claimed[3]}: "
            f"{invoice} + {late} + {left} + {rejection} + {scarcity}"
        )
