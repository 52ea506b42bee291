"""An independent check of a plan: plain integers from the problem alone, none of the engine's tables."""

from collections import Counter, defaultdict
from typing import NamedTuple

from routing.engine.plan import Action, Outcome, Plan
from routing.engine.problem import Method, Problem

COLLECTED = (Method.PICKUP, Method.CURBSIDE)


class AuditError(AssertionError):
    """A plan breaks a promise; the text names the order and what is wrong."""


class Carriage(NamedTuple):
    """A parcel on its best service; −1 = none needed."""

    service: int
    arrive_day: int
    freight: int
    lateness: int


def carriage(problem: Problem, order: int, node: int, ship_day: int, grams: int) -> Carriage | None:
    """The cheapest service that keeps the promise, else the least of freight and lateness; None = no service."""
    slack = int(problem.slack[order])
    if problem.method[order] in COLLECTED:
        return Carriage(-1, ship_day, 0, max(ship_day - slack, 0) * problem.late_per_day)
    zone = int(problem.zone[problem.dest[order], node])
    if zone < 0:
        return None
    offers = []
    for service in range(len(problem.services)):
        freight = _price(problem, service, zone, grams)
        days = int(problem.transit[service, zone])
        if freight is None or days < 0 or not int(problem.service_bits[node]) >> service & 1:
            continue
        late = max(ship_day + days - slack, 0)
        offers.append((late > 0, freight + late * problem.late_per_day, service, ship_day + days, freight))
    if not offers:
        return None
    _, cost, service, arrive_day, freight = min(offers)
    return Carriage(service, arrive_day, freight, cost - freight)


def _price(problem: Problem, service: int, zone: int, grams: int) -> int | None:
    rates = problem.rate[service, zone].tolist()
    for heaviest, price in zip(problem.band_grams.tolist(), rates, strict=True):
        if grams <= heaviest:
            return price if price >= 0 else None
    each = int(problem.per_kg_above[service, zone])
    if not rates or rates[-1] < 0 or each < 0:
        return None
    return int(rates[-1]) + -(-(grams - int(problem.band_grams[-1])) // 1000) * each


def audit(problem: Problem, plan: Plan) -> None:
    """Raise AuditError at the first fault: stock, slots, masks, parcels, costs, counts, outcomes."""
    taken: Counter[int] = Counter()
    slots: Counter[tuple[int, int]] = Counter()
    served: Counter[int] = Counter()
    sequence = [order for order in range(problem.orders) if not _is_long(problem, order)]
    sequence += [order for order in range(problem.orders) if _is_long(problem, order)]
    for order in sequence:
        _audit_order(problem, plan, order, taken, slots, served)
    for entry, units in taken.items():
        if units > max(int(problem.free[entry]) - int(problem.buffer[entry]), 0):
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


def _is_long(problem: Problem, order: int) -> bool:
    return len(set(problem.sku[problem.ptr[order] : problem.ptr[order + 1]].tolist())) > 6


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
    problem: Problem, plan: Plan, order: int, slots: Counter[tuple[int, int]], held: dict[int, Counter[int]]
) -> None:
    def fail(what: str) -> AuditError:
        return AuditError(f"order {order}: {what}")

    units: Counter[int] = Counter()
    grams: Counter[int] = Counter()
    for line in range(int(problem.ptr[order]), int(problem.ptr[order + 1])):
        units[int(problem.sku[line])] += max(int(problem.units[line]), 0)
        grams[int(problem.sku[line])] += int(problem.grams[line])
    invoice = late = 0
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
        if not free or (parcel.ship_day != free[0] and not twin) or parcel.ship_day not in free:
            raise fail(f"{parcel} does not take the first free day of {free}")
        invoice += parcel.freight + parcel.handling
        late += parcel.lateness
    for parcel in plan.parcels(order):
        slots[parcel.node, parcel.ship_day] += 1
    lines = slice(problem.ptr[order], problem.ptr[order + 1])
    wanted = problem.units[lines].clip(0).astype(int)
    left = int(((wanted - plan.filled[lines]) * problem.unfilled[lines]).sum())
    if int(plan.invoice[order]) != invoice or int(plan.priced[order]) != invoice + late + left:
        raise fail(f"invoice {plan.invoice[order]}, priced {plan.priced[order]}: {invoice} + {late} + {left}")
