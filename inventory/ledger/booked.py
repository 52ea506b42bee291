from collections.abc import Sequence
from datetime import datetime

from .moves import run_batch

LOCK = """
SELECT count(*) FROM (
  SELECT FROM inventory_stocklevel
  WHERE id IN (SELECT level_id FROM inventory_ownmovement WHERE key = ANY(%(key)s::text[]))
  ORDER BY node_id, sku_id FOR UPDATE
) locked"""

# Booked before the figure that the level stands on was read: since then it was counted twice, which ends here. Not
# where the floor's look stands, nor where a figure below zero hides what is there. By array: the table is emptied so
# often that its statistics may say nothing is in it, and a join would read it once per row.
BOOK = """
WITH own AS MATERIALIZED (
  SELECT o.id, o.level_id, o.key, o.units, o.happened_at, coalesce(f.booking
    AND %(booked_at)s <= greatest(f.observed_at, v.observed_at) AND e.level_id IS NULL AND NOT EXISTS (
      SELECT FROM inventory_dataissue i WHERE i.level_id = l.id AND i.closed_at IS NULL
        AND i.kind IN ('negative_count', 'below_own_movements')), false) AS contained
  FROM inventory_ownmovement o JOIN inventory_stocklevel l ON l.id = o.level_id
  LEFT JOIN inventory_feedscope f ON f.node_id = l.node_id
  LEFT JOIN inventory_levelobservation v ON v.level_id = l.id LEFT JOIN inventory_floorevidence e ON e.level_id = l.id
  WHERE o.key = ANY(%(key)s::text[]) AND o.booked_at IS NULL
), booked AS (
  UPDATE inventory_ownmovement SET booked_at = %(booked_at)s
  WHERE id = ANY(ARRAY(SELECT id FROM own WHERE NOT contained))
), gone AS (
  DELETE FROM inventory_ownmovement WHERE id = ANY(ARRAY(SELECT id FROM own WHERE contained))
), aim AS (
  SELECT l.id, min(o.key) AS key, min(o.happened_at) AS happened_at,
    greatest(l.on_hand - sum(o.units), 0)::int AS on_hand
  FROM own o JOIN inventory_stocklevel l ON l.id = o.level_id WHERE o.contained GROUP BY l.id
), moved AS (
  UPDATE inventory_stocklevel l SET on_hand = a.on_hand, shortfall = greatest(l.allocated - a.on_hand, 0)
  FROM aim a WHERE l.id = a.id AND l.on_hand <> a.on_hand
  RETURNING l.id, l.sku_id, a.key, a.happened_at, new.on_hand - old.on_hand AS on_hand,
    new.shortfall - old.shortfall AS shortfall, new.atp - old.atp AS atp
), entry AS (
  INSERT INTO inventory_ledgerentry (day, key, level_id, verb, on_hand, shortfall, reason, actor, at)
  SELECT (happened_at AT TIME ZONE 'UTC')::date, 'booked:' || key, id, 'count', on_hand, shortfall, 'booked_earlier',
    'engine', %(booked_at)s FROM moved
), told AS (
  INSERT INTO inventory_atpmovement (sku_id, atp)
  SELECT sku_id, sum(atp) FROM moved GROUP BY sku_id HAVING sum(atp) <> 0
)
SELECT count(*) FROM own"""


def mark_booked(keys: Sequence[str], *, booked_at: datetime) -> int:
    """The owning system booked these movements at that moment. Returns how many of them had waited for it."""
    if not keys:
        return 0
    ((found,),) = run_batch(LOCK, BOOK, {"key": list(keys), "booked_at": booked_at})
    return int(found)
