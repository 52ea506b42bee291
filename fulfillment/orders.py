"""Cancel: the one verb that takes back what a customer no longer wants, wherever its units are by now."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from dom_project.lib import db
from dom_project.lib.api_errors import BadInput, NotFound, Refused
from routing import allocations, demand, history, withdrawal
from routing.history import Kind

from .shipments import locking
from .states import ON_THE_FLOOR


class LineOutcome(NamedTuple):
    """What is true of one line after the cancel; all in units. `put_back`: cancelled once the goods are back."""

    line_ref: str
    sku: str
    ordered: int
    cancelled: int
    put_back: int
    shipped: int


class Cancelled(NamedTuple):
    """`changed` is False when this cancel was asked for before. `lines` are those asked for, in the order's order."""

    order_ref: str
    changed: bool
    lines: Sequence[LineOutcome]

    @property
    def whole(self) -> bool:
        """Every unit asked for is cancelled now."""
        return all(line.cancelled == line.ordered for line in self.lines)


class _Unit(NamedTuple):
    """An open allocation and where the floor has it."""

    allocation_id: int
    order_line_id: int
    quantity: int
    shipment_line_id: int | None
    shipment_id: int | None
    closed: bool


class _Line(NamedTuple):
    id: int
    line_ref: str
    sku: str
    ordered: int
    cancelled: int
    shipped: int
    put_back: int


LINES = """
SELECT l.id, l.line_ref, k.code, l.ordered, l.cancelled, l.shipped,
  coalesce(b.units, 0)::int
FROM routing_orderline l JOIN inventory_sku k ON k.id = l.sku_id LEFT JOIN (
  SELECT x.order_line_id, sum(t.quantity) AS units FROM fulfillment_shipment s
  JOIN fulfillment_shipmentline x ON x.shipment_id = s.id JOIN fulfillment_task t ON t.shipment_line_id = x.id
  WHERE s.order_id = %(order)s AND t.done_at IS NULL AND t.kind = 'put_back' GROUP BY 1
) b ON b.order_line_id = l.id
WHERE l.order_id = %(order)s ORDER BY l.position
"""
OPEN = """
SELECT a.id, a.line_id, a.quantity, l.id, l.shipment_id, l.closed_at IS NOT NULL
FROM routing_allocation a LEFT JOIN fulfillment_shipmentline l ON l.allocation_id = a.id
WHERE a.order_id = %s AND a.line_id = ANY(%s::bigint[]) AND a.state = 'open' ORDER BY a.id
"""
PUT_BACK = """
INSERT INTO fulfillment_task (kind, node_id, shipment_line_id, quantity, created_at)
SELECT 'put_back', s.node_id, l.id, l.quantity, %s FROM fulfillment_shipmentline l
JOIN fulfillment_shipment s ON s.id = l.shipment_id WHERE l.id = ANY(%s::bigint[]) ORDER BY l.id
"""
TASKS = """
SELECT t.id, t.quantity, l.allocation_id, s.order_id, s.ref, n.code, o.line_ref, k.code, t.done_at IS NOT NULL
FROM fulfillment_task t JOIN fulfillment_shipmentline l ON l.id = t.shipment_line_id
JOIN fulfillment_shipment s ON s.id = l.shipment_id JOIN inventory_node n ON n.id = t.node_id
JOIN routing_orderline o ON o.id = l.order_line_id JOIN inventory_sku k ON k.id = l.sku_id
WHERE t.id = ANY(%s::bigint[]) ORDER BY s.order_id, t.id
"""
DONE = "UPDATE fulfillment_task SET done_at = %s, done_by = %s WHERE id = ANY(%s::bigint[]) AND done_at IS NULL"


@db.retry_on_conflict
@transaction.atomic
def cancel(
    order_ref: str, *, line_refs: Collection[str] | None = None, at: datetime, actor: str, request_id: str = ""
) -> Cancelled:
    """Cancel an order, or some of its lines. Returns what is true of each line asked for.

    Not routed, to pick or being picked: cancelled at once, with a stop sign for the picker. Packed or ready: somebody
    has to put the goods back first. What has left stays as it is. Asked again it changes nothing.
    Raises NotFound(unknown_order), BadInput(unknown_line), Refused(already_shipped) when all of it has left.
    """
    order_id = _order(order_ref)
    demand.lock_orders([order_id])
    lines = {line.id: line for line in _lines(order_id, order_ref, line_refs)}
    if all(line.shipped and line.shipped + line.cancelled == line.ordered for line in lines.values()):
        raise Refused(
            "already_shipped", {"order": order_ref, "lines": [line.line_ref for line in lines.values()][:20]}
        )

    # All that is allocated in one release, before: what withdraw releases would lock node days behind levels.
    _release(order_id, list(lines), at=at, actor=actor)
    withdrawal.withdraw(order_id, list(lines), at=at, actor=actor)

    outcome = [line for line in _lines(order_id, order_ref, line_refs) if line.id in lines]
    told = [
        {
            "line_ref": line.line_ref,
            "sku": line.sku,
            "units": line.cancelled - lines[line.id].cancelled,
            "put_back": line.put_back - lines[line.id].put_back,
        }
        for line in outcome
        if line != lines[line.id]
    ]
    if told:
        history.record(Kind.CANCELLED, [(order_id, {"lines": told})], actor=actor, at=at, request_id=request_id)
    return Cancelled(order_ref, bool(told), [LineOutcome(*line[1:5], line.put_back, line.shipped) for line in outcome])


@db.retry_on_conflict
@transaction.atomic
def put_back_done(task_ids: Collection[int], *, at: datetime, actor: str) -> list[int]:
    """The goods of these tasks are on the shelf again: units free, lines cancelled. Returns the tasks that were open.

    Raises NotFound(unknown_task).
    """
    wanted = sorted(set(task_ids))
    demand.lock_orders({row[3] for row in db.rows(TASKS, [wanted])})
    tasks = db.rows(TASKS, [wanted])
    if len(tasks) != len(wanted):
        raise NotFound("unknown_task", {"id": min(set(wanted) - {row[0] for row in tasks})})
    open_tasks = [row for row in tasks if not row[8]]
    db.execute(DONE, [at, actor, [row[0] for row in open_tasks]])
    allocations.release([row[2] for row in open_tasks], to="cancelled", at=at, actor=actor)
    told = [
        (order_id, {"shipment": ref, "node": node, "line_ref": line_ref, "sku": sku, "units": units})
        for _, units, _, order_id, ref, node, line_ref, sku, _ in open_tasks
    ]
    history.record(Kind.PUT_BACK, told, actor=actor, at=at)
    locking.tell_nodes({row[5]: [row[4]] for row in open_tasks})
    return [row[0] for row in open_tasks]


def _release(order_id: int, line_ids: Sequence[int], *, at: datetime, actor: str) -> None:
    """Release what nobody has packed; what is packed waits for somebody to put it back."""
    units = [_Unit(*row) for row in db.rows(OPEN, [order_id, line_ids])]
    shipments = {
        s.id: s for s in locking.take({unit.shipment_id for unit in units if unit.shipment_id and not unit.closed})
    }
    free = [unit for unit in units if unit.shipment_id is None]
    there = [unit for unit in units if unit.shipment_id is not None and not unit.closed]
    floor = [unit for unit in there if shipments[unit.shipment_id or 0].state in ON_THE_FLOOR]
    packed = [unit for unit in there if shipments[unit.shipment_id or 0].state not in ON_THE_FLOOR]

    allocations.release([unit.allocation_id for unit in free + floor], to="cancelled", at=at, actor=actor)
    locking.close_lines([unit.shipment_line_id or 0 for unit in there], "cancelled", at=at)
    db.execute(PUT_BACK, [at, [unit.shipment_line_id for unit in packed]])
    locking.cancel_empty(shipments.values(), "cancelled", at=at)
    locking.tell(shipments.values())


def _order(order_ref: str) -> int:
    found = db.value("SELECT id FROM routing_order WHERE ref = %s", [order_ref])
    if found is None:
        raise NotFound("unknown_order", {"order": order_ref[:64]})
    return int(found)


def _lines(order_id: int, order_ref: str, line_refs: Collection[str] | None) -> list[_Line]:
    lines = [_Line(*row) for row in db.rows(LINES, {"order": order_id})]
    if line_refs is None:
        return lines
    if not line_refs:
        raise BadInput("no_lines", {"order": order_ref}, field="line_refs")
    if unknown := sorted(set(line_refs) - {line.line_ref for line in lines}):
        raise BadInput("unknown_line", {"order": order_ref, "lines": unknown[:20]}, field="line_refs")
    return [line for line in lines if line.line_ref in set(line_refs)]
