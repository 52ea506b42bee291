"""The people at Juniper & Finch's nodes and at its carriers, played by chance: what each of them does next, and when.

`play` does everything that is due at a moment through the real verbs, in batches. The history calls it for every hour
that passed, the live demo every few seconds; what becomes of an order depends on the order alone.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from json import loads
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dom_project.lib.api_errors import Refused
from dom_project.lib.db import rows
from fulfillment import feedback, orders, returns, shipments, tracking

from . import chance

ACTOR = "demo"
PICK_MINUTES, PACK_MINUTES = (4, 45), (3, 20)
SHORT_AT = {"dc": 0.0015, "dark_store": 0.006, "store": 0.017}
FEW, OF_FEW = 3, 2.5  # of the last units on a shelf more are not where they should be
UNTIDY, IN_DISORDER = "MADISON", 0.5  # one store is being rebuilt
PATIENCE = timedelta(days=4)
CANCELLED, LATE, RETURNED, ANSWERED = 0.012, 0.05, 0.045, 0.34


@dataclass
class Done:
    """What one call did, for the log line."""

    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __str__(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in self.counts.items() if count)


class Pace(NamedTuple):
    """How long after `at` all that waits is picked and packed, where a step is long."""

    pick: timedelta
    pack: timedelta


def play(*, at: datetime, pace: Pace | None = None) -> Done:
    """Everything that is due at `at`. Without a pace each shipment has its own time to be picked and packed."""
    done = Done()
    for step in (_cancel, _put_back, _leave, _collect, _carry, _take_back, _answer):
        step(at, done)
    _pick(at + pace.pick if pace else at, done, hurry=bool(pace))
    _pack(at + pace.pack if pace else at, done, hurry=bool(pace))
    return done


def _minutes(low_high: tuple[int, int], *names: object) -> timedelta:
    low, high = low_high
    return timedelta(minutes=low + (high - low) * chance.share(*names))


def _open(at: datetime, time_zone: str, hours: dict[str, list[str]]) -> bool:
    local = at.astimezone(ZoneInfo(time_zone))
    opening = hours.get(str(local.weekday()))
    if not opening:
        return False
    return opening[0] <= f"{local:%H:%M}" <= opening[1]


def _cancel(at: datetime, done: Done) -> None:
    """A few customers think better of it within two hours; nobody waits longer than four days for what is missing."""
    found = rows(
        """SELECT ref, order_ref FROM routing_order WHERE accepted_at BETWEEN %s AND %s
           AND state NOT IN ('cancelled', 'shipped', 'delivered')""",
        [at - timedelta(hours=2), at - timedelta(minutes=20)],
    )
    unwanted = [ref for ref, order_ref in found if chance.share("cancel", order_ref) < CANCELLED]
    unwanted += [
        ref
        for (ref,) in rows(
            """SELECT DISTINCT o.ref FROM routing_orderline l JOIN routing_order o ON o.id = l.order_id
               WHERE (l.backordered > 0 OR l.pending > 0) AND o.accepted_at < %s ORDER BY 1""",
            [at - PATIENCE],
        )
    ]
    for ref in unwanted:
        try:
            orders.cancel(ref, at=at, actor=ACTOR)
            done.counts["cancelled"] += 1
        except Refused:
            continue  # it has left meanwhile


def _pick(at: datetime, done: Done, *, hurry: bool) -> None:
    """Associates pick what waits while their node is open; now and then a shelf holds less than it should."""
    waiting = rows(
        """SELECT l.id, l.quantity, s.id, o.order_ref || '/' || s.parcel, s.dispatched_at, n.time_zone, n.hours::text,
                  n.kind, n.code, a.on_hand, o.order_ref || '/' || k.code
           FROM fulfillment_shipmentline l JOIN fulfillment_shipment s ON s.id = l.shipment_id
           JOIN routing_allocation a ON a.id = l.allocation_id
           JOIN routing_order o ON o.id = s.order_id JOIN inventory_sku k ON k.id = l.sku_id
           JOIN inventory_node n ON n.id = s.node_id WHERE s.closed_at IS NULL AND s.state IN ('to_pick', 'picking')
             AND l.closed_at IS NULL AND l.picked < l.quantity AND s.dispatched_at <= %s
           ORDER BY s.id, l.id""",
        [at - timedelta(minutes=PICK_MINUTES[0])],
    )
    due: dict[int, list[tuple[int, int, str, float]]] = defaultdict(list)
    for line, quantity, shipment, ref, dispatched_at, zone, hours, kind, code, on_hand, wanted in waiting:
        if (hurry or dispatched_at + _minutes(PICK_MINUTES, "pick", ref) <= at) and _open(at, zone, loads(hours)):
            fate = f"{wanted}/{code}"  # not the row: another plan for other orders may not change it
            due[shipment].append((line, quantity, fate, _short_at(kind, code, on_hand)))
    if not due:
        return
    found, short = [], []
    for shipment in sorted(due):
        for line, quantity, fate, odds in due[shipment]:
            if chance.share("short", fate) < odds:
                short.append((line, int(quantity * chance.share("found", fate)), chance.share("reason", fate) < 0.75))
            else:
                found.append((line, quantity))
    shipments.pick_many(found, at=at, actor=ACTOR)
    done.counts["picked"] += len(found)
    for line, there, missing in short:
        shipments.report_short(line, there, "missing" if missing else "damaged", at=at, actor=ACTOR)
        done.counts["short"] += 1


def _short_at(kind: str, code: str, on_hand: int) -> float:
    """How likely a shelf holds less than it should."""
    if code == UNTIDY:
        return IN_DISORDER
    return SHORT_AT.get(kind, 0) * (OF_FEW if on_hand < FEW else 1)


def _pack(at: datetime, done: Done, *, hurry: bool) -> None:
    ready = rows(
        """SELECT s.id, o.order_ref || '/' || s.parcel, s.picking_at
           FROM fulfillment_shipment s JOIN routing_order o ON o.id = s.order_id
           WHERE s.closed_at IS NULL AND s.state = 'picking' AND s.picking_at <= %s
             AND NOT EXISTS (SELECT FROM fulfillment_shipmentline l WHERE l.shipment_id = s.id AND l.closed_at IS NULL
                             AND l.picked < l.quantity) ORDER BY s.id""",
        [at],
    )
    due = [shipment for shipment, ref, since in ready if hurry or since + _minutes(PACK_MINUTES, "pack", ref) <= at]
    done.counts["packed"] += len(shipments.pack_many(due, at=at, actor=ACTOR)) if due else 0


def _put_back(at: datetime, done: Done) -> None:
    due = [
        task
        for (task,) in rows(
            "SELECT id FROM fulfillment_task WHERE done_at IS NULL AND created_at <= %s ORDER BY id", [at]
        )
    ]
    if due:
        orders.put_back_done(due, at=at, actor=ACTOR)
        done.counts["put back"] += len(due)


def _leave(at: datetime, done: Done) -> None:
    """Carriers collect at the node's cut-off; what was packed later goes with the next day's truck."""
    packed = rows(
        """SELECT s.id, s.ref, s.method,
                  ((s.packed_at AT TIME ZONE n.time_zone)::date + n.cut_off) AT TIME ZONE n.time_zone,
                  ((s.packed_at AT TIME ZONE n.time_zone)::date + 1 + n.cut_off) AT TIME ZONE n.time_zone, s.packed_at
           FROM fulfillment_shipment s JOIN inventory_node n ON n.id = s.node_id
           WHERE s.closed_at IS NULL AND s.state = 'packed' ORDER BY s.id""",
        [],
    )
    waiting = [shipment for shipment, _ref, method, *_ in packed if method == "pickup"]
    if waiting:
        done.counts["ready"] += len(shipments.make_ready_many(waiting, at=at, actor=ACTOR))
    going = [
        (shipment, f"NW{shipment:09d}")
        for shipment, _ref, method, truck, next_truck, packed_at in packed
        if method != "pickup" and (truck if truck >= packed_at else next_truck) <= at
    ]
    if going:
        done.counts["shipped"] += len(shipments.ship_many(going, at=at, actor=ACTOR))


def _collect(at: datetime, done: Done) -> None:
    """Customers come for their pick-ups while the shop is open, most of them the same or the next day."""
    ready = rows(
        """SELECT s.id, o.order_ref || '/' || s.parcel, s.ready_at, n.time_zone, n.hours::text
           FROM fulfillment_shipment s JOIN routing_order o ON o.id = s.order_id
           JOIN inventory_node n ON n.id = s.node_id WHERE s.closed_at IS NULL AND s.state = 'ready' ORDER BY s.id""",
        [],
    )
    due = [
        shipment
        for shipment, ref, since, zone, hours in ready
        if since + _minutes((20, 2600), "collect", ref) <= at and _open(at, zone, loads(hours))
    ]
    if due:
        done.counts["handed over"] += len(shipments.hand_over_many(due, at=at, actor=ACTOR))


def _carry(at: datetime, done: Done) -> None:
    """Carriers scan on the way and deliver between nine and six on the planned day, some a day or two later."""
    away = rows(
        """SELECT o.order_ref || '/' || s.parcel, s.tracking_number, s.service, s.shipped_at,
                  (s.arrive_date + time '09:00') AT TIME ZONE o.ship_to_time_zone,
                  EXISTS (SELECT FROM fulfillment_trackingevent t WHERE t.shipment_id = s.id)
           FROM fulfillment_shipment s JOIN routing_order o ON o.id = s.order_id
           WHERE s.state = 'shipped' AND s.delivered_at IS NULL ORDER BY s.id""",
        [],
    )
    scans = []
    for ref, number, service, shipped_at, morning, seen in away:
        arrives = max(morning, shipped_at + timedelta(hours=9)) + _minutes((0, 540), "arrive", ref)
        if chance.share("late", ref) < LATE:
            arrives += timedelta(days=1 + int(2 * chance.share("how late", ref)))
        carrier = service.split(":")[0] or "northway"
        if not seen and shipped_at + timedelta(hours=3) <= at:
            scans.append(tracking.Scan(carrier, number, "PU", "in_transit", shipped_at + timedelta(hours=2)))
        if arrives <= at:
            scans.append(tracking.Scan(carrier, number, "DL", "delivered", arrives))
            done.counts["delivered"] += 1
    if scans:
        tracking.record_many(scans, at=at, actor=ACTOR)


def _lately(at: datetime, days: Iterable[int]) -> tuple[datetime, datetime]:
    return at - timedelta(days=max(days)), at - timedelta(days=min(days))


def _take_back(at: datetime, done: Done) -> None:
    """Some units come back within nine days, to the DC nearest to where they left."""
    found = rows(
        """SELECT o.ref, l.line_ref, l.id, max(s.delivered_at), max(n.code)
           FROM fulfillment_shipment s JOIN fulfillment_shipmentline sl ON sl.shipment_id = s.id
           JOIN routing_orderline l ON l.id = sl.order_line_id JOIN routing_order o ON o.id = l.order_id
           JOIN inventory_node n ON n.id = s.node_id
           WHERE s.delivered_at BETWEEN %s AND %s AND l.returned = 0 AND l.delivered > 0
           GROUP BY o.ref, l.line_ref, l.id ORDER BY l.id""",
        list(_lately(at, (2, 9))),
    )
    for ref, line_ref, line, delivered_at, node in found:
        if chance.share("return", line) < RETURNED and delivered_at + _minutes((2900, 12900), "returns", line) <= at:
            disposition = "restock" if chance.share("condition", line) < 0.85 else "scrap"
            returns.take_back(
                ref, line_ref, 1, key=f"return:{line}", node=node, disposition=disposition, at=at, actor=ACTOR
            )
            done.counts["taken back"] += 1


def _answer(at: datetime, done: Done) -> None:
    """A third of the customers say what they think, the late ones less kindly."""
    found = rows(
        """SELECT o.ref, o.order_ref, max(s.delivered_at), max(s.delivered_at) <= o.first_promise_at,
                  count(DISTINCT s.id)
           FROM fulfillment_shipment s JOIN routing_order o ON o.id = s.order_id
           WHERE s.delivered_at BETWEEN %s AND %s AND o.state = 'delivered'
             AND NOT EXISTS (SELECT FROM fulfillment_feedback f WHERE f.order_id = o.id)
           GROUP BY o.ref, o.order_ref, o.first_promise_at ORDER BY o.order_ref""",
        list(_lately(at, (0, 3))),
    )
    for ref, own, delivered_at, on_time, parcels in found:
        if chance.share("answers", own) < ANSWERED and delivered_at + _minutes((60, 4000), "answer", own) <= at:
            mood = chance.share("mood", own) - (0 if on_time else 0.45) - 0.06 * (parcels - 1)
            score = 5 if mood > 0.38 else 4 if mood > 0.14 else 3 if mood > 0.04 else 2 if mood > -0.1 else 1
            feedback.give(ref, score, at=at, actor=ACTOR)
            done.counts["answers"] += 1
