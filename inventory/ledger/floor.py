"""A look at the shelf: it wins until the source really changes its mind."""

from datetime import date, datetime

from .moves import LOCK, check, run_batch

# Compared with other looks only: an older one changes nothing. The value that it overrules is what the source last
# said: what we hold less our movements that the source does not contain, or its raw figure where that was below zero.
FLOOR = """
WITH level AS MATERIALIZED (
  SELECT l.id, coalesce(e.source_value, i.raw, l.on_hand - coalesce(o.waiting, 0)) AS source_value,
    greatest(%(counted)s + coalesce(o.since, 0), 0) AS figure
  FROM inventory_stocklevel l LEFT JOIN inventory_floorevidence e ON e.level_id = l.id
  LEFT JOIN inventory_feedscope f ON f.node_id = l.node_id LEFT JOIN inventory_levelobservation v ON v.level_id = l.id
  LEFT JOIN inventory_dataissue i ON i.level_id = l.id AND i.kind = 'negative_count' AND i.closed_at IS NULL
  CROSS JOIN LATERAL (
    SELECT sum(units) AS waiting, sum(units) FILTER (WHERE happened_at > %(observed_at)s) AS since
    FROM inventory_ownmovement WHERE level_id = l.id) o
  WHERE l.id = ANY(%(level)s::bigint[]) AND %(observed_at)s >= coalesce(e.observed_at, '-infinity')
    AND (coalesce(f.booking, true)
      OR %(observed_at)s >= coalesce(greatest(f.observed_at, v.observed_at), '-infinity'))
    AND NOT EXISTS (SELECT FROM inventory_ledgerentry x WHERE x.day = %(day)s AND x.key = %(key)s)
), moved AS (
  UPDATE inventory_stocklevel l SET on_hand = v.figure, shortfall = greatest(l.allocated - v.figure, 0)
  FROM level v WHERE l.id = v.id
  RETURNING l.id, l.sku_id, new.on_hand - old.on_hand AS on_hand, new.shortfall - old.shortfall AS shortfall,
    new.atp - old.atp AS atp
), entry AS (
  INSERT INTO inventory_ledgerentry (day, key, level_id, verb, on_hand, shortfall, reason, actor, at)
  SELECT %(day)s, %(key)s, id, 'count', on_hand, shortfall, 'floor', %(actor)s, %(at)s FROM moved
), told AS (
  INSERT INTO inventory_atpmovement (sku_id, atp) SELECT sku_id, atp FROM moved WHERE atp <> 0
)
INSERT INTO inventory_floorevidence AS e (level_id, counted, source_value, observed_at, actor)
SELECT id, %(counted)s, source_value, %(observed_at)s, %(actor)s FROM level
ON CONFLICT (level_id) DO UPDATE SET counted = EXCLUDED.counted, observed_at = EXCLUDED.observed_at,
  actor = EXCLUDED.actor, drifted_at = NULL RETURNING level_id"""


def floor_count(
    level_id: int, counted: int, *, observed_at: datetime, key: str, day: date, actor: str, at: datetime | None = None
) -> bool:
    """Count one level as a person saw it at that moment, plus our movements since. Writes one entry.

    False: it was looked at later than that, or this key has counted already; nothing changed.
    """
    check([counted], "counted", least=0)
    params = {"level": [level_id], "counted": counted, "observed_at": observed_at, "key": key, "day": day}
    return bool(run_batch(LOCK, FLOOR, params | {"actor": actor, "at": at or observed_at}))
