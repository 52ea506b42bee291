"""Work to source as rows: added by whoever makes work, claimed with a lease and a fence, deleted by who did it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from dom_project.lib import bell, db

LEASE_SECONDS = 60
MOST_LINES = 4000  # of one claim; a longer order comes alone
ADD = """
INSERT INTO routing_pending (order_id, priority, promise_at, next_at, since_at)
SELECT id, priority, promise_at, greatest(now(), earliest_release_at), %(at)s FROM routing_order
WHERE id = ANY(%(order_id)s::bigint[]) AND held_reason = '' ORDER BY id
ON CONFLICT (order_id) DO UPDATE SET next_at = excluded.next_at, promise_at = excluded.promise_at,
  priority = excluded.priority, looks = 0, lease_owner = '', lease_until = NULL, fence = 0
"""
# Each worker takes rows that nobody else holds: no leader, no waiting. One clock: the server's. Of long orders it
# takes fewer, so that it has done with them well before the lease runs out. A queue that autovacuum last saw empty has
# statistics that lie: an array, because a join would be planned for one row and take half a minute for a thousand.
CLAIM = """
WITH fence AS MATERIALIZED (SELECT nextval('routing_fence') AS fence),
due AS MATERIALIZED (
  SELECT order_id, priority, promise_at FROM routing_pending
  WHERE next_at <= now() AND (lease_until IS NULL OR lease_until <= now())
  ORDER BY priority, promise_at, order_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), weighed AS MATERIALIZED (
  SELECT order_id, sum(l.lines) OVER (ORDER BY priority, promise_at, order_id) - l.lines AS before FROM due
  CROSS JOIN LATERAL (SELECT count(*) AS lines FROM routing_orderline o WHERE o.order_id = due.order_id) l
), leased AS (
  UPDATE routing_pending p SET lease_owner = %(owner)s, fence = (SELECT fence FROM fence),
    lease_until = now() + %(lease)s * interval '1 second'
  WHERE p.order_id = ANY(ARRAY(SELECT order_id FROM weighed WHERE before < %(lines)s))
  RETURNING p.order_id, p.fence, p.looks, p.priority, p.promise_at
)
SELECT order_id, fence, looks FROM leased ORDER BY priority, promise_at, order_id
"""
# Lease over, but claimed by nobody else: still ours. Claimed again, cancelled or routed: another fence, or no row.
STILL = """
SELECT order_id FROM routing_pending WHERE order_id = ANY(%s::bigint[]) AND fence = %s ORDER BY order_id FOR UPDATE
"""
DONE = "DELETE FROM routing_pending WHERE order_id = ANY(%s::bigint[])"
AGAIN = """
UPDATE routing_pending SET looks = looks + 1, lease_owner = '', lease_until = NULL,
  next_at = now() + 0.05 * 2 ^ least(looks, 8) * interval '1 second'
WHERE order_id = ANY(%s::bigint[])
"""
GIVE_UP = """
UPDATE routing_pending SET lease_owner = '', lease_until = NULL WHERE order_id = ANY(%s::bigint[]) AND fence = %s
"""
DUE = """
SELECT EXISTS (SELECT FROM routing_pending WHERE next_at <= now() AND (lease_until IS NULL OR lease_until <= now()))
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """Orders that one worker has in hand, most urgent first, with how often each was looked at before."""

    fence: int
    looks: Mapping[int, int]

    @property
    def order_ids(self) -> list[int]:
        return list(self.looks)

    def part(self, order_ids: Collection[int]) -> "Claim":
        """The same claim over some of its orders, in its order."""
        kept = set(order_ids)
        return Claim(self.fence, {order_id: looks for order_id, looks in self.looks.items() if order_id in kept})


def add(order_ids: Collection[int], *, at: datetime) -> int:
    """Make these orders due for sourcing: a new row, or the old one with a new fence and no looks. Returns rows.

    A held order gets none. Whoever has the order in hand at this moment will find the fence gone.
    """
    added = db.execute(ADD, {"order_id": sorted(order_ids), "at": at})
    if added:
        bell.ring("route")
    return added


def claim(limit: int, owner: str, lease_seconds: int = LEASE_SECONDS) -> Claim:
    """Lease up to `limit` due orders of 4,000 lines in all, by priority, promise and id. Commits at once.

    Empty when nothing is due. What the lines leave out is due for the next claim.
    """
    with transaction.atomic():
        # A lease lost in a crash is a lease less to wait for.
        db.execute("SET LOCAL synchronous_commit = off")
        found = db.rows(CLAIM, {"limit": limit, "owner": owner, "lease": lease_seconds, "lines": MOST_LINES})
    return Claim(found[0][1] if found else 0, {order_id: looks for order_id, _, looks in found})


def still_leased(claim: Claim) -> frozenset[int]:
    """Which orders are still this claim's. A statement of its own after the order locks; locks the rows."""
    return frozenset(order_id for (order_id,) in db.rows(STILL, [sorted(claim.looks), claim.fence]))


def settle(*, done: Collection[int] = (), refused: Collection[int] = ()) -> None:
    """End a look: the rows of `done` go; `refused` are looked at again soon, once more looked at."""
    if done:
        db.execute(DONE, [sorted(done)])
    if refused:
        db.execute(AGAIN, [sorted(refused)])


def give_up(claim: Claim) -> None:
    """End the lease of what is still this claim's, so that the next worker need not wait for it to run out."""
    db.execute(GIVE_UP, [claim.order_ids, claim.fence])


def any_due() -> bool:
    """Whether somebody could claim an order now."""
    return bool(db.value(DUE))
