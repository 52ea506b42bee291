"""Goods that come back: into the stock of the node that takes them, or written off."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import transaction

from dom_project.lib import db
from dom_project.lib.api_errors import BadInput, NotFound, Refused
from inventory import ledger
from inventory.movements import Movement
from routing import demand, history
from routing.history import Kind

from .shipments import locking
from .states import State


class Disposition(StrEnum):
    RESTOCK = "restock"
    SCRAP = "scrap"


class Back(NamedTuple):
    """Units of one line that a node takes back. The same key again is the same return."""

    key: str
    order_ref: str
    line_ref: str
    quantity: int
    node: str
    disposition: str = Disposition.RESTOCK
    reason: str = ""


class Taken(NamedTuple):
    key: str
    repeated: bool


class _Found(NamedTuple):
    order_id: int
    line_id: int
    node_id: int
    day: date
    sku_id: int
    sku: str


class _Return(NamedTuple):
    back: Back
    found: _Found


FIND = """
SELECT o.id, l.id, n.id, o.day, l.sku_id, k.code
FROM unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY AS u(order_ref, line_ref, node, place)
LEFT JOIN routing_order o ON o.ref = u.order_ref
LEFT JOIN routing_orderline l ON l.order_id = o.id AND l.line_ref = u.line_ref
LEFT JOIN inventory_sku k ON k.id = l.sku_id LEFT JOIN inventory_node n ON n.code = u.node ORDER BY u.place
"""
LEFT_TO_RETURN = "SELECT id, shipped - returned FROM routing_orderline WHERE id = ANY(%s::bigint[])"
KNOWN = """
SELECT key, order_line_id, node_id, quantity, disposition FROM fulfillment_return WHERE key = ANY(%s::text[])
"""
STORE = """
INSERT INTO fulfillment_return
  (key, order_id, order_line_id, node_id, quantity, disposition, reason, taken_back_at, actor)
SELECT u.*, %s, %s FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s::text[],
  %s::text[]) AS u ON CONFLICT (key) DO NOTHING
"""
ALL_BACK = """
SELECT s.id FROM fulfillment_shipment s
WHERE s.order_id = ANY(%s::bigint[]) AND s.state IN ('shipped', 'lost', 'delivered', 'handed_over')
AND NOT EXISTS (SELECT FROM fulfillment_shipmentline l JOIN routing_orderline o ON o.id = l.order_line_id
  WHERE l.shipment_id = s.id AND l.close_reason = 'shipped' AND o.returned < o.shipped)
"""
MAX_KEY = 100
MOST = 10**6  # units of one return


def take_back(
    order_ref: str,
    line_ref: str,
    quantity: int,
    *,
    key: str,
    node: str,
    disposition: str = Disposition.RESTOCK,
    reason: str = "",
    at: datetime,
    actor: str,
) -> Taken:
    """Take units of one line back at a node. See `take_back_many`; what it raises names no row."""
    back = Back(key, order_ref, line_ref, quantity, node, disposition, reason)
    try:
        return take_back_many([back], at=at, actor=actor)[0]
    except Refused as refused:
        refused.row = None
        raise


@db.retry_on_conflict
@transaction.atomic
def take_back_many(backs: Sequence[Back], *, at: datetime, actor: str) -> list[Taken]:
    """Take units back: "restock" makes them sellable at the node at once, "scrap" leaves its stock as it is.

    Returns one result per row; a known key moves nothing. A shipment that is wholly back is RETURNED. Raises for the
    whole batch, naming row and field: NotFound(unknown_order), BadInput (unknown_line, unknown_node,
    unknown_disposition, too_small, too_large, bad_text), Refused(more_than_shipped, other_body).
    """
    for row, back in enumerate(backs):
        _check(back, row)
    found = _find(backs)
    demand.lock_orders({one.order_id for one in found})
    known = {key: tuple(rest) for key, *rest in db.rows(KNOWN, [[back.key for back in backs]])}
    left = dict(db.rows(LEFT_TO_RETURN, [[one.line_id for one in found]]))
    new: list[_Return] = []
    taken: list[Taken] = []
    for row, (back, one) in enumerate(zip(backs, found, strict=True)):
        same = (one.line_id, one.node_id, back.quantity, str(back.disposition))
        taken.append(Taken(back.key, back.key in known))
        if known.setdefault(back.key, same) != same:
            raise Refused("other_body", {"key": back.key}, field="key", row=row, status=422)
        if taken[-1].repeated:
            continue
        if back.quantity > left[one.line_id]:
            params = {"line_ref": back.line_ref, "units": back.quantity, "most": left[one.line_id]}
            raise Refused("more_than_shipped", params, field="quantity", row=row)
        left[one.line_id] -= back.quantity
        new.append(_Return(back, one))
    if new:
        _store(new, at=at, actor=actor)
    return taken


def _store(new: Sequence[_Return], *, at: datetime, actor: str) -> None:
    columns = [
        (b.key, one.order_id, one.line_id, one.node_id, b.quantity, str(b.disposition), b.reason[:40])
        for b, one in new
    ]
    # Two orders have two locks: a key may be taken for another order since `known` was read.
    if db.execute(STORE, [at, actor, *map(list, zip(*columns, strict=True))]) < len(new):
        raise Refused("other_body", field="key", status=422)
    demand.count_returned([(one.line_id, back.quantity) for back, one in new])
    restock = [(back, one) for back, one in new if back.disposition == Disposition.RESTOCK]
    levels = ledger.open_levels_many(sorted({(one.node_id, one.sku_id) for _, one in restock}))
    ledger.take_back_many(
        [
            Movement(_key(back), levels[one.node_id, one.sku_id], back.quantity, one.day, reason=back.reason[:40])
            for back, one in restock
        ],
        at=at,
        actor=actor,
    )
    orders = {one.order_id for _, one in new}
    whole = locking.take([shipment_id for (shipment_id,) in db.rows(ALL_BACK, [sorted(orders)])])
    locking.move(whole, State.RETURNED, at=at)
    told: dict[int, list[dict[str, Any]]] = defaultdict(list)
    moved: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for back, one in new:
        line = {"line_ref": back.line_ref, "sku": one.sku, "units": back.quantity, "node": back.node}
        told[one.order_id].append(line | {"disposition": str(back.disposition), "reason": back.reason[:40]})
    for back, one in restock:
        movement = {"key": _key(back), "node": back.node, "sku": one.sku, "units": back.quantity}
        moved[one.order_id].append(movement)
    events = [(order_id, {"lines": told[order_id], "movements": moved[order_id]}) for order_id in sorted(orders)]
    history.record(Kind.RETURNED, events, actor=actor, at=at)


def _find(backs: Sequence[Back]) -> list[_Found]:
    columns = [[back.order_ref for back in backs], [back.line_ref for back in backs], [back.node for back in backs]]
    rows = db.rows(FIND, columns)
    for row, (back, (order_id, line_id, node_id, *_)) in enumerate(zip(backs, rows, strict=True)):
        if order_id is None:
            raise NotFound("unknown_order", {"order": back.order_ref[:64]}, field="order", row=row)
        if line_id is None:
            raise BadInput(
                "unknown_line", {"order": back.order_ref, "lines": [back.line_ref[:64]]}, field="line_ref", row=row
            )
        if node_id is None:
            raise BadInput("unknown_node", {"node": back.node[:64]}, field="node", row=row)
    return [_Found(*row) for row in rows]


def _key(back: Back) -> str:
    """The ledger's key of a return."""
    return f"take_back:{back.key}"


def _check(back: Back, row: int) -> None:
    if not 0 < len(back.key) <= MAX_KEY:
        raise BadInput("bad_text", {"longest": MAX_KEY}, field="key", row=row)
    if back.quantity < 1:
        raise BadInput("too_small", {"least": 1}, field="quantity", row=row)
    if back.quantity > MOST:
        raise BadInput("too_large", {"most": MOST}, field="quantity", row=row)
    if back.disposition not in set(Disposition):
        known = [str(disposition) for disposition in Disposition]
        raise BadInput(
            "unknown_disposition", {"value": back.disposition[:40], "known": known}, field="disposition", row=row
        )
