from collections.abc import Sequence
from datetime import datetime

from inventory.movements import Wanted

from .moves import LOCK, check, run_batch

# An order that could not be served even alone must not hold up those behind it. An order refused because others came
# first still counts for those behind it: the careful side, they are looked at again.
ALLOCATE = """
WITH wanted AS MATERIALIZED (
  SELECT w.* FROM (
    SELECT DISTINCT ON (day, key) * FROM unnest(%(day)s::date[], %(key)s::text[], %(order)s::bigint[],
      %(level)s::bigint[], %(quantity)s::int[]) WITH ORDINALITY AS u(day, key, order_id, level_id, quantity, place)
    ORDER BY day, key, place) w
  WHERE NOT EXISTS (SELECT FROM inventory_ledgerentry e WHERE e.day = w.day AND e.key = w.key)
), level AS MATERIALIZED (
  SELECT id AS level_id, atp, CASE WHEN shortfall > 0 THEN 0 WHEN %(into_safety)s
    THEN greatest(on_hand - allocated - external, 0) ELSE atp END AS free
  FROM inventory_stocklevel WHERE id IN (SELECT level_id FROM wanted)
), asked AS MATERIALIZED (
  SELECT w.*, l.atp, coalesce(l.free, 0) AS free, sum(w.quantity) OVER (PARTITION BY w.order_id, w.level_id) AS own
  FROM wanted w LEFT JOIN level l USING (level_id)
), possible AS (
  SELECT order_id FROM asked GROUP BY order_id HAVING bool_and(own <= free)
), queued AS MATERIALIZED (
  SELECT a.*, sum(a.quantity) OVER (PARTITION BY a.level_id ORDER BY a.place) AS running
  FROM asked a JOIN possible USING (order_id)
), granted AS MATERIALIZED (
  SELECT order_id FROM queued GROUP BY order_id HAVING bool_and(running <= free)
), line AS MATERIALIZED (
  SELECT q.*, sum(q.quantity) OVER (PARTITION BY q.level_id ORDER BY q.place) AS served
  FROM queued q JOIN granted USING (order_id)
), moved AS (
  UPDATE inventory_stocklevel l SET allocated = l.allocated + d.quantity
  FROM (SELECT level_id, sum(quantity)::int AS quantity FROM line GROUP BY level_id) d WHERE l.id = d.level_id
  RETURNING l.sku_id, new.atp - old.atp AS atp
), entry AS (
  INSERT INTO inventory_ledgerentry (day, key, level_id, verb, allocated, into_safety, actor, at)
  SELECT day, key, level_id, 'allocate', quantity,
    greatest(served - atp, 0) - greatest(served - quantity - atp, 0), %(actor)s, %(at)s FROM line ORDER BY place
), told AS (
  INSERT INTO inventory_atpmovement (sku_id, atp)
  SELECT sku_id, sum(atp) FROM moved GROUP BY sku_id HAVING sum(atp) <> 0
)
SELECT a.order_id, CASE WHEN bool_and(a.own <= a.free) THEN 'behind_others' ELSE 'no_atp' END
FROM asked a WHERE NOT EXISTS (SELECT FROM granted g WHERE g.order_id = a.order_id) GROUP BY a.order_id"""


def allocate_many(
    wanted: Sequence[Wanted], *, at: datetime, actor: str = "engine", into_safety: bool = False
) -> dict[int, str]:
    """Grant units to orders, first come first served in the order of `wanted`, each order whole or not at all.

    Returns the refused orders with the reason: `no_atp` (it could not be served even alone) or `behind_others`.
    A repeated key is granted already. `into_safety` may take the safety stock too; the entry records how much.
    """
    if not wanted:
        return {}
    check((wish.quantity for wish in wanted), "quantity", least=1)
    refused = run_batch(
        LOCK,
        ALLOCATE,
        {
            "day": [wish.day for wish in wanted],
            "key": [wish.key for wish in wanted],
            "order": [wish.order_id for wish in wanted],
            "level": [wish.level_id for wish in wanted],
            "quantity": [wish.quantity for wish in wanted],
            "into_safety": into_safety,
            "actor": actor,
            "at": at,
        },
    )
    return dict(refused)
