"""What planning anew has brought, to look at: runs, savings, what is in hand now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from dom_project.lib import db
from routing import in_hand
from routing.models import Reoptimisation

DAY = timedelta(days=1)

KEPT = f"""
SELECT count(DISTINCT a.order_id) FROM routing_allocation a JOIN routing_order o ON o.id = a.order_id
WHERE a.state = 'open' AND a.dispatched_at IS NULL AND o.held_reason = '' AND NOT ({in_hand.due("%(at)s")})
"""
SAVED = """
SELECT currency, sum(saved)::bigint AS amount, sum(moved)::int AS moves FROM routing_reoptimisation
WHERE at > %(since)s AND moved > 0 GROUP BY currency ORDER BY currency
"""


@dataclass(frozen=True, slots=True)
class Saved:
    """What the moves of one currency saved together, in its minor units."""

    currency: str
    amount: int
    moves: int


def kept(*, at: datetime) -> int:
    """Orders of which something is in hand at this moment: planned, for a later day."""
    return int(db.value(KEPT, {"at": at}))


def saved(*, at: datetime, within: timedelta = DAY) -> list[Saved]:
    """What was saved lately, by currency; [] when nothing was moved."""
    return [Saved(*row) for row in db.rows(SAVED, {"since": at - within})]


def runs(limit: int) -> Sequence[Reoptimisation]:
    """The newest runs that moved something or wanted to, and the last one whatever it did."""
    newest = Reoptimisation.objects.order_by("-at", "-id")
    last = newest.values_list("id", flat=True)[:1]
    return list(newest.filter(Q(moved__gt=0) | Q(refused__gt=0) | Q(id__in=list(last)))[:limit])


def stayed(run: Reoptimisation) -> Mapping[str, int]:
    """Why orders of a run stayed where they were, the commonest first."""
    return dict(sorted(run.stayed.items(), key=lambda row: (-row[1], row[0])))
