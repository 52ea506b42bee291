"""What is left in the outbox: what waits, what was given up, what was told long ago."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from dom_project.lib import bell, db

REPLAY = """
UPDATE routing_outbox SET dead_at = NULL, attempts = 0, next_at = %s, lease_until = NULL
WHERE id = ANY(%s::bigint[]) AND dead_at IS NOT NULL
"""
TOLD = """
UPDATE routing_outbox SET sent_at = %s, lease_until = NULL WHERE sent_at IS NULL AND dead_at IS NULL
"""
DEAD = """
SELECT o.id, o.event_id, o.topic, o.payload ->> 'order', o.attempts, o.last_error, o.created_at, o.dead_at
FROM routing_outbox o WHERE o.dead_at IS NOT NULL AND (%(before)s::bigint IS NULL OR o.id < %(before)s)
ORDER BY o.id DESC LIMIT %(limit)s
"""
BACKLOG = """
SELECT count(*) FILTER (WHERE dead_at IS NULL), min(created_at) FILTER (WHERE dead_at IS NULL),
  count(*) FILTER (WHERE dead_at IS NOT NULL)
FROM routing_outbox WHERE (sent_at IS NULL AND dead_at IS NULL) OR dead_at IS NOT NULL
"""
# Events are older than their sending, and ids follow their age: no index is needed to find where the young ones begin.
FORGET = """
WITH page AS MATERIALIZED (
  SELECT id, created_at, sent_at FROM routing_outbox WHERE id > %(after)s ORDER BY id LIMIT %(rows)s
), gone AS (
  DELETE FROM routing_outbox o USING page p WHERE o.id = p.id AND p.sent_at < %(before)s RETURNING o.id
)
SELECT max(id), coalesce(max(created_at) >= %(before)s, true), (SELECT count(*) FROM gone)::int FROM page
"""
PAGE_ROWS, PAGES = 5_000, 40  # of one run


class DeadLetter(NamedTuple):
    """An event that nobody accepted. `error` is a code with parameters."""

    id: int
    event_id: UUID
    topic: str
    order_ref: str
    attempts: int
    error: Mapping[str, Any] | None
    created_at: datetime
    dead_at: datetime


class Backlog(NamedTuple):
    waiting: int
    oldest_at: datetime | None
    dead: int


def replay(ids: Collection[int], *, at: datetime) -> int:
    """Send dead letters again, with all their tries. Returns how many. They arrive after what followed them."""
    again = db.execute(REPLAY, [at, sorted(ids)])
    if again:
        bell.ring("drain_outbox")
    return again


def dead_letters(*, before: int | None = None, limit: int = 50) -> list[DeadLetter]:
    """Events that were given up, the newest first; `before` is the last id of the page before."""
    rows = db.rows(DEAD, {"before": before, "limit": limit})
    return [DeadLetter._make([*row[:5], json.loads(row[5] or "null"), *row[6:]]) for row in rows]


def backlog() -> Backlog:
    """Events not yet accepted, since when the oldest waits, and how many are dead."""
    return Backlog(*db.rows(BACKLOG)[0])


def count_as_told(*, at: datetime) -> int:
    """Everything that waits counts as told: for a subscriber who starts from what is true now. Returns events."""
    return db.execute(TOLD, [at])


def forget_sent(*, before: datetime) -> int:
    """Delete events that were sent before then, at most so many a run, each page for itself. Returns how many.

    What waits or is dead stays however old it is.
    """
    after, gone = 0, 0
    for _page in range(PAGES):
        last, young, count = db.rows(FORGET, {"after": after, "rows": PAGE_ROWS, "before": before})[0]
        gone += count
        if young:
            break
        after = last
    return gone
