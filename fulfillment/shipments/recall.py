"""Work taken back from the floor: what routing wants back and nobody has picked yet."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from dom_project.lib import db
from fulfillment.states import ON_THE_FLOOR
from routing import allocations, history
from routing.history import Kind

from . import locking

WANTED = """
SELECT l.id FROM routing_allocation a JOIN fulfillment_shipmentline l ON l.allocation_id = a.id
WHERE a.recall_wanted_at IS NOT NULL AND a.state = 'open' ORDER BY a.recall_wanted_at, a.id LIMIT %s
"""
SHIPMENTS_OF = "SELECT DISTINCT shipment_id FROM fulfillment_shipmentline WHERE id = ANY(%s::bigint[])"
ALLOCATIONS_OF = "SELECT allocation_id FROM fulfillment_shipmentline WHERE id = ANY(%s::bigint[])"


@db.retry_on_conflict
@transaction.atomic
def recall_many(shipment_line_ids: Collection[int], *, at: datetime, actor: str) -> list[int]:
    """Take unpicked lines back to be sourced again; what is picked stays and its recall mark is cleared.

    A shipment is cancelled (recalled) when its last open line goes. Returns the lines that were taken back.
    """
    asked = sorted(set(shipment_line_ids))
    shipments = locking.take([shipment_id for (shipment_id,) in db.rows(SHIPMENTS_OF, [asked])])
    lines = locking.lines_of([shipment.id for shipment in shipments])
    back = [
        line
        for shipment in shipments
        if shipment.state in ON_THE_FLOOR
        for line in lines.get(shipment.id, [])
        if line.id in asked and not line.picked
    ]
    taken = {line.id for line in back}
    locking.close_lines(taken, "recalled", at=at)
    allocations.release([line.allocation_id for line in back], to="pending", at=at, actor=actor)
    kept = [line_id for line_id in asked if line_id not in taken]
    allocations.clear_recall([allocation_id for (allocation_id,) in db.rows(ALLOCATIONS_OF, [kept])])

    gone: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in back:
        gone[line.shipment_id].append({"line_ref": line.line_ref, "sku": line.sku, "units": line.quantity})
    changed = [shipment for shipment in shipments if shipment.id in gone]
    cancelled = {shipment.id for shipment in locking.cancel_empty(changed, "recalled", at=at)}
    told = [s.told(lines=gone[s.id], cancelled=s.id in cancelled) for s in changed]
    history.record(Kind.RECALLED, told, actor=actor, at=at)
    locking.tell(changed)
    return sorted(taken)


def answer_recalls(*, at: datetime, actor: str = "engine", limit: int = 500) -> int:
    """Answer every allocation that routing wants back. Returns the lines that were taken back from the floor."""
    wanted = [line_id for (line_id,) in db.rows(WANTED, [limit])]
    return len(recall_many(wanted, at=at, actor=actor)) if wanted else 0
