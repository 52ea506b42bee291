"""What must hold of orders, lines, allocations and node days at every moment. Each question returns no row."""

from dom_project.lib import db
from inventory.invariants import LIMIT, Broken
from routing.history import STATE, SUMS

ALLOCATED = """
SELECT 'I2' AS invariant, 'level ' || id AS what,
  'allocated ' || coalesce(l.allocated, 0) || ', open allocations ' || coalesce(a.quantity, 0) AS told
FROM inventory_stocklevel l FULL JOIN (
  SELECT level_id AS id, sum(quantity) AS quantity FROM routing_allocation
  WHERE state = 'open' GROUP BY 1) a USING (id)
WHERE coalesce(l.allocated, 0) <> coalesce(a.quantity, 0) ORDER BY id LIMIT %(limit)s"""

LINES = """
SELECT 'I4' AS invariant, 'line ' || id AS what, 'ordered ' || ordered || ', allocated ' || allocated || ', shipped '
  || shipped || ', cancelled ' || cancelled || ', back-ordered ' || backordered || ', pending ' || pending AS told
FROM routing_orderline WHERE ordered <> allocated + shipped + cancelled + backordered + pending
ORDER BY id LIMIT %(limit)s"""

EVENTS = """
SELECT 'I6' AS invariant, 'order ' || o.ref AS what, 'last event ' || o.event_seq || ', events '
  || coalesce(e.events, 0) || ', highest ' || coalesce(e.highest, 0) AS told
FROM routing_order o LEFT JOIN (
  SELECT order_id, count(*) AS events, max(seq) AS highest FROM routing_orderevent GROUP BY 1) e ON e.order_id = o.id
WHERE o.event_seq <> coalesce(e.events, 0) OR o.event_seq <> coalesce(e.highest, 0) ORDER BY o.id LIMIT %(limit)s"""

CLOSED = """
SELECT 'I7' AS invariant, 'allocation ' || a.id AS what, 'order ' || o.ref || ' is ' || o.state AS told
FROM routing_allocation a JOIN routing_order o ON o.id = a.order_id JOIN routing_orderline l ON l.id = a.line_id
WHERE a.state = 'open' AND (o.state IN ('shipped', 'delivered', 'cancelled') OR l.shipped + l.cancelled = l.ordered)
ORDER BY a.id LIMIT %(limit)s"""

COUNTED = """
SELECT 'I9' AS invariant, 'line ' || l.id AS what, 'allocated ' || l.allocated || ' and shipped ' || l.shipped
  || ', allocations ' || coalesce(a.open, 0) || ' and ' || coalesce(a.shipped, 0) AS told
FROM routing_orderline l LEFT JOIN (
  SELECT line_id, sum(quantity) FILTER (WHERE state = 'open') AS open,
    sum(quantity) FILTER (WHERE state = 'shipped') AS shipped FROM routing_allocation GROUP BY 1) a ON a.line_id = l.id
WHERE l.allocated <> coalesce(a.open, 0) OR l.shipped <> coalesce(a.shipped, 0) ORDER BY l.id LIMIT %(limit)s"""

STATES = f"""
SELECT 'I9' AS invariant, 'order ' || o.ref AS what, 'is ' || o.state || ', its lines say ' || s.state AS told
FROM routing_order o JOIN LATERAL (
  SELECT {STATE.format(sums="s", order="o")} AS state
  FROM ({SUMS} WHERE order_id = o.id GROUP BY order_id) s) s ON true
WHERE o.event_seq > 0 AND o.state <> s.state ORDER BY o.id LIMIT %(limit)s"""

SLOTS = """
SELECT 'I10' AS invariant, 'node ' || node_id || ' on ' || ship_date AS what,
  'taken ' || coalesce(d.taken, 0) || ', live parcels ' || coalesce(p.parcels, 0) AS told
FROM inventory_nodeday d FULL JOIN (
  SELECT node_id, ship_date, count(DISTINCT (order_id, parcel)) AS parcels FROM routing_allocation
  WHERE state <> 'released' GROUP BY 1, 2) p USING (node_id, ship_date)
WHERE coalesce(d.taken, 0) <> coalesce(p.parcels, 0) ORDER BY node_id, ship_date LIMIT %(limit)s"""


QUESTIONS = (ALLOCATED, LINES, EVENTS, CLOSED, COUNTED, STATES, SLOTS)


def broken_rows() -> list[Broken]:
    """The rows that break I2, I4, I6, I7, I9 (line counters and order states) or I10, at most 100 of each.

    All are read at one instant, so books that are being written are not mistaken for broken ones.
    """
    with db.read_only_snapshot():
        return [row for sql in QUESTIONS for row in db.rows_as(Broken, sql, {"limit": LIMIT})]
