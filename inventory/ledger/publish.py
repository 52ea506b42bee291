from datetime import datetime

from django.db import transaction

from dom_project.lib import db

# Any number of publishers may run: each folds rows that nobody else holds. By array: a queue that was last
# analysed when it was empty would be joined row by row.
FOLD = """
WITH taken AS (
  DELETE FROM inventory_atpmovement
  WHERE id = ANY(ARRAY(SELECT id FROM inventory_atpmovement ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
  RETURNING sku_id, atp
), folded AS (
  INSERT INTO inventory_publishedatp AS p (sku_id, atp, raised_at, at)
  SELECT sku_id, sum(atp), CASE WHEN bool_or(atp > 0) THEN %(at)s::timestamptz END, %(at)s
  FROM taken GROUP BY sku_id ORDER BY sku_id
  ON CONFLICT (sku_id) DO UPDATE SET atp = p.atp + EXCLUDED.atp, at = EXCLUDED.at,
    raised_at = coalesce(EXCLUDED.raised_at, p.raised_at) RETURNING sku_id
)
SELECT (SELECT count(*) FROM taken), (SELECT count(*) FROM folded)"""

LIMIT = 20_000


def publish_atp(*, at: datetime, limit: int = LIMIT) -> int:
    """Fold the movements that wait into the published figures. Returns how many figures were written.

    A SKU of which stock came anywhere gets `raised_at`, even if as much went elsewhere: what waits for it looks again.
    """
    figures = 0
    while True:
        with transaction.atomic():
            ((taken, folded),) = db.rows(FOLD, {"limit": limit, "at": at})
        figures += folded
        if taken < limit:
            return figures
