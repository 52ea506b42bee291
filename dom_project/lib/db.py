"""Set-based SQL on Django's connection."""

import functools
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction
from django.db.utils import InterfaceError, OperationalError
from psycopg import errors

P = ParamSpec("P")
R = TypeVar("R")
Params = Sequence[Any] | Mapping[str, Any] | None
TRIES = 3
# Each batch is a worker's, and workers are as many as cores: parallel plans would only take them from one another.
FOR_BATCHES = """SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL jit = off;
SET LOCAL max_parallel_workers_per_gather = 0"""


def rows(sql: str, params: Params = None) -> list[tuple[Any, ...]]:
    """Run one statement and return its rows, an empty list if it returns none."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def rows_as(kind: Callable[..., R], sql: str, params: Params = None) -> list[R]:
    """Run one statement and return `kind(**columns)` for each row; the columns carry the names of its arguments."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description or ()]
        return [kind(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def value(sql: str, params: Params = None) -> Any:
    """Run one statement and return the first column of its first row, None without a row."""
    found = rows(sql, params)
    return found[0][0] if found else None


def execute(sql: str, params: Params = None) -> int:
    """Run one statement and return the number of rows that it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


@contextmanager
def read_only_snapshot(*, batch: bool = False) -> Iterator[None]:
    """Everything read inside is of one instant, and nothing can be written. For a `batch` planned as `batch_plans`.

    Inside another transaction nothing changes: who holds locks wants to read behind them.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY" + (f"; {FOR_BATCHES}" if batch else ""))
        yield


@contextmanager
def batch_plans() -> Iterator[None]:
    """Open a transaction (or use the open one) whose statements are planned for the size of their own arrays."""
    with transaction.atomic():
        execute(FOR_BATCHES)
        yield


@contextmanager
def pipeline() -> Iterator[Any]:
    """Yield psycopg's own connection in pipeline mode: statements sent together share one round trip.

    Django's cursors may not be used inside. A failed statement fails all that follow, and the block.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield connection.connection


@contextmanager
def only_run(name: str) -> Iterator[bool]:
    """Yield whether nobody else runs under this name. The lock is the connection's: it goes with a killed process."""
    alone = bool(value("SELECT pg_try_advisory_lock(hashtext(%s))", [name]))
    try:
        yield alone
    finally:
        if alone:
            with suppress(OperationalError, InterfaceError):  # then it went with the connection
                value("SELECT pg_advisory_unlock(hashtext(%s))", [name])


def retry_on_conflict(verb: Callable[P, R]) -> Callable[P, R]:
    """Run a verb again, up to three times in all, when it lost a deadlock or a serialisation conflict.

    Only the outermost transaction can be repeated: inside another one the conflict goes up to its owner.
    """

    @functools.wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return verb(*args, **kwargs)
        for tries_left in reversed(range(TRIES)):
            try:
                return verb(*args, **kwargs)
            except OperationalError as conflict:
                if not isinstance(conflict.__cause__, (errors.DeadlockDetected, errors.SerializationFailure)):
                    raise
                if not tries_left:
                    raise
                time.sleep(random.uniform(0.005, 0.05) * (TRIES - tries_left))
        raise AssertionError("unreachable")

    return run
