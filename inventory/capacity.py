"""Node days: the parcels that a node may send on one of its days, held like stock. The only writer of `NodeDay`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from dom_project.lib import db
from dom_project.lib.api_errors import BadInput

from . import audit, network
from .models import Node


@dataclass(frozen=True, slots=True)
class ParcelSlot:
    """One parcel of an order takes one slot of a node day, however many allocations are in it."""

    order_id: int
    node_id: int
    ship_date: date
    parcel: int


LOCK = """
SELECT count(*) FROM (
  SELECT FROM inventory_nodeday
  WHERE (node_id, ship_date) IN (SELECT * FROM unnest(%(node)s::bigint[], %(ship_date)s::date[]))
  ORDER BY node_id, ship_date FOR UPDATE
) locked"""

PARCELS = """
  SELECT order_id, node_id, ship_date, parcel, min(place) AS place
  FROM unnest(%(order)s::bigint[], %(node)s::bigint[], %(ship_date)s::date[], %(parcel)s::int[])
    WITH ORDINALITY AS u(order_id, node_id, ship_date, parcel, place) GROUP BY 1, 2, 3, 4"""

GRANT = f"""
WITH asked AS MATERIALIZED (
  SELECT p.*, coalesce(d.cap - d.taken, 0) AS free,
    count(*) OVER (PARTITION BY p.order_id, p.node_id, p.ship_date) AS own
  FROM ({PARCELS}) p LEFT JOIN inventory_nodeday d USING (node_id, ship_date)
), possible AS (
  SELECT order_id FROM asked GROUP BY order_id HAVING bool_and(own <= free)
), queued AS (
  SELECT a.order_id, a.free, count(*) OVER (PARTITION BY a.node_id, a.ship_date ORDER BY a.place) AS running
  FROM asked a JOIN possible USING (order_id)
), granted AS (
  SELECT order_id FROM queued GROUP BY order_id HAVING bool_and(running <= free)
)
SELECT DISTINCT a.order_id FROM asked a WHERE NOT EXISTS (SELECT FROM granted g WHERE g.order_id = a.order_id)"""

TAKE = f"""
UPDATE inventory_nodeday d SET taken = d.taken + p.slots
FROM (SELECT node_id, ship_date, count(*)::int AS slots FROM ({PARCELS}) u GROUP BY 1, 2) p
WHERE d.node_id = p.node_id AND d.ship_date = p.ship_date"""

GIVE_BACK = f"""
UPDATE inventory_nodeday d SET taken = d.taken - p.slots, overload = greatest(d.taken - p.slots - d.cap, 0)
FROM (SELECT node_id, ship_date, count(*)::int AS slots FROM ({PARCELS}) u GROUP BY 1, 2) p
WHERE d.node_id = p.node_id AND d.ship_date = p.ship_date"""

# A cap that a person set for one day stays; what is taken above a lowered cap is known as overload until it goes.
OPEN = """
INSERT INTO inventory_nodeday AS d (node_id, ship_date, cap)
SELECT * FROM unnest(%(node)s::bigint[], %(ship_date)s::date[], %(cap)s::int[]) ORDER BY 1, 2
ON CONFLICT (node_id, ship_date) DO UPDATE SET cap = EXCLUDED.cap, overload = greatest(d.taken - EXCLUDED.cap, 0)
WHERE d.cap <> EXCLUDED.cap AND NOT d.by_hand"""

SET = """
INSERT INTO inventory_nodeday AS d (node_id, ship_date, cap, by_hand) VALUES (%(node)s, %(ship_date)s, %(cap)s, true)
ON CONFLICT (node_id, ship_date) DO UPDATE
SET cap = EXCLUDED.cap, overload = greatest(d.taken - EXCLUDED.cap, 0), by_hand = true"""


def lock_many(slots: Sequence[ParcelSlot]) -> None:
    """Lock the node days of these slots until the transaction ends, for who gives some back and takes others."""
    if slots:
        db.rows(LOCK, _columns(slots))


def grant_many(slots: Sequence[ParcelSlot]) -> set[int]:
    """Lock the node days and return the orders that find no slot, first come first served, each whole or not at all.

    Writes nothing: `take_many` does, later in the same transaction, for those whom the ledger serves too. A node day
    without a row is closed.
    """
    if not slots:
        return set()
    params = _columns(slots)
    with transaction.atomic(savepoint=False), db.pipeline() as raw:
        raw.execute(LOCK, params)
        return {order_id for (order_id,) in raw.execute(GRANT, params).fetchall()}


def take_many(slots: Sequence[ParcelSlot]) -> None:
    """Write the slots that `grant_many` granted in this transaction."""
    _change(slots, TAKE)


def give_back_many(slots: Sequence[ParcelSlot]) -> None:
    """Give slots back. Overload goes first."""
    _change(slots, GIVE_BACK)


def set_cap(node_id: int, ship_date: date, cap: int, *, at: datetime, actor: str) -> None:
    """Let a person set one day's parcels; the audit remembers who did. What is granted above becomes overload."""
    if cap < 0:
        raise BadInput("negative", {"value": cap}, field="cap")
    with audit.by(actor, at=at):
        db.execute(SET, {"node": node_id, "ship_date": ship_date, "cap": cap})


def open_days(*, at: datetime, node_ids: Sequence[int] | None = None, days: int = 14) -> int:
    """Write each node's days from its today to `days` local days ahead. Returns how many rows changed.

    Closed days (no hours on that weekday, a holiday, an inactive node) get cap 0.
    """
    nodes = Node.objects.order_by("id") if node_ids is None else Node.objects.filter(id__in=node_ids).order_by("id")
    wanted = [
        (node.id, ship_date, node.daily_capacity if node.active and network.open_on(node, ship_date) else 0)
        for node in nodes
        for ship_date in _from_today(node, at, days)
    ]
    if not wanted:
        return 0
    params = dict(zip(("node", "ship_date", "cap"), map(list, zip(*wanted, strict=True)), strict=True))
    with transaction.atomic(savepoint=False):
        db.rows(LOCK, params)
        return db.execute(OPEN, params)


def _from_today(node: Node, at: datetime, days: int) -> list[date]:
    today = network.local_day(node, at)
    return [today + timedelta(days=ahead) for ahead in range(days + 1)]


def _change(slots: Sequence[ParcelSlot], change: str) -> None:
    if not slots:
        return
    params = _columns(slots)
    with transaction.atomic(savepoint=False), db.pipeline() as raw:
        raw.execute(LOCK, params)
        raw.execute(change, params)


def _columns(slots: Sequence[ParcelSlot]) -> dict[str, list[Any]]:
    return {
        "order": [slot.order_id for slot in slots],
        "node": [slot.node_id for slot in slots],
        "ship_date": [slot.ship_date for slot in slots],
        "parcel": [slot.parcel for slot in slots],
    }
