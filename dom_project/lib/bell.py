"""Rings after a commit: doorbells for workers, news for open pages.

Both may be lost: a sweeper looks for work every few seconds, and pages poll. So a broker that is down costs
one short error now and then, never a request.
"""

import json
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.db import transaction

log = logging.getLogger(__name__)

APART = 0.05  # seconds between two rings of one name
LEFT_ALONE = 5.0  # seconds after an error
LIVE = "fairlead:live"

errors: Counter[str] = Counter()
_lock = threading.Lock()
_quiet_until: dict[str, float] = {}
_rung_at: dict[str, float] = {}
_waiting: set[str] = set()


def ring(name: str) -> None:
    """Ring the task `name` once this transaction has committed. Of rings within 50 ms one is sent, after the last."""
    transaction.on_commit(partial(_ring, name))


def publish(topic: str, data: Any = None, *, node: str | None = None) -> None:
    """Tell open pages once this transaction has committed. `node` narrows it to who may see that node's work."""
    transaction.on_commit(partial(_publish, json.dumps({"topic": topic, "node": node, "data": data}, default=str)))


def _ring(name: str) -> None:
    with _lock:
        if name in _waiting:
            return
        wait = _rung_at.get(name, 0.0) + APART - time.monotonic()
        if wait <= 0:
            _rung_at[name] = time.monotonic()
        else:
            _waiting.add(name)
    if wait <= 0:
        _send(name)
        return
    later = threading.Timer(wait, _ring_late, [name])
    later.daemon = True
    later.start()


def _ring_late(name: str) -> None:
    with _lock:
        _waiting.discard(name)
        _rung_at[name] = time.monotonic()
    _send(name)


def _send(name: str) -> None:
    _try("broker", partial(current_app.send_task, name, ignore_result=True, retry=False))


def _publish(message: str) -> None:
    _try("live", lambda: _redis(settings.REDIS_URL).publish(LIVE, message))


def _try(what: str, action: Callable[[], object]) -> None:
    if time.monotonic() < _quiet_until.get(what, 0.0):
        errors[what] += 1
        return
    try:
        action()
    except Exception as error:  # noqa: BLE001  (kombu raises what its transports raise)
        errors[what] += 1
        _quiet_until[what] = time.monotonic() + LEFT_ALONE
        log.warning("The %s does not answer, left alone for %s s: %s", what, LEFT_ALONE, error)


@lru_cache(maxsize=2)
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def _forget() -> None:
    """A forked child has none of its parent's timers."""
    global _lock
    _lock = threading.Lock()
    _waiting.clear()


os.register_at_fork(after_in_child=_forget)
