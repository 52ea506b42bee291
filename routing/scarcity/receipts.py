"""Goods that came after a run: the prices of what came say nothing any more."""

from datetime import datetime

from django.db import transaction

from dom_project.lib import db
from routing.models import ScarcityRun
from routing.scarcity.past import RECEIPT

OVERLAP = 5_000  # entries looked at again: one may be written after another that has a higher number
NEWEST = "SELECT coalesce(max(id), 0) FROM inventory_ledgerentry"
# What we booked in is the supply that the SKU waited for; a figure that rose tells of its own shelf alone.
CLEAR = f"""
UPDATE routing_scarcityprice p SET cleared_at = %(at)s FROM (
  SELECT DISTINCT l.sku_id, CASE WHEN e.verb = 'receive' THEN NULL ELSE l.node_id END AS node_id
  FROM inventory_ledgerentry e JOIN inventory_stocklevel l ON l.id = e.level_id
  WHERE e.id > %(after)s AND e.at > %(learned_at)s AND {RECEIPT}
) came
WHERE p.run_id = %(run)s AND p.sku_id = came.sku_id AND (came.node_id IS NULL OR p.node_id = came.node_id)
  AND p.cleared_at IS NULL
"""


@transaction.atomic
def clear(*, at: datetime) -> int:
    """Clear the newest run's prices of what came since. Returns how many; repeating it changes nothing."""
    run = ScarcityRun.objects.filter(state=ScarcityRun.State.DONE).order_by("-id").select_for_update().first()
    if run is None:
        return 0
    newest = int(db.value(NEWEST))
    asked = {"at": at, "after": run.entry_id - OVERLAP, "learned_at": run.at, "run": run.pk}
    cleared = db.execute(CLEAR, asked)
    if cleared or newest > run.entry_id:
        run.entry_id, run.cleared = max(newest, run.entry_id), run.cleared + cleared
        run.save(update_fields=["entry_id", "cleared"])
    return cleared
