"""Orders as they come in, by the hour and by the day, and how many parcels left. Read afresh every time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dom_project.lib import db
from routing import replanned

HOURS = 48

# An order is accepted after it was placed: the indexed moment bounds what is read.
BY_HOUR = """
SELECT date_trunc('hour', placed_at), count(*) FILTER (WHERE method = 'ship'),
       count(*) FILTER (WHERE method = 'pickup')
FROM routing_order WHERE accepted_at >= %(start)s AND placed_at >= %(start)s GROUP BY 1"""
# What was cancelled has closed too, but never left.
LATELY = f"""
SELECT count(*) FILTER (WHERE accepted_at > %(day)s), count(*) FILTER (WHERE accepted_at <= %(at)s - interval '1 day'),
       (SELECT count(*) FROM inventory_node n JOIN fulfillment_shipment s ON s.node_id = n.id
        WHERE s.closed_at > %(at)s - interval '1 hour' AND s.shipped_at > %(at)s - interval '1 hour'),
       ({replanned.KEPT})
FROM routing_order WHERE accepted_at > %(day)s - interval '1 day'"""


@dataclass(frozen=True)
class Hour:
    """What customers ordered in one hour."""

    at: datetime
    ship: int
    pickup: int


def by_hour(*, at: datetime) -> list[Hour]:
    """The last 48 hours by when the customer ordered, the running one last; an hour without orders too."""
    start = at.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    counted = {hour: counts for hour, *counts in db.rows(BY_HOUR, {"start": start})}
    hours = [start + timedelta(hours=place) for place in range(HOURS)]
    return [Hour(hour, *counted.get(hour, (0, 0))) for hour in hours]


@dataclass(frozen=True)
class Lately:
    """Orders accepted in the last 24 hours and in those before; parcels taken and pickups handed over in the hour.

    `kept`: orders in hand for a later day.
    """

    orders: int
    orders_before: int
    left: int
    kept: int = 0


def lately(*, at: datetime) -> Lately:
    """The counts up to this moment. One query."""
    [counts] = db.rows(LATELY, {"at": at, "day": at - timedelta(days=1)})
    return Lately(*counts)
