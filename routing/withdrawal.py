"""The part of a cancel that routing can do alone: what waits, and what no floor has been told of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from dom_project.lib import db
from routing import allocations, demand, exceptions, pending
from routing.allocations import Allocated

WITHDRAW = """
UPDATE routing_orderline l SET cancelled = l.cancelled + l.pending + l.backordered, pending = 0, backordered = 0
WHERE l.order_id = %(order)s AND (%(line)s::bigint[] IS NULL OR l.id = ANY(%(line)s)) AND l.pending + l.backordered > 0
RETURNING l.id, old.pending + old.backordered
"""
UNDISPATCHED = """
SELECT id FROM routing_allocation WHERE order_id = %(order)s AND state = 'open' AND dispatched_at IS NULL
  AND (%(line)s::bigint[] IS NULL OR line_id = ANY(%(line)s))
"""
WAITS = "SELECT EXISTS (SELECT FROM routing_orderline WHERE order_id = %s AND pending > 0)"
IN_HAND = "SELECT EXISTS (SELECT FROM routing_pending WHERE order_id = %s)"


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Units that were cancelled, by line: those that waited, and those taken back from the stock."""

    waited: dict[int, int]
    released: list[Allocated]

    @property
    def units(self) -> int:
        return sum(self.waited.values()) + sum(row.quantity for row in self.released)


def withdraw(order_id: int, line_ids: Sequence[int] | None = None, *, at: datetime, actor: str) -> Withdrawn:
    """Cancel what no floor has been told of: of these lines, or of the whole order without any named.

    Takes the order's lock. Whoever is sourcing the order at this moment finds another fence, or no row, and writes
    nothing. Records no event: the caller says what was cancelled. A second call finds nothing to do.
    """
    wanted = {"order": order_id, "line": None if line_ids is None else list(line_ids)}
    with transaction.atomic():
        demand.lock_orders([order_id])
        waited = dict(db.rows(WITHDRAW, wanted))
        if db.value(WAITS, [order_id]):
            # Work that goes on gets a new fence; an order in exception stays with the person who has it.
            if waited and db.value(IN_HAND, [order_id]):
                pending.add([order_id], at=at)
        else:
            pending.settle(done=[order_id])
            exceptions.close_many([order_id], at=at, by=actor)
        undispatched = [allocation_id for (allocation_id,) in db.rows(UNDISPATCHED, wanted)]
        released = allocations.release(undispatched, to="cancelled", at=at, actor=actor)
    return Withdrawn(waited, released)
