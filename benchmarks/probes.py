"""What this machine can do at best, measured beside the work: a figure without its probe means nothing."""

import os
import time
from pathlib import Path
from statistics import median

import psycopg

TICKS = os.sysconf("SC_CLK_TCK")


def commit_rate(url: str, *, seconds: float = 0.5) -> float:
    """Commits a second of one connection that inserts one row each: the limit of whatever must be durable."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_commit (id bigint)")
        began, done = time.perf_counter(), 0
        while (took := time.perf_counter() - began) < seconds:
            connection.execute("INSERT INTO bench_commit VALUES (%s)", [done])
            done += 1
        connection.execute("DROP TABLE bench_commit")
    return done / took


def server_cpu() -> float:
    """CPU seconds that PostgreSQL and all its processes, ended ones too, have used until now. Linux only."""
    postmaster = os.environ["BENCH_POSTGRES"]
    used = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if folder.name == postmaster:
            used += sum(map(int, fields[11:15]))  # its own and those of children that have ended
        elif fields[1] == postmaster:
            used += sum(map(int, fields[11:13]))
    return used / TICKS


def middle(figures: list[float]) -> str:
    """The median with the lowest and the highest, for a table."""
    return f"{median(figures):,.4g} ({min(figures):,.4g} … {max(figures):,.4g})"
