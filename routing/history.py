"""What happened to an order: one gap-free sequence, told to the outside world, with the derived state beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import models
from msgspec import json

from dom_project.lib import bell, db


class Kind(models.TextChoices):
    ACCEPTED = "accepted"
    ROUTED = "routed"
    PARTLY_ROUTED = "partly_routed"
    BACKORDERED = "backordered"
    EXCEPTION = "exception"
    REFUSED_LOOK = "refused_look"
    RELEASED = "released"
    REPLANNED = "replanned"
    CANCELLED = "cancelled"
    REPROMISED = "repromised"
    HELD = "held"
    UNHELD = "unheld"
    WOKEN = "woken"
    DISPATCHED = "dispatched"
    PICKING = "picking"
    LAID_BACK = "laid_back"
    PICKED_SHORT = "picked_short"
    PACKED = "packed"
    READY = "ready"
    SHIPPED = "shipped"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    RECALLED = "recalled"
    PUT_BACK = "put_back"
    RETURNED = "returned"
    FEEDBACK = "feedback"
    TRACKING = "tracking"


class Event(NamedTuple):
    order_id: int
    kind: Kind
    data: Mapping[str, Any]


# The first that holds; {sums} are the sums over the order's lines, {order} is the order's row.
STATE = """CASE
    WHEN {sums}.ordered IS NULL THEN {order}.state
    WHEN {sums}.cancelled = {sums}.ordered THEN 'cancelled'
    WHEN {sums}.shipped + {sums}.cancelled = {sums}.ordered AND {sums}.delivered = {sums}.shipped THEN 'delivered'
    WHEN {sums}.shipped + {sums}.cancelled = {sums}.ordered THEN 'shipped'
    WHEN {order}.held_reason <> '' THEN 'held'
    WHEN EXISTS (SELECT FROM routing_orderexception e WHERE e.order_id = {order}.id AND e.closed_at IS NULL)
     AND NOT EXISTS (SELECT FROM routing_pending p WHERE p.order_id = {order}.id) THEN 'exception'
    WHEN {sums}.backordered > 0 THEN 'backordered'
    WHEN {sums}.shipped > 0 THEN 'partly_shipped'
    WHEN {sums}.allocated + {sums}.cancelled = {sums}.ordered THEN 'routed'
    WHEN {sums}.allocated > 0 THEN 'partly_routed'
    ELSE 'pending' END"""
SUMS = """SELECT order_id, sum(ordered) AS ordered, sum(allocated) AS allocated, sum(shipped) AS shipped,
    sum(delivered) AS delivered, sum(cancelled) AS cancelled, sum(backordered) AS backordered
  FROM routing_orderline"""
RECORD = f"""
WITH told AS MATERIALIZED (
  SELECT order_id, kind, data, row_number() OVER (PARTITION BY order_id ORDER BY place)::int AS nth
  FROM ROWS FROM (unnest(%(order_id)s::bigint[], %(kind)s::text[]), jsonb_array_elements(%(data)s::jsonb))
       WITH ORDINALITY AS t(order_id, kind, data, place)
), asked AS MATERIALIZED (
  SELECT order_id, count(*)::int AS events FROM told GROUP BY order_id
), sums AS MATERIALIZED (
  {SUMS} WHERE order_id = ANY(%(order_id)s::bigint[]) GROUP BY order_id
), changed AS (
  UPDATE routing_order o SET event_seq = o.event_seq + a.events,
    state = {STATE.format(sums="s", order="o")},
    routed_at = CASE WHEN s.allocated + s.shipped > 0 AND s.allocated + s.shipped + s.cancelled = s.ordered
                     THEN coalesce(o.routed_at, %(at)s::timestamptz) ELSE o.routed_at END
  FROM asked a LEFT JOIN sums s USING (order_id) WHERE o.id = a.order_id
  RETURNING o.id, old.event_seq AS seq, o.day, o.ref, o.channel_id, o.order_ref, new.state
), event AS (
  INSERT INTO routing_orderevent (order_id, day, seq, kind, data, actor, request_id, at)
  SELECT c.id, c.day, c.seq + t.nth, t.kind, t.data, %(actor)s, %(request_id)s, %(at)s
  FROM told t JOIN changed c ON c.id = t.order_id
)
INSERT INTO routing_outbox (event_id, aggregate, seq, topic, payload, created_at, next_at)
SELECT uuidv7(), c.id, c.seq + t.nth, 'order.' || t.kind, jsonb_build_object('order', c.ref, 'channel', n.code,
  'order_ref', c.order_ref, 'kind', t.kind, 'state', c.state, 'data', t.data, 'at', %(at_text)s::text), %(at)s, %(at)s
FROM told t JOIN changed c ON c.id = t.order_id JOIN inventory_channel n ON n.id = c.channel_id ORDER BY c.id, t.nth
"""


def record(
    kind: Kind,
    events: Sequence[tuple[int, Mapping[str, Any]]],
    *,
    actor: str,
    at: datetime,
    request_id: str = "",
) -> None:
    """Write (order id, data) as the orders' next events of one kind. See `record_many`."""
    record_many([Event(order_id, kind, data) for order_id, data in events], actor=actor, at=at, request_id=request_id)


def record_many(events: Sequence[Event], *, actor: str, at: datetime, request_id: str = "") -> None:
    """Write the orders' next events, their outbox rows and their derived state: the last statement of a verb.

    Events of one order keep their order. The caller holds the order locks, and has changed lines, pending rows
    and exceptions before: the state is read from them. Raises nothing for an order that does not exist.
    """
    if not events:
        return
    db.execute(
        RECORD,
        {
            "order_id": [event.order_id for event in events],
            "kind": [str(event.kind) for event in events],
            "data": json.encode([event.data for event in events]).decode(),
            "actor": actor,
            "request_id": request_id,
            "at": at,
            "at_text": at.isoformat(),
        },
    )
    bell.ring("drain_outbox")
    bell.publish("orders")
