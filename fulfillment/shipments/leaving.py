"""Goods leave the node: to the carrier, to the customer at the counter, and arrive."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from dom_project.lib import db
from dom_project.lib.api_errors import BadInput, Refused
from fulfillment.states import State, check_move
from routing import allocations, demand, history
from routing.history import Kind

from . import locking
from .locking import InHand, Line
from .packing import PICKUP

# Costs of what really left: the parcel's freight as planned, the node's price per shipment and per unit picked.
COSTS = """
UPDATE fulfillment_shipment s SET tracking_number = t.number, freight_cost = p.freight_cost,
  handling_cost = coalesce(round((n.shipment_cost + n.unit_cost * u.units)
    * CASE WHEN n.currency = s.currency THEN 1 ELSE (SELECT r.rate FROM inventory_exchangerate r
      WHERE r.base = n.currency AND r.quote = s.currency AND r.from_date <= s.ship_date
      ORDER BY r.from_date DESC LIMIT 1) END), p.handling_cost)
FROM unnest(%s::bigint[], %s::text[]) AS t(id, number), routing_planparcel p, inventory_node n,
  (SELECT shipment_id, sum(quantity) AS units FROM fulfillment_shipmentline
   WHERE shipment_id = ANY(%s::bigint[]) AND closed_at IS NULL GROUP BY shipment_id) u
WHERE s.id = t.id AND p.order_id = s.order_id AND p.number = s.parcel AND n.id = s.node_id AND u.shipment_id = s.id
"""
SENT = """
SELECT order_line_id, quantity FROM fulfillment_shipmentline
WHERE shipment_id = ANY(%s::bigint[]) AND close_reason = 'shipped'
"""
SHIPPED_AT = "SELECT id, shipped_at FROM fulfillment_shipment WHERE id = ANY(%s::bigint[])"
ARRIVED = """
UPDATE fulfillment_shipment s SET delivered_at = u.at FROM unnest(%s::bigint[], %s::timestamptz[]) AS u(id, at)
WHERE s.id = u.id
"""
BARCODES = """
SELECT t.number, s.ref, k.code FROM unnest(%s::bigint[], %s::text[]) AS t(id, number)
JOIN fulfillment_shipment s ON s.id = t.id JOIN fulfillment_shipmentline l ON l.shipment_id = s.id
JOIN inventory_barcode b ON b.sku_id = l.sku_id AND b.code = t.number JOIN inventory_sku k ON k.id = l.sku_id
ORDER BY s.id LIMIT 1
"""
MAX_NUMBER = 64
LEAST_NUMBER = 4
NUMBER = re.compile(r"[A-Za-z0-9 -]+")


@db.retry_on_conflict
@transaction.atomic
def ship_many(
    sent: Sequence[tuple[int, str]], *, at: datetime, actor: str, booked_at: datetime | None = None
) -> list[int]:
    """The carrier took these (shipment id, tracking number): units leave the stock at `at`. Returns the shipments.

    Raises IllegalMove, BadInput (tracking_number_…, too_long) for what is no tracking number, Refused(not_a_parcel)
    for a pickup; ships none of them then. `booked_at`: the owning system knows already.
    """
    numbers = {shipment_id: number.strip() for shipment_id, number in sent}
    shipments = locking.take(numbers)
    for shipment in shipments:
        if shipment.method in PICKUP:
            raise Refused("not_a_parcel", {"shipment": shipment.ref, "method": shipment.method})
        check_move(shipment.state, State.SHIPPED, shipment.ref)
    for shipment in shipments:
        _check_number(numbers[shipment.id], shipment.ref)
    _refuse_barcodes(numbers)
    lines = _leave(shipments, numbers, at=at, actor=actor, booked_at=booked_at)
    gone = locking.move(shipments, State.SHIPPED, at=at, stamps=["shipped_at", "closed_at"])
    told = [
        shipment.told(tracking_number=numbers[shipment.id], **_movements(shipment, lines[shipment.id]))
        for shipment in gone
    ]
    history.record(Kind.SHIPPED, told, actor=actor, at=at)
    return [shipment.id for shipment in gone]


@db.retry_on_conflict
@transaction.atomic
def hand_over_many(
    shipment_ids: Collection[int], *, at: datetime, actor: str, booked_at: datetime | None = None
) -> list[int]:
    """Customers took their goods at the counter: shipped and delivered in one. Returns the shipments.

    Raises IllegalMove for what is not ready, and hands over none of them then.
    """
    shipments = locking.take(shipment_ids)
    for shipment in shipments:
        check_move(shipment.state, State.HANDED_OVER, shipment.ref)
    lines = _leave(shipments, {shipment.id: "" for shipment in shipments}, at=at, actor=actor, booked_at=booked_at)
    gone = locking.move(shipments, State.HANDED_OVER, at=at, stamps=["shipped_at", "delivered_at", "closed_at"])
    demand.count_delivered([(line.order_line_id, line.quantity) for s in gone for line in lines[s.id]])
    told = [shipment.told(**_movements(shipment, lines[shipment.id])) for shipment in gone]
    history.record(Kind.HANDED_OVER, told, actor=actor, at=at)
    return [shipment.id for shipment in gone]


@db.retry_on_conflict
@transaction.atomic
def deliver_many(
    shipment_ids: Collection[int],
    *,
    at: datetime,
    actor: str,
    delivered_at: Mapping[int, datetime] | None = None,
) -> list[int]:
    """Parcels reached the customer, at `at` or at the moment that `delivered_at` names for them. Returns them.

    Raises IllegalMove for what is not under way, BadInput(before_it_left) for a moment before it was shipped, and
    delivers none of them then.
    """
    shipments = locking.take(shipment_ids)
    for shipment in shipments:
        check_move(shipment.state, State.DELIVERED, shipment.ref)
    if delivered_at:
        _refuse_too_early(shipments, delivered_at)
    arrived = locking.move(shipments, State.DELIVERED, at=at, stamps=["delivered_at"])
    moments = {shipment.id: (delivered_at or {}).get(shipment.id, at) for shipment in arrived}
    if delivered_at:
        db.execute(ARRIVED, [list(moments), list(moments.values())])
    demand.count_delivered(db.rows(SENT, [list(moments)]))
    told = [shipment.told(delivered_at=moments[shipment.id].isoformat()) for shipment in arrived]
    history.record(Kind.DELIVERED, told, actor=actor, at=at)
    return list(moments)


@db.retry_on_conflict
@transaction.atomic
def lose_many(shipment_ids: Collection[int], *, at: datetime, actor: str) -> list[int]:
    """The carrier can't find these. They may still turn up. Returns them. Raises IllegalMove."""
    lost = locking.move(locking.take(shipment_ids), State.LOST, at=at)
    history.record(Kind.TRACKING, [shipment.told(state="lost") for shipment in lost], actor=actor, at=at)
    return [shipment.id for shipment in lost]


def _check_number(number: str, ref: str) -> None:
    code = ""
    params: dict[str, Any] = {"shipment": ref}
    if not number:
        code = "tracking_number_missing"
    elif len(number) > MAX_NUMBER:
        code, params = "too_long", {"longest": MAX_NUMBER}
    elif not NUMBER.fullmatch(number):
        code = "tracking_number_odd"
    elif sum(map(str.isalnum, number)) < LEAST_NUMBER:
        code, params = "tracking_number_short", {"shipment": ref, "least": LEAST_NUMBER}
    if code:
        raise BadInput(code, params, field="tracking_number")


def _refuse_barcodes(numbers: Mapping[int, str]) -> None:
    """Who scans the goods instead of the label is told so."""
    for number, ref, sku in db.rows(BARCODES, [list(numbers), list(numbers.values())]):
        params = {"shipment": ref, "number": number, "sku": sku}
        raise BadInput("tracking_number_is_barcode", params, field="tracking_number")


def _refuse_too_early(shipments: Sequence[InHand], delivered_at: Mapping[int, datetime]) -> None:
    shipped_at = dict(db.rows(SHIPPED_AT, [[shipment.id for shipment in shipments]]))
    for shipment in shipments:
        if delivered_at.get(shipment.id, shipped_at[shipment.id]) < shipped_at[shipment.id]:
            left = shipped_at[shipment.id].isoformat()
            raise BadInput("before_it_left", {"shipment": shipment.ref, "shipped_at": left}, field="delivered_at")


def _leave(
    shipments: Sequence[InHand],
    numbers: Mapping[int, str],
    *,
    at: datetime,
    actor: str,
    booked_at: datetime | None,
) -> dict[int, list[Line]]:
    """Units out of the stock, lines closed, costs fixed. Returns the lines that left, by shipment."""
    ids = [shipment.id for shipment in shipments]
    lines = locking.lines_of(ids)
    db.execute(COSTS, [ids, [numbers[shipment_id] for shipment_id in ids], ids])
    every = [line for own in lines.values() for line in own]
    allocations.ship([line.allocation_id for line in every], at=at, actor=actor, booked_at=booked_at)
    locking.close_lines([line.id for line in every], "shipped", at=at)
    return {shipment_id: lines.get(shipment_id, []) for shipment_id in ids}


def _movements(shipment: InHand, lines: Sequence[Line]) -> dict[str, Any]:
    """What the owning system books: our ledger's key, SKU and units, less being negative."""
    return {
        "units": sum(line.quantity for line in lines),
        "movements": [
            {"key": f"ship:{line.allocation_id}", "node": shipment.node, "sku": line.sku, "units": -line.quantity}
            for line in lines
        ],
    }
