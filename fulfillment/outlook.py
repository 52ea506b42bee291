"""Will the promise hold? Judged from the days that parcels arrive on, without any statistics."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from .dossier import Parcel
from .states import ON_THE_FLOOR, State

NEAR = timedelta(hours=3)


class Verdict(StrEnum):
    KEPT = "kept"  # all that was wanted was there in time
    MISSED = "missed"  # it was there, later than promised
    HOLDS = "holds"
    TIGHT = "tight"  # arrives on the promised day itself
    AT_RISK = "at_risk"  # a parcel has missed its cut-off
    NEAR = "near"  # the hour of a pickup is near and its goods are not ready
    LATE = "late"  # planned to arrive after the promise, or the promise has passed
    OPEN = "open"  # units have no place yet
    NONE = "none"  # nothing is wanted any more


class Outlook(NamedTuple):
    """`days` to spare (over, when below 0) between the last arrival and the promise; None when nothing says so."""

    verdict: Verdict
    days: int | None = None
    arrive_date: date | None = None
    parcel: int = 0  # the parcel that decides it, 0 for none


def judge(
    parcels: Sequence[Parcel], *, unplaced: int, state: str, promise_at: datetime, time_zone: str, at: datetime
) -> Outlook:
    """The outlook of an order whose promise is an instant in the customer's own time zone."""
    zone = ZoneInfo(time_zone)
    promised = promise_at.astimezone(zone).date()
    going = [parcel for parcel in parcels if not parcel.gone]
    if state == "cancelled":
        return Outlook(Verdict.NONE)
    if unplaced:
        late = at > promise_at
        return Outlook(
            Verdict.LATE if late else Verdict.OPEN, (promised - at.astimezone(zone).date()).days if late else None
        )
    if not going:
        return Outlook(Verdict.OPEN)

    if all(parcel.state in ARRIVED for parcel in going):
        # Who collects is served once the goods are ready, whenever he comes.
        there = max(p.ready_at or p.delivered_at or p.shipped_at or p.planned_at for p in going)
        last = there.astimezone(zone).date()
        return Outlook(Verdict.KEPT if there <= promise_at else Verdict.MISSED, (promised - last).days, last)
    on_the_way = [parcel for parcel in going if parcel.state not in ARRIVED]
    worst = max(on_the_way, key=lambda parcel: (parcel.arrive_date, parcel.number))
    days = (promised - worst.arrive_date).days
    if days < 0 or at > promise_at:
        over = min(days, (promised - at.astimezone(zone).date()).days)
        return Outlook(Verdict.LATE, over, worst.arrive_date, worst.number)
    stuck = [p for p in on_the_way if not p.left and p.cut_off_at and p.cut_off_at < at and waits_on_floor(p)]
    if stuck:
        return Outlook(Verdict.AT_RISK, days, worst.arrive_date, stuck[0].number)
    collected = next((parcel for parcel in on_the_way if not parcel.service), None)
    if collected and promise_at - at <= NEAR:
        return Outlook(Verdict.NEAR, days, worst.arrive_date, collected.number)
    return Outlook(Verdict.HOLDS if days else Verdict.TIGHT, days, worst.arrive_date, worst.number)


ARRIVED = frozenset({State.READY, State.DELIVERED, State.HANDED_OVER, State.RETURNED})


def waits_on_floor(parcel: Parcel) -> bool:
    """Somebody in the node still has to do something before it can go."""
    return parcel.state in ON_THE_FLOOR or parcel.state == State.PACKED
