"""What must hold between the floor, the orders and the stock. Each question returns no row on sound books."""

from dom_project.lib import db
from inventory.invariants import LIMIT, Broken

# An open allocation that was dispatched is on an open shipment line, or its goods wait to be put back.
ON_THE_FLOOR = """
SELECT 'I9' AS invariant, 'allocation ' || a.id AS what, CASE WHEN l.id IS NULL THEN 'dispatched, on no shipment'
  ELSE 'open, but its shipment line is closed (' || l.close_reason || ')' END AS told
FROM routing_allocation a LEFT JOIN fulfillment_shipmentline l ON l.allocation_id = a.id
WHERE a.state = 'open' AND a.dispatched_at IS NOT NULL AND (l.closed_at IS NOT NULL OR l.id IS NULL)
  AND NOT EXISTS (SELECT FROM fulfillment_task t WHERE t.shipment_line_id = l.id AND t.done_at IS NULL)
ORDER BY a.id LIMIT %(limit)s"""

SAME = """
SELECT 'I9' AS invariant, 'shipment line ' || l.id AS what, concat('quantity ', l.quantity, ', allocation ',
  a.quantity, ' (', a.state, '), ', coalesce(nullif(l.close_reason, ''), 'open')) AS told
FROM fulfillment_shipmentline l JOIN routing_allocation a ON a.id = l.allocation_id
WHERE l.quantity <> a.quantity OR (l.closed_at IS NULL) <> (l.close_reason = '')
  OR (l.closed_at IS NULL AND a.state <> 'open') OR (l.close_reason = 'shipped') <> (a.state = 'shipped')
ORDER BY l.id LIMIT %(limit)s"""

STATES = """
SELECT 'I9' AS invariant, 'shipment ' || s.ref AS what, concat('is ', s.state, ' with ', c.open, ' open, ', c.unpicked,
  ' unpicked and ', c.shipped, ' shipped lines') AS told
FROM fulfillment_shipment s JOIN LATERAL (
  SELECT count(*) FILTER (WHERE closed_at IS NULL) AS open,
    count(*) FILTER (WHERE close_reason = 'shipped') AS shipped,
    count(*) FILTER (WHERE closed_at IS NULL AND picked < quantity) AS unpicked
  FROM fulfillment_shipmentline WHERE shipment_id = s.id) c ON true
WHERE CASE
  WHEN s.state IN ('to_pick', 'picking') THEN c.open = 0 OR c.shipped > 0 OR s.closed_at IS NOT NULL
  WHEN s.state IN ('packed', 'ready') THEN c.open = 0 OR c.unpicked > 0 OR c.shipped > 0 OR s.closed_at IS NOT NULL
  WHEN s.state = 'cancelled' THEN c.open > 0 OR c.shipped > 0 OR s.closed_at IS NULL
  ELSE c.open > 0 OR c.shipped = 0 OR s.closed_at IS NULL OR s.shipped_at IS NULL END
ORDER BY s.id LIMIT %(limit)s"""

COUNTERS = """
SELECT 'I9' AS invariant, 'line ' || l.id AS what, concat('shipped ', l.shipped, ', delivered ', l.delivered,
  ', returned ', l.returned, '; its shipments say ', coalesce(s.shipped, 0), ', ', coalesce(s.delivered, 0), ', ',
  coalesce(r.returned, 0)) AS told
FROM routing_orderline l
LEFT JOIN (SELECT x.order_line_id, sum(x.quantity) AS shipped,
    sum(x.quantity) FILTER (WHERE s.delivered_at IS NOT NULL) AS delivered
  FROM fulfillment_shipmentline x JOIN fulfillment_shipment s ON s.id = x.shipment_id
  WHERE x.close_reason = 'shipped' GROUP BY 1) s ON s.order_line_id = l.id
LEFT JOIN (SELECT order_line_id, sum(quantity) AS returned FROM fulfillment_return GROUP BY 1) r
  ON r.order_line_id = l.id
WHERE (l.shipped, l.delivered, l.returned)
  <> (coalesce(s.shipped, 0), coalesce(s.delivered, 0), coalesce(r.returned, 0))
ORDER BY l.id LIMIT %(limit)s"""

PUT_BACK = """
SELECT 'I9' AS invariant, 'task ' || t.id AS what, concat('to put back ', t.quantity, ', its allocation has ',
  a.quantity, ' and is ', a.state) AS told
FROM fulfillment_task t JOIN fulfillment_shipmentline l ON l.id = t.shipment_line_id
JOIN routing_allocation a ON a.id = l.allocation_id
WHERE t.done_at IS NULL AND (a.state <> 'open' OR a.quantity <> t.quantity OR l.closed_at IS NULL)
ORDER BY t.id LIMIT %(limit)s"""

QUESTIONS = (ON_THE_FLOOR, SAME, STATES, COUNTERS, PUT_BACK)


def broken_rows() -> list[Broken]:
    """The rows that break fulfillment's part of I9, at most 100 of each question, all read at one instant."""
    with db.read_only_snapshot():
        return [row for sql in QUESTIONS for row in db.rows_as(Broken, sql, {"limit": LIMIT})]
