"""Demand: the lock that every verb on an order takes first, and the counters of its lines that the floor moves."""

from collections.abc import Collection, Sequence
from datetime import date

from dom_project.lib import db

LOCK = "SELECT id FROM routing_order WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE"
DAYS = "SELECT id, day FROM routing_order WHERE id = ANY(%s::bigint[])"
COUNT = """
WITH counted AS (
  SELECT line_id, sum(units)::int AS units FROM unnest(%s::bigint[], %s::int[]) AS u(line_id, units) GROUP BY line_id
)
UPDATE routing_orderline l SET {column} = l.{column} + c.units FROM counted c WHERE l.id = c.line_id
"""


def lock_orders(order_ids: Collection[int]) -> frozenset[int]:
    """Lock these orders until the transaction ends, ids ascending. Returns those that exist.

    The lock of orders, lines, allocations and shipments alike: taken before node days and levels, and before
    anything about the order is read that is going to be changed.
    """
    return frozenset(order_id for (order_id,) in db.rows(LOCK, [sorted(order_ids)]))


def days_of(order_ids: Collection[int]) -> dict[int, date]:
    """Each order's own day: the partition of its events, decisions and ledger keys."""
    return dict(db.rows(DAYS, [sorted(order_ids)]))


def count_delivered(units: Sequence[tuple[int, int]]) -> int:
    """Add (line id, units) to what was delivered of each line; the caller holds the order locks. Returns lines."""
    return _count("delivered", units)


def count_returned(units: Sequence[tuple[int, int]]) -> int:
    """Add (line id, units) to what came back of each line; the caller holds the order locks. Returns lines."""
    return _count("returned", units)


def _count(column: str, units: Sequence[tuple[int, int]]) -> int:
    return db.execute(COUNT.format(column=column), [[line for line, _ in units], [count for _, count in units]])
