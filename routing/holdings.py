"""What orders hold before the floor has it: which of them may be planned anew, and the facts to do it on."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np

from dom_project.lib import db
from routing import in_hand
from routing.engine.moves import HeldParcel
from routing.facts import Facts, GivenBack
from routing.gather import gather

INERTIA = 25  # minor units that a move must save
FRESH = timedelta(minutes=2)  # after intake, in which a plan may move for any saving
MOST_MOVES = 5  # of one order

# Why an order is not looked at, the first that holds. A pickup's node was told to the customer; what is due, the floor
# gets at its next ring; what waits to be sourced, is in exception or is short is in other hands.
OPEN = f"""
WITH open AS (
  SELECT a.order_id, min(a.ship_date) AS ship_date, bool_or({in_hand.due("%(at)s")}) AS due,
    bool_or(l.shortfall > 0) AS short, count(DISTINCT (a.line_id, a.level_id)) > count(DISTINCT a.line_id) AS pieces
  FROM routing_allocation a JOIN routing_order o ON o.id = a.order_id JOIN inventory_stocklevel l ON l.id = a.level_id
  WHERE a.state = 'open' AND a.dispatched_at IS NULL GROUP BY a.order_id
)
SELECT o.id, CASE
    WHEN o.method <> 'ship' THEN 'collected'
    WHEN o.held_reason <> '' THEN 'held'
    WHEN open.due THEN 'due'
    WHEN EXISTS (SELECT FROM routing_pending p WHERE p.order_id = o.id) THEN 'to_route'
    WHEN EXISTS (SELECT FROM routing_orderexception e WHERE e.order_id = o.id AND e.closed_at IS NULL) THEN 'exception'
    WHEN open.short THEN 'short'
    WHEN open.pieces THEN 'pieces'
    WHEN (SELECT count(*) FROM routing_orderevent e WHERE e.order_id = o.id AND e.kind = 'replanned') >= %(moves)s
      THEN 'moved_often'
    ELSE '' END
FROM open JOIN routing_order o ON o.id = open.order_id ORDER BY open.ship_date, o.id
"""
HELD = """
SELECT a.order_id, a.id, a.line_id, a.level_id, a.node_id, a.ship_date, a.parcel, a.quantity, p.service, p.arrive_date
FROM routing_allocation a JOIN routing_planparcel p ON p.order_id = a.order_id AND p.number = a.parcel
WHERE a.order_id = ANY(%s::bigint[]) AND a.state = 'open' AND a.dispatched_at IS NULL ORDER BY a.order_id, a.id
"""
ORDERS = """
SELECT o.id, o.accepted_at, o.revision,
  coalesce((SELECT max(d.look) FROM routing_decision d WHERE d.order_id = o.id), 0),
  EXISTS (SELECT FROM routing_allocation a
          WHERE a.order_id = o.id AND (a.state = 'shipped' OR a.state = 'open' AND a.dispatched_at IS NOT NULL))
FROM routing_order o WHERE o.id = ANY(%s::bigint[])
"""
# A statement of its own behind the order locks. All of this was so when the facts were read, or the order stays.
STILL = """
SELECT o.id, o.revision, coalesce((SELECT max(p.number) FROM routing_planparcel p WHERE p.order_id = o.id), 0),
  array_agg(a.id ORDER BY a.id)
FROM routing_order o JOIN routing_allocation a ON a.order_id = o.id
WHERE o.id = ANY(%s::bigint[]) AND o.held_reason = '' AND a.state = 'open' AND a.dispatched_at IS NULL
  AND NOT EXISTS (SELECT FROM routing_pending p WHERE p.order_id = o.id)
  AND NOT EXISTS (SELECT FROM routing_orderexception e WHERE e.order_id = o.id AND e.closed_at IS NULL)
GROUP BY o.id
"""


class InHand(NamedTuple):
    """An open allocation that no floor has, with what is planned of its parcel."""

    order_id: int
    id: int
    line_id: int
    level_id: int
    node_id: int
    ship_date: date
    parcel: int
    quantity: int
    service: str
    arrive_date: date


class Stand(NamedTuple):
    """How an order stood when its facts were read: unchanged, its plan may be exchanged."""

    revision: int
    parcels: int
    allocations: tuple[int, ...]
    looks: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """A problem with what its orders hold given back in the facts; places are the problem's."""

    facts: Facts
    held: Mapping[int, Sequence[HeldParcel]]  # by place of the order
    begun: frozenset[int]  # places of orders of which other parcels are on their way
    stands: Mapping[int, Stand]  # by order id


def candidates(*, at: datetime) -> tuple[list[int], Counter[str]]:
    """Orders that may be planned anew, those first whose floor is to have them soonest, and why others may not."""
    found = db.rows(OPEN, {"at": at, "moves": MOST_MOVES})
    return [order_id for order_id, why in found if not why], Counter(why for _, why in found if why)


def read(order_ids: Sequence[int], *, at: datetime, name: str) -> list[Holdings]:
    """The facts of these orders as if nobody held what they hold, with inertia and held nodes: one per currency."""
    with db.read_only_snapshot(batch=True):
        rows = [InHand(*row) for row in db.rows(HELD, [list(order_ids)])]
        orders = {order_id: facts for order_id, *facts in db.rows(ORDERS, [list(order_ids)])}
        slots = {(row.order_id, row.parcel): (row.node_id, row.ship_date) for row in rows}
        back = GivenBack([(row.level_id, row.quantity) for row in rows], list(slots.values()))
        found = gather(list(dict.fromkeys(row.order_id for row in rows)), at=at, name=name, kept=True, given_back=back)
    by_order: dict[int, list[InHand]] = defaultdict(list)
    for row in rows:
        by_order[row.order_id].append(row)
    return [_holdings(facts, by_order, orders, at=at) for facts in found]


def still(stands: Mapping[int, Stand]) -> frozenset[int]:
    """Which of these orders stand as they stood. The caller holds their locks, taken by a statement before."""
    found = db.rows(STILL, [sorted(stands)])
    now = {order_id: (revision, parcels, tuple(ids)) for order_id, revision, parcels, ids in found}
    return frozenset(order_id for order_id, stand in stands.items() if now.get(order_id) == stand[:3])


def _holdings(
    facts: Facts, by_order: Mapping[int, Sequence[InHand]], orders: Mapping[int, Sequence[object]], *, at: datetime
) -> Holdings:
    problem = facts.problem
    node = {node_id: place for place, node_id in enumerate(problem.node_ref.tolist())}
    entry = {level_id: place for place, level_id in enumerate(problem.level_ref.tolist())}
    service = {code: place for place, code in enumerate(problem.services)}
    line = {row.id: place for place, row in enumerate(facts.lines)}
    held_node = np.full(problem.lines, -1, np.int16)
    inertia = np.zeros(problem.orders, np.int32)
    held, stands, begun = {}, {}, set()
    for place, order in enumerate(facts.orders):
        rows = by_order[order.id]
        accepted_at, revision, looks, other_parcels = orders[order.id]
        parcels: dict[int, list[InHand]] = defaultdict(list)
        for row in rows:
            parcels[row.parcel].append(row)
            held_node[line[row.line_id]] = node[row.node_id]
        held[place] = [
            HeldParcel(
                node=node[first.node_id],
                service=service.get(first.service, -1),
                ship_day=(first.ship_date - problem.decided_on).days,
                arrive_day=(first.arrive_date - problem.decided_on).days,
                pieces=tuple((line[row.line_id], entry.get(row.level_id, -1), row.quantity) for row in own),
            )
            for own in parcels.values()
            for first in own[:1]
        ]
        assert isinstance(accepted_at, datetime)
        assert isinstance(revision, int)
        assert isinstance(looks, int)
        inertia[place] = 0 if at - accepted_at < FRESH else INERTIA
        stands[order.id] = Stand(revision, order.parcels, tuple(row.id for row in rows), looks)
        if other_parcels:
            begun.add(place)
    problem = replace(problem, held_node=held_node, inertia=inertia)
    return Holdings(replace(facts, problem=problem), held, frozenset(begun), stands)
