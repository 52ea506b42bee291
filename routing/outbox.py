"""Tell the outside world: each event once accepted, in order per order, signed, tried again, kept when all fails."""

import hmac
import json
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from dom_project.lib import bell, db
from dom_project.lib.http import Answer, Caller, CallFailed
from inventory import ledger
from routing.models import Subscriber

# Seconds to the next try, with a fifth of chance either way: ten tries within a day.
DELAYS = (15, 60, 240, 900, 3600, 7200, 14_400, 21_600, 32_400)
AGGREGATES, MESSAGES = 200, 50  # orders of one claim, events of one order
AT_ONCE = 8
LEASE_SECONDS = 120
RUN_SECONDS = 20.0
PATIENCE = 3  # calls without an answer in a row, after which the subscriber is left alone
PROBE_EVERY = timedelta(seconds=15)
MAX_ANSWER = 64 * 1024
CALL_SECONDS = 30.0

# Only the head of an order is leased: what follows waits for it anyway.
CLAIM = """
WITH head AS MATERIALIZED (
  SELECT id FROM routing_outbox o
  WHERE sent_at IS NULL AND dead_at IS NULL AND next_at <= now() AND (lease_until IS NULL OR lease_until <= now())
    AND NOT EXISTS (SELECT FROM routing_outbox e WHERE e.aggregate = o.aggregate AND e.seq < o.seq
      AND e.sent_at IS NULL AND e.dead_at IS NULL)
  ORDER BY aggregate, seq LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE routing_outbox o SET lease_until = now() + %(lease)s * interval '1 second'
FROM head h WHERE o.id = h.id RETURNING o.aggregate
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
REPLAY = """
UPDATE routing_outbox SET dead_at = NULL, attempts = 0, next_at = now(), lease_until = NULL
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


@dataclass(frozen=True, slots=True)
class Drained:
    """How many events were accepted, put off, and given up in one run."""

    sent: int = 0
    failed: int = 0
    dead: int = 0


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


class _Message(NamedTuple):
    id: int
    aggregate: int
    event_id: UUID
    topic: str
    seq: int
    payload: Mapping[str, Any]


class _Told(NamedTuple):
    """How one call ended: no error = accepted."""

    message: _Message
    error: dict[str, Any] | None = None
    booked_at: datetime | None = None
    answered: bool = True


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
            told = _Teller(caller, subscribers, at, until).tell(_read(aggregates))
            done = _settle(done, told, aggregates, subscribers, at=at)
            if len(told) == 0 or any(not one.answered for one in told):
                return done
    bell.ring("drain_outbox")
    return done


def replay(ids: Collection[int]) -> int:
    """Send dead letters again, with all their tries. Returns how many. They arrive after what followed them."""
    again = db.execute(REPLAY, [sorted(ids)])
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


def sign(secret: str, body: bytes, *, at: datetime) -> str:
    """The value of Fairlead-Signature: `t=<seconds>,v1=<hex HMAC-SHA256 of "t.body">`."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={hmac.digest(secret.encode(), f'{seconds}.'.encode() + body, sha256).hex()}"


class _Teller:
    """Calls the subscribers: orders side by side, the events of one order one after the other. Touches no database."""

    def __init__(self, caller: Caller, subscribers: Sequence[Subscriber], at: datetime, until: float) -> None:
        self.caller, self.at, self.until = caller, at, until
        self.to = [(subscriber.url, subscriber.secret) for subscriber in subscribers]
        self.silent = 0
        self.lock = threading.Lock()

    def tell(self, orders: Sequence[Sequence[_Message]]) -> list[_Told]:
        with ThreadPoolExecutor(min(AT_ONCE, len(orders) or 1)) as pool:
            return [one for order in pool.map(self._order, orders) for one in order]

    def _order(self, messages: Sequence[_Message]) -> list[_Told]:
        told: list[_Told] = []
        for message in messages:
            if self.silent >= PATIENCE or time.monotonic() > self.until:
                break
            told.append(self._message(message))
            with self.lock:
                self.silent = 0 if told[-1].answered else self.silent + 1
            if told[-1].error:
                break
        return told

    def _message(self, message: _Message) -> _Told:
        event = {"id": str(message.event_id), "topic": message.topic, "seq": message.seq, **message.payload}
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        told = _Told(message)
        for url, secret in self.to:
            headers = {
                "Content-Type": "application/json",
                "Idempotency-Key": str(message.event_id),
                "Fairlead-Delivery": str(message.event_id),
                "Fairlead-Signature": sign(secret, body, at=self.at),
            }
            try:
                answer = self.caller.call(
                    "POST", url, headers=headers, body=body, max_bytes=MAX_ANSWER, total=CALL_SECONDS
                )
            except CallFailed as failed:
                return _Told(message, {"code": failed.code, "params": failed.params}, answered=False)
            if not 200 <= answer.status < 300:
                return _Told(message, {"code": "answered", "params": {"status": answer.status}})
            told = told._replace(booked_at=_booked_at(answer) or told.booked_at)
        return told


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


def _read(aggregates: Sequence[int]) -> list[list[_Message]]:
    orders: dict[int, list[_Message]] = defaultdict(list)
    for row in db.rows(READ, {"aggregate": list(aggregates), "messages": MESSAGES}):
        message = _Message._make([*row[:5], json.loads(row[5])])
        orders[message.aggregate].append(message)
    return list(orders.values())


@transaction.atomic
def _settle(
    done: Drained, told: Sequence[_Told], aggregates: Sequence[int], subscribers: Sequence[Subscriber], *, at: datetime
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


def _remember(subscribers: Sequence[Subscriber], told: Sequence[_Told], *, at: datetime) -> None:
    """How the subscribers do, for their page and for the next run's patience."""
    ids = [subscriber.id for subscriber in subscribers]
    errors = [one.error for one in told if one.error]
    silent = sum(not one.answered for one in told)
    if len(errors) < len(told):
        Subscriber.objects.filter(id__in=ids).update(last_success_at=at)
    for subscriber in subscribers:
        failures = subscriber.failures + silent if silent else 0
        error = {**errors[-1], "at": at.isoformat()} if errors else None
        Subscriber.objects.filter(id=subscriber.id).update(failures=failures, last_error=error)


def _booked_at(answer: Answer) -> datetime | None:
    """The moment in the answer, None when it names none that can be believed."""
    try:
        told = answer.json() if answer.body else None
        moment = datetime.fromisoformat(told["booked_at"]) if isinstance(told, dict) else None
    except (CallFailed, KeyError, TypeError, ValueError):
        return None
    return moment if moment and moment.tzinfo else None
