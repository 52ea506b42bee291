"""What must hold of stock at every moment. Each question returns no row on sound books."""

from dataclasses import dataclass

from dom_project.lib import db

LIMIT = 100  # rows told of each invariant


@dataclass(frozen=True, slots=True)
class Broken:
    """One row that breaks an invariant."""

    invariant: str
    what: str
    told: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.what}: {self.told}"


OVERDRAWN = """
SELECT 'I1' AS invariant, 'level ' || id AS what, 'on hand ' || on_hand || ', allocated ' || allocated
  || ', shortfall ' || shortfall || ', external ' || external || ', safety stock ' || safety_stock AS told
FROM inventory_stocklevel
WHERE least(on_hand, allocated, shortfall, external, safety_stock) < 0
  OR shortfall <> greatest(allocated - on_hand, 0)
ORDER BY id LIMIT %(limit)s"""

NODE_DAYS = """
SELECT 'I1' AS invariant, 'node ' || node_id || ' on ' || ship_date AS what,
  'cap ' || cap || ', taken ' || taken || ', overload ' || overload AS told
FROM inventory_nodeday
WHERE least(cap, taken, overload) < 0 OR overload <> greatest(taken - cap, 0)
ORDER BY node_id, ship_date LIMIT %(limit)s"""

LEDGER = """
SELECT 'I3' AS invariant, 'level ' || id AS what,
  'counters (' || concat_ws(', ', l.on_hand, l.allocated, l.shortfall, l.external) || '), entries ('
  || concat_ws(', ', coalesce(b.on_hand, 0), coalesce(b.allocated, 0), coalesce(b.shortfall, 0),
    coalesce(b.external, 0)) || ')' AS told
FROM inventory_stocklevel l FULL JOIN (
  SELECT level_id AS id, sum(on_hand) AS on_hand, sum(allocated) AS allocated, sum(shortfall) AS shortfall,
    sum(external) AS external FROM inventory_ledgerentry GROUP BY 1) b USING (id)
WHERE (coalesce(l.on_hand, 0), coalesce(l.allocated, 0), coalesce(l.shortfall, 0), coalesce(l.external, 0))
  <> (coalesce(b.on_hand, 0), coalesce(b.allocated, 0), coalesce(b.shortfall, 0), coalesce(b.external, 0))
ORDER BY id LIMIT %(limit)s"""

PUBLISHED = """
SELECT 'I8' AS invariant, 'SKU ' || sku_id AS what,
  'published ' || coalesce(p.atp, 0) || ', recount ' || coalesce(r.atp, 0) AS told
FROM (
  SELECT sku_id, sum(atp) AS atp FROM (
    SELECT sku_id, atp FROM inventory_publishedatp UNION ALL SELECT sku_id, atp FROM inventory_atpmovement) both_parts
  GROUP BY 1) p
FULL JOIN (SELECT sku_id, sum(CASE WHEN shortfall > 0 THEN 0
    ELSE greatest(on_hand - allocated - external - safety_stock, 0) END) AS atp
  FROM inventory_stocklevel GROUP BY 1) r USING (sku_id)
WHERE coalesce(p.atp, 0) <> coalesce(r.atp, 0)
ORDER BY sku_id LIMIT %(limit)s"""


def broken_rows() -> list[Broken]:
    """The rows that break I1 (counters), I3 (level = Σ ledger) or I8 (published ATP = recount), at most 100 of each.

    All are read at one instant, so books that are being written are not mistaken for broken ones.
    """
    with db.read_only_snapshot():
        return [row for sql in (OVERDRAWN, NODE_DAYS, LEDGER, PUBLISHED) for row in _ask(sql)]


def _ask(sql: str) -> list[Broken]:
    return db.rows_as(Broken, sql, {"limit": LIMIT})
