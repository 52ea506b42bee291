"""The shelf holds less than was promised: stock corrected, the rest sourced elsewhere at once."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.db import transaction

from dom_project.lib import bell, db
from dom_project.lib.api_errors import BadInput, NotFound
from fulfillment.states import ON_THE_FLOOR, IllegalMove, State
from inventory import ledger
from inventory.movements import Movement
from routing import allocations, demand, history, refusals
from routing.history import Kind

from . import locking
from .picking import check_units, start


class Reason(StrEnum):
    MISSING = "missing"  # not on the shelf: nobody else will find it there either
    DAMAGED = "damaged"  # there, but not fit to send


class Short(NamedTuple):
    """`units` went back to be sourced; `cancelled` when nothing of the shipment is left."""

    shipment_id: int
    units: int
    cancelled: bool


class Report(NamedTuple):
    """What a short pick said: units found of the line, in all, and what is wrong with the others."""

    found: int
    reason: str


LINE = """
SELECT l.shipment_id, a.level_id, a.order_id
FROM fulfillment_shipmentline l JOIN routing_allocation a ON a.id = l.allocation_id WHERE l.id = %s
"""
WITH_UNITS_THERE = "SELECT DISTINCT order_id FROM routing_allocation WHERE level_id = %s AND state = 'open'"
PICKED = """
SELECT coalesce(sum(l.picked), 0)::int FROM routing_allocation a
JOIN fulfillment_shipmentline l ON l.allocation_id = a.id WHERE a.level_id = %s AND a.state = 'open'
"""
KEEP_FOUND = "UPDATE fulfillment_shipmentline SET quantity = %s, picked = %s WHERE id = %s"
CUT_OFF = """
INSERT INTO fulfillment_shipmentline
  (allocation_id, shipment_id, order_line_id, sku_id, quantity, closed_at, close_reason)
SELECT %(allocation)s, shipment_id, order_line_id, sku_id, %(units)s, %(at)s, %(reason)s
FROM fulfillment_shipmentline WHERE id = %(line)s
"""
REPORTED = """
SELECT CASE WHEN c.id = l.id THEN 0 ELSE l.quantity END, c.close_reason
FROM fulfillment_shipmentline l
JOIN fulfillment_shipmentline c ON c.shipment_id = l.shipment_id AND c.order_line_id = l.order_line_id
WHERE l.id = %s AND c.close_reason = ANY(%s) ORDER BY c.id <> l.id, c.id DESC LIMIT 1
"""
NOTHING_FOUND = "UPDATE fulfillment_shipmentline SET picked = 0, closed_at = %s, close_reason = %s WHERE id = %s"


@db.retry_on_conflict
@transaction.atomic
def report_short(shipment_line_id: int, found: int, reason: str, *, at: datetime, actor: str) -> Short:
    """The picker found only `found` units of a line, in all; the others are "missing" or "damaged".

    What was found stays on the line. The others are sourced again, never from this node. Missing: the level is
    counted to what is picked of it and not shipped, for whatever order, so other unpicked allocations of it become
    shortfall. Damaged: only those units leave the level. A shipment without a line left is cancelled.
    Raises BadInput (reason, units), Refused(line_closed), IllegalMove when it is packed.
    """
    if reason not in set(Reason):
        raise BadInput(
            "unknown_reason", {"reason": str(reason)[:40], "known": [str(r) for r in Reason]}, field="reason"
        )
    level_id = _lock(shipment_line_id, everyone=reason == Reason.MISSING)
    [shipment] = locking.take([_row(shipment_line_id)[0]])
    if shipment.state not in ON_THE_FLOOR:
        raise IllegalMove(shipment.state, State.PICKING, shipment.ref)
    open_lines = {line.id: line for line in locking.lines_of([shipment.id]).get(shipment.id, [])}
    line = check_units(open_lines.get(shipment_line_id), shipment, found)
    units = line.quantity - found
    if not units:
        raise BadInput("nothing_short", {"sku": line.sku, "units": found}, field="found")

    [shipment] = start([shipment], at=at, actor=actor) or [shipment]
    gone = allocations.split(line.allocation_id, units) if found else line.allocation_id
    assert gone is not None  # behind the order's lock an open line has an open allocation
    if found:
        db.execute(KEEP_FOUND, [found, found, line.id])
        db.execute(CUT_OFF, {"allocation": gone, "units": units, "at": at, "reason": reason, "line": line.id})
    else:
        db.execute(NOTHING_FOUND, [at, reason, line.id])
    refusals.refuse_many([refusals.NodeRefusal(line.order_line_id, shipment.node_id, reason)], at=at)
    allocations.release([gone], to="pending", at=at, actor=actor)
    if reason == Reason.MISSING:
        key = f"short:{gone}"
        picked = db.value(PICKED, [level_id])
        ledger.floor_count(level_id, picked, observed_at=at, key=key, day=shipment.day, actor=actor)
        bell.ring("resolve_shortfalls")
    else:
        damage = Movement(f"damaged:{gone}", level_id, -units, shipment.day, reason=reason)
        ledger.adjust_many([damage], at=at, actor=actor)
    cancelled = bool(locking.cancel_empty([shipment], "short", at=at))
    data = {"line_ref": line.line_ref, "sku": line.sku, "found": found, "units": units, "reason": str(reason)}
    history.record(Kind.PICKED_SHORT, [shipment.told(cancelled=cancelled, **data)], actor=actor, at=at)
    locking.tell([shipment])
    return Short(shipment.id, units, cancelled)


def reported(shipment_line_id: int) -> Report | None:
    """How the line was reported short, None if it was not. The cut-off units are a line of their own beside it."""
    found = db.rows(REPORTED, [shipment_line_id, [str(reason) for reason in Reason]])
    return Report(*found[0]) if found else None


def _row(shipment_line_id: int) -> tuple[int, int, int]:
    found = db.rows(LINE, [shipment_line_id])
    if not found:
        raise NotFound("unknown_shipment_line", {"id": shipment_line_id})
    shipment_id, level_id, order_id = found[0]
    return shipment_id, level_id, order_id


def _lock(shipment_line_id: int, *, everyone: bool) -> int:
    """Lock the line's order; with `everyone`, all who may be picking from its level: nothing moves while we count."""
    _, level_id, order_id = _row(shipment_line_id)
    orders = {order_id}
    if everyone:
        orders |= _orders_on(level_id)
    while True:
        taken = transaction.savepoint()
        demand.lock_orders(orders)
        came = _orders_on(level_id) - orders if everyone else set()
        if not came:
            transaction.savepoint_commit(taken)
            return level_id
        # Nobody may be locked behind a higher id: the locks are given back, and all are taken anew.
        transaction.savepoint_rollback(taken)
        orders |= came


def _orders_on(level_id: int) -> set[int]:
    return {order_id for (order_id,) in db.rows(WITH_UNITS_THERE, [level_id])}
