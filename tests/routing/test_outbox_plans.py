"""The outbox is emptied so often that statistics may call it empty: what is planned for that must not go wrong."""

from typing import Any

import pytest

from dom_project.lib import db
from routing.models import Outbox
from routing.outbox import sending

pytestmark = pytest.mark.django_db

ORDERS, EVENTS, HEADS = 2000, 3, 200


@pytest.fixture
def waiting(clock) -> None:
    """Events of many orders, none of them told, in a table that is said to be empty."""
    db.execute(
        "INSERT INTO routing_outbox (event_id, aggregate, topic, seq, payload, attempts, created_at, next_at)"
        " SELECT gen_random_uuid(), o, 'order.packed', e, '{}', 0, %s, now()"
        " FROM generate_series(1, %s) o, generate_series(1, %s) e",
        [clock, ORDERS, EVENTS],
    )
    db.execute(
        "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', 'routing_outbox',"
        " 'relpages', 1000, 'reltuples', 0::real)"
    )


def most_rows(plan: dict[str, Any]) -> int:
    """The most rows that one node of a plan looked at, over all its loops."""
    rows = sum(plan.get(name, 0) for name in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter"))
    return max([int(rows * plan["Actual Loops"]), *map(most_rows, plan.get("Plans", []))])


@pytest.mark.usefixtures("waiting")
def test_a_claim_reads_the_outbox_once_though_statistics_call_it_empty():
    asked = {"limit": HEADS, "lease": sending.LEASE_SECONDS}
    [explained] = db.value("EXPLAIN (ANALYZE, FORMAT json) " + sending.CLAIM, asked)
    assert most_rows(explained["Plan"]) <= ORDERS * EVENTS
    assert Outbox.objects.exclude(lease_until=None).count() == HEADS


@pytest.mark.usefixtures("waiting")
def test_what_was_claimed_is_read_without_the_rest():
    asked = {"aggregate": list(range(1, HEADS + 1)), "messages": sending.MESSAGES}
    [explained] = db.value("EXPLAIN (ANALYZE, FORMAT json) " + sending.READ, asked)
    assert most_rows(explained["Plan"]) <= HEADS * EVENTS
