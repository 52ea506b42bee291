from collections.abc import Sequence

from django.db import transaction

from dom_project.lib import db

from .safety import RULE, RULES

# A movement of 0 makes the publisher write the SKU's row.
OPEN = f"""
WITH {RULES}, pair AS MATERIALIZED (
  SELECT DISTINCT p.node_id, p.sku_id FROM unnest(%(node)s::bigint[], %(sku)s::bigint[]) AS p(node_id, sku_id)
  WHERE NOT EXISTS (SELECT FROM inventory_stocklevel l WHERE l.node_id = p.node_id AND l.sku_id = p.sku_id)
), opened AS (
  INSERT INTO inventory_stocklevel (node_id, sku_id, safety_stock, safety_rule_id)
  SELECT l.node_id, l.sku_id, coalesce(r.units, 0), r.id
  FROM pair l LEFT JOIN LATERAL ({RULE}) r ON true ORDER BY l.node_id, l.sku_id
  ON CONFLICT DO NOTHING RETURNING sku_id
)
INSERT INTO inventory_atpmovement (sku_id, atp) SELECT DISTINCT sku_id, 0 FROM opened"""

IDS = """
SELECT l.node_id, l.sku_id, l.id FROM unnest(%(node)s::bigint[], %(sku)s::bigint[]) AS p(node_id, sku_id)
JOIN inventory_stocklevel l USING (node_id, sku_id)"""


def open_levels_many(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Return the level's id of each (node, SKU); missing levels are made with nothing in them. Writes no entry."""
    if not pairs:
        return {}
    params = {"node": [node_id for node_id, _ in pairs], "sku": [sku_id for _, sku_id in pairs]}
    with transaction.atomic(savepoint=False):
        db.execute(OPEN, params)
        return {(node_id, sku_id): level_id for node_id, sku_id, level_id in db.rows(IDS, params)}
