"""What receive, adjust, take_back, release and ship share: one batch of movements, in the order in which they came."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from dom_project.lib import db
from dom_project.lib.api_errors import BadInput, Refused
from inventory.models import LedgerEntry
from inventory.movements import Movement

# In (node, SKU) order: two batches that meet must queue, not deadlock.
LOCK = """
SELECT count(*) FROM (
  SELECT FROM inventory_stocklevel WHERE id = ANY(%(level)s::bigint[]) ORDER BY node_id, sku_id FOR UPDATE
) locked"""

# on_hand never falls below zero: `missing` is what the movements up to this one took that was not there (a running
# minimum, as many movements of one level may come at once). Shipped goods have left whatever the count said, so they
# are first adjusted in; what else is missing just did not move. `late`: the figure that the level stands on contains
# the movement already. The floor's look decides before the source's figure, for it is what the level stands on. A key
# that comes again on another day waits as one with the first.
MOVE = """
WITH asked AS MATERIALIZED (
  SELECT DISTINCT ON (day, key) * FROM unnest(%(day)s::date[], %(key)s::text[], %(level)s::bigint[], %(units)s::int[],
    %(allocated)s::int[], %(reason)s::text[], %(booked_at)s::timestamptz[])
    WITH ORDINALITY AS a(day, key, level_id, units, allocated, reason, booked_at, place)
  ORDER BY day, key, place
), wanted AS MATERIALIZED (
  SELECT a.day, a.key, a.level_id, a.units, a.allocated, a.reason, a.place, l.on_hand AS had, l.allocated AS held,
    coalesce(a.booked_at, %(happened_at)s::timestamptz + c.booking_delay_seconds * interval '1 second') AS booked_at,
    f.id IS NOT NULL AS fed, f.booking, e.observed_at AS floor_at,
    greatest(f.observed_at, v.observed_at) AS source_at
  FROM asked a LEFT JOIN inventory_stocklevel l ON l.id = a.level_id
  LEFT JOIN inventory_feedscope f ON f.node_id = l.node_id LEFT JOIN inventory_connection c ON c.id = f.connection_id
  LEFT JOIN inventory_levelobservation v ON v.level_id = a.level_id
  LEFT JOIN inventory_floorevidence e ON e.level_id = a.level_id
  WHERE NOT EXISTS (SELECT FROM inventory_ledgerentry x WHERE x.day = a.day AND x.key = a.key)
), timed AS MATERIALIZED (
  SELECT *, coalesce(CASE WHEN booking THEN booked_at ELSE %(happened_at)s END <= source_at, false) AS contained
  FROM wanted
), run AS (
  SELECT *, had + sum(effect) OVER w AS level_to, held + sum(allocated) OVER w AS held_to
  FROM (SELECT *, CASE WHEN coalesce(%(happened_at)s <= floor_at, contained) THEN 0 ELSE units END AS effect
        FROM timed) t
  WINDOW w AS (PARTITION BY level_id ORDER BY place)
), floored AS (
  SELECT *, greatest(-min(level_to) OVER (PARTITION BY level_id ORDER BY place), 0) AS missing_to FROM run
), steps AS (
  SELECT *, greatest(held_to - level_to - missing_to, 0) AS short_to,
    missing_to - coalesce(lag(missing_to) OVER w, 0) AS missing
  FROM floored WINDOW w AS (PARTITION BY level_id ORDER BY place)
), line AS MATERIALIZED (
  SELECT *, short_to - coalesce(lag(short_to) OVER w, greatest(held - had, 0)) AS shortfall
  FROM steps WINDOW w AS (PARTITION BY level_id ORDER BY place)
), bad AS MATERIALIZED (
  SELECT key, CASE WHEN had IS NULL THEN 'unknown_level' ELSE 'not_allocated' END AS code, level_id, held
  FROM line WHERE had IS NULL OR held_to < 0 ORDER BY place LIMIT 1
), moved AS (
  UPDATE inventory_stocklevel l SET on_hand = l.on_hand + d.on_hand, allocated = l.allocated + d.allocated,
    shortfall = greatest(l.allocated + d.allocated - l.on_hand - d.on_hand, 0)
  FROM (SELECT level_id, sum(effect + missing)::int AS on_hand, sum(allocated)::int AS allocated
        FROM line WHERE NOT EXISTS (SELECT FROM bad) GROUP BY level_id) d
  WHERE l.id = d.level_id RETURNING l.sku_id, new.atp - old.atp AS atp
), told AS (
  INSERT INTO inventory_atpmovement (sku_id, atp)
  SELECT sku_id, sum(atp) FROM moved GROUP BY sku_id HAVING sum(atp) <> 0
), entry AS (
  INSERT INTO inventory_ledgerentry (day, key, level_id, verb, on_hand, allocated, shortfall, reason, actor, at)
  SELECT day, key, level_id, verb, on_hand, allocated, shortfall, reason, %(actor)s, %(at)s FROM (
    SELECT day, key || ':denied' AS key, level_id, 'adjust' AS verb, missing AS on_hand, 0 AS allocated,
      0 AS shortfall, 'denied_by_count' AS reason, place, 0 AS part
    FROM line WHERE missing > 0 AND %(verb)s = 'ship'
    UNION ALL
    SELECT day, key, level_id, %(verb)s, effect + CASE WHEN %(verb)s = 'ship' THEN 0 ELSE missing END, allocated,
      shortfall, reason, place, 1 FROM line
  ) e WHERE NOT EXISTS (SELECT FROM bad) ORDER BY place, part
), issue AS (
  INSERT INTO inventory_dataissue (level_id, kind, raw, at)
  SELECT level_id, %(issue)s, -max(missing_to), %(at)s FROM line
  WHERE missing > 0 AND NOT EXISTS (SELECT FROM bad) GROUP BY level_id
  ON CONFLICT (level_id, kind) WHERE closed_at IS NULL DO UPDATE SET raw = EXCLUDED.raw
), waits AS (
  INSERT INTO inventory_ownmovement AS o (level_id, key, units, happened_at, booked_at)
  SELECT level_id, key, sum(units)::int, %(happened_at)s,
    CASE WHEN bool_and(booked_at IS NOT NULL) THEN max(booked_at) END FROM line
  WHERE fed AND NOT contained AND units <> 0 AND NOT EXISTS (SELECT FROM bad) GROUP BY level_id, key
  ON CONFLICT (level_id, key) DO UPDATE SET units = o.units + EXCLUDED.units,
    happened_at = greatest(o.happened_at, EXCLUDED.happened_at),
    booked_at = CASE WHEN o.booked_at IS NOT NULL AND EXCLUDED.booked_at IS NOT NULL
      THEN greatest(o.booked_at, EXCLUDED.booked_at) END
)
SELECT key, code, level_id, held FROM bad
UNION ALL SELECT key, '', 0, 0 FROM line WHERE NOT EXISTS (SELECT FROM bad)"""

MOST = 10_000_000  # units of one level that are believed
KEY_LENGTH = 112  # what the ledger adds to a key must find room beside it

ISSUES = {LedgerEntry.Verb.SHIP: "shipped_denied", LedgerEntry.Verb.ADJUST: "lost_denied"}


class Step(NamedTuple):
    """One movement with what it does to the level's counters, signed."""

    movement: Movement
    on_hand: int
    allocated: int


def move(
    verb: LedgerEntry.Verb, steps: Sequence[Step], *, at: datetime, actor: str, happened_at: datetime | None
) -> frozenset[str]:
    """Return the keys that moved now. A repeated key moves nothing.

    Refuses the whole batch if a level is unknown or a movement takes more than is allocated.
    """
    if not steps:
        return frozenset()
    for row, step in enumerate(steps):
        if len(step.movement.key) > KEY_LENGTH:
            raise BadInput("too_long", {"value": step.movement.key, "to": KEY_LENGTH}, field="key", row=row)
    found = run_batch(LOCK, MOVE, columns(steps) | {
        "verb": verb.value,
        "issue": ISSUES.get(verb, ""),
        "at": at,
        "happened_at": happened_at or at,
        "actor": actor,
    })  # fmt: skip
    for key, code, level_id, held in found:
        if code:
            raise Refused(code, {"key": key, "level": level_id, "allocated": held})
    return frozenset(key for key, *_ in found)


def lock_many(level_ids: Collection[int]) -> None:
    """Lock these levels until the transaction ends, for who gives some units back and takes others."""
    if level_ids:
        db.rows(LOCK, {"level": sorted(set(level_ids))})


def run_batch(lock: str, decide: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Lock, then decide, in one round trip and one transaction: the caller's if there is one."""
    with transaction.atomic(savepoint=False), db.pipeline() as raw:
        raw.execute(lock, params)
        answer = raw.execute(decide, params)
        return list(answer.fetchall())


def columns(steps: Sequence[Step]) -> dict[str, Any]:
    return {
        "day": [step.movement.day for step in steps],
        "key": [step.movement.key for step in steps],
        "level": [step.movement.level_id for step in steps],
        "units": [step.on_hand for step in steps],
        "allocated": [step.allocated for step in steps],
        "reason": [step.movement.reason for step in steps],
        "booked_at": [step.movement.booked_at for step in steps],
    }


def positive(movements: Sequence[Movement]) -> Sequence[Movement]:
    """The movements, each of which must have units above zero."""
    check((movement.units for movement in movements), "units", least=1)
    return movements


def check(values: Iterable[int], field: str, *, least: int = -MOST) -> None:
    """Refuse the batch if one of its values is below `least` or above what a level can hold."""
    for row, value in enumerate(values):
        if not least <= value <= MOST:
            code = "not_positive" if value < least == 1 else "out_of_range"
            raise BadInput(code, {"value": value, "from": least, "to": MOST}, field=field, row=row)
