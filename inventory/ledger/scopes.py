"""Whose figures a node stands on, and as of when."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from dom_project.lib import db
from inventory.models import FeedRun

# What happened before a system told us its stock for the first time is in its first figures.
ADOPT = """
UPDATE inventory_ownmovement o SET booked_at = o.happened_at
FROM inventory_stocklevel l JOIN inventory_feedscope s ON s.node_id = l.node_id
WHERE o.level_id = l.id AND o.booked_at IS NULL AND s.connection_id IS NULL AND l.node_id = ANY(%(node)s::bigint[])
  AND %(connection)s IS NOT NULL"""

# Newer wins: a node that stands on a newer read, or on another system's, gives no row back.
BEGIN = """
INSERT INTO inventory_feedscope AS s (node_id, connection_id, source_ref, booking, seq, observed_at)
SELECT node_id, %(connection)s, '', %(booking)s, %(seq)s, %(observed_at)s
FROM unnest(%(node)s::bigint[]) AS u(node_id) ORDER BY node_id
ON CONFLICT (node_id) DO UPDATE SET connection_id = EXCLUDED.connection_id, seq = EXCLUDED.seq,
  observed_at = EXCLUDED.observed_at,
  booking = CASE WHEN s.connection_id IS NULL THEN EXCLUDED.booking ELSE s.booking END
WHERE coalesce(s.observed_at <= EXCLUDED.observed_at, true)
  AND (s.connection_id IS NULL OR s.connection_id = EXCLUDED.connection_id AND s.seq <= EXCLUDED.seq)
RETURNING node_id"""

COMPLETE = """
UPDATE inventory_feedscope SET seen_at = %(at)s
WHERE node_id = ANY(%(node)s::bigint[]) AND connection_id IS NOT DISTINCT FROM %(connection)s AND seq = %(seq)s"""
UNSTAGE = "DELETE FROM inventory_feedstage WHERE run_id = %(run)s"

OPEN = """
INSERT INTO inventory_feedscope (node_id, source_ref, booking)
SELECT DISTINCT node_id, '', false FROM inventory_stocklevel l WHERE id = ANY(%(level)s::bigint[])
  AND NOT EXISTS (SELECT FROM inventory_feedscope s WHERE s.node_id = l.node_id)
ORDER BY node_id ON CONFLICT DO NOTHING RETURNING node_id"""

# Until now nothing waited there. Whoever moves now either waits for these locks and finds the scope, or has committed
# an entry that the next statement sees.
LOCK_NODES = """
SELECT count(*) FROM (
  SELECT FROM inventory_stocklevel WHERE node_id = ANY(%(node)s::bigint[]) ORDER BY node_id, sku_id FOR UPDATE
) locked"""
WAIT = """
INSERT INTO inventory_ownmovement (level_id, key, units, happened_at)
SELECT x.level_id, x.key, sum(x.on_hand), max(x.at)
FROM inventory_stocklevel l JOIN inventory_ledgerentry x ON x.level_id = l.id
WHERE l.node_id = ANY(%(node)s::bigint[]) AND x.at > %(since)s AND x.on_hand <> 0 AND x.key IS NOT NULL
  AND x.verb IN ('receive', 'adjust', 'ship', 'take_back') AND x.reason <> 'denied_by_count'
GROUP BY x.level_id, x.key
ON CONFLICT (level_id, key) DO NOTHING"""


def begin_snapshot(run: FeedRun, node_ids: Sequence[int], *, booking: bool = True) -> frozenset[int]:
    """Make a complete read the one that these nodes stand on, once it is staged and weighed and before it is counted.

    Returns the nodes that it may count: not those that stand on a newer read. Its chunks count late rows as stale.
    """
    params = {
        "node": sorted(node_ids),
        "connection": run.connection_id,
        "seq": run.seq,
        "observed_at": run.observed_at,
        "booking": booking and run.connection_id is not None,
    }
    with transaction.atomic():
        db.execute(ADOPT, params)
        return frozenset(node_id for (node_id,) in db.rows(BEGIN, params))


def complete_snapshot(run: FeedRun, node_ids: Sequence[int], *, at: datetime) -> None:
    """Every chunk of it has counted: its nodes were seen now, and the staged rows may go."""
    with transaction.atomic():
        params = {"node": sorted(node_ids), "connection": run.connection_id, "seq": run.seq, "at": at, "run": run.pk}
        db.execute(COMPLETE, params)
        db.execute(UNSTAGE, params)


def open_scopes(level_ids: Sequence[int], *, since: datetime) -> None:
    """Let our movements wait at nodes whose stock nobody has told before, those after `since` included."""
    opened = [node_id for (node_id,) in db.rows(OPEN, {"level": list(level_ids)})]
    if opened:
        db.rows(LOCK_NODES, {"node": opened})
        db.execute(WAIT, {"node": opened, "since": since})
