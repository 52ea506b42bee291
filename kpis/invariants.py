"""I9 for kpis: the daily facts are the sums of the orders' facts, and those are what counting anew would give."""

from dataclasses import dataclass

from dom_project.lib import db

from . import facts


@dataclass(frozen=True)
class BrokenRow:
    rule: str
    row: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.row}"


SUMS = """
SELECT 'I9 daily facts = sum of the orders'' facts', concat_ws(' ', day, node, channel, name, currency)
FROM (SELECT day, node, channel, name, currency, count, amount FROM kpis_dailyfact
      UNION ALL SELECT day, node, channel, name, currency, -sum(count), -sum(amount) FROM kpis_orderfact
      GROUP BY 1, 2, 3, 4, 5) f
GROUP BY day, node, channel, name, currency HAVING sum(count) <> 0 OR sum(amount) <> 0"""

# Orders whose last event the roll-up has not read yet are not wrong, only young.
RECOUNT = f"""
WITH settled AS (
  SELECT o.id FROM routing_order o WHERE NOT EXISTS (
    SELECT FROM routing_orderevent e WHERE e.order_id = o.id AND e.seq = o.event_seq
      AND e.id > (SELECT coalesce(max(position), 0) FROM kpis_cursor WHERE name = 'order-events')))
SELECT 'I9 an order''s facts = counted anew', concat_ws(' ', order_id, day, node, channel, name)
FROM (SELECT {facts.COLUMNS} FROM kpis_orderfact WHERE order_id IN (SELECT id FROM settled)
      UNION ALL SELECT order_id, day, node, channel, name, -count, -amount, currency
      FROM ({facts.EVERY_FACT}) f({facts.COLUMNS}) WHERE order_id IN (SELECT id FROM settled)) d
GROUP BY order_id, day, node, channel, name, currency HAVING sum(count) <> 0 OR sum(amount) <> 0"""


def broken_rows() -> list[BrokenRow]:
    """Facts that are not what they should be; [] is the only good answer."""
    orders = [order for (order,) in db.rows("SELECT id FROM routing_order")]
    found = db.rows(SUMS) + db.rows(RECOUNT, {"orders": orders})
    return [BrokenRow(rule, row) for rule, row in found]
