"""Orders that need a person: one open row per order, line and reason. Routing raises and closes its own."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import json

from dom_project.lib import db
from dom_project.lib.api_errors import NotFound
from inventory import audit

RAISE = """
INSERT INTO routing_orderexception (order_id, line_id, room, reason, params, raised_at)
SELECT order_id, line_id, %(room)s, reason, params, %(at)s
FROM ROWS FROM (unnest(%(order_id)s::bigint[], %(line_id)s::bigint[], %(reason)s::text[]),
  jsonb_array_elements(%(params)s::jsonb)) AS u(order_id, line_id, reason, params)
ON CONFLICT (order_id, line_id, reason) WHERE closed_at IS NULL DO UPDATE SET params = excluded.params
"""
CLOSE = """
UPDATE routing_orderexception SET closed_at = %s, closed_by = %s
WHERE order_id = ANY(%s::bigint[]) AND room = %s AND closed_at IS NULL AND NOT reason = ANY(%s::text[])
RETURNING order_id
"""
OWN = "UPDATE routing_orderexception SET owner = %s WHERE id = %s AND closed_at IS NULL"


class Raised(NamedTuple):
    """Why an order needs a person; `line_id` when it is about one line. Each (order, line, reason) once a call."""

    order_id: int
    reason: str
    params: Mapping[str, Any]
    line_id: int | None = None


def raise_many(raised: Sequence[Raised], *, at: datetime, room: str = "routing") -> None:
    """Open exceptions; one that is open already keeps its age and takes the new parameters."""
    if not raised:
        return
    db.execute(
        RAISE,
        {
            "order_id": [row.order_id for row in raised],
            "line_id": [row.line_id for row in raised],
            "reason": [row.reason for row in raised],
            "params": json.encode([row.params for row in raised]).decode(),
            "room": room,
            "at": at,
        },
    )


def close_many(
    order_ids: Collection[int], *, at: datetime, by: str, room: str = "routing", but: Collection[str] = ()
) -> frozenset[int]:
    """Close a room's open exceptions of these orders, except for the reasons in `but`. Returns the orders that had."""
    if not order_ids:
        return frozenset()
    return frozenset(order_id for (order_id,) in db.rows(CLOSE, [at, by, sorted(order_ids), room, sorted(but)]))


def take(exception_id: int, *, at: datetime, actor: str) -> None:
    """Look after it: the last who takes it has it. Raises NotFound(unknown_exception) when it is closed."""
    _own(exception_id, actor, at=at, actor=actor)


def give_back(exception_id: int, *, at: datetime, actor: str) -> None:
    """Nobody looks after it any more. Raises NotFound(unknown_exception) when it is closed."""
    _own(exception_id, "", at=at, actor=actor)


def _own(exception_id: int, owner: str, *, at: datetime, actor: str) -> None:
    with audit.by(actor, at=at):
        if not db.execute(OWN, [owner, exception_id]):
            raise NotFound("unknown_exception", {"id": exception_id})
