"""How fresh each node's stock is, and what the connection pages read."""

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from dom_project.lib import db

LATE, STALE = 2, 4  # times the schedule
SILENT = timedelta(minutes=15)

Age = Literal["fresh", "late", "stale"]


class Freshness(NamedTuple):
    """How old a node's figures are. `minutes` is None when nothing was ever read."""

    state: Age
    minutes: int | None
    connection_ref: str
    connection_name: str


def freshness(at: datetime) -> dict[int, Freshness]:
    """Freshness by node id, of the nodes whose stock a connection tells; the others are not in it.

    A read that brought no change is as good as one that did. Late at 2 × the schedule, stale at 4 × or once late for
    15 minutes without a good read.
    """
    found = db.rows(
        """SELECT s.node_id, s.seen_at, c.schedule_seconds, c.ref, c.name
           FROM inventory_feedscope s JOIN inventory_connection c ON c.id = s.connection_id WHERE c.active"""
    )
    return {node: Freshness(*age_of(seen_at, schedule, at), ref, name) for node, seen_at, schedule, ref, name in found}


def worst(at: datetime) -> Age:
    """The worst state of any connection, `fresh` without connections: what the health page asks."""
    found = db.rows("SELECT last_success_at, schedule_seconds FROM inventory_connection WHERE active")
    states = {age_of(seen_at, schedule, at)[0] for seen_at, schedule in found}
    return "stale" if "stale" in states else "late" if "late" in states else "fresh"


def age_of(seen_at: datetime | None, schedule_seconds: int, at: datetime) -> tuple[Age, int | None]:
    """State and whole minutes since the last good read."""
    if seen_at is None:
        return "stale", None
    age = max(at - seen_at, timedelta())
    schedule = timedelta(seconds=schedule_seconds)
    minutes = int(age.total_seconds() // 60)
    if age >= STALE * schedule or (age >= LATE * schedule and age >= SILENT):
        return "stale", minutes
    return ("late", minutes) if age >= LATE * schedule else ("fresh", minutes)
