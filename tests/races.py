"""Rivals on real connections, released at the same moment."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

R = TypeVar("R")
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND wait_event_type = 'Lock'
"""


def run_at_once(rivals: int, work: Callable[[int], R]) -> list[R]:
    """Run `work(number)` on so many connections of their own; return what each returned. An error is raised here."""
    gate = threading.Barrier(rivals)
    results: dict[int, R] = {}
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            gate.wait(30)
            results[number] = work(number)
        except BaseException as failure:  # noqa: BLE001  (it is raised again in the test's own thread)
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(rivals)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [results[number] for number in range(rivals)]


def wait_for_locks(rivals: int = 1, seconds: float = 60) -> None:
    """Return when so many connections of this database wait for a lock.

    Other suites on the same server have rivals of their own: those don't count.
    """
    until = time.monotonic() + seconds
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            # Inside a transaction the first look at the activity would be remembered.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WAITING)
            if cursor.fetchone()[0] >= rivals:
                return
            time.sleep(0.005)
    raise AssertionError(f"Fewer than {rivals} wait for a lock.")
