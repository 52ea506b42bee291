"""From picked goods to a closed box, or to a bag on the pickup shelf."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from dom_project.lib import db
from dom_project.lib.api_errors import Refused
from fulfillment.states import State, check_move
from routing import history
from routing.history import Kind

from . import locking

PICKUP = frozenset({"pickup", "curbside"})


@db.retry_on_conflict
@transaction.atomic
def pack_many(shipment_ids: Collection[int], *, at: datetime, actor: str) -> list[int]:
    """Close the boxes of fully picked shipments. Returns them.

    Raises IllegalMove, or Refused(not_fully_picked) with what is left to pick, and packs none of them then.
    """
    shipments = locking.take(shipment_ids)
    lines = locking.lines_of([shipment.id for shipment in shipments])
    for shipment in shipments:
        check_move(shipment.state, State.PACKED, shipment.ref)
        left = [
            {"line_ref": line.line_ref, "sku": line.sku, "units": line.quantity - line.picked}
            for line in lines.get(shipment.id, [])
            if line.picked < line.quantity
        ]
        if left:
            raise Refused("not_fully_picked", {"shipment": shipment.ref, "left": left})
    packed = locking.move(shipments, State.PACKED, at=at, stamps=["packed_at"])
    history.record(Kind.PACKED, [shipment.told() for shipment in packed], actor=actor, at=at)
    return [shipment.id for shipment in packed]


@db.retry_on_conflict
@transaction.atomic
def make_ready_many(shipment_ids: Collection[int], *, at: datetime, actor: str) -> list[int]:
    """Packed pickup orders lie on the shelf: the customer may come. Returns them.

    Raises IllegalMove, or Refused(not_a_pickup) for a parcel that a carrier takes.
    """
    shipments = locking.take(shipment_ids)
    for shipment in shipments:
        if shipment.method not in PICKUP:
            raise Refused("not_a_pickup", {"shipment": shipment.ref, "method": shipment.method})
    ready = locking.move(shipments, State.READY, at=at, stamps=["ready_at"])
    history.record(Kind.READY, [shipment.told() for shipment in ready], actor=actor, at=at)
    return [shipment.id for shipment in ready]
