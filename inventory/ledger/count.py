"""Counts: what a source says was there at a moment, and our movements that it can't contain yet."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from dom_project.lib import db
from inventory.models import FeedRun
from inventory.movements import Count, Counted

from .moves import check
from .open_levels import open_levels_many
from .scopes import open_scopes

# A part of a run counts once, so a feed that was killed is simply called again, though stock has moved since.
BEGIN = """
INSERT INTO inventory_feedchunk (run_id, part) VALUES (%(run)s, %(part)s) ON CONFLICT DO NOTHING RETURNING id"""

# The range is said of both tables, or the join reads one of them far past it.
STAGED = """
  SELECT l.id AS level_id, s.on_hand AS quantity, greatest(s.external, 0) AS external, s.observed_at
  FROM inventory_feedstage s JOIN inventory_stocklevel l ON l.node_id = s.node_id AND l.sku_id = s.sku_id
  WHERE s.run_id = %(run)s AND s.node_id = %(node)s AND s.sku_id BETWEEN %(first_sku)s AND %(last_sku)s
    AND l.node_id = %(node)s AND l.sku_id BETWEEN %(first_sku)s AND %(last_sku)s"""

SAID = """
  SELECT DISTINCT ON (level_id) level_id, quantity, greatest(external, 0) AS external, observed_at
  FROM unnest(%(level)s::bigint[], %(quantity)s::int[], %(external)s::int[], %(observed_at)s::timestamptz[])
    WITH ORDINALITY AS u(level_id, quantity, external, observed_at, place) ORDER BY level_id, place DESC"""

MISSING = """
SELECT s.node_id, s.sku_id FROM inventory_feedstage s
WHERE s.run_id = %(run)s AND s.node_id = %(node)s AND s.sku_id BETWEEN %(first_sku)s AND %(last_sku)s
  AND NOT EXISTS (SELECT FROM inventory_stocklevel l WHERE l.node_id = s.node_id AND l.sku_id = s.sku_id)"""

# Only what differs or has something to weigh. What is left out stays right whoever moves it meanwhile: an own movement
# changes on_hand and its waiting row alike. By array, and below by level: what waits is emptied so often that its
# statistics may call it empty, and a join would then read it once per row.
LOCK = """
WITH said AS MATERIALIZED ({said})
SELECT id FROM inventory_stocklevel WHERE id IN (
  SELECT l.id FROM said s JOIN inventory_stocklevel l ON l.id = s.level_id
  WHERE l.on_hand <> s.quantity OR l.external <> s.external OR s.observed_at IS NOT NULL OR NOT %(complete)s
  UNION ALL SELECT level_id FROM inventory_ownmovement WHERE level_id = ANY(ARRAY(SELECT level_id FROM said))
  UNION ALL SELECT level_id FROM inventory_floorevidence WHERE level_id = ANY(ARRAY(SELECT level_id FROM said))
  UNION ALL SELECT level_id FROM inventory_dataissue
    WHERE level_id = ANY(ARRAY(SELECT level_id FROM said)) AND closed_at IS NULL
) ORDER BY node_id, sku_id FOR UPDATE"""

# `unbooked` of our movements may be in the figure without our knowing: as long as that alone explains it, it is no
# change of the source's mind. A figure from before the floor's look, whatever it says, is what the look overruled.
COUNT = """
WITH said AS MATERIALIZED ({said}), stated AS MATERIALIZED (
  SELECT l.id, l.sku_id, l.on_hand, l.external AS reserved, s.quantity, s.external,
    coalesce(f.booking, false) AS booking,
    coalesce(s.observed_at, %(moment)s) AS seen_at, s.observed_at IS NOT NULL OR NOT %(complete)s AS alone,
    coalesce(coalesce(s.observed_at, %(moment)s) < greatest(f.observed_at, v.observed_at), false) AS stale,
    e.source_value, e.observed_at AS floor_at
  FROM said s JOIN inventory_stocklevel l ON l.id = s.level_id
  LEFT JOIN inventory_feedscope f ON f.node_id = l.node_id
  LEFT JOIN inventory_levelobservation v ON v.level_id = l.id
  LEFT JOIN inventory_floorevidence e ON e.level_id = l.id
  WHERE l.id = ANY(%(locked)s::bigint[])
), own AS MATERIALIZED (
  SELECT s.id AS level_id, o.id, o.units,
    s.booking AND o.booked_at IS NULL AND o.happened_at <= s.seen_at AS unbooked,
    coalesce(CASE WHEN s.booking THEN o.booked_at ELSE o.happened_at END <= s.seen_at, false) AS contained
  FROM stated s CROSS JOIN LATERAL (SELECT * FROM inventory_ownmovement WHERE level_id = s.id OFFSET 0) o
  WHERE NOT s.stale
), ours AS (
  SELECT level_id, coalesce(sum(units) FILTER (WHERE contained), 0) AS contained,
    coalesce(sum(units) FILTER (WHERE NOT contained), 0) AS waiting,
    coalesce(sum(units) FILTER (WHERE unbooked), 0) AS unbooked
  FROM own GROUP BY 1
), weighed AS (
  SELECT s.*, greatest(s.quantity, 0) + coalesce(o.waiting, 0) AS figure,
    s.source_value + coalesce(o.contained, 0) AS overruled, coalesce(o.unbooked, 0) AS unbooked
  FROM stated s LEFT JOIN ours o ON o.level_id = s.id
), judged AS MATERIALIZED (
  SELECT *, NOT stale AND (floor_at IS NULL
    OR seen_at > floor_at AND quantity <> overruled AND quantity <> overruled + unbooked) AS believed FROM weighed
), aim AS (
  SELECT id, CASE WHEN believed THEN greatest(figure, 0) ELSE on_hand END AS on_hand,
    CASE WHEN stale THEN reserved ELSE external END AS external FROM judged
), moved AS (
  UPDATE inventory_stocklevel l SET on_hand = a.on_hand, external = a.external,
    shortfall = greatest(l.allocated - a.on_hand, 0)
  FROM aim a WHERE l.id = a.id AND (l.on_hand <> a.on_hand OR l.external <> a.external)
  RETURNING l.id, l.node_id, l.sku_id, new.on_hand - old.on_hand AS on_hand, new.external - old.external AS external,
    new.shortfall - old.shortfall AS shortfall, new.atp - old.atp AS atp
), entry AS (
  INSERT INTO inventory_ledgerentry (day, chunk_id, level_id, verb, on_hand, external, shortfall, actor, at)
  SELECT %(day)s, %(chunk)s, id, 'count', on_hand, external, shortfall, %(actor)s, %(at)s FROM moved
  ORDER BY node_id, sku_id
), told AS (
  INSERT INTO inventory_atpmovement (sku_id, atp)
  SELECT sku_id, sum(atp) FROM moved GROUP BY sku_id HAVING sum(atp) <> 0
), gone AS (
  DELETE FROM inventory_ownmovement WHERE id = ANY(ARRAY(SELECT id FROM own WHERE contained))
), drifted AS (
  UPDATE inventory_floorevidence e SET drifted_at = coalesce(e.drifted_at, %(at)s),
    source_value = CASE WHEN j.quantity = j.overruled + j.unbooked THEN j.overruled ELSE j.quantity END
  FROM judged j WHERE e.level_id = j.id AND NOT j.stale AND NOT j.believed
), fallen AS (
  DELETE FROM inventory_floorevidence e USING judged j WHERE e.level_id = j.id AND j.believed
), stamped AS (
  INSERT INTO inventory_levelobservation AS v (level_id, observed_at, physical)
  SELECT id, seen_at, NOT booking FROM judged WHERE alone AND NOT stale
  ON CONFLICT (level_id) DO UPDATE SET observed_at = EXCLUDED.observed_at, physical = EXCLUDED.physical
), issue AS (
  INSERT INTO inventory_dataissue AS i (level_id, kind, raw, at)
  SELECT id, CASE WHEN quantity < 0 THEN 'negative_count' ELSE 'below_own_movements' END,
    CASE WHEN quantity < 0 THEN quantity ELSE figure END, %(at)s
  FROM judged WHERE believed AND least(quantity, figure) < 0
  ON CONFLICT (level_id, kind) WHERE closed_at IS NULL DO UPDATE SET raw = EXCLUDED.raw
), closed AS (
  UPDATE inventory_dataissue i SET closed_at = %(at)s FROM judged j
  WHERE i.level_id = j.id AND i.closed_at IS NULL AND j.believed
    AND (i.kind = 'negative_count' AND j.quantity >= 0 OR i.kind = 'below_own_movements' AND j.figure >= 0)
)
SELECT (SELECT count(*) FROM moved), count(*) FILTER (WHERE stale), count(*) FILTER (WHERE NOT stale AND NOT believed)
FROM judged"""


def count_chunk(
    run: FeedRun, part: int, *, node_id: int, first_sku: int, last_sku: int, at: datetime, actor: str = ""
) -> Counted:
    """Count the staged rows of a run for one node's SKUs of that range, both ends included.

    Levels that it names for the first time are opened. The same part of a run counts once.
    """
    params = {"run": run.pk, "node": node_id, "first_sku": first_sku, "last_sku": last_sku}
    with transaction.atomic():
        chunk = _begin(run, part)
        if chunk is None:
            return Counted()
        open_levels_many(db.rows(MISSING, params))
        return _count(STAGED, params, run, chunk, at=at, actor=actor)


def count_levels(counts: Sequence[Count], *, run: FeedRun, part: int, at: datetime, actor: str = "") -> Counted:
    """Count single levels. The last of several counts of one level wins; the same part of a run counts once.

    A count without a moment of its own is of the run's moment.
    """
    check((count.quantity for count in counts), "quantity")
    check((count.external for count in counts), "external")
    with transaction.atomic():
        chunk = _begin(run, part)
        if chunk is None or not counts:
            return Counted()
        if run.connection_id is None:
            since = min(count.observed_at or run.observed_at or at for count in counts)
            open_scopes([count.level_id for count in counts], since=since)
        params = {
            "level": [count.level_id for count in counts],
            "quantity": [count.quantity for count in counts],
            "external": [count.external for count in counts],
            "observed_at": [count.observed_at for count in counts],
        }
        return _count(SAID, params, run, chunk, at=at, actor=actor)


def _begin(run: FeedRun, part: int) -> int | None:
    chunk: int | None = db.value(BEGIN, {"run": run.pk, "part": part})
    return chunk


def _count(said: str, params: dict[str, Any], run: FeedRun, chunk: int, *, at: datetime, actor: str) -> Counted:
    moment = run.observed_at or at
    params = params | {"complete": run.kind == FeedRun.Kind.SNAPSHOT, "moment": moment, "chunk": chunk, "at": at}
    params |= {"day": at.date(), "actor": actor or (f"feed:{run.connection.ref}" if run.connection else "feed")}
    locked = [level_id for (level_id,) in db.rows(LOCK.format(said=said), params)]
    if not locked:
        return Counted()
    return Counted(*db.rows(COUNT.format(said=said), params | {"locked": locked})[0])
