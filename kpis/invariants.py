"""I9 for kpis: the daily facts are the sums of the orders' facts, and those are what counting anew would give."""

from dom_project.lib import db
from inventory.invariants import LIMIT, Broken

from . import facts

SUMS = """
SELECT 'I9' AS invariant, concat_ws(' ', 'daily fact', day, node, channel, name, currency) AS what,
  'count ' || sum(count) || ' and amount ' || sum(amount) || ' beyond the sum of the orders'' facts' AS told
FROM (SELECT day, node, channel, name, currency, count, amount FROM kpis_dailyfact
      UNION ALL SELECT day, node, channel, name, currency, -sum(count), -sum(amount) FROM kpis_orderfact
      GROUP BY 1, 2, 3, 4, 5) f
GROUP BY day, node, channel, name, currency HAVING sum(count) <> 0 OR sum(amount) <> 0
ORDER BY 2 LIMIT %(limit)s"""

# Orders whose last event the roll-up has not read yet are not wrong, only young.
RECOUNT = f"""
WITH settled AS (
  SELECT o.id FROM routing_order o WHERE NOT EXISTS (
    SELECT FROM routing_orderevent e WHERE e.order_id = o.id AND e.seq = o.event_seq
      AND e.id > (SELECT coalesce(max(position), 0) FROM kpis_cursor WHERE name = 'order-events')))
SELECT 'I9' AS invariant, concat_ws(' ', 'fact of order', order_id, day, node, channel, name, currency) AS what,
  'count ' || sum(count) || ' and amount ' || sum(amount) || ' beyond what counting anew gives' AS told
FROM (SELECT {facts.COLUMNS} FROM kpis_orderfact WHERE order_id IN (SELECT id FROM settled)
      UNION ALL SELECT order_id, day, node, channel, name, -count, -amount, currency
      FROM ({facts.EVERY_FACT}) f({facts.COLUMNS}) WHERE order_id IN (SELECT id FROM settled)) d
GROUP BY order_id, day, node, channel, name, currency HAVING sum(count) <> 0 OR sum(amount) <> 0
ORDER BY 2 LIMIT %(limit)s"""


def broken_rows() -> list[Broken]:
    """Facts that are not what they should be, at most 100 of each question, all read at one instant."""
    with db.read_only_snapshot():
        orders = [order for (order,) in db.rows("SELECT id FROM routing_order")]
        asked = {"orders": orders, "limit": LIMIT}
        return [row for sql in (SUMS, RECOUNT) for row in db.rows_as(Broken, sql, asked)]
