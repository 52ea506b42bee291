"""The floor's queue: what a node has to do, most urgent first. Read from the tables that the verbs write."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dom_project.lib import db
from inventory.models import Node
from routing.in_hand import due


class Tab(StrEnum):
    TO_PICK = "to_pick"
    PICKING = "picking"
    TO_PACK = "to_pack"
    READY = "ready"  # waits for the carrier or the customer
    DONE = "done"  # left today


@dataclass(frozen=True, slots=True)
class Item:
    """One line on a card. `reason` is empty while it is to be done; else cancelled, recalled, missing or damaged."""

    line_id: int
    line_ref: str
    sku: str
    name: str
    category: str
    shelf: str
    quantity: int
    picked: int
    reason: str
    barcode: str

    @property
    def left(self) -> int:
        return 0 if self.reason else self.quantity - self.picked

    @property
    def stopped(self) -> bool:
        """Somebody has taken this away from the picker: don't bring it."""
        return self.reason in ("cancelled", "recalled")


@dataclass(frozen=True, slots=True)
class Card:
    """One shipment in the queue. `why` is a code with parameters; minutes may be below 0."""

    id: int
    ref: str
    order_ref: str
    state: str
    tab: str
    method: str
    service: str
    picker: str
    tracking_number: str
    cut_off_at: datetime
    promise_at: datetime
    minutes_left: int
    why: Mapping[str, Any]
    cancel_reason: str
    shipped_at: datetime | None
    items: Sequence[Item] = field(default_factory=tuple)

    @property
    def units(self) -> int:
        """Of the lines still to be done or done: neither taken away nor reported short."""
        return sum(item.quantity for item in self.items if not item.reason)

    @property
    def picked(self) -> int:
        return sum(item.picked for item in self.items if not item.reason)


class Workload(NamedTuple):
    """What waits at one node, in shipments; `cut_off_at` is the earliest of what is not packed yet, None without."""

    code: str
    name: str
    kind: str
    place: str
    time_zone: str
    to_pick: int
    picking: int
    to_pack: int
    ready: int
    put_back: int
    cut_off_at: datetime | None
    minutes_left: int | None

    @property
    def open(self) -> int:
        return self.to_pick + self.picking + self.to_pack + self.ready


class PutBack(NamedTuple):
    """Goods to put back on the shelf before their units are free again."""

    id: int
    shipment_ref: str
    sku: str
    name: str
    category: str
    shelf: str
    quantity: int
    created_at: datetime


# Picked and packed are two jobs, though the table of states knows only picking.
TAB = """CASE WHEN s.state = 'to_pick' THEN 'to_pick'
  WHEN s.state = 'picking' THEN CASE WHEN EXISTS (SELECT FROM fulfillment_shipmentline l
    WHERE l.shipment_id = s.id AND l.closed_at IS NULL AND l.picked < l.quantity) THEN 'picking' ELSE 'to_pack' END
  WHEN s.state IN ('packed', 'ready') THEN 'ready' ELSE 'done' END"""
IN_HAND = f"""
SELECT count(DISTINCT (a.order_id, a.parcel))::int FROM routing_allocation a JOIN routing_order o ON o.id = a.order_id
WHERE a.state = 'open' AND a.dispatched_at IS NULL AND o.held_reason = '' AND a.node_id = %(node)s
  AND NOT ({due("%(at)s")})
"""
COUNT = f"""
SELECT tab, count(*)::int FROM (
  SELECT {TAB} AS tab FROM fulfillment_shipment s WHERE s.node_id = %(node)s AND s.closed_at IS NULL
  UNION ALL
  SELECT 'done' FROM fulfillment_shipment s
  WHERE s.node_id = %(node)s AND s.closed_at >= %(today)s AND s.shipped_at IS NOT NULL
) t GROUP BY tab
"""
CARDS = f"""
SELECT s.id, s.ref, o.ref, s.state, {TAB} AS tab, s.method, s.service, s.picker, s.tracking_number, s.cut_off_at,
  o.promise_at, floor(extract(epoch FROM s.cut_off_at - %(at)s) / 60)::int, s.why, s.cancel_reason, s.shipped_at
FROM fulfillment_shipment s JOIN routing_order o ON o.id = s.order_id WHERE {{which}}
"""
OPEN = "s.node_id = %(node)s AND s.closed_at IS NULL"
GONE_TODAY = "s.node_id = %(node)s AND s.closed_at >= %(today)s AND s.shipped_at IS NOT NULL"
STOPPED = """s.node_id = %(node)s AND s.closed_at > %(since)s AND s.state = 'cancelled' AND s.picking_at IS NOT NULL
  AND s.packed_at IS NULL AND s.cancel_reason <> 'short'"""
ITEMS = """
SELECT l.shipment_id, l.id, o.line_ref, k.code, k.name, coalesce(c.code, ''), coalesce(v.shelf, ''), l.quantity,
  l.picked, CASE WHEN l.close_reason = 'shipped' THEN '' ELSE l.close_reason END,
  coalesce((SELECT min(b.code) FROM inventory_barcode b WHERE b.sku_id = k.id), '')
FROM fulfillment_shipmentline l JOIN fulfillment_shipment s ON s.id = l.shipment_id
JOIN routing_orderline o ON o.id = l.order_line_id JOIN inventory_sku k ON k.id = l.sku_id
LEFT JOIN inventory_category c ON c.id = k.category_id
LEFT JOIN inventory_stocklevel v ON v.node_id = s.node_id AND v.sku_id = l.sku_id
WHERE l.shipment_id = ANY(%s::bigint[]) ORDER BY l.shipment_id, coalesce(v.shelf, ''), k.code, l.id
"""
PUT_BACKS = """
SELECT t.id, s.ref, k.code, k.name, coalesce(c.code, ''), coalesce(v.shelf, ''), t.quantity, t.created_at
FROM fulfillment_task t JOIN fulfillment_shipmentline l ON l.id = t.shipment_line_id
JOIN fulfillment_shipment s ON s.id = l.shipment_id JOIN inventory_sku k ON k.id = l.sku_id
LEFT JOIN inventory_category c ON c.id = k.category_id
LEFT JOIN inventory_stocklevel v ON v.node_id = t.node_id AND v.sku_id = l.sku_id
WHERE t.node_id = %s AND t.done_at IS NULL ORDER BY t.created_at, t.id
"""
WORKLOADS = f"""
SELECT n.code, n.name, n.kind, concat_ws(', ', nullif(n.city, ''), nullif(n.region, '')), n.time_zone,
  coalesce(w.to_pick, 0), coalesce(w.picking, 0), coalesce(w.to_pack, 0), coalesce(w.ready, 0),
  (SELECT count(*)::int FROM fulfillment_task t WHERE t.node_id = n.id AND t.done_at IS NULL), w.cut_off_at,
  floor(extract(epoch FROM w.cut_off_at - %(at)s) / 60)::int
FROM inventory_node n LEFT JOIN (
  SELECT node_id, count(*) FILTER (WHERE tab = 'to_pick')::int AS to_pick,
    count(*) FILTER (WHERE tab = 'picking')::int AS picking, count(*) FILTER (WHERE tab = 'to_pack')::int AS to_pack,
    count(*) FILTER (WHERE tab = 'ready')::int AS ready,
    min(cut_off_at) FILTER (WHERE tab IN ('to_pick', 'picking', 'to_pack')) AS cut_off_at
  FROM (SELECT s.node_id, s.cut_off_at, {TAB} AS tab FROM fulfillment_shipment s
        WHERE s.node_id = ANY(%(nodes)s::bigint[]) AND s.closed_at IS NULL) s GROUP BY node_id
) w ON w.node_id = n.id WHERE n.id = ANY(%(nodes)s::bigint[]) ORDER BY w.cut_off_at NULLS LAST, n.name, n.id
"""
STOP_SIGN = timedelta(minutes=30)  # how long a cancelled pick stays on the picker's screen


def counts(node: Node, *, at: datetime) -> dict[Tab, int]:
    """Shipments in each tab; done are those that left since the node's own midnight. One query."""
    found = dict(db.rows(COUNT, _moments(node, at)))
    return {tab: found.get(tab.value, 0) for tab in Tab}


def cards(node: Node, tab: Tab, *, at: datetime, limit: int = 100) -> list[Card]:
    """The cards of a tab, the earliest cut-off first (done: the latest first). Two queries."""
    done = tab == Tab.DONE
    order = "s.shipped_at DESC, s.id DESC" if done else "s.cut_off_at, s.id"
    sql = f"SELECT * FROM ({CARDS.format(which=GONE_TODAY if done else OPEN)} ORDER BY {order}) c WHERE tab = %(tab)s"
    return _with_items(db.rows(f"{sql} LIMIT %(limit)s", _moments(node, at) | {"tab": tab.value, "limit": limit}))


def stopped(node: Node, *, at: datetime) -> list[Card]:
    """Shipments that were taken away while somebody was picking them, within the last half hour: the stop signs."""
    sql = CARDS.format(which=STOPPED)
    return _with_items(db.rows(f"{sql} ORDER BY s.closed_at DESC, s.id DESC LIMIT 20", _moments(node, at)))


def card(shipment_id: int, *, at: datetime) -> Card:
    """One shipment as its card, whatever its state. Raises LookupError when there is none."""
    found = _with_items(db.rows(CARDS.format(which="s.id = %(id)s"), {"at": at, "id": shipment_id}))
    if not found:
        raise LookupError(shipment_id)
    return found[0]


def workloads(node_ids: Collection[int], *, at: datetime) -> list[Workload]:
    """What waits at each of these nodes, the earliest cut-off first, then by name. One query."""
    return [Workload(*row) for row in db.rows(WORKLOADS, {"nodes": sorted(node_ids), "at": at})]


def put_backs(node: Node) -> list[PutBack]:
    """What has to be put back, the oldest first."""
    return [PutBack(*row) for row in db.rows(PUT_BACKS, [node.id])]


def _moments(node: Node, at: datetime) -> dict[str, Any]:
    zone = ZoneInfo(node.time_zone)
    return {
        "node": node.id,
        "at": at,
        "today": datetime.combine(at.astimezone(zone).date(), time(), zone),
        "since": at - STOP_SIGN,
    }


def _with_items(rows: Sequence[tuple[Any, ...]]) -> list[Card]:
    items: dict[int, list[Item]] = defaultdict(list)
    for shipment_id, *item in db.rows(ITEMS, [[row[0] for row in rows]]):
        items[shipment_id].append(Item(*item))
    return [Card(*[*row[:12], json.loads(row[12]), *row[13:], tuple(items[row[0]])]) for row in rows]


def in_hand(node: Node, *, at: datetime) -> int:
    """Parcels that are planned here for a later day."""
    return int(db.value(IN_HAND, {"node": node.pk, "at": at}))
