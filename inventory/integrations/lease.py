"""One puller per connection: whoever holds the lease. Its end is the fence; who slept past it writes nothing more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from dom_project.lib import db
from inventory.models import Connection

LEASE_SECONDS = 150

# Leases are the one thing timed by the database's clock: all pullers share it.
_CLAIM = """
UPDATE inventory_connection SET lease_until = clock_timestamp() + %(seconds)s * interval '1 second',
       last_attempt_at = %(at)s, next_at = %(at)s + schedule_seconds * interval '1 second'
WHERE id = (SELECT id FROM inventory_connection
            WHERE active AND (next_at IS NULL OR next_at <= %(at)s)
              AND (lease_until IS NULL OR lease_until < clock_timestamp())
            ORDER BY next_at NULLS FIRST, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id"""
_RENEW = """
UPDATE inventory_connection SET lease_until = clock_timestamp() + %(seconds)s * interval '1 second'
WHERE id = %(id)s AND lease_until = %(held)s RETURNING lease_until"""


class LeaseLost(Exception):  # noqa: N818  it reads as what happened
    """Another puller has taken over: write nothing."""


def claim(*, at: datetime) -> Connection | None:
    """Take the connection that has been due longest, or None. Moves its `next_at` on by its schedule."""
    found = db.rows(_CLAIM, {"at": at, "seconds": LEASE_SECONDS})
    return Connection.objects.get(pk=found[0][0]) if found else None


@contextmanager
def held(connection: Connection | None) -> Iterator[None]:
    """A transaction that owns the connection's row, with the lease prolonged. Without a connection just that."""
    before = connection.lease_until if connection else None
    try:
        with transaction.atomic():
            if connection is not None:
                renew(connection)
            yield
    except BaseException:
        if connection is not None:
            connection.lease_until = before  # what was prolonged is rolled back
        raise


def renew(connection: Connection) -> None:
    """Prolong the lease inside the caller's transaction, which thereby owns the connection's row."""
    found = db.rows(_RENEW, {"id": connection.pk, "held": connection.lease_until, "seconds": LEASE_SECONDS})
    if not found:
        raise LeaseLost
    connection.lease_until = found[0][0]


def give_back(connection: Connection) -> None:
    """End the lease, if it is still ours."""
    Connection.objects.filter(pk=connection.pk, lease_until=connection.lease_until).update(lease_until=None)
