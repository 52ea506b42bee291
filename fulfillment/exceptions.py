"""Work that needs a person, from every room to the left: one list with age, owner and what to do about it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from dom_project.lib import db
from dom_project.lib.api_errors import NotFound


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
    line_ref: str
    sku: str
    units: int


LIST = """
SELECT e.id, e.room, e.reason, e.params, e.raised_at, e.owner, o.ref, o.order_ref, o.promise_at,
  coalesce(l.line_ref, ''), coalesce(k.code, ''), coalesce(l.pending,
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
TAKE = """
UPDATE routing_orderexception SET owner = %s WHERE id = %s AND closed_at IS NULL RETURNING order_id
"""


class ByReason(NamedTuple):
    reason: str
    count: int  # type: ignore[assignment]  # hides tuple.count on purpose
    oldest_at: datetime


def by_reason() -> list[ByReason]:
    """Open exceptions by reason, the most frequent first, with since when the oldest waits."""
    return [ByReason(*row) for row in db.rows(BY_REASON)]


def open_exceptions(
    *, reason: str = "", after: tuple[datetime, int] | None = None, limit: int = 50
) -> list[OpenException]:
    """Open exceptions, the oldest first. `after` is (raised_at, id) of the last one of the page before."""
    after_at, after_id = after or (None, 0)
    params = {"reason": reason, "after_at": after_at, "after_id": after_id, "limit": limit}
    return [OpenException._make([*row[:3], json.loads(row[3]), *row[4:]]) for row in db.rows(LIST, params)]


def take(exception_id: int, *, actor: str) -> None:
    """Say who looks after it: the last who takes it has it. Raises NotFound(unknown_exception) when it is closed."""
    if not db.rows(TAKE, [actor, exception_id]):
        raise NotFound("unknown_exception", {"id": exception_id})
