"""Work that needs a person, from every room to the left: one list with age, owner and what to do about it."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from dom_project.lib import db
from fulfillment.cursors import Place


class OpenException(NamedTuple):
    """`reason` and `params` become words at the edge; `owner` is an actor, empty while nobody has taken it."""

    id: int
    room: str
    reason: str
    params: Mapping[str, Any]
    raised_at: datetime
    owner: str
    order_ref: str
    channel_ref: str
    promise_at: datetime
    method: str
    time_zone: str  # where the order goes
    line_ref: str
    sku: str
    units: int


LIST = """
SELECT e.id, e.room, e.reason, e.params, e.raised_at, e.owner, o.ref, o.order_ref, o.promise_at,
  o.method, o.ship_to_time_zone, coalesce(l.line_ref, ''), coalesce(k.code, ''), coalesce(l.pending,
    (SELECT sum(x.pending) FROM routing_orderline x WHERE x.order_id = o.id), 0)::int
FROM routing_orderexception e JOIN routing_order o ON o.id = e.order_id
LEFT JOIN routing_orderline l ON l.id = e.line_id LEFT JOIN inventory_sku k ON k.id = l.sku_id
WHERE e.closed_at IS NULL AND (%(reason)s = '' OR e.reason = %(reason)s)
  AND (%(after_at)s::timestamptz IS NULL OR (e.raised_at, e.id) > (%(after_at)s, %(after_id)s))
ORDER BY e.raised_at, e.id LIMIT %(limit)s
"""
BY_REASON = """
SELECT reason, count(*)::int, min(raised_at) FROM routing_orderexception WHERE closed_at IS NULL
GROUP BY reason ORDER BY count(*) DESC, reason
"""
ORDERS = """
SELECT o.id, o.ref, o.order_ref FROM routing_orderexception e JOIN routing_order o ON o.id = e.order_id
WHERE e.closed_at IS NULL AND (e.id = ANY(%(ids)s::bigint[]) OR (%(reason)s <> '' AND e.reason = %(reason)s))
GROUP BY o.id ORDER BY min(e.raised_at), o.id LIMIT %(limit)s
"""
FLOOR = """
SELECT n.code, n.name, sum(w.back)::int, sum(w.recall)::int, min(w.at) FROM (
  SELECT node_id, quantity AS back, 0 AS recall, created_at AS at FROM fulfillment_task
  WHERE done_at IS NULL AND kind = 'put_back'
  UNION ALL
  SELECT node_id, 0, quantity, recall_wanted_at FROM routing_allocation
  WHERE recall_wanted_at IS NOT NULL AND state = 'open'
) w JOIN inventory_node n ON n.id = w.node_id GROUP BY n.id ORDER BY min(w.at), n.code LIMIT %s
"""


class ByReason(NamedTuple):
    reason: str
    count: int  # type: ignore[assignment]  # hides tuple.count on purpose
    oldest_at: datetime


def by_reason() -> list[ByReason]:
    """Open exceptions by reason, the most frequent first, with since when the oldest waits."""
    return [ByReason(*row) for row in db.rows(BY_REASON)]


def open_exceptions(*, reason: str = "", after: Place | None = None, limit: int = 50) -> list[OpenException]:
    """Open exceptions, the oldest first. `after` is (raised_at, id) of the last one of the page before."""
    after_at, after_id = after or (None, 0)
    params = {"reason": reason, "after_at": after_at, "after_id": after_id, "limit": limit}
    return [OpenException._make([*row[:3], json.loads(row[3]), *row[4:]]) for row in db.rows(LIST, params)]


def orders_of(*, ids: Collection[int] = (), reason: str = "", limit: int = 200) -> dict[int, tuple[str, str]]:
    """The orders of these open exceptions, or of those with a reason: id → (ref, the channel's ref), oldest first."""
    return {
        order_id: (ref, channel_ref)
        for order_id, ref, channel_ref in db.rows(ORDERS, {"ids": list(ids), "reason": reason, "limit": limit})
    }


class FloorWait(NamedTuple):
    """What waits for the people of a node: goods to put back, and work that routing has asked back."""

    node: str
    name: str
    put_backs: int  # units
    recalls: int  # units
    oldest_at: datetime


def floor_waits(limit: int = 20) -> list[FloorWait]:
    """Nodes whose floor has to put goods back or answer a recall, the longest wait first. One query."""
    return [FloorWait(*row) for row in db.rows(FLOOR, [limit])]
