"""Whatever is due, sent in rounds: claim the heads of orders, call, write down how each call ended."""

import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from dom_project.lib import bell, db
from dom_project.lib.http import Caller
from inventory import ledger
from routing.models import Subscriber

from .teller import PATIENCE, Message, Teller, Told

# Seconds to the next try, with a fifth of chance either way: ten tries within a day.
DELAYS = (15, 60, 240, 900, 3600, 7200, 14_400, 21_600, 32_400)
AGGREGATES, MESSAGES = 200, 50  # orders of one claim, events of one order
LEASE_SECONDS = 120
RUN_SECONDS = 20.0
PROBE_EVERY = timedelta(seconds=15)

# Only the head of an order is leased: what follows waits for it anyway. No join: statistics that call the outbox empty
# would have it read once per row.
CLAIM = """
WITH head AS MATERIALIZED (
  SELECT id FROM routing_outbox o
  WHERE sent_at IS NULL AND dead_at IS NULL AND next_at <= now() AND (lease_until IS NULL OR lease_until <= now())
    AND seq = (SELECT min(e.seq) FROM routing_outbox e WHERE e.aggregate = o.aggregate
      AND e.sent_at IS NULL AND e.dead_at IS NULL)
  ORDER BY aggregate, seq LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE routing_outbox o SET lease_until = now() + %(lease)s * interval '1 second'
WHERE o.id = ANY(ARRAY(SELECT id FROM head)) RETURNING o.aggregate
"""
READ = """
SELECT m.* FROM unnest(%(aggregate)s::bigint[]) AS a(aggregate) CROSS JOIN LATERAL (
  SELECT o.id, o.aggregate, o.event_id, o.topic, o.seq, o.payload FROM routing_outbox o
  WHERE o.aggregate = a.aggregate AND o.sent_at IS NULL AND o.dead_at IS NULL ORDER BY o.seq LIMIT %(messages)s
) m ORDER BY m.aggregate, m.seq
"""
SENT = """
UPDATE routing_outbox SET sent_at = %s, attempts = attempts + 1, lease_until = NULL, last_error = NULL
WHERE id = ANY(%s::bigint[])
"""
FAILED = """
UPDATE routing_outbox o SET attempts = attempts + 1, lease_until = NULL, last_error = u.error,
  dead_at = CASE WHEN attempts + 1 > cardinality(%(delays)s::int[]) THEN %(at)s::timestamptz END,
  next_at = now() + (%(delays)s::int[])[least(attempts + 1, cardinality(%(delays)s::int[]))]
    * (0.8 + 0.4 * random()) * interval '1 second'
FROM unnest(%(id)s::bigint[], %(error)s::jsonb[]) AS u(id, error) WHERE o.id = u.id
RETURNING o.dead_at IS NOT NULL
"""
GIVE_BACK = """
UPDATE routing_outbox SET lease_until = NULL
WHERE aggregate = ANY(%s::bigint[]) AND sent_at IS NULL AND dead_at IS NULL AND lease_until IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Drained:
    """How many events were accepted, put off, and given up in one run."""

    sent: int = 0
    failed: int = 0
    dead: int = 0


def drain(*, at: datetime, limit: int = AGGREGATES) -> Drained:
    """Send what is due to every active subscriber, for 20 seconds at most. Without a subscriber everything waits.

    An order's events go one after the other, and wait behind one that was not accepted, unless that one is dead.
    The answer may name `booked_at`, the moment at which the subscriber booked our movements.
    """
    until, done = time.monotonic() + RUN_SECONDS, Drained()
    with Caller() as caller:
        while time.monotonic() < until:
            subscribers = list(Subscriber.objects.filter(active=True).order_by("id"))
            wanted = _patience(subscribers, limit, at)
            aggregates = _claim(wanted) if wanted else []
            if not aggregates:
                return done
            told = Teller(caller, subscribers, at, until).tell(_read(aggregates))
            done = _settle(done, told, aggregates, subscribers, at=at)
            if len(told) == 0 or any(not one.answered for one in told):
                return done
    bell.ring("drain_outbox")
    return done


def _patience(subscribers: Sequence[Subscriber], limit: int, at: datetime) -> int:
    """How many orders to try: all, one as a probe of who did not answer lately, or none until the next probe."""
    if not subscribers:
        return 0
    for subscriber in subscribers:
        if subscriber.failures >= PATIENCE:
            failed_at = (subscriber.last_error or {}).get("at")
            if failed_at and at - datetime.fromisoformat(failed_at) < PROBE_EVERY:
                return 0
            return 1
    return limit


def _claim(limit: int) -> list[int]:
    with transaction.atomic():
        db.execute("SET LOCAL synchronous_commit = off")  # a lease lost in a crash is a lease less to wait for
        return sorted(aggregate for (aggregate,) in db.rows(CLAIM, {"limit": limit, "lease": LEASE_SECONDS}))


def _read(aggregates: Sequence[int]) -> list[list[Message]]:
    orders: dict[int, list[Message]] = defaultdict(list)
    for row in db.rows(READ, {"aggregate": list(aggregates), "messages": MESSAGES}):
        message = Message._make([*row[:5], json.loads(row[5])])
        orders[message.aggregate].append(message)
    return list(orders.values())


@transaction.atomic
def _settle(
    done: Drained, told: Sequence[Told], aggregates: Sequence[int], subscribers: Sequence[Subscriber], *, at: datetime
) -> Drained:
    sent = [one.message.id for one in told if not one.error]
    failed = [one for one in told if one.error]
    booked: dict[datetime, list[str]] = defaultdict(list)
    for one in told:
        if one.booked_at:
            booked[one.booked_at] += [move["key"] for move in one.message.payload["data"].get("movements", ())]
    for moment, keys in sorted(booked.items()):
        if keys:
            ledger.mark_booked(keys, booked_at=moment)
    db.execute(SENT, [at, sent])
    errors = [json.dumps(one.error) for one in failed]
    ids = [one.message.id for one in failed]
    dead = [gone for (gone,) in db.rows(FAILED, {"delays": list(DELAYS), "at": at, "id": ids, "error": errors})]
    db.execute(GIVE_BACK, [list(aggregates)])
    _remember(subscribers, told, at=at)
    gone = sum(dead)
    return replace(done, sent=done.sent + len(sent), failed=done.failed + len(dead) - gone, dead=done.dead + gone)


def _remember(subscribers: Sequence[Subscriber], told: Sequence[Told], *, at: datetime) -> None:
    """How each subscriber does, for their page and for the next run's patience; who was not asked stays as he was."""
    for place, subscriber in enumerate(subscribers):
        asked = [one for one in told if place <= one.ended_at]
        failed = [one for one in asked if one.error and one.ended_at == place]
        if not asked:
            continue
        silent = sum(not one.answered for one in failed)
        known: dict[str, Any] = {
            "failures": subscriber.failures + silent if silent else 0,
            "last_error": {**(failed[-1].error or {}), "at": at.isoformat()} if failed else None,
        }
        if len(failed) < len(asked):
            known["last_success_at"] = at
        Subscriber.objects.filter(id=subscriber.id).update(**known)
