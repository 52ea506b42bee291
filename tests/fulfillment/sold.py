"""Orders as routing leaves them: allocated, not yet on the floor."""

from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction

from dom_project.lib import db
from fulfillment import invariants as floor_rules
from fulfillment import shipments
from fulfillment.models import Shipment
from inventory import capacity, ledger
from inventory import invariants as inventory_rules
from inventory.models import Node, Sku, StockLevel
from inventory.movements import Movement, Wanted
from routing import allocations, history, pending
from routing import invariants as routing_rules
from routing.allocations import Booking, Looked, Parcel
from routing.history import Kind
from routing.models import Order
from tests import make

AT = datetime(2026, 11, 10, 15, tzinfo=UTC)
SHIP_DATE = date(2026, 11, 10)


def stock(node: Node, **units: int) -> None:
    """Units of SKUs (MUG=5) on the node's shelves; SKUs that are not there yet are made."""
    for code, count in units.items():
        sku = Sku.objects.filter(code=code).first() or make.sku(code)
        level_id = ledger.open_levels_many([(node.id, sku.id)])[node.id, sku.id]
        key = f"stock:{node.code}:{code}"
        ledger.receive_many([Movement(key, level_id, count, SHIP_DATE)], at=AT, actor="demo")


def level(node: Node, code: str = "MUG") -> StockLevel:
    return StockLevel.objects.get(node=node, sku__code=code)


def figures(node: Node, code: str = "MUG") -> tuple[int, int, int]:
    """on hand, allocated, shortfall"""
    found = level(node, code)
    return found.on_hand, found.allocated, found.shortfall


@transaction.atomic
def allocate(
    order: Order, node: Node, units: dict[str, int] | None = None, *, freight: int = 600, day: date = SHIP_DATE
) -> None:
    """Give the order one parcel from this node: all that is pending, or these units by SKU code."""
    lines = {line.sku.code: line for line in order.lines.select_related("sku").order_by("position")}
    wanted = units or {code: line.pending for code, line in lines.items() if line.pending}
    number = order.parcels.count() + 1
    ids = allocations.next_ids(len(wanted))
    bookings = [
        Booking(allocation_id, order.id, lines[code].id, level(node, code).id, node.id, day, number, count)
        for allocation_id, (code, count) in zip(ids, wanted.items(), strict=True)
    ]
    capacity.open_days(at=AT, node_ids=[node.id])
    slots = [capacity.ParcelSlot(order.id, node.id, day, number)]
    assert capacity.grant_many(slots) == set()
    refused = ledger.allocate_many(
        [Wanted(allocations.key_of(b.id), order.day, order.id, b.level_id, b.quantity) for b in bookings],
        at=AT,
        actor="engine",
    )
    assert not refused
    capacity.take_many(slots)
    pickup = order.method == Order.Method.PICKUP
    parcel = Parcel(
        order.id, number, node.id, day, date(2026, 11, 12), "" if pickup else "ground", 0 if pickup else 2,
        2, 180, 800, 0 if pickup else freight, 230, 0, "USD",
    )  # fmt: skip
    looked = [Looked(b.line_id, b.quantity, 0, False) for b in bookings]
    allocations.book(bookings, [parcel], looked, at=AT)
    pending.settle(done=[order.id])
    history.record(Kind.ROUTED, [(order.id, {})], actor="engine", at=AT)


def sold(node: Node, *, lines: dict[str, int] | None = None, **fields: Any) -> Order:
    """An order (two mugs) that this node sends as one parcel; stock it first."""
    order = make.order(lines=lines or {"MUG": 2}, **fields)
    allocate(order, node)
    return order


def on_the_floor(node: Node, *, lines: dict[str, int] | None = None, **fields: Any) -> Shipment:
    """The same, dispatched."""
    order = sold(node, lines=lines, **fields)
    shipments.dispatch_due(at=AT, actor="engine")
    return Shipment.objects.get(order=order)


def picked(node: Node, **fields: Any) -> Shipment:
    shipment = on_the_floor(node, **fields)
    shipments.pick_whole_many([shipment.id], at=AT, actor="user:7")
    return Shipment.objects.get(pk=shipment.pk)


def packed(node: Node, **fields: Any) -> Shipment:
    shipment = picked(node, **fields)
    shipments.pack_many([shipment.id], at=AT, actor="user:7")
    return Shipment.objects.get(pk=shipment.pk)


def shipped(node: Node, number: str = "TRK1", **fields: Any) -> Shipment:
    shipment = packed(node, **fields)
    shipments.ship_many([(shipment.id, number)], at=AT, actor="user:7")
    return Shipment.objects.get(pk=shipment.pk)


def sound() -> bool:
    """Every invariant of the three rooms holds."""
    broken = [row for room in (inventory_rules, routing_rules, floor_rules) for row in room.broken_rows()]
    assert broken == []
    return True


def everything() -> dict[str, list[str]]:
    """Every row that a verb of the floor could write, to say that nothing changed."""
    tables = [
        "fulfillment_shipment", "fulfillment_shipmentline", "fulfillment_task", "fulfillment_return",
        "fulfillment_feedback", "fulfillment_trackingevent", "routing_allocation", "routing_order",
        "routing_orderline", "routing_orderevent", "routing_outbox", "routing_pending", "routing_linerefusal",
        "inventory_stocklevel", "inventory_ledgerentry", "inventory_nodeday", "inventory_floorevidence",
    ]  # fmt: skip
    return {table: sorted(map(str, db.rows(f"SELECT t::text FROM {table} t"))) for table in tables}
