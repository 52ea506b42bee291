"""A source counted less than we have allocated: the least urgent units go elsewhere. A reconcile, not an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from dom_project.lib import db
from dom_project.lib.api_errors import NotFound
from inventory import levels
from inventory.levels import Short
from routing import allocations, demand, history
from routing.history import Kind
from routing.models import ShortfallCase

PATIENCE = timedelta(minutes=10)
LEAST, SHARE = 20, 100  # orders that one run may move: 20, or one in 100 of the open ones

# Undispatched ones first, the latest promise first. Recall is not asked twice for one shortfall.
HOLDERS = """
SELECT a.level_id, a.id, a.order_id, a.quantity, a.dispatched_at IS NOT NULL, a.recall_wanted_at IS NOT NULL,
  a.recall_refused_at
FROM routing_allocation a JOIN routing_order o ON o.id = a.order_id
WHERE a.level_id = ANY(%s::bigint[]) AND a.state = 'open'
ORDER BY a.level_id, a.dispatched_at IS NOT NULL, o.promise_at DESC, a.order_id DESC, a.id DESC
"""
STILL_OURS = """
SELECT id FROM routing_allocation WHERE id = ANY(%s::bigint[]) AND state = 'open' AND dispatched_at IS NULL
"""
STILL_SHORT = "SELECT id, shortfall FROM inventory_stocklevel WHERE id = ANY(%s::bigint[]) AND shortfall > 0"
OPEN_ORDERS = "SELECT count(*) FROM routing_order WHERE state NOT IN ('shipped', 'delivered', 'cancelled')"
RAISE = """
INSERT INTO routing_shortfallcase (params, raised_at) VALUES (jsonb_build_object('levels', %s::int, 'units', %s::int,
  'orders', %s::int, 'most', %s::int), %s) ON CONFLICT DO NOTHING
"""
CLOSE = """
UPDATE routing_shortfallcase SET closed_at = %(at)s, closed_by = %(by)s, verdict = %(verdict)s
WHERE closed_at IS NULL AND (%(case)s::numeric IS NULL OR id = %(case)s) RETURNING id
"""


class Holder(NamedTuple):
    """An open allocation of a short level."""

    level_id: int
    id: int
    order_id: int
    quantity: int
    dispatched: bool
    wanted: bool
    refused_at: datetime | None


@dataclass(frozen=True, slots=True)
class Resolved:
    """Orders whose units are sourced anew, allocations asked back from the floor, orders that wait for a person."""

    moved: int = 0
    recalls: int = 0
    asked: int = 0


def resolve_shortfalls(*, at: datetime) -> Resolved:
    """Source the least urgent units of short levels anew, and ask the floor for those that it has.

    Waits for a second observation or ten minutes unless the floor saw it. Moves at most 1 % of the open orders a
    run, never fewer than 20 when so many need it; where more would have to move at once it moves none of those,
    opens a case and waits for a person. What the floor saw never waits.
    """
    short = [one for one in levels.short() if one.certain or one.seen_again or at - one.since_at >= PATIENCE]
    if not short:
        answer(None, ShortfallCase.Verdict.GONE, at=at, actor="engine")
        return Resolved()
    holders: dict[int, list[Holder]] = {}
    for row in db.rows(HOLDERS, [[one.level_id for one in short]]):
        holders.setdefault(row[0], []).append(Holder(*row))
    go_on, leave = _verdicts()
    sure: list[tuple[Short, list[Holder], list[Holder]]] = []
    doubted: list[tuple[Short, list[Holder], list[Holder]]] = []
    for one in short:
        if leave and one.since_at <= leave and not one.certain:
            continue
        mine, wishes = least_urgent(one, holders.get(one.level_id, []))
        sure_now = one.certain or bool(go_on and one.since_at <= go_on)
        (sure if sure_now else doubted).append((one, mine, wishes))
    orders = {row.order_id for _, mine, _ in doubted for row in mine}
    needed = len(orders | {row.order_id for _, mine, _ in sure for row in mine})
    most = LEAST if needed <= LEAST else max(LEAST, db.value(OPEN_ORDERS) // SHARE)
    asked = 0
    if len(orders) > most:
        units = sum(one.shortfall for one, _, _ in doubted)
        db.execute(RAISE, [len(doubted), units, len(orders), most, at])
        asked, doubted = len(orders), []
    else:
        answer(None, ShortfallCase.Verdict.GONE, at=at, actor="engine")
    recalls = [row for _, _, wishes in sure + doubted for row in wishes]
    moves = _first_orders([row for _, mine, _ in sure + doubted for row in mine], most)
    asked_back = allocations.want_recall([row.id for row in recalls], at=at) if recalls else 0
    return Resolved(_move(moves, at=at), asked_back, asked)


def least_urgent(short: Short, holders: Sequence[Holder]) -> tuple[list[Holder], list[Holder]]:
    """(undispatched allocations to move, dispatched ones to ask back) until the shortfall is covered.

    What was asked back already counts; what the floor refused for this shortfall is not asked again.
    """
    left = short.shortfall - sum(row.quantity for row in holders if row.wanted)
    moves: list[Holder] = []
    wishes: list[Holder] = []
    for row in holders:
        if left <= 0:
            break
        if row.wanted or (row.dispatched and row.refused_at and row.refused_at >= short.since_at):
            continue
        (wishes if row.dispatched else moves).append(row)
        left -= row.quantity
    return moves, wishes


def open_case() -> ShortfallCase | None:
    """The case that waits for a person, None without one."""
    return ShortfallCase.objects.filter(closed_at__isnull=True).first()


def answer(case_id: int | None, verdict: str, *, at: datetime, actor: str) -> int:
    """Close the open case with a person's verdict. Returns how many were closed; raises NotFound for a named one."""
    closed = len(db.rows(CLOSE, {"at": at, "by": actor, "verdict": str(verdict), "case": case_id}))
    if case_id is not None and not closed:
        raise NotFound("unknown_case", {"case": case_id})
    return closed


def _verdicts() -> tuple[datetime | None, datetime | None]:
    """The newest moments at which a person said go on, and leave them."""
    said = ShortfallCase.objects.filter(closed_at__isnull=False).order_by("-id")
    go_on = said.filter(verdict=ShortfallCase.Verdict.GO_ON).values_list("closed_at", flat=True).first()
    leave = said.filter(verdict=ShortfallCase.Verdict.LEAVE).values_list("closed_at", flat=True).first()
    return go_on, leave


def _first_orders(rows: Sequence[Holder], most: int) -> list[Holder]:
    """The rows of the first `most` orders among them."""
    orders: set[int] = set()
    kept = []
    for row in rows:
        if row.order_id not in orders and len(orders) >= most:
            continue
        orders.add(row.order_id)
        kept.append(row)
    return kept


@db.retry_on_conflict
def _move(rows: Sequence[Holder], *, at: datetime) -> int:
    """Release what is still ours of levels that are still short, and source it anew. Returns the orders moved."""
    if not rows:
        return 0
    with transaction.atomic():
        demand.lock_orders({row.order_id for row in rows})
        ours = {allocation_id for (allocation_id,) in db.rows(STILL_OURS, [[row.id for row in rows]])}
        left = dict(db.rows(STILL_SHORT, [[row.level_id for row in rows]]))
        wanted = []
        for row in rows:
            if row.id in ours and left.get(row.level_id, 0) > 0:
                left[row.level_id] -= row.quantity
                wanted.append(row.id)
        freed = allocations.by_order(allocations.release(wanted, to="pending", at=at, actor="engine"))
        events = [
            (order_id, {"reason": "shortfall", "units": sum(row.quantity for row in own)})
            for order_id, own in freed.items()
        ]
        history.record(Kind.RELEASED, events, actor="engine", at=at)
    return len(freed)
