"""A durable PostgreSQL of the benchmark's own with a retailer's network in it, and what the server's CPU costs."""

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def start() -> None:
    """Start PostgreSQL with its safe settings in a temporary folder, set Django up on it and migrate."""
    from dom_project import devservices

    folder = Path(tempfile.mkdtemp(prefix="fairlead-bench-"))
    folder.chmod(0o755)
    service = devservices.start_postgres(folder / "postgres", password="bench")  # noqa: S106
    global _postmaster
    _postmaster = service.process.pid

    def stop() -> None:
        service.stop(10)
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "dom_project.settings",
        "SECRET_KEY": "only for benchmarks",
        "FIELD_KEYS": "VGhpcyBpcyBhIGtleSB1c2VkIG9ubHkgYnkgdGVzdHM=",
        "DATABASE_URL": service.url,
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "BROKER_URL": "memory://",
        "LOG_LEVEL": "ERROR",
        "API_RATE": "1000000/minute",
    }
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


_postmaster = 0


def server_cpu() -> float:
    """Seconds of CPU that the server's processes have used, the ended ones included."""
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == _postmaster:
            total += int(fields[11]) + int(fields[12])
        elif int(entry.name) == _postmaster:
            total += sum(map(int, fields[11:15]))
    return total / CLOCK_TICKS


@contextmanager
def measured(result: dict[str, float]) -> Iterator[None]:
    """Fill `result` with wall, client and server seconds."""
    wall, client, server = time.perf_counter(), time.process_time(), server_cpu()
    yield
    result |= {
        "wall": time.perf_counter() - wall,
        "client": time.process_time() - client,
        "server": server_cpu() - server,
    }


def commits_per_second(seconds: float = 2.0) -> float:
    """The limit probe: one-row commits of one connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_probe (id bigint)")
        started, done = time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            cursor.execute("INSERT INTO bench_probe VALUES (1)")
            done += 1
    return done / seconds
