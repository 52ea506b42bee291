"""What waits is looked at again when something has come that may help: stock, rules, or a new day."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from dom_project.lib import db
from routing import demand, exceptions, history, pending
from routing.history import Kind

MOST = 1000  # orders woken at once
# A pickup is helped by stock at its own node, a new day by the slots that it opens, to a back-order only beside stock.
# Stock that came is looked for again after a rest: 5 seconds, growing with the wait to at most 5 minutes. It counts
# from 2 seconds before the last look on, because a figure is published a little after the stock was there.
WAITING = """
WITH live AS (
  SELECT activated_at FROM routing_strategyactivation ORDER BY id DESC LIMIT 1
), waits AS (
  SELECT l.order_id, l.sku_id, l.first_looked_at, l.last_looked_at, true AS for_stock, true AS back
  FROM routing_orderline l
  WHERE l.backordered > 0
  UNION ALL
  SELECT l.order_id, l.sku_id, l.first_looked_at, l.last_looked_at,
    e.reason NOT IN ('engine_error', 'too_many_classes', 'no_address', 'country_not_served',
      'refused_where_collected'), false
  FROM routing_orderexception e JOIN routing_orderline l USING (order_id)
  WHERE e.closed_at IS NULL AND e.room = 'routing' AND l.pending > 0
    AND NOT EXISTS (SELECT FROM routing_pending p WHERE p.order_id = l.order_id)
), there AS (
  SELECT w.*, o.priority, o.promise_at, o.ship_to_time_zone AS zone, p.raised_at,
    coalesce(p.atp > 0 AND (o.pickup_node_id IS NULL OR EXISTS (SELECT FROM inventory_stocklevel s
      WHERE s.node_id = o.pickup_node_id AND s.sku_id = w.sku_id AND s.atp > 0)), false) AS stock
  FROM waits w JOIN routing_order o ON o.id = w.order_id LEFT JOIN inventory_publishedatp p ON p.sku_id = w.sku_id
  WHERE o.held_reason = ''
), helped AS (
  SELECT order_id, priority, promise_at, CASE
      WHEN for_stock AND stock AND raised_at > last_looked_at - interval '2 seconds'
        AND %(at)s >= last_looked_at + least(interval '5 minutes',
          greatest((last_looked_at - first_looked_at) / 4, interval '5 seconds')) THEN 'stock'
      WHEN (SELECT activated_at FROM live) > last_looked_at THEN 'rules'
      WHEN (stock OR NOT back) AND (%(at)s AT TIME ZONE zone)::date > (last_looked_at AT TIME ZONE zone)::date
        THEN 'day' END AS why
  FROM there
)
SELECT order_id, max(why) FROM helped WHERE why IS NOT NULL
GROUP BY order_id, priority, promise_at ORDER BY priority, promise_at, order_id LIMIT %(most)s
"""
OPEN = """
UPDATE routing_orderline SET pending = pending + backordered, backordered = 0
WHERE order_id = ANY(%s::bigint[]) AND backordered > 0
"""
UNHELD = "SELECT id FROM routing_order WHERE id = ANY(%s::bigint[]) AND held_reason = ''"
UNITS = "SELECT DISTINCT order_id FROM routing_orderline WHERE order_id = ANY(%s::bigint[]) AND pending > 0"


def wake_waiting(*, at: datetime) -> int:
    """Let back-ordered lines and routing's exceptions be looked at again where something came that may help them.

    A reconcile, not an event: what it misses now it finds the next time. Returns how many orders were woken.
    """
    found = dict(db.rows(WAITING, {"at": at, "most": MOST}))
    return len(reopen(found, at=at, data={order_id: {"why": why} for order_id, why in found.items()}))


@db.retry_on_conflict
def reopen(
    order_ids: Collection[int],
    *,
    at: datetime,
    actor: str = "engine",
    data: Mapping[int, Mapping[str, Any]] | None = None,
) -> frozenset[int]:
    """Make orders due again: back-ordered units are pending, routing's exceptions closed by `actor`.

    Returns the orders that have units to source; the others, and held ones, are left as they are. `data` goes into
    the event of each.
    """
    if not order_ids:
        return frozenset()
    with transaction.atomic():
        locked = sorted(demand.lock_orders(order_ids))
        unheld = [order_id for (order_id,) in db.rows(UNHELD, [locked])]
        db.execute(OPEN, [unheld])
        woken = frozenset(order_id for (order_id,) in db.rows(UNITS, [unheld]))
        exceptions.close_many(woken, at=at, by=actor)
        pending.add(woken, at=at)
        events = [(order_id, (data or {}).get(order_id, {})) for order_id in sorted(woken)]
        history.record(Kind.WOKEN, events, actor=actor, at=at)
    return woken
