"""How the house is, asked by the web process itself: at most every 5 s, a second per question.

The address answers while the process does. A question that hangs is left to itself and counts as a no.
"""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar

import psycopg
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu.exceptions import KombuError
from redis import RedisError

from inventory import feeds

from . import __version__, celery_app, workers

T = TypeVar("T")
FRESH_SECONDS = 5.0
CONNECT_SECONDS, ANSWER_SECONDS = 1, 1
LIMIT_SECONDS = 2.0  # for both
PATHS = ("/healthz", "/readyz")

STATE = """
SELECT current_setting('transaction_read_only') = 'off' AND NOT pg_is_in_recovery(),
       (SELECT array_agg(app || '.' || name) FROM django_migrations)
"""
COUNTS = """
SELECT (SELECT count(*) FROM routing_order),
       (SELECT count(*) FROM routing_pending),
       (SELECT count(*) FROM routing_order WHERE routed_at IS NOT NULL),
       (SELECT coalesce(extract(epoch FROM now() - min(since_at)), 0)::int FROM routing_pending)
"""


class Counts(NamedTuple):
    orders_total: int | None
    orders_pending: int | None
    orders_routed: int | None
    oldest_pending_seconds: int | None


class Figures(NamedTuple):
    writable: bool = True
    migrations: Sequence[str] = ()
    feed: feeds.Age = "fresh"
    counts: Counts = Counts(0, 0, 0, 0)


UNKNOWN = Counts(None, None, None, None)


class Probe(Generic[T]):
    """One question, asked in a thread of its own and remembered for a while."""

    def __init__(self, ask: Callable[[], T], no: T, failures: tuple[type[Exception], ...]) -> None:
        self.ask, self.no, self.failures = ask, no, failures
        self.lock = threading.Lock()
        self.known, self.known_at = no, float("-inf")
        self.asking: threading.Thread | None = None

    def answer(self) -> T:
        """Return the answer, at most FRESH_SECONDS old; the no if there was none within LIMIT_SECONDS."""
        with self.lock:
            if time.monotonic() - self.known_at < FRESH_SECONDS:
                return self.known
            if self.asking is None or not self.asking.is_alive():
                self.asking = threading.Thread(target=self._ask, daemon=True)
                self.asking.start()
            self.asking.join(LIMIT_SECONDS)
            if self.asking.is_alive():
                self.known, self.known_at = self.no, time.monotonic()
            return self.known

    def _ask(self) -> None:
        try:
            known = self.ask()
        except self.failures:
            known = self.no
        self.known, self.known_at = known, time.monotonic()


def address() -> dict[str, Any]:
    """Return where the database is, in psycopg's words."""
    to = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return {name: to[key] for name, key in names.items() if to[key]}


def ask_database() -> Figures:
    """Return the figures over a connection of their own, so that a busy pool or a stuck page changes nothing.

    Without tables they are zero and no migration is known. Too many orders to count in a second: the counts are those
    of the time before, unknown if there was none, and whether work can be done is told all the same.
    """
    limits = f"-c statement_timeout={ANSWER_SECONDS}s -c lock_timeout={ANSWER_SECONDS}s"
    with psycopg.connect(**address(), connect_timeout=CONNECT_SECONDS, options=limits, autocommit=True) as own:
        try:
            writable, migrations = own.execute(STATE).fetchone() or (False, None)
            seen = own.execute(feeds.SEEN).fetchall()
            return Figures(writable, migrations or (), feeds.worst(seen, datetime.now(UTC)), _count(own))
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
            return Figures()


def _count(own: psycopg.Connection[Any]) -> Counts:
    try:
        return Counts(*own.execute(COUNTS).fetchone() or UNKNOWN)
    except psycopg.errors.QueryCanceled:
        return database.known.counts if database.known else UNKNOWN


def ask_broker() -> bool:
    """Return True once the broker has answered."""
    with celery_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=1)
        return True


database: Probe[Figures | None] = Probe(ask_database, None, (psycopg.Error,))
broker = Probe(ask_broker, False, (KombuError, OSError, RedisError))
living = Probe(workers.seen, workers.Seen(0, frozenset()), (RedisError, OSError))


def report() -> dict[str, Any]:
    """Return what /healthz says. Figures are None while the database doesn't answer.

    Degraded: the broker, a feed, or a worker for one of the queues is missing.
    """
    figures, has_broker, seen = database.answer(), broker.answer(), living.answer()
    served = seen.queues >= {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    complete = has_broker and served and figures is not None and figures.feed == "fresh"
    return {
        "status": "down" if figures is None else "ok" if complete else "degraded",
        "version": __version__,
        "database": figures is not None,
        "broker": has_broker,
        "workers": seen.workers,
        **(figures.counts if figures else UNKNOWN)._asdict(),
    }


def hindrances() -> list[str]:
    """Return why no work can be done now, an empty list when it can."""
    figures = database.answer()
    if figures is None:
        return ["database"]
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    reasons = {
        "database_read_only": not figures.writable,
        "migrations": not {".".join(key) for key in known} <= set(figures.migrations),
        "workers": not living.answer().workers,
    }
    return [name for name, holds in reasons.items() if holds]


def ask_nobody(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware before the sessions: who asks for health is nobody, or the database would be asked who it is."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info in PATHS:
            request.COOKIES.clear()
        return get_response(request)

    return middleware


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse(report())


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    missing = hindrances()
    return JsonResponse({"ready": not missing, "missing": missing}, status=503 if missing else 200)
