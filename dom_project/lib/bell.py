"""Rings after a commit: doorbells for workers, news for open pages.

Both may be lost: a sweeper looks for work every few seconds, and pages poll. They are sent by a thread of their own,
so a broker that is down or frozen costs a line in the log, never a request.
"""

import json
import logging
import os
import threading
import time
from collections import Counter, deque
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
_rings: dict[str, None] = {}
_news: deque[str] = deque(maxlen=1000)
_quiet_until: dict[str, float] = {}
_wake = threading.Event()
_starting = threading.Lock()
_sender: threading.Thread | None = None


def ring(name: str) -> None:
    """Ring the task `name` once this transaction has committed. Of rings within 50 ms one is sent, after the last."""
    transaction.on_commit(partial(_ring, name))


def publish(topic: str, data: Any = None, *, node: str | None = None) -> None:
    """Tell open pages once this transaction has committed. `node` narrows it to who may see that node's work."""
    transaction.on_commit(partial(_tell, json.dumps({"topic": topic, "node": node, "data": data}, default=str)))


def deliver() -> None:
    """Send what waits. What can't be sent is counted in `errors` and forgotten."""
    while _rings:
        _try("broker", partial(current_app.send_task, _rings.popitem()[0], ignore_result=True, retry=False))
    while _news:
        _try("live", partial(_redis(settings.REDIS_URL).publish, LIVE, _news.popleft()))


def _ring(name: str) -> None:
    _rings[name] = None
    _wake_sender()


def _tell(message: str) -> None:
    _news.append(message)
    _wake_sender()


def _wake_sender() -> None:
    global _sender
    with _starting:
        if _sender is None or not _sender.is_alive():
            _sender = threading.Thread(target=_send_for_ever, name="bell", daemon=True)
            _sender.start()
    _wake.set()


def _send_for_ever() -> None:
    while True:
        _wake.wait()
        _wake.clear()  # before delivering: a ring that comes meanwhile is heard in the next round
        deliver()
        time.sleep(APART)


def _try(what: str, action: Callable[[], object]) -> None:
    if time.monotonic() < _quiet_until.get(what, 0.0):
        errors[what] += 1
        return
    try:
        action()
    except Exception as error:  # noqa: BLE001  (kombu raises what its transports raise)
        errors[what] += 1
        _quiet_until[what] = time.monotonic() + LEFT_ALONE
        log.warning("No answer from %s, left alone for %s s: %s", what, LEFT_ALONE, error)


@lru_cache(maxsize=2)
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


def _forget() -> None:
    """A forked child has none of its parent's threads and may not share its sockets."""
    global _sender, _starting, _wake
    _sender, _starting, _wake = None, threading.Lock(), threading.Event()
    _rings.clear()
    _news.clear()
    _redis.cache_clear()


os.register_at_fork(after_in_child=_forget)
