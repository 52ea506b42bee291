"""To the floor: one shipment for each plan parcel that routing has decided."""

import json
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from dom_project.lib import db
from inventory import network
from inventory.models import Node
from routing import allocations, demand, history, in_hand
from routing.allocations import Allocated
from routing.history import Kind

from . import locking
from .packing import PICKUP
from .reasons import reasons_of

DUE = f"""
SELECT a.order_id FROM routing_allocation a JOIN routing_order o ON o.id = a.order_id
WHERE a.state = 'open' AND a.dispatched_at IS NULL AND {in_hand.due("%s")}
GROUP BY a.order_id ORDER BY min(a.id) LIMIT %s
"""
AHEAD = """
SELECT a.order_id FROM routing_allocation a JOIN routing_order o ON o.id = a.order_id
WHERE a.state = 'open' AND a.dispatched_at IS NULL AND o.held_reason = '' AND a.node_id = %s
GROUP BY a.order_id ORDER BY min(a.ship_date), min(a.id) LIMIT %s
"""
PARCELS = """
SELECT p.order_id, p.number, p.node_id, n.code, o.method, p.service, p.ship_date, p.distance_km, o.promise_at
FROM unnest(%s::bigint[], %s::smallint[]) AS u(order_id, number)
JOIN routing_planparcel p ON p.order_id = u.order_id AND p.number = u.number
JOIN routing_order o ON o.id = p.order_id JOIN inventory_node n ON n.id = p.node_id ORDER BY p.order_id, p.number
"""
SEND = """
INSERT INTO fulfillment_shipment (ref, order_id, node_id, parcel, method, service, ship_date, cut_off_at, arrive_date,
  transit_days, dispatched_at, currency, why)
SELECT u.ref, p.order_id, p.node_id, p.number, o.method, p.service, p.ship_date, u.cut_off_at, p.arrive_date,
  p.transit_days, %(at)s, p.currency, u.why
FROM unnest(%(order_id)s::bigint[], %(number)s::smallint[], %(ref)s::text[], %(cut_off_at)s::timestamptz[],
  %(why)s::jsonb[]) AS u(order_id, number, ref, cut_off_at, why)
JOIN routing_planparcel p ON p.order_id = u.order_id AND p.number = u.number
JOIN routing_order o ON o.id = p.order_id ORDER BY p.order_id, p.number
"""
LINES = """
INSERT INTO fulfillment_shipmentline (allocation_id, shipment_id, order_line_id, sku_id, quantity)
SELECT a.id, s.id, a.line_id, l.sku_id, a.quantity FROM routing_allocation a
JOIN fulfillment_shipment s ON s.order_id = a.order_id AND s.parcel = a.parcel
JOIN routing_orderline l ON l.id = a.line_id WHERE a.id = ANY(%s::bigint[]) ORDER BY s.id, l.position, a.id
"""
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that reads like something else


class Parcel(NamedTuple):
    order_id: int
    number: int
    node_id: int
    node: str
    method: str
    service: str
    ship_date: date
    distance_km: int
    promise_at: datetime


@db.retry_on_conflict
@transaction.atomic
def dispatch_due(*, at: datetime, actor: str, limit: int = 500) -> int:
    """Send what routing has allocated to the floor: up to `limit` orders, held ones left out. Returns shipments made.

    What is to leave on a later day of its node is kept in hand until that day begins (see `routing.in_hand`).
    A second call finds only what is new. Each shipment knows its cut-off (a pickup: the moment promised) and, in a
    code with parameters, why it came to its node.
    """
    due = [order_id for (order_id,) in db.rows(DUE, [at, limit])]
    return _send(due, None, at=at, actor=actor)


@db.retry_on_conflict
@transaction.atomic
def dispatch_ahead(node_id: int, *, at: datetime, actor: str, limit: int = 500) -> int:
    """Send this node what is kept in hand for its later days, the next day first: it has time for it now.

    Up to `limit` orders. Returns shipments made; routing plans them anew no more.
    """
    kept = [order_id for (order_id,) in db.rows(AHEAD, [node_id, limit])]
    return _send(kept, node_id, at=at, actor=actor)


def _send(order_ids: list[int], ahead: int | None, *, at: datetime, actor: str) -> int:
    if not order_ids:
        return 0
    demand.lock_orders(order_ids)
    sent = allocations.mark_dispatched(order_ids, at=at, ahead=ahead)
    if not sent:
        return 0
    keys = sorted({(row.order_id, row.parcel) for row in sent})
    parcels = [Parcel(*row) for row in db.rows(PARCELS, [list(column) for column in zip(*keys, strict=True)])]
    cut_offs = _cut_offs(parcels)
    why = reasons_of(parcels)
    refs = {parcel[:2]: new_ref() for parcel in parcels}
    db.execute(
        SEND,
        {
            "at": at,
            "order_id": [parcel.order_id for parcel in parcels],
            "number": [parcel.number for parcel in parcels],
            "ref": [refs[parcel[:2]] for parcel in parcels],
            "cut_off_at": [cut_offs[parcel[:2]] for parcel in parcels],
            "why": [json.dumps(why[parcel[:2]]) for parcel in parcels],
        },
    )
    db.execute(LINES, [[row.id for row in sent]])
    _tell(parcels, refs, sent, at=at, actor=actor)
    return len(parcels)


def new_ref() -> str:
    """A public name of a shipment that nobody can guess."""
    return "S" + "".join(secrets.choice(ALPHABET) for _ in range(10))


def _cut_offs(parcels: list[Parcel]) -> dict[tuple[int, int], datetime]:
    nodes = Node.objects.in_bulk({parcel.node_id for parcel in parcels})
    calendars = {node_id: network.calendar_of(node) for node_id, node in nodes.items()}
    return {
        parcel[:2]: parcel.promise_at
        if parcel.method in PICKUP
        else network.cut_off_at(calendars[parcel.node_id], parcel.ship_date)
        for parcel in parcels
    }


def _tell(
    parcels: list[Parcel], refs: Mapping[tuple[int, int], str], sent: list[Allocated], *, at: datetime, actor: str
) -> None:
    units: dict[tuple[int, int], int] = {}
    for row in sent:
        units[row.order_id, row.parcel] = units.get((row.order_id, row.parcel), 0) + row.quantity
    told = [
        (
            parcel.order_id,
            {
                "shipment": refs[parcel[:2]],
                "node": parcel.node,
                "units": units[parcel[:2]],
                "service": parcel.service,
                "ship_date": parcel.ship_date.isoformat(),
            },
        )
        for parcel in parcels
    ]
    history.record(Kind.DISPATCHED, told, actor=actor, at=at)
    by_node: dict[str, list[str]] = {}
    for parcel in parcels:
        by_node.setdefault(parcel.node, []).append(refs[parcel[:2]])
    locking.tell_nodes(by_node)
