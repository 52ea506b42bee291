"""One call after the other for each order, orders side by side. Touches no database."""

import hmac
import json
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from dom_project.lib.http import Answer, Caller, CallFailed
from inventory import moments
from routing.models import Subscriber

AT_ONCE = 8
PATIENCE = 3  # calls without an answer in a row, after which the subscriber is left alone
MAX_ANSWER = 64 * 1024
CALL_SECONDS = 30.0


class Message(NamedTuple):
    id: int
    aggregate: int
    event_id: UUID
    topic: str
    seq: int
    payload: Mapping[str, Any]


class Told(NamedTuple):
    """How the calls for one event ended: no error = everybody accepted. Who comes after `ended_at` was not asked."""

    message: Message
    ended_at: int  # place of the subscriber who was asked last
    error: dict[str, Any] | None = None
    booked_at: datetime | None = None
    answered: bool = True


def sign(secret: str, body: bytes, *, at: datetime) -> str:
    """The value of Fairlead-Signature: `t=<seconds>,v1=<hex HMAC-SHA256 of "t.body">`."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={hmac.digest(secret.encode(), f'{seconds}.'.encode() + body, sha256).hex()}"


class Teller:
    """Calls the subscribers: orders side by side, the events of one order one after the other. Touches no database."""

    def __init__(self, caller: Caller, subscribers: Sequence[Subscriber], at: datetime, until: float) -> None:
        self.caller, self.at, self.until = caller, at, until
        self.to = [(subscriber.url, subscriber.secret) for subscriber in subscribers]
        self.silent = 0
        self.lock = threading.Lock()

    def tell(self, orders: Sequence[Sequence[Message]]) -> list[Told]:
        with ThreadPoolExecutor(min(AT_ONCE, len(orders) or 1)) as pool:
            return [one for order in pool.map(self._order, orders) for one in order]

    def _order(self, messages: Sequence[Message]) -> list[Told]:
        told: list[Told] = []
        for message in messages:
            if self.silent >= PATIENCE or time.monotonic() > self.until:
                break
            told.append(self._message(message))
            with self.lock:
                self.silent = 0 if told[-1].answered else self.silent + 1
            if told[-1].error:
                break
        return told

    def _message(self, message: Message) -> Told:
        event = {"id": str(message.event_id), "topic": message.topic, "seq": message.seq, **message.payload}
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        told = Told(message, len(self.to) - 1)
        for place, (url, secret) in enumerate(self.to):
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
                return Told(message, place, {"code": failed.code, "params": failed.params}, answered=False)
            if not 200 <= answer.status < 300:
                return Told(message, place, {"code": "answered", "params": {"status": answer.status}})
            told = told._replace(booked_at=_booked_at(answer, self.at) or told.booked_at)
        return told


def _booked_at(answer: Answer, at: datetime) -> datetime | None:
    """The moment in the answer, None when it names none that can be believed; one far ahead of us is `at`."""
    try:
        told = answer.json() if answer.body else None
        moment = moments.instant(told.get("booked_at")) if isinstance(told, dict) else None
    except (CallFailed, moments.NoInstant):
        return None
    if moment is None or moment < moments.FIRST:
        return None
    return at if moment > at + moments.AHEAD else moment
