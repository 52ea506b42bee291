"""Sourcing: claim, gather, decide, commit. What loses a race looks again; the third look cannot lose."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, InternalError, NotSupportedError, OperationalError, ProgrammingError

from dom_project.lib import db
from dom_project.lib.api_errors import Refused
from inventory.letters import storable
from routing import demand, exceptions, history, pending
from routing.commit import Committed, commit, drafts_of, grant
from routing.engine.plan import Outcome
from routing.engine.solve import solve
from routing.exceptions import Raised
from routing.facts import Facts
from routing.gather import gather
from routing.history import Kind
from routing.pending import Claim

log = logging.getLogger(__name__)

LAST_LOOK = 2  # looks after which an order may hold up others, so that it can't lose again
HELD_UP = 20  # orders of one last look

LOCK_DAYS = """
SELECT count(*) FROM (
  SELECT FROM inventory_nodeday WHERE ship_date >= %(first)s AND ship_date <= %(last)s AND node_id IN (
    SELECT l.node_id FROM routing_orderline o JOIN inventory_stocklevel l USING (sku_id)
    WHERE o.order_id = ANY(%(order_id)s::bigint[]) AND o.pending > 0)
  ORDER BY node_id, ship_date FOR UPDATE
) locked
"""
# No condition on a changing column: it would be tried on the snapshot, before the lock.
LOCK_LEVELS = """
SELECT count(*) FROM (
  SELECT FROM inventory_stocklevel WHERE sku_id IN (
    SELECT sku_id FROM routing_orderline WHERE order_id = ANY(%(order_id)s::bigint[]) AND pending > 0)
  ORDER BY node_id, sku_id FOR UPDATE
) locked
"""
LOOKED = """
UPDATE routing_orderline SET last_looked_at = %s, first_looked_at = coalesce(first_looked_at, %s)
WHERE order_id = ANY(%s::bigint[]) AND pending > 0
"""
# The database's trouble or the program's, or a worker whose time is up: not an order's.
NOT_OURS = (
    OperationalError,
    InterfaceError,
    ProgrammingError,
    InternalError,
    NotSupportedError,
    SoftTimeLimitExceeded,
)


@dataclass(frozen=True, slots=True)
class Sourced:
    """How many orders a call claimed, and what became of them."""

    claimed: int = 0
    routed: int = 0
    part: int = 0
    none: int = 0
    excepted: int = 0
    refused: int = 0
    lost: int = 0
    failed: int = 0

    def __add__(self, other: "Sourced") -> "Sourced":
        return Sourced(*(getattr(self, part.name) + getattr(other, part.name) for part in fields(self)))


def source_due(*, at: datetime, owner: str, limit: int = 1000) -> Sourced:
    """Route up to `limit` due orders, the most urgent first. Nothing due: all counts are 0.

    Safe to stop anywhere: what is not committed falls due again when its lease runs out. An order that can't be
    gathered or solved becomes an exception and holds up nobody. Raises what the database raises, leases given up.
    """
    claim = pending.claim(limit, owner)
    if not claim.looks:
        return Sourced()
    last = [order_id for order_id, looks in claim.looks.items() if looks >= LAST_LOOK]
    early = claim.part(set(claim.looks) - set(last))
    try:
        done = Sourced(claimed=len(claim.looks)) + look(early, at=at)
        for start in range(0, len(last), HELD_UP):
            done += last_look(claim.part(last[start : start + HELD_UP]), at=at)
    except NOT_OURS:
        _give_up(claim)
        raise
    return done


def look(claim: Claim, *, at: datetime) -> Sourced:
    """Gather, decide and commit; what raises is halved until the one order that does is found."""
    if not claim.looks:
        return Sourced()
    try:
        found = gather(claim.order_ids, at=at, name=name_of(claim))
    except NOT_OURS:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, it must not hold up the others
        return _halved(claim, error, at=at)
    done = Sourced()
    for facts in found:
        part = claim.part([order.id for order in facts.orders])
        try:
            done += counted(commit(part, facts, solve(facts.problem), at=at))
        except NOT_OURS:
            raise
        except Exception as error:  # noqa: BLE001
            done += _halved(part, error, at=at)
    return done + _nothing_to_do(claim, found, at=at)


def last_look(claim: Claim, *, at: datetime) -> Sourced:
    """Lock what could serve these orders, then solve on what it holds: nobody can take it away before the commit."""
    try:
        return _last_look(claim, at=at)
    except NOT_OURS:
        raise
    except Exception as error:  # noqa: BLE001
        if len(claim.looks) == 1:
            return _failed(claim, error, at=at)
        parts = (claim.part([order_id]) for order_id in claim.order_ids)
        return sum((last_look(part, at=at) for part in parts), Sourced())


@db.retry_on_conflict
def _last_look(claim: Claim, *, at: datetime) -> Sourced:
    with db.batch_plans():
        demand.lock_orders(claim.order_ids)
        ours = pending.still_leased(claim)
        held = claim.part(ours)
        if not ours:
            return Sourced(lost=len(claim.looks))
        day = at.date()
        db.execute(
            LOCK_DAYS,
            {"order_id": sorted(ours), "first": day - timedelta(days=1), "last": day + timedelta(days=16)},
        )
        db.execute(LOCK_LEVELS, {"order_id": sorted(ours)})
        found = gather(held.order_ids, at=at, name=name_of(held, last=True))
        done = Sourced(lost=len(claim.looks) - len(ours))
        for facts in found:
            plan = solve(facts.problem)
            done += counted(grant(held, facts, plan, drafts_of(facts, plan, held, at=at), ours, at=at), lost=False)
        return done + _nothing_to_do(held, found, at=at)


def name_of(claim: Claim, *, last: bool = False) -> str:
    """The ref of the claim's problem: fence and first order, which no other look has both."""
    return f"{claim.fence}-{next(iter(claim.looks))}{'-last' if last else ''}"


def counted(committed: Committed, *, lost: bool = True) -> Sourced:
    """The commit's orders as counts."""
    outcomes = list(committed.settled.values())
    return Sourced(
        routed=outcomes.count(Outcome.ALL),
        part=outcomes.count(Outcome.PART),
        none=outcomes.count(Outcome.NONE),
        excepted=len(committed.excepted),
        refused=len(committed.refused),
        lost=len(committed.lost) if lost else 0,
    )


def _nothing_to_do(claim: Claim, found: Sequence[Facts], *, at: datetime) -> Sourced:
    """Rows without a unit to source go: a cancel or a race left nothing of the order."""
    idle = set(claim.looks) - {order.id for facts in found for order in facts.orders}
    if idle:
        _settle_idle(claim.part(idle), at=at)
    return Sourced()


@db.retry_on_conflict
def _settle_idle(claim: Claim, *, at: datetime) -> None:
    with db.batch_plans():
        demand.lock_orders(claim.order_ids)
        pending.settle(done=pending.still_leased(claim))


def _halved(claim: Claim, error: Exception, *, at: datetime) -> Sourced:
    if len(claim.looks) == 1:
        return _failed(claim, error, at=at)
    ids = claim.order_ids
    middle = len(ids) // 2
    return look(claim.part(ids[:middle]), at=at) + look(claim.part(ids[middle:]), at=at)


@db.retry_on_conflict
def _failed(claim: Claim, error: Exception, *, at: datetime) -> Sourced:
    """The one order that raises becomes an exception with what was raised."""
    reason, params = "engine_error", {"error": storable(f"{type(error).__name__}: {error}")[:400]}
    if isinstance(error, Refused):
        reason, params = error.code, error.params
    else:
        log.error("Order %s can't be sourced", claim.order_ids[0], exc_info=error)
    with db.batch_plans():
        demand.lock_orders(claim.order_ids)
        ours = pending.still_leased(claim)
        pending.settle(done=ours)
        db.execute(LOOKED, [at, at, sorted(ours)])
        exceptions.raise_many([Raised(order_id, reason, params) for order_id in ours], at=at)
        events = [(order_id, {"reason": reason, **params}) for order_id in ours]
        history.record(Kind.EXCEPTION, events, actor="engine", at=at)
    return Sourced(failed=len(ours), lost=len(claim.looks) - len(ours))


def _give_up(claim: Claim) -> None:
    try:
        pending.give_up(claim)
    except NOT_OURS as error:
        log.warning("Leases are left to run out: %s", error)
