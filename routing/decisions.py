"""Decisions as they are kept: saved with the problem they were a part of, and explained from what was stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from dom_project.lib import db
from inventory.models import Node
from routing import rates
from routing.engine.plan import Outcome, Plan, nodes_of_runs
from routing.engine.problem import ENGINE_VERSION
from routing.engine.stored import to_bytes
from routing.facts import Facts
from routing.models import Decision, Order, Problem

SAVE = """
WITH problem AS (
  INSERT INTO routing_problem (ref, day, engine_version, digest, orders, body, nodes, decided_at)
  VALUES (%(ref)s, %(today)s, %(engine)s, %(digest)s, %(orders)s, %(body)s, %(nodes)s::text[], %(at)s)
)
INSERT INTO routing_decision (day, order_id, problem_ref, place, look, outcome, strategy_version_id, rule_ref,
  approximate, priced, invoice, unpriced, currency, plan, alternatives, refusals, facts, decided_at)
SELECT u.day, u.order_id, %(ref)s, u.place, u.look, u.outcome, %(version)s, u.rule_ref, u.approximate, u.priced,
  u.invoice, (u.body -> 'plan' -> 'unpriced' ->> 'invoice')::bigint, %(currency)s, u.body -> 'plan',
  u.body -> 'alternatives', u.body -> 'refusals', u.body -> 'facts', %(at)s
FROM ROWS FROM (unnest(%(day)s::date[], %(order_id)s::bigint[], %(places)s::int[], %(look)s::smallint[],
  %(outcome)s::text[], %(rule_ref)s::text[], %(approximate)s::bool[], %(priced)s::bigint[], %(invoice)s::bigint[]),
  jsonb_array_elements(%(bodies)s::jsonb))
  AS u(day, order_id, place, look, outcome, rule_ref, approximate, priced, invoice, body)
"""


def save(
    facts: Facts, plan: Plan, places: Sequence[int], bodies: Sequence[str], looks: Sequence[int], *, at: datetime
) -> None:
    """Store the problem of a batch once, and the decision on each order at `places` of it, in one statement."""
    if not places:
        return
    problem = facts.problem
    rules = [rule.ref for rule in problem.rules]
    db.execute(
        SAVE,
        {
            "ref": problem.id,
            "today": problem.decided_on,
            "engine": ENGINE_VERSION,
            "digest": plan.problem_hash,
            "orders": problem.orders,
            "body": to_bytes(problem),
            "nodes": list(problem.node_codes),
            "at": at,
            "version": facts.version_id,
            "currency": problem.currency,
            "day": [facts.orders[place].day for place in places],
            "order_id": [facts.orders[place].id for place in places],
            "places": list(places),
            "look": list(looks),
            "outcome": [Outcome(plan.outcome.item(place)).name.lower() for place in places],
            "rule_ref": [rules[rule] if (rule := plan.rule.item(place)) >= 0 else "" for place in places],
            "approximate": [plan.approximate.item(place) for place in places],
            "priced": [plan.priced.item(place) for place in places],
            "invoice": [plan.invoice.item(place) for place in places],
            "bodies": f"[{','.join(bodies)}]",
        },
    )


@dataclass(frozen=True, slots=True)
class Near:
    """A node nearer than the one that was taken, and why it was not taken."""

    node: str
    distance_km: int
    code: str
    params: Mapping[str, Any]


class NoExpected(NamedTuple):
    """A line that its node may not find: odds in 1/10,000, cost in minor units, units on hand as it was decided."""

    node: str
    sku: str
    on_hand: int
    odds: int
    cost: int


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision under the questions that people ask. Costs are in minor units of the decision's currency."""

    parcels: Sequence[Mapping[str, Any]]  # why these: what each carries and costs
    left: Sequence[Mapping[str, Any]]  # units without a place, with code and parameters
    why: Mapping[str, Any] | None  # of a back-order or exception
    split: bool
    best_single: Mapping[str, Any] | None  # the cheapest plan of one node among the next best
    partly: Sequence[str]  # nodes that could not send all of it, when it was split
    beaten: Mapping[str, str]  # nodes that could have sent all of it and were not taken, with the code
    nearer: Sequence[Near]
    stock: Sequence[Mapping[str, Any]]  # what was seen: line, SKU, node, ATP, minutes since the source observed it
    cost: Mapping[str, int]
    noes: Sequence[NoExpected]
    resource_cost: int  # what sourcing a line again was expected to cost
    next_best: Mapping[str, Any] | None
    dearer_by: int | None  # what the next best would have cost more


def of_order(order_id: int, *, limit: int | None = None) -> list[Decision]:
    """The decisions on an order, the newest first, each refusal with the codes of its nodes."""
    found = list(Decision.objects.filter(order_id=order_id).order_by("-decided_at", "-id")[:limit])
    kept = Problem.objects.filter(ref__in={decision.problem_ref for decision in found}).values_list("ref", "nodes")
    nodes = dict(kept)
    for decision in found:
        decision.refusals = [_with_nodes(row, nodes.get(decision.problem_ref, [])) for row in decision.refusals]
    return found


def _with_nodes(row: Mapping[str, Any], codes: Sequence[str]) -> dict[str, Any]:
    """A refusal as it is told: runs of places are kept, for the codes of hundreds of nodes would fill the table."""
    if "runs" not in row:
        return dict(row)
    nodes = [codes[place] for place in nodes_of_runs(row["runs"]) if place < len(codes)]
    return {name: value for name, value in row.items() if name != "runs"} | {"nodes": nodes}


def explain(decision: Decision, *, away: Mapping[str, int] | None = None) -> Explained:
    """The stored decision under the questions: why these nodes, why split, why not a nearer one, what else.

    Reads the places of nodes and order, unless the caller knows how far `away` in km each node is; all else is what
    was stored, so it stays true when rules and rates change.
    """
    parcels, others = decision.plan["parcels"], decision.alternatives
    used = {parcel["node"] for parcel in parcels}
    refused = {node: row for row in decision.refusals for node in row["nodes"]}
    farthest = max((parcel["distance_km"] for parcel in parcels), default=-1)
    if away is None:
        away = _distances(decision.order_id) if refused and farthest > 0 else {}
    nearer = sorted(
        (km, node) for node, km in away.items() if 0 <= km < farthest and node in refused and node not in used
    )
    next_best = min(others, key=lambda other: other["priced"], default=None)
    single = [other for other in others if len(set(other["nodes"])) == 1 and not other["unfilled"]]
    cost = {part: sum(parcel[part] for parcel in parcels) for part in ("freight", "handling", "lateness")}
    cost |= {part: decision.plan.get(part, 0) for part in ("rejection", "scarcity")}
    noes = [
        NoExpected(parcel["node"], line["sku"], line["on_hand"], line["odds"], line["no_cost"])
        for parcel in parcels
        for line in parcel["lines"]
        if "no_cost" in line
    ]
    return Explained(
        parcels=parcels,
        left=decision.plan["left"],
        why=decision.plan["why"],
        split=len(parcels) > 1,
        best_single=min(single, key=lambda other: other["priced"], default=None) if len(parcels) > 1 else None,
        partly=[node for node, row in refused.items() if row["code"] in ("no_atp", "not_stocked")],
        beaten={node: row["code"] for node, row in refused.items() if row["code"] in ("dearer", "outranked")},
        nearer=[Near(node, km, refused[node]["code"], refused[node]["params"]) for km, node in nearer],
        stock=_seen(decision),
        cost=cost | {"invoice": decision.invoice, "priced": decision.priced},
        noes=noes,
        resource_cost=decision.facts.get("resource_cost", 0),
        next_best=next_best,
        dearer_by=next_best["priced"] - decision.priced if next_best else None,
    )


def _seen(decision: Decision) -> list[dict[str, Any]]:
    observed = decision.facts.get("observed_at", {})
    ages = {
        node: int((decision.decided_at - datetime.fromisoformat(at)).total_seconds() // 60) if at else None
        for node, at in observed.items()
    }
    return [
        {
            "line": line["line"],
            "sku": line["sku"],
            "node": parcel["node"],
            "units": line["units"],
            "atp": line["atp"],
            "minutes_old": ages.get(parcel["node"]),
        }
        for parcel in decision.plan["parcels"]
        for line in parcel["lines"]
    ]


def _distances(order_id: int) -> dict[str, int]:
    """Kilometres from each node to the order's place, −1 when unknown."""
    place = Order.objects.values_list("ship_to_latitude", "ship_to_longitude").get(pk=order_id)
    nodes = list(Node.objects.order_by("code").values_list("code", "latitude", "longitude"))
    km = rates.distances([place[0]], [place[1]], [row[1] for row in nodes], [row[2] for row in nodes])[0]
    return {code: away for (code, _, _), away in zip(nodes, km.tolist(), strict=True)}
