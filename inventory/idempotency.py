"""Calls that may be repeated: one effect, one answer. Called inside the transaction of the effect."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from dom_project.lib import db
from dom_project.lib.api_errors import BadInput, Refused

KEPT = timedelta(days=7)
LONGEST = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first call was told."""

    status: int
    body: Any


# Whoever holds it is at work on this very call. It ends with the transaction, whatever happens to it.
OURS = "SELECT pg_try_advisory_xact_lock(hashtextextended(%(scope)s || ' ' || %(key)s, 0))"
FIND = "SELECT body_hash, status, answer FROM inventory_idempotentcall WHERE scope = %(scope)s AND key = %(key)s"
FORGET_THIS = "DELETE FROM inventory_idempotentcall WHERE scope = %(scope)s AND key = %(key)s AND expires_at <= %(at)s"
BEGIN = """
INSERT INTO inventory_idempotentcall (scope, key, body_hash, created_at, expires_at)
VALUES (%(scope)s, %(key)s, %(body_hash)s, %(at)s, %(expires_at)s)"""
FINISH = """
UPDATE inventory_idempotentcall SET status = %(status)s, answer = %(answer)s
WHERE scope = %(scope)s AND key = %(key)s"""
FORGET = "DELETE FROM inventory_idempotentcall WHERE expires_at <= %(at)s"


def begin(scope: str, key: str, body_hash: str, *, at: datetime) -> Answer | None:
    """Return the answer that this call got before; None if it is new, and then `finish` must follow.

    Refuses with `other_body` (422) if the key was used for something else, `in_flight` (409) if the first call is
    still at work. Must run in the transaction of the effect: a key stored before it would lose the work.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("A call begins in the transaction of its effect.")
    params = {"scope": scope, "key": key, "body_hash": body_hash, "at": at, "expires_at": at + KEPT}
    if not db.value(OURS, params):
        raise Refused("in_flight", {"key": key}, field="Idempotency-Key")
    db.execute(FORGET_THIS, params)
    found = db.rows(FIND, params)
    if not found:
        db.execute(BEGIN, params)
        return None
    ((told_hash, status, body),) = found
    if told_hash != body_hash:
        raise Refused("other_body", {"key": key}, field="Idempotency-Key", status=422)
    if status is None:
        raise Refused("in_flight", {"key": key}, field="Idempotency-Key")
    return Answer(status, json.loads(body) if isinstance(body, str) else body)


def finish(scope: str, key: str, *, status: int, body: Any) -> None:
    """Keep the answer for whoever repeats the call."""
    answer = json.dumps(body, default=str)
    db.execute(FINISH, {"scope": scope, "key": key, "status": status, "answer": answer})


def once(
    scope: str, key: str, body: bytes, act: Callable[[], tuple[int, Any]], *, at: datetime
) -> tuple[int, Any, bool]:
    """Act at most once under this key: status and body of the answer, and whether it is a repeated one.

    Without a key it always acts. What `act` raises is not kept: the call may then be tried again.
    """
    if not key:
        return (*act(), False)
    if len(key) > LONGEST or not key.isprintable():
        raise BadInput("bad_text", {"longest": LONGEST}, field="Idempotency-Key")
    with transaction.atomic():
        if told := begin(scope, key, sha256(body).hexdigest(), at=at):
            return told.status, told.body, True
        status, answer = act()
        finish(scope, key, status=status, body=answer)
    return status, answer, False


def forget_calls(*, at: datetime) -> int:
    """Drop the answers that have expired. Returns how many."""
    return db.execute(FORGET, {"at": at})
