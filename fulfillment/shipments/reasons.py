"""One line for the associate: why this work came to this node. A code with parameters; words are found at the edge."""

import json
from collections.abc import Sequence
from typing import Any, Protocol

from dom_project.lib import db

from .packing import PICKUP

Key = tuple[int, int]  # order id, number of the parcel


class Planned(Protocol):
    @property
    def order_id(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def node(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def distance_km(self) -> int: ...


REFUSED = """
SELECT DISTINCT ON (a.order_id, a.parcel) a.order_id, a.parcel, n.code, r.reason
FROM routing_allocation a JOIN routing_linerefusal r ON r.line_id = a.line_id JOIN inventory_node n ON n.id = r.node_id
WHERE a.order_id = ANY(%s::bigint[]) ORDER BY a.order_id, a.parcel, r.at DESC, r.id DESC
"""
OTHERS = """
SELECT order_id, count(DISTINCT parcel)::int FROM routing_allocation
WHERE order_id = ANY(%s::bigint[]) AND state <> 'released' GROUP BY order_id
"""
DECIDED = """
SELECT DISTINCT ON (order_id) order_id, priced, currency, alternatives FROM routing_decision
WHERE order_id = ANY(%s::bigint[]) AND outcome <> 'none' ORDER BY order_id, decided_at DESC, id DESC
"""


def reasons_of(parcels: Sequence[Planned]) -> dict[Key, dict[str, Any]]:
    """Why each parcel came to its node, in three statements however many there are.

    The first that holds: the customer collects here; another node was short; a part of the order; cheaper than the
    next best; the only place that could send it.
    """
    orders = sorted({parcel.order_id for parcel in parcels})
    refused = {(order_id, number): (node, why) for order_id, number, node, why in db.rows(REFUSED, [orders])}
    others = dict(db.rows(OTHERS, [orders]))
    decided = {order_id: facts for order_id, *facts in db.rows(DECIDED, [orders])}
    return {
        (parcel.order_id, parcel.number): _reason(
            parcel,
            refused.get((parcel.order_id, parcel.number)),
            others.get(parcel.order_id, 1),
            decided.get(parcel.order_id),
        )
        for parcel in parcels
    }


def _reason(
    parcel: Planned, refused: tuple[str, str] | None, others: int, decided: Sequence[Any] | None
) -> dict[str, Any]:
    if parcel.method in PICKUP:
        return _told("collected_here")
    if refused:
        return _told("made_good", node=refused[0], reason=refused[1])
    if others > 1:
        return _told("part_of_order", parcels=others, distance_km=parcel.distance_km)
    if decided is None:
        return _told("chosen", distance_km=parcel.distance_km)
    priced, currency, alternatives = decided[0], decided[1], json.loads(decided[2])
    dearer = [other["priced"] - priced for other in alternatives if not other["unfilled"]]
    if not dearer:
        return _told("only_place", distance_km=parcel.distance_km)
    if min(dearer) > 0:
        return _told("cheapest", saved=min(dearer), currency=currency, distance_km=parcel.distance_km)
    return _told("chosen", distance_km=parcel.distance_km)


def _told(code: str, **params: Any) -> dict[str, Any]:
    return {"code": code, "params": params}
