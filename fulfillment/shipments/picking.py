"""Taking goods from the shelf: start, count what was found, know what a scanned code belongs to."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from dom_project.lib import db
from dom_project.lib.api_errors import BadInput, NotFound, Refused
from fulfillment.states import ON_THE_FLOOR, IllegalMove, State, check_move
from inventory import idempotency
from routing import history
from routing.history import Kind

from . import locking
from .locking import InHand, Line

SHIPMENTS_OF = "SELECT id, shipment_id FROM fulfillment_shipmentline WHERE id = ANY(%s::bigint[])"
COUNT = """
UPDATE fulfillment_shipmentline l SET picked = u.picked FROM unnest(%s::bigint[], %s::int[]) AS u(id, picked)
WHERE l.id = u.id AND l.picked <> u.picked RETURNING l.id
"""
WHOLE = """
UPDATE fulfillment_shipmentline SET picked = quantity
WHERE shipment_id = ANY(%s::bigint[]) AND closed_at IS NULL AND picked < quantity
"""
NOTHING = """
UPDATE fulfillment_shipmentline SET picked = 0
WHERE shipment_id = ANY(%s::bigint[]) AND closed_at IS NULL AND picked > 0
"""
MOST_URGENT = """
SELECT id FROM fulfillment_shipment
WHERE node_id = %s AND closed_at IS NULL AND state = 'to_pick' ORDER BY cut_off_at, id LIMIT 1
"""
TOLD = "SELECT id, ref, picker FROM fulfillment_shipment WHERE node_id = %s AND (id = %s OR ref = %s)"
SKU_OF_CODE = """
SELECT k.code, k.name FROM inventory_sku k WHERE k.code = %(code)s
UNION ALL
SELECT k.code, k.name FROM inventory_barcode b JOIN inventory_sku k ON k.id = b.sku_id WHERE b.code = %(code)s
LIMIT 1
"""


@db.retry_on_conflict
@transaction.atomic
def start_picking_many(shipment_ids: Collection[int], *, at: datetime, actor: str) -> list[int]:
    """A picker takes these on. Returns the shipments that are being picked from now on. Raises IllegalMove."""
    shipments = locking.take(shipment_ids)
    for shipment in shipments:
        check_move(shipment.state, State.PICKING, shipment.ref)
    return [shipment.id for shipment in start(shipments, at=at, actor=actor)]


class Missed(NamedTuple):
    """The shipment that somebody meant to start, as it is now. `picker` may be empty, or be themselves."""

    ref: str
    picker: str


class Next(NamedTuple):
    """`ref`: what was started, empty when nothing was left. `missed`: what was meant instead, None if it was this."""

    ref: str
    missed: Missed | None


def start_next(node_id: int, *, seen: str = "", at: datetime, actor: str) -> Next:
    """Start the node's shipment with the earliest cut-off. `seen`: the ref of the one that the picker meant, if any.

    What somebody else starts at the same moment is passed over.
    """
    started = 0
    while not started and (due := db.value(MOST_URGENT, [node_id])) is not None:
        try:
            [started] = start_picking_many([due], at=at, actor=actor)
        except IllegalMove:
            continue
    found = db.rows(TOLD, [node_id, started, seen])
    ref = next((ref for found_id, ref, _picker in found if found_id == started), "")
    missed = next((Missed(ref, picker) for found_id, ref, picker in found if found_id != started), None)
    return Next(ref, missed)


@db.retry_on_conflict
@transaction.atomic
def lay_back_many(shipment_ids: Collection[int], *, at: datetime, actor: str) -> list[int]:
    """Give work that was begun back to the queue; what was picked is on its shelf again. Returns the shipments.

    Raises IllegalMove for what nobody is picking.
    """
    shipments = locking.take(shipment_ids)
    laid = locking.move(shipments, State.TO_PICK, at=at, picker="", picking_at=None)
    db.execute(NOTHING, [[shipment.id for shipment in laid]])
    history.record(Kind.LAID_BACK, [shipment.told() for shipment in laid], actor=actor, at=at)
    return [shipment.id for shipment in laid]


@db.retry_on_conflict
@transaction.atomic
def pick_many(found: Sequence[tuple[int, int]], *, at: datetime, actor: str) -> list[int]:
    """Set what is picked of each (shipment line id, units found so far). Starts shipments that nobody had started.

    The same figures again change nothing. Returns the lines that changed. Raises BadInput when units are below 0 or
    above the line's quantity, Refused(line_closed) when a line is cancelled, recalled or short, IllegalMove.
    """
    wanted = dict(found)
    shipment_of = dict(db.rows(SHIPMENTS_OF, [sorted(wanted)]))
    if unknown := set(wanted) - set(shipment_of):
        raise NotFound("unknown_shipment_line", {"id": min(unknown)})
    shipments = locking.take(set(shipment_of.values()))
    open_lines = {line.id: line for lines in locking.lines_of([s.id for s in shipments]).values() for line in lines}
    by_id = {shipment.id: shipment for shipment in shipments}
    for line_id, units in wanted.items():
        check_units(open_lines.get(line_id), by_id[shipment_of[line_id]], units)
    start(shipments, at=at, actor=actor)
    _refuse_unless_picking(shipments)
    changed = [line_id for (line_id,) in db.rows(COUNT, [list(wanted), list(wanted.values())])]
    locking.tell(shipments)
    return sorted(changed)


@db.retry_on_conflict
@transaction.atomic
def pick_whole_many(shipment_ids: Collection[int], *, at: datetime, actor: str) -> int:
    """Everything that is open on these shipments was found. Returns the lines that changed. Raises IllegalMove."""
    shipments = locking.take(shipment_ids)
    start(shipments, at=at, actor=actor)
    _refuse_unless_picking(shipments)
    changed = db.execute(WHOLE, [[shipment.id for shipment in shipments]])
    locking.tell(shipments)
    return changed


@db.retry_on_conflict
@transaction.atomic
def scan(shipment_id: int, code: str, *, key: str = "", at: datetime, actor: str) -> Line:
    """Count one unit of what was scanned. Returns its line with the units picked by now.

    Two people who scan into one shipment count two. The same key again, within days, counts nothing more and returns
    the line as it was then. Raises what `expect_scan` raises, BadInput(bad_text) for a key too long, IllegalMove.
    """
    shipments = locking.take([shipment_id])

    def count() -> tuple[int, Line]:
        _refuse_unless_picking(shipments)
        line = expect_scan(shipment_id, code)
        pick_many([(line.id, line.picked + 1)], at=at, actor=actor)
        return 200, line._replace(picked=line.picked + 1)

    _, line, _ = idempotency.once(f"scan:{shipment_id}", key, code.strip().encode(), count, at=at)
    return Line(*line)


def expect_scan(shipment_id: int, code: str) -> Line:
    """The line that the next unit with this barcode or SKU code is for: the first with units left to pick.

    Raises Refused: unknown_code, wrong_item (`expected`: what is still to pick), already_picked (`sku`).
    Changes nothing.
    """
    lines = locking.lines_of([shipment_id]).get(shipment_id, [])
    left = [line for line in lines if line.picked < line.quantity]
    expected = [line.sku for line in left]
    code = code.strip()
    sku = db.rows(SKU_OF_CODE, {"code": code})
    if not sku:
        raise Refused("unknown_code", {"code": code[:64], "expected": expected}, field="code")
    fitting = [line for line in left if line.sku == sku[0][0]]
    if fitting:
        return fitting[0]
    if any(line.sku == sku[0][0] for line in lines):
        raise Refused("already_picked", {"sku": sku[0][0], "name": sku[0][1], "expected": expected}, field="code")
    raise Refused("wrong_item", {"sku": sku[0][0], "name": sku[0][1], "expected": expected}, field="code")


def check_units(line: Line | None, shipment: InHand, units: int) -> Line:
    """Return the line. Raises unless it is open and so many units of it can have been found."""
    if line is None:
        raise Refused("line_closed", {"shipment": shipment.ref})
    if not 0 <= units <= line.quantity:
        params = {"id": line.id, "sku": line.sku, "units": units, "most": line.quantity}
        raise BadInput("units_out_of_range", params, field="units")
    return line


def start(shipments: Sequence[InHand], *, at: datetime, actor: str) -> list[InHand]:
    """Start those shipments in hand that nobody has started. Returns them."""
    new = [shipment for shipment in shipments if shipment.state == State.TO_PICK]
    started = locking.move(new, State.PICKING, at=at, stamps=["picking_at"], picker=actor)
    history.record(Kind.PICKING, [shipment.told() for shipment in started], actor=actor, at=at)
    return started


def _refuse_unless_picking(shipments: Sequence[InHand]) -> None:
    """Goods are counted while they are picked; a packed box is not opened by counting."""
    for shipment in shipments:
        if shipment.state not in ON_THE_FLOOR:
            raise IllegalMove(shipment.state, State.PICKING, shipment.ref)
