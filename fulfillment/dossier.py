"""What there is to know of one order today: lines, parcels with their shipments, loose ends. Three queries."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from dom_project.lib import db

from .states import LEFT, ON_THE_FLOOR, State


class Line(NamedTuple):
    """One line of the order; units in every counter."""

    id: int
    line_ref: str
    sku: str
    name: str
    category: str
    unit_price: int
    ordered: int
    pending: int
    allocated: int
    shipped: int
    delivered: int
    returned: int
    cancelled: int
    backordered: int
    last_looked_at: datetime | None
    grams: int = 0  # of one unit

    @property
    def wanted(self) -> int:
        """Units that were asked for and not cancelled."""
        return self.ordered - self.cancelled


class Item(NamedTuple):
    """Units of one line in one parcel. `reason` says why they are no longer in it: recalled, missing, …"""

    line_ref: str
    quantity: int
    picked: int
    state: str  # of the allocation: open, shipped, released
    reason: str


class Scan(NamedTuple):
    occurred_at: datetime
    state: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel as planned, with its shipment once the floor has it. Costs in minor units of the order's currency."""

    number: int
    node: str
    time_zone: str  # of the node
    ship_date: date
    arrive_date: date
    service: str
    distance_km: int
    grams: int
    freight: int
    handling: int
    lateness: int
    planned_at: datetime
    shipment: str  # the shipment's ref, "" before the floor has it
    state: str  # of the shipment, "" before
    cut_off_at: datetime | None
    dispatched_at: datetime | None
    picking_at: datetime | None
    packed_at: datetime | None
    ready_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    cancel_reason: str
    picker: str
    tracking_number: str
    items: Sequence[Item] = field(default_factory=tuple)
    scans: Sequence[Scan] = field(default_factory=tuple)

    @property
    def gone(self) -> bool:
        """It was planned, but never went and never will."""
        return self.state == State.CANCELLED or (not self.state and all(i.state == "released" for i in self.items))

    @property
    def left(self) -> bool:
        """It has left its node."""
        return self.state in LEFT

    @property
    def total(self) -> int:
        """What it costs: freight and handling."""
        return self.freight + self.handling

    @property
    def units(self) -> int:
        return sum(item.quantity for item in self.items if item.state != "released")

    def weight(self, lines: Mapping[str, Line]) -> int:
        """Grams of what is in it: as planned, less the goods that are no longer in it."""
        return self.grams - sum(i.quantity * lines[i.line_ref].grams for i in self.items if i.state == "released")

    @property
    def picked(self) -> int:
        return sum(item.picked for item in self.items if item.state != "released")


def waits_for_customer(state: str, method: str, parcels: Sequence[Parcel], *, pending: int) -> bool:
    """Whether all that is still open of an order lies ready to be collected: `search.SHOWN_STATE` in Python.

    `pending`: units that wait to be sourced.
    """
    if state not in {"routed", "partly_shipped"} or method == "ship" or pending:
        return False
    here = [parcel for parcel in parcels if not (parcel.gone or parcel.left)]
    return bool(here) and all(parcel.state == State.READY for parcel in here)


class Loose(NamedTuple):
    """What is open or was added: exceptions, the wait to be sourced, the answer, returns, goods to put back."""

    exceptions: Sequence[Mapping[str, Any]]
    pending: Mapping[str, Any] | None
    feedback: Mapping[str, Any] | None
    returns: Sequence[Mapping[str, Any]]
    put_backs: Sequence[Mapping[str, Any]]


class CancelScope(NamedTuple):
    """What a cancel would do, in units: at once, after somebody has put packed goods back, and what has left."""

    at_once: int
    put_back: int
    left: int


LINES = """
SELECT l.id, l.line_ref, k.code, k.name, coalesce(c.code, ''), l.unit_price, l.ordered, l.pending, l.allocated,
  l.shipped, l.delivered, l.returned, l.cancelled, l.backordered, l.last_looked_at,
  k.weight_grams
FROM routing_orderline l JOIN inventory_sku k ON k.id = l.sku_id LEFT JOIN inventory_category c ON c.id = k.category_id
WHERE l.order_id = %s ORDER BY l.position
"""
PARCELS = """
SELECT p.number, n.code, n.time_zone, coalesce(s.ship_date, p.ship_date), coalesce(s.arrive_date, p.arrive_date),
  p.service, p.distance_km, p.grams, p.freight_cost, p.handling_cost, p.lateness_cost, p.planned_at,
  coalesce(s.ref, ''), coalesce(s.state, ''), s.cut_off_at, s.dispatched_at, s.picking_at, s.packed_at, s.ready_at,
  s.shipped_at, s.delivered_at, coalesce(s.cancel_reason, ''), coalesce(s.picker, ''), coalesce(s.tracking_number, ''),
  i.items, t.scans
FROM routing_planparcel p JOIN inventory_node n ON n.id = p.node_id
LEFT JOIN fulfillment_shipment s ON s.order_id = p.order_id AND s.parcel = p.number
LEFT JOIN LATERAL (
  SELECT jsonb_agg(jsonb_build_array(l.line_ref, a.quantity, coalesce(x.picked, 0), a.state,
    coalesce(x.close_reason, '')) ORDER BY l.position, a.id) AS items
  FROM routing_allocation a JOIN routing_orderline l ON l.id = a.line_id
  LEFT JOIN fulfillment_shipmentline x ON x.allocation_id = a.id
  WHERE a.order_id = p.order_id AND a.parcel = p.number
) i ON true
LEFT JOIN LATERAL (
  SELECT jsonb_agg(jsonb_build_array(e.occurred_at, e.state, e.place, e.text) ORDER BY e.occurred_at DESC) AS scans
  FROM fulfillment_trackingevent e WHERE e.shipment_id = s.id
) t ON true
WHERE p.order_id = %s ORDER BY p.number
"""
LOOSE = """
SELECT (SELECT jsonb_agg(jsonb_build_object('id', e.id, 'room', e.room, 'reason', e.reason, 'params', e.params,
    'raised_at', e.raised_at, 'owner', e.owner) ORDER BY e.raised_at, e.id)
  FROM routing_orderexception e WHERE e.order_id = %(order)s AND e.closed_at IS NULL),
 (SELECT jsonb_build_object('next_at', p.next_at, 'looks', p.looks) FROM routing_pending p
  WHERE p.order_id = %(order)s),
 (SELECT jsonb_build_object('score', f.score, 'comment', f.comment, 'given_at', f.given_at)
  FROM fulfillment_feedback f WHERE f.order_id = %(order)s),
 (SELECT jsonb_agg(jsonb_build_object('line_ref', l.line_ref, 'units', r.quantity, 'node', n.code,
    'disposition', r.disposition, 'reason', r.reason, 'at', r.taken_back_at) ORDER BY r.id)
  FROM fulfillment_return r JOIN routing_orderline l ON l.id = r.order_line_id
  JOIN inventory_node n ON n.id = r.node_id WHERE r.order_id = %(order)s),
 (SELECT jsonb_agg(jsonb_build_object('line_ref', l.line_ref, 'units', t.quantity, 'node', n.code,
    'at', t.created_at) ORDER BY t.id)
  FROM fulfillment_shipment s JOIN fulfillment_shipmentline x ON x.shipment_id = s.id
  JOIN fulfillment_task t ON t.shipment_line_id = x.id JOIN routing_orderline l ON l.id = x.order_line_id
  JOIN inventory_node n ON n.id = t.node_id
  WHERE s.order_id = %(order)s AND t.done_at IS NULL AND t.kind = 'put_back')
"""


def lines(order_id: int) -> list[Line]:
    """The order's lines in its own order."""
    return [Line(*row) for row in db.rows(LINES, [order_id])]


def parcels(order_id: int) -> list[Parcel]:
    """Every parcel that was ever planned, by number; those that did not go say so."""
    return [
        Parcel(
            *[
                *row[:24],
                tuple(Item(*item) for item in json.loads(row[24] or "[]")),
                tuple(Scan(_moment(scan[0]), *scan[1:]) for scan in json.loads(row[25] or "[]")),
            ]
        )
        for row in db.rows(PARCELS, [order_id])
    ]


def loose_ends(order_id: int) -> Loose:
    """What waits for somebody, and what came after. Instants are read."""
    exceptions, pending, feedback, returns, put_backs = (
        json.loads(part) if part else None for part in db.rows(LOOSE, {"order": order_id})[0]
    )
    return Loose(
        [row | {"raised_at": _moment(row["raised_at"])} for row in exceptions or ()],
        pending and pending | {"next_at": _moment(pending["next_at"])},
        feedback and feedback | {"given_at": _moment(feedback["given_at"])},
        [row | {"at": _moment(row["at"])} for row in returns or ()],
        [row | {"at": _moment(row["at"])} for row in put_backs or ()],
    )


def cancel_scopes(
    lines: Sequence[Line], parcels: Sequence[Parcel], put_backs: Sequence[Mapping[str, Any]]
) -> dict[str, CancelScope]:
    """What cancelling each line would do, by line ref; lines on which nothing can be cancelled any more are left out.

    Goods that are on their way back already are counted nowhere.
    """
    packed = dict.fromkeys((line.line_ref for line in lines), 0)
    for parcel in parcels:
        if parcel.state and State(parcel.state) not in ON_THE_FLOOR:
            for item in parcel.items:
                if item.state == "open" and not item.reason:
                    packed[item.line_ref] += item.quantity
    waiting = dict.fromkeys(packed, 0)
    for row in put_backs:
        waiting[row["line_ref"]] += row["units"]
    found = {
        line.line_ref: CancelScope(
            line.pending + line.backordered + line.allocated - packed[line.line_ref] - waiting[line.line_ref],
            packed[line.line_ref],
            line.shipped,
        )
        for line in lines
    }
    return {ref: scope for ref, scope in found.items() if scope.at_once + scope.put_back > 0}


def _moment(told: str) -> datetime:
    return datetime.fromisoformat(told)
