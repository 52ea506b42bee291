"""Goods that came after a run: the prices of their SKU say nothing any more."""

from datetime import datetime

from django.db import transaction

from dom_project.lib import db
from routing.models import ScarcityPrice, ScarcityRun
from routing.scarcity.past import RECEIPT

OVERLAP = 5_000  # entries looked at again: one may be written after another that has a higher number
CAME = f"""
SELECT max(e.id), coalesce(array_agg(DISTINCT l.sku_id) FILTER (WHERE {RECEIPT} AND e.at > %(at)s), '{{}}')
FROM inventory_ledgerentry e JOIN inventory_stocklevel l ON l.id = e.level_id WHERE e.id > %(after)s
"""


@transaction.atomic
def clear(*, at: datetime) -> int:
    """Clear the prices of SKUs that came since the newest run. Returns how many; repeating it changes nothing."""
    run = ScarcityRun.objects.filter(state=ScarcityRun.State.DONE).order_by("-id").select_for_update().first()
    if run is None:
        return 0
    entry_id, skus = db.rows(CAME, {"after": run.entry_id - OVERLAP, "at": run.at})[0]
    priced = ScarcityPrice.objects.filter(run=run, sku_id__in=skus, cleared_at=None)
    cleared = priced.values("sku_id").distinct().count() if skus else 0
    if cleared:
        priced.update(cleared_at=at)
        run.cleared += cleared
    if entry_id and entry_id > run.entry_id:
        run.entry_id = entry_id
    run.save(update_fields=["cleared", "entry_id"])
    return cleared
