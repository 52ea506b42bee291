"""Shipments in hand: their orders locked, their states read behind the lock, the moves checked."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from dom_project.lib import bell, db
from dom_project.lib.api_errors import NotFound
from fulfillment.states import State, check_move
from routing import demand


class InHand(NamedTuple):
    """A shipment whose order is locked. `day` is the order's, the partition of its keys."""

    id: int
    ref: str
    order_id: int
    node_id: int
    node: str
    parcel: int
    method: str
    state: State
    day: date

    def told(self, **more: Any) -> tuple[int, dict[str, Any]]:
        """The order's event about this shipment."""
        return self.order_id, {"shipment": self.ref, "node": self.node, **more}


class Line(NamedTuple):
    """An open line of a shipment in hand."""

    id: int
    shipment_id: int
    allocation_id: int
    order_line_id: int
    line_ref: str
    sku: str
    quantity: int
    picked: int


ORDERS = "SELECT DISTINCT order_id FROM fulfillment_shipment WHERE id = ANY(%s::bigint[])"
SHIPMENTS = """
SELECT s.id, s.ref, s.order_id, s.node_id, n.code, s.parcel, s.method, s.state, o.day
FROM fulfillment_shipment s JOIN inventory_node n ON n.id = s.node_id JOIN routing_order o ON o.id = s.order_id
WHERE s.id = ANY(%s::bigint[]) ORDER BY s.order_id, s.id
"""
LINES = """
SELECT l.id, l.shipment_id, l.allocation_id, l.order_line_id, o.line_ref, k.code, l.quantity, l.picked
FROM fulfillment_shipmentline l JOIN routing_orderline o ON o.id = l.order_line_id
JOIN inventory_sku k ON k.id = l.sku_id
WHERE l.shipment_id = ANY(%s::bigint[]) AND l.closed_at IS NULL ORDER BY l.shipment_id, o.position, l.id
"""
MOVE = """
UPDATE fulfillment_shipment s SET state = %(new)s{stamps}
FROM unnest(%(id)s::bigint[], %(old)s::text[]) AS u(id, old)
WHERE s.id = u.id AND s.state = u.old RETURNING s.id
"""
CLOSE = """
UPDATE fulfillment_shipmentline SET closed_at = %s, close_reason = %s
WHERE id = ANY(%s::bigint[]) AND closed_at IS NULL RETURNING shipment_id
"""
EMPTY = """
SELECT s.id FROM fulfillment_shipment s WHERE s.id = ANY(%s::bigint[]) AND s.closed_at IS NULL
AND NOT EXISTS (SELECT FROM fulfillment_shipmentline l WHERE l.shipment_id = s.id AND l.closed_at IS NULL)
"""


def take(shipment_ids: Collection[int]) -> list[InHand]:
    """Lock the orders of these shipments, ids ascending, and return the shipments as they are behind the locks.

    Raises NotFound(unknown_shipment), and then nothing is held that matters. Needs an open transaction.
    """
    wanted = sorted(set(shipment_ids))
    demand.lock_orders([order_id for (order_id,) in db.rows(ORDERS, [wanted])])
    found = [InHand._make([*row[:7], State(row[7]), row[8]]) for row in db.rows(SHIPMENTS, [wanted])]
    if len(found) != len(wanted):
        missing = set(wanted) - {shipment.id for shipment in found}
        raise NotFound("unknown_shipment", {"id": min(missing)})
    return found


def lines_of(shipment_ids: Collection[int]) -> dict[int, list[Line]]:
    """The open lines of each shipment, in the order's own order; shipments without one are left out."""
    found: dict[int, list[Line]] = defaultdict(list)
    for row in db.rows(LINES, [sorted(shipment_ids)]):
        line = Line(*row)
        found[line.shipment_id].append(line)
    return dict(found)


def move(
    shipments: Sequence[InHand], new: State, *, at: datetime, stamps: Sequence[str] = (), **values: Any
) -> list[InHand]:
    """Move shipments in hand to a new state. `stamps` are columns that take `at`, `values` columns with one value.

    Raises IllegalMove before anything is written. Returns those that moved, in their new state; pages are told.
    """
    for shipment in shipments:
        check_move(shipment.state, new, shipment.ref)
    if not shipments:
        return []
    columns = "".join(f", {name} = %(at)s" for name in stamps) + "".join(f", {name} = %({name})s" for name in values)
    ids, old = [shipment.id for shipment in shipments], [str(shipment.state) for shipment in shipments]
    sql = MOVE.format(stamps=columns)
    moved = {row[0] for row in db.rows(sql, {"new": str(new), "at": at, "id": ids, "old": old, **values})}
    gone = [shipment._replace(state=new) for shipment in shipments if shipment.id in moved]
    tell(gone)
    return gone


def close_lines(line_ids: Collection[int], reason: str, *, at: datetime) -> set[int]:
    """Close open shipment lines. Returns the shipments that lost one."""
    return {shipment_id for (shipment_id,) in db.rows(CLOSE, [at, reason, sorted(line_ids)])}


def cancel_empty(shipments: Iterable[InHand], reason: str, *, at: datetime) -> list[InHand]:
    """Cancel those of the shipments that have no open line left. Returns them."""
    by_id = {shipment.id: shipment for shipment in shipments}
    empty = [by_id[found] for (found,) in db.rows(EMPTY, [sorted(by_id)])]
    return move(empty, State.CANCELLED, at=at, stamps=["closed_at"], cancel_reason=reason)


def tell(shipments: Iterable[InHand]) -> None:
    """Tell open queues which shipments changed, node by node."""
    refs: dict[str, list[str]] = defaultdict(list)
    for shipment in shipments:
        refs[shipment.node].append(shipment.ref)
    tell_nodes(refs)


def tell_nodes(refs: Mapping[str, Sequence[str]]) -> None:
    """The same for shipment refs by node code."""
    for node, changed in refs.items():
        bell.publish("queue", {"node": node, "shipments": list(changed[:50])}, node=node)
