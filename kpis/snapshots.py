"""Facts kept up to date, a few seconds behind the orders, and counted anew when somebody asks.

An order that changed is counted again whole: its old facts go, its new ones come, and the daily sums move by the
difference. Rebuilding is the same statement over all orders, so both ways end in the same rows.
"""

from datetime import datetime, timedelta

from django.db import transaction

from dom_project.lib import db

from . import facts
from .models import Cursor

EVENTS = "order-events"
SILENCE = "silence"
BATCH = 20_000
# Ids are handed out before the commit: one that is missing may still come. After this long nobody can be writing it.
GAP_SECONDS = 120

RECOUNT = f"""
WITH gone AS (
  DELETE FROM kpis_orderfact WHERE order_id = ANY(%(orders)s::bigint[]) RETURNING {facts.COLUMNS}
), come AS (
  INSERT INTO kpis_orderfact ({facts.COLUMNS}) {facts.EVERY_FACT} RETURNING {facts.COLUMNS}
), moved AS (
  SELECT day, node, channel, name, currency, sum(count) AS count, sum(amount) AS amount FROM (
    SELECT day, node, channel, name, currency, -count AS count, -amount AS amount FROM gone
    UNION ALL SELECT day, node, channel, name, currency, count, amount FROM come) d
  GROUP BY 1, 2, 3, 4, 5 HAVING sum(count) <> 0 OR sum(amount) <> 0
)
INSERT INTO kpis_dailyfact AS f (day, node, channel, name, currency, count, amount)
SELECT * FROM moved ORDER BY 1, 2, 3, 4, 5
ON CONFLICT (day, node, channel, name, currency)
DO UPDATE SET count = f.count + EXCLUDED.count, amount = f.amount + EXCLUDED.amount
RETURNING CASE WHEN f.count = 0 AND f.amount = 0 THEN f.id END"""

NEW_EVENTS = """
SELECT id, order_id FROM routing_orderevent
WHERE id > %(position)s OR id = ANY(%(gaps)s::bigint[]) ORDER BY id LIMIT %(batch)s"""

MISSING = """
SELECT i FROM generate_series(greatest(%(newest)s::bigint - %(batch)s, 1), %(newest)s::bigint) i
WHERE NOT EXISTS (SELECT FROM routing_orderevent e WHERE e.id = i)"""


@transaction.atomic
def roll_up(*, at: datetime) -> int:
    """Count again the orders that had events since the last call. Returns how many orders. One caller at a time."""
    if not db.value("SELECT pg_try_advisory_xact_lock(hashtext('kpis.roll_up'))"):
        return 0
    cursor, _made = Cursor.objects.get_or_create(name=EVENTS)
    gaps = {int(gap): datetime.fromisoformat(since) for gap, since in cursor.state.get("gaps", {}).items()}
    gaps = {gap: since for gap, since in gaps.items() if at - since < timedelta(seconds=GAP_SECONDS)}
    events = db.rows(NEW_EVENTS, {"position": cursor.position, "gaps": list(gaps), "batch": BATCH})
    if events:
        seen = {event for event, _order in events}
        newest = max(max(seen), cursor.position)
        # Before the first read the ids may begin anywhere: a long way back from what is there is far enough.
        first = cursor.position + 1 if cursor.position else max(min(seen) - BATCH, 1)
        gaps |= {missing: at for missing in range(first, newest) if missing not in seen}
        gaps = {gap: since for gap, since in gaps.items() if gap not in seen}
        recount({order for _event, order in events})
        cursor.position = newest
    cursor.state = {"gaps": {str(gap): since.isoformat() for gap, since in gaps.items()}}
    cursor.moved_at = at
    cursor.save()
    return len({order for _event, order in events})


def recount(orders: set[int]) -> None:
    """Count these orders anew. Call inside a transaction that nobody shares."""
    db.execute("SET LOCAL statement_timeout = '120s'; SET LOCAL jit = off")
    empty = [fact for (fact,) in db.rows(RECOUNT, {"orders": sorted(orders)}) if fact]
    if empty:
        db.execute("DELETE FROM kpis_dailyfact WHERE id = ANY(%s)", [empty])


@transaction.atomic
def rebuild(*, at: datetime) -> int:
    """Throw all facts away and count every order anew. Returns the number of orders."""
    db.value("SELECT pg_advisory_xact_lock(hashtext('kpis.roll_up'))")
    newest = db.value("SELECT coalesce(max(id), 0) FROM routing_orderevent")
    # Read before the orders: what commits in between is counted twice rather than never.
    gaps = {str(gap): at.isoformat() for (gap,) in db.rows(MISSING, {"newest": newest, "batch": BATCH})}
    db.execute("DELETE FROM kpis_orderfact")
    db.execute("DELETE FROM kpis_dailyfact")
    orders = [order for (order,) in db.rows("SELECT id FROM routing_order ORDER BY id")]
    for start in range(0, len(orders), BATCH):
        recount(set(orders[start : start + BATCH]))
    state = {"position": newest, "state": {"gaps": gaps}, "moved_at": at}
    Cursor.objects.update_or_create(name=EVENTS, defaults=state)
    return len(orders)


def leave_empty(start: datetime, end: datetime) -> None:
    """Remember that nothing was recorded between two instants; the overview says so for a week."""
    state = {"from": start.isoformat(), "to": end.isoformat()}
    Cursor.objects.update_or_create(name=SILENCE, defaults={"state": state})
