"""A real order under rules that nobody has saved: the worker's facts, the worker's engine, and nothing written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Q

from dom_project.lib import db
from dom_project.lib.api_errors import NotFound, Refused
from routing import strategies
from routing.dense import Array, GivenBack
from routing.drawn import Drawn
from routing.engine.explain import Explanation, NodeView, explain
from routing.engine.problem import Problem
from routing.engine.solve import solve
from routing.engine.steering import Steering
from routing.facts import Facts, under
from routing.gather import gather
from routing.models import Order, OrderLine, StrategyVersion
from routing.rules import Rule
from routing.trial_walk import Own, Walk, walk_of
from routing.tried import Candidate, Trial
from routing.weighing import PARTS, Weighing

EVERYTHING = Weighing.named(PARTS)
Shelves = Mapping[tuple[int, int], int]  # by place of the SKU and of the node

# While a level is short, what it lacks is not given back: those units are not there.
ORDER = """
SELECT o.id,
  (SELECT jsonb_agg(jsonb_build_array(u.id, u.units)) FROM (
     SELECT l.id, greatest(sum(a.quantity) - l.shortfall, 0)::int AS units
     FROM routing_allocation a JOIN inventory_stocklevel l ON l.id = a.level_id
     WHERE a.order_id = o.id AND a.state = 'open' GROUP BY l.id, l.shortfall) u),
  (SELECT jsonb_agg(jsonb_build_array(s.node_id, s.ship_date)) FROM (
     SELECT node_id, ship_date FROM routing_allocation WHERE order_id = o.id AND state <> 'released'
     GROUP BY node_id, ship_date, parcel HAVING bool_and(state = 'open')) s)
FROM routing_order o WHERE o.ref = %s
"""


class Tested(NamedTuple):
    """One order tried on unsaved rules. `skus`: what its SKUs are called, by code."""

    order: Order
    skus: Mapping[str, str]
    trial: Trial
    walk: Walk
    milliseconds: float


def try_order(
    asked: str,
    rules: Sequence[Mapping[str, Any]],
    *,
    weighing: Weighing | None = None,
    live: StrategyVersion | None = None,
    at: datetime,
) -> Tested:
    """Try unsaved rules on an order as it stands now, its own open allocations given back in the facts only.

    They weigh what is said, else what a new strategy does.

    `asked` is our ref or the channel's own, of which the newest order counts. What the live version would do is told
    beside it, where its rules are others. Raises NotFound for an unknown order, BadInput for a rule that can't be read
    (field and reason), and Refused (`nothing_to_route`) when all of it has shipped or is cancelled. Writes nothing.
    """
    found = Order.objects.filter(Q(ref=asked) | Q(order_ref=asked)).select_related("channel")
    order = found.order_by("-accepted_at", "-id").first()
    if order is None:
        raise NotFound("unknown_order", {"order": asked}, field="order")
    # A rule without a ref gets one: the steps are told by it.
    rules = [{**rule, "ref": rule.get("ref") or f"new{n}"} for n, rule in enumerate(rules, start=1)]
    sets = [(strategies.parse(rules), weighing or Weighing())]
    if live and (strategies.parsed_rules(live) != sets[0][0] or live.weighing != sets[0][1]):
        sets.append((strategies.parsed_rules(live), live.weighing))
    tried = compare(order.ref, sets, at=at)
    skus, own = _facts(order)
    walk = walk_of(tried[0], tried[1] if len(tried) > 1 else None, rules, own)
    return Tested(order, skus, tried[0], walk, tried[0].gather_ms + sum(each.solve_ms for each in tried))


def newest_orders(n: int) -> list[Order]:
    """Orders to try: those that came last."""
    found = Order.objects.order_by("-accepted_at", "-id")
    return list(found.only("ref", "order_ref", "ship_to_region", "method")[:n])


def _facts(order: Order) -> tuple[dict[str, str], Own]:
    """What the order's SKUs are called, and what it has for the criteria of rules."""
    rows = OrderLine.objects.filter(order=order).order_by("id")
    lines = list(rows.values_list("sku__code", "sku__name", "sku__category__code"))
    own: Own = {
        "channel": frozenset({order.channel.code}),
        "method": frozenset({order.method}),
        "region": frozenset({order.ship_to_region}),
        "category": frozenset(category for *_names, category in lines),
    }
    return {code: name for code, name, _category in lines}, own


def compare(order_ref: str, several: Sequence[tuple[tuple[Rule, ...], Weighing]], *, at: datetime) -> list[Trial]:
    """Try each of several sets of rules, with what they weigh, on one order: all on the same facts.

    Raises as `try_order` does.
    """
    start = perf_counter()
    with db.read_only_snapshot():
        known = db.rows(ORDER, [order_ref])
        if not known:
            raise NotFound("unknown_order", {"order": order_ref}, field="order")
        ((order_id, units, slots),) = known
        back = GivenBack(
            units=[(level_id, quantity) for level_id, quantity in json.loads(units or "[]")],
            slots=[(node_id, date.fromisoformat(day)) for node_id, day in json.loads(slots or "[]")],
        )
        found = gather(
            [order_id],
            at=at,
            name="trial",
            rules=several[0][0],
            weighing=EVERYTHING,
            every_unit=True,
            given_back=back,
        )
    if not found:
        raise Refused("nothing_to_route", {"order": order_ref}, field="order")
    gather_ms = (perf_counter() - start) * 1000
    return [_tried(order_ref, found[0], rules, weighing, gather_ms) for rules, weighing in several]


def _tried(order_ref: str, gathered: Facts, rules: tuple[Rule, ...], weighing: Weighing, gather_ms: float) -> Trial:
    facts = replace(gathered, problem=under(gathered.problem, rules, weighing))
    start = perf_counter()
    plan = solve(facts.problem)
    solve_ms = (perf_counter() - start) * 1000
    drawn, seen = Drawn(facts, plan, 0), explain(facts.problem, plan, 0)
    names = {rule.ref: rule.name for rule in rules}
    told = drawn.told(look=0)
    return Trial(
        order_ref=order_ref,
        outcome=drawn.outcome.name.lower(),
        rule_ref=drawn.rule_ref,
        rule_name=names.get(drawn.rule_ref, ""),
        rules=[(ref, names[ref], fate.value) for ref, fate in seen.rules],
        approximate=plan.approximate.item(0),
        currency=facts.problem.currency,
        priced=plan.priced.item(0),
        invoice=plan.invoice.item(0),
        plan=told["plan"],
        alternatives=told["alternatives"],
        refusals=told["refusals"],
        candidates=_candidates(drawn, facts, seen),
        gather_ms=gather_ms,
        solve_ms=solve_ms,
    )


def _candidates(drawn: Drawn, facts: Facts, seen: Explanation) -> list[Candidate]:
    problem = facts.problem
    atp = _by_shelf(problem, np.maximum(problem.free - problem.buffer, 0))
    no = _by_shelf(problem, Steering(problem).no)
    found = [_candidate(drawn, facts, view, atp, no) for view in seen.nodes]
    far = 1 << 60
    return sorted(found, key=lambda one: (not one.in_plan, one.refusal is not None, one.cost or far, one.node))


def _candidate(drawn: Drawn, facts: Facts, view: NodeView, atp: Shelves, no: Shelves) -> Candidate:
    problem, cost = facts.problem, view.cost
    stock = [
        {"line": line.ref, "sku": line.sku, "units": line.units, "atp": atp.get((problem.sku.item(place), view.node))}
        for place, line in enumerate(facts.lines)
    ]
    return Candidate(
        node=problem.node_codes[view.node],
        in_plan=view.in_plan,
        distance_km=drawn.distance_km(view.node),
        zone=drawn.zone(view.node),
        stock=stock,
        refusal=view.refusal,
        service=problem.services[cost.service] if cost and cost.service >= 0 else "",
        ship_date=drawn.date(cost.ship_day) if cost else None,
        arrive_date=drawn.date(cost.arrive_day) if cost else None,
        freight=cost.freight if cost else None,
        handling=cost.handling if cost else None,
        lateness=cost.lateness if cost else None,
        no=sum(no.get((problem.sku.item(place), view.node), 0) for place in drawn.lines) if cost else 0,
    )


def _by_shelf(problem: Problem, figures: Array) -> Shelves:
    """The figure of each stock entry; no entry where it is not stocked."""
    sku = np.repeat(np.arange(len(problem.sku_ref)), np.diff(problem.sku_ptr))
    pairs = zip(sku.tolist(), problem.stock_node.tolist(), strict=True)
    return dict(zip(pairs, figures.tolist(), strict=True))
