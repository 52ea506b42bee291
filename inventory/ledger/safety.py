from collections.abc import Sequence

from django.db import transaction

from dom_project.lib import db

# SKU over category over any, then node over group over any, then the newest.
RESOLVED = """
  SELECT DISTINCT ON (p.node_id, p.sku_id) p.node_id, p.sku_id, r.id AS rule_id, r.units
  FROM {levels} p JOIN inventory_sku s ON s.id = p.sku_id JOIN inventory_node n ON n.id = p.node_id
  JOIN inventory_safetyrule r ON r.active
    AND coalesce(r.sku_id = p.sku_id, r.category_id = s.category_id OR r.category_id IS NULL)
    AND coalesce(r.node_id = p.node_id, r.group_id = n.group_id OR r.group_id IS NULL)
  ORDER BY p.node_id, p.sku_id, r.sku_id IS NULL, r.category_id IS NULL, r.node_id IS NULL, r.group_id IS NULL,
    r.created_at DESC, r.id DESC"""

CHANGED = f"""
WITH scope AS MATERIALIZED (
  SELECT id, node_id, sku_id, safety_stock, safety_rule_id FROM inventory_stocklevel
  WHERE (%(sku)s::bigint[] IS NULL OR sku_id = ANY(%(sku)s))
    AND (%(node)s::bigint[] IS NULL OR node_id = ANY(%(node)s))
), resolved AS ({RESOLVED.format(levels="scope")})
SELECT l.id FROM scope l LEFT JOIN resolved r USING (node_id, sku_id)
WHERE l.safety_stock <> coalesce(r.units, 0) OR l.safety_rule_id IS DISTINCT FROM r.rule_id"""

LOCK = """
SELECT count(*) FROM (
  SELECT FROM inventory_stocklevel WHERE id = ANY(%(level)s::bigint[]) ORDER BY node_id, sku_id FOR UPDATE
) locked"""

SET = f"""
WITH scope AS MATERIALIZED (
  SELECT id, node_id, sku_id FROM inventory_stocklevel WHERE id = ANY(%(level)s::bigint[])
), resolved AS ({RESOLVED.format(levels="scope")}), moved AS (
  UPDATE inventory_stocklevel l SET safety_stock = coalesce(r.units, 0), safety_rule_id = r.rule_id
  FROM scope s LEFT JOIN resolved r USING (node_id, sku_id) WHERE l.id = s.id
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
