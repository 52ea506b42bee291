"""What carriers tell of parcels. A scan is one row however often it comes; delivered is final."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.db import transaction

from dom_project.lib import db
from dom_project.lib.api_errors import BadInput
from inventory import moments
from routing import history
from routing.history import Kind

from . import shipments
from .shipments import locking
from .states import State


class Progress(StrEnum):
    INFO = "info"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    LOST = "lost"


class Scan(NamedTuple):
    """One event of one carrier. `code` is the carrier's own, `state` one of Progress."""

    carrier: str
    number: str
    code: str
    state: str
    occurred_at: datetime
    place: str = ""
    text: str = ""


class Recorded(NamedTuple):
    """How many scans are new and how many shipments they delivered; `unknown` numbers belong to no shipment."""

    new: int
    delivered: int
    unknown: Sequence[str]


FIND = """
SELECT DISTINCT ON (tracking_number) tracking_number, id FROM fulfillment_shipment
WHERE tracking_number = ANY(%s::text[]) AND tracking_number <> '' ORDER BY tracking_number, id DESC
"""
STORE = """
INSERT INTO fulfillment_trackingevent
  (day, shipment_id, carrier, number, code, state, occurred_at, received_at, place, text)
SELECT u.day, u.shipment, u.carrier, u.number, u.code, u.state, u.occurred_at, %s, u.place, u.text
FROM unnest(%s::date[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[],
  %s::text[]) AS u(day, shipment, carrier, number, code, state, occurred_at, place, text)
ON CONFLICT DO NOTHING RETURNING shipment_id, code, state, occurred_at
"""
SHIPPED_AT = "SELECT id, shipped_at FROM fulfillment_shipment WHERE id = ANY(%s::bigint[])"


@db.retry_on_conflict
@transaction.atomic
def record_many(scans: Sequence[Scan], *, at: datetime, actor: str) -> Recorded:
    """Keep what carriers told; the first delivered scan delivers its shipment, a lost one marks it.

    Scans of unknown numbers are named and left out. Raises BadInput naming the row: unknown_progress, in_the_future.
    """
    for row, scan in enumerate(scans):
        if scan.state not in set(Progress):
            words = [str(progress) for progress in Progress]
            raise BadInput("unknown_progress", {"value": scan.state[:40], "known": words}, field="state", row=row)
        if scan.occurred_at > at + moments.AHEAD:
            raise BadInput("in_the_future", {"value": scan.occurred_at.isoformat()}, field="occurred_at", row=row)
    ids = dict(db.rows(FIND, [[scan.number for scan in scans]]))
    in_hand = {shipment.id: shipment for shipment in locking.take(ids.values())}
    known = [(in_hand[ids[scan.number]], scan) for scan in scans if scan.number in ids]
    rows = [
        (s.day, s.id, c.carrier[:40], c.number, c.code[:40], c.state, c.occurred_at, c.place[:120], c.text[:300])
        for s, c in known
    ]
    stored = db.rows(STORE, [at, *map(list, zip(*rows, strict=True))]) if rows else []
    new = sorted(stored, key=lambda row: (row[0], row[3]))

    under_way = {s.id for s in in_hand.values() if s.state in (State.SHIPPED, State.LOST)}
    arrived: dict[int, datetime] = {}
    for shipment_id, _, state, occurred_at in new:
        if state == Progress.DELIVERED and shipment_id in under_way:
            arrived.setdefault(shipment_id, occurred_at)
    told = [
        in_hand[shipment_id].told(code=code, state=state, occurred_at=occurred_at.isoformat())
        for shipment_id, code, state, occurred_at in new
        if state != Progress.DELIVERED
    ]
    history.record(Kind.TRACKING, told, actor=actor, at=at)
    _deliver(arrived, at=at, actor=actor)
    lost = {i for i, _, state, _ in new if state == Progress.LOST and in_hand[i].state == State.SHIPPED}
    shipments.lose_many(lost - set(arrived), at=at, actor=actor)
    return Recorded(len(new), len(arrived), sorted({scan.number for scan in scans} - set(ids)))


def _deliver(arrived: dict[int, datetime], *, at: datetime, actor: str) -> None:
    if not arrived:
        return
    shipped_at = dict(db.rows(SHIPPED_AT, [list(arrived)]))
    # A carrier's clock may run behind ours: nothing arrives before it left.
    moments = {shipment_id: max(moment, shipped_at[shipment_id]) for shipment_id, moment in arrived.items()}
    shipments.deliver_many(moments, at=at, actor=actor, delivered_at=moments)
