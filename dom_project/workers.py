"""Which workers live: each one keeps a key in Redis that goes out 30 seconds after its last word."""

import logging
from typing import Any, NamedTuple

import redis
from celery import bootsteps
from django.conf import settings

log = logging.getLogger(__name__)

KEY = "fairlead:worker:"
EVERY_SECONDS = 5
SEEN_SECONDS = 30


def client(url: str) -> redis.Redis:
    """Return a client that waits a second at most."""
    return redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)


class Seen(NamedTuple):
    workers: int
    queues: frozenset[str]  # that somebody takes work from


def seen() -> Seen:
    """Return who was heard of in the last 30 seconds. Raises RedisError."""
    with client(settings.REDIS_URL) as connection:
        keys = list(connection.scan_iter(f"{KEY}*", count=1000))
        taken = [queues.decode().split(",") for queues in connection.mget(keys) if queues] if keys else []
    return Seen(len(taken), frozenset(queue for queues in taken for queue in queues))


class Presence(bootsteps.StartStopStep):
    """Part of every worker: says that it lives."""

    requires = {"celery.worker.components:Timer"}

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.key, self.redis, self.entry = f"{KEY}{worker.hostname}", client(settings.REDIS_URL), None
        self.queues = ",".join(worker.app.amqp.queues.consume_from)

    def start(self, worker: Any) -> None:
        self.say()
        self.entry = worker.timer.call_repeatedly(EVERY_SECONDS, self.say)

    def stop(self, worker: Any) -> None:
        if self.entry:
            self.entry.cancel()
        self.say(leaving=True)

    def say(self, *, leaving: bool = False) -> None:
        try:
            if leaving:
                self.redis.delete(self.key)
            else:
                self.redis.set(self.key, self.queues, ex=SEEN_SECONDS)
        except redis.RedisError as error:
            log.warning("Nobody hears that this worker lives: %s", error)
