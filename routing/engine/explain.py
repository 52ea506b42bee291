"""One decided order seen from every node: who refused, and what shipping the whole order from there would cost."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from routing.engine import codes
from routing.engine.demand import merged
from routing.engine.eligibility import Candidates
from routing.engine.look import Look
from routing.engine.plan import Options, Plan
from routing.engine.problem import Problem
from routing.rules import Refusal


class Fate(StrEnum):
    """What became of an order at a rule."""

    NOT_SELECTED = "not_selected"
    FELL_THROUGH = "fell_through"
    DECIDED = "decided"
    NOT_REACHED = "not_reached"


class Cost(NamedTuple):
    """The whole order in one parcel; days count from `decided_on`, service −1 = collected."""

    service: int
    ship_day: int
    arrive_day: int
    freight: int
    handling: int
    lateness: int


class NodeView(NamedTuple):
    """One node: the first refusal with its parameters, or the cost of the whole order from there."""

    node: int
    in_plan: bool
    lines: int  # distinct SKUs that it could send whole
    refusal: Refusal | None
    cost: Cost | None


class Explanation(NamedTuple):
    """Every enabled rule's fate, and every node under the rule that decided (none: no nodes)."""

    rules: tuple[tuple[str, Fate], ...]
    nodes: tuple[NodeView, ...]


def explain(problem: Problem, plan: Plan, order: int) -> Explanation:
    """The decision on one order of a plan, on what the earlier orders of the plan had left."""
    demand = merged(problem)
    look = Look(problem, demand, Options())
    _replay(problem, plan, order, look)
    decided = int(plan.rule[order])
    rules = tuple((mask.rule.ref, _fate(mask.place, decided, bool(mask.selects[order]))) for mask in look.masks.rules)
    mask = next((mask for mask in look.masks.rules if mask.place == decided), None)
    if mask is None or not look.length[order]:
        return Explanation(rules, ())
    single = look.masks.collected[order]
    found = look.eligibility.candidates(np.array([order]), mask, 1 if single else mask.rule.max_parcels)
    code = look.eligibility.codes(found)[0]
    used = set(plan.parcel_node[plan.parcel_ptr[order] : plan.parcel_ptr[order + 1]].tolist())
    nodes = tuple(
        NodeView(
            node=node,
            in_plan=node in used,
            lines=int(found.may[0, :, node].sum()),
            refusal=_refusal(problem, plan, found, code[:, node].tolist(), node),
            cost=_cost(problem, look, found, order, node),
        )
        for node in range(problem.nodes)
    )
    return Explanation(rules, nodes)


def _fate(place: int, decided: int, selects: bool) -> Fate:
    if decided >= 0 and place > decided:
        return Fate.NOT_REACHED
    if not selects:
        return Fate.NOT_SELECTED
    return Fate.DECIDED if place == decided else Fate.FELL_THROUGH


def _replay(problem: Problem, plan: Plan, order: int, look: Look) -> None:
    """Take what the orders before this one took; of those planned together, what all the others took."""
    before = plan.served < plan.served[order]
    if not plan.served[order]:
        before = (plan.served == 0) & (np.arange(problem.orders) != order)
    taken = before[plan.piece_order]
    sku = problem.sku[plan.line[taken]]
    np.subtract.at(look.residual.atp, (sku, plan.node[taken]), plan.units[taken])
    sent = before[plan.parcel_order]
    for node, day in zip(plan.parcel_node[sent].tolist(), plan.parcel_ship_day[sent].tolist(), strict=True):
        look.residual.take_slot(node, problem.ship_day[node].tolist().index(day))


def _refusal(problem: Problem, plan: Plan, found: Candidates, code: list[int], node: int) -> Refusal | None:
    """The first line's refusal that is one, with the figures it was judged by."""
    for line, number in enumerate(code):
        if number != codes.MAY:
            refusal = plan.refusals[number]
            return Refusal(refusal.code, {**refusal.params, **_figures(problem, found, refusal.code, line, node)})
    return None


def _figures(problem: Problem, found: Candidates, code: str, line: int, node: int) -> Mapping[str, str | int]:
    if code in ("not_stocked", "no_atp", "rule_atp_left"):
        sku = int(problem.sku_ref[found.sku[0, line]])
        return {"sku_ref": sku, "units": int(found.units[0, line]), "atp": max(int(found.left[0, line, node]), 0)}
    if code == "rule_distance":
        return {"distance_km": int(problem.distance_km[problem.dest[found.rows[0]], node])}
    return {}


def _cost(problem: Problem, look: Look, found: Candidates, order: int, node: int) -> Cost | None:
    if not found.may[0, :, node].all():
        return None
    grams, units = found.offers.grams.sum(1), int(found.units.sum())
    price, service = look.tariff.parcel_at(found.offers.place[:, node], grams)
    if not np.isfinite(price[0]):
        return None
    zone = problem.zone[problem.dest[[order]], node].astype(np.int64)
    ship_day = look.residual.first_ship[[node]]
    arrive_day = int(look.tariff.arrives(service, zone, ship_day)[0])
    return Cost(
        service=int(service[0]),
        ship_day=int(ship_day[0]),
        arrive_day=arrive_day,
        freight=int(look.tariff.freight(service, zone, grams)[0]),
        handling=int(problem.fix[node]) + units * int(problem.pick[node]),
        lateness=max(arrive_day - int(problem.slack[order]), 0) * look.tariff.late,
    )
