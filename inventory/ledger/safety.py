from collections.abc import Sequence

from django.db import transaction

from dom_project.lib import db

# SKU over category over any, then node over group over any, then the newest.
RULES = """rule AS MATERIALIZED (
  SELECT id, units, sku_id, category_id, node_id, group_id, row_number() OVER (
    ORDER BY sku_id IS NULL, category_id IS NULL, node_id IS NULL, group_id IS NULL, created_at DESC, id DESC
  ) AS place FROM inventory_safetyrule WHERE active ORDER BY place)"""
# Asked level by level: tables that autovacuum last saw empty have statistics that lie, and a join of thousands would
# be planned for one row.
RULE = """
  SELECT r.id, r.units FROM rule r
  WHERE coalesce(r.sku_id = l.sku_id, r.category_id IS NULL
      OR r.category_id = (SELECT s.category_id FROM inventory_sku s WHERE s.id = l.sku_id))
    AND coalesce(r.node_id = l.node_id, r.group_id IS NULL
      OR r.group_id = (SELECT n.group_id FROM inventory_node n WHERE n.id = l.node_id))
  ORDER BY r.place LIMIT 1"""

CHANGED = f"""
WITH {RULES}
SELECT l.id FROM inventory_stocklevel l LEFT JOIN LATERAL ({RULE}) r ON true
WHERE (%(sku)s::bigint[] IS NULL OR l.sku_id = ANY(%(sku)s))
  AND (%(node)s::bigint[] IS NULL OR l.node_id = ANY(%(node)s))
  AND (l.safety_stock <> coalesce(r.units, 0) OR l.safety_rule_id IS DISTINCT FROM r.id)"""

LOCK = """
SELECT count(*) FROM (
  SELECT FROM inventory_stocklevel WHERE id = ANY(%(level)s::bigint[]) ORDER BY node_id, sku_id FOR UPDATE
) locked"""

SET = f"""
WITH {RULES}, moved AS (
  UPDATE inventory_stocklevel l
  SET (safety_stock, safety_rule_id) = (SELECT coalesce(max(r.units), 0), max(r.id) FROM ({RULE}) r)
  WHERE l.id = ANY(%(level)s::bigint[])
  RETURNING l.sku_id, new.atp - old.atp AS atp
), told AS (
  INSERT INTO inventory_atpmovement (sku_id, atp)
  SELECT sku_id, sum(atp) FROM moved GROUP BY sku_id HAVING sum(atp) <> 0
)
SELECT count(*) FROM moved"""


def set_safety_many(*, sku_ids: Sequence[int] | None = None, node_ids: Sequence[int] | None = None) -> int:
    """Resolve the safety rules into the levels of these SKUs and nodes (None: of all). Returns the levels changed."""
    scope = {"sku": None if sku_ids is None else list(sku_ids), "node": None if node_ids is None else list(node_ids)}
    with transaction.atomic(savepoint=False):
        levels = {"level": [level_id for (level_id,) in db.rows(CHANGED, scope)]}
        if not levels["level"]:
            return 0
        db.rows(LOCK, levels)
        return int(db.value(SET, levels))
