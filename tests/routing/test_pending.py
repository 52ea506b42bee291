from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from dom_project.lib import db
from routing import pending
from routing.models import Pending
from tests import make

pytestmark = pytest.mark.django_db


def claimed(limit: int = 10, owner: str = "one") -> list[str]:
    ids = pending.claim(limit, owner).order_ids
    refs = dict(Pending.objects.values_list("order_id", "order__ref"))
    return [refs[order_id] for order_id in ids]


def lease_runs_out() -> None:
    Pending.objects.update(lease_until=Now() - timedelta(seconds=1))


def test_the_most_urgent_orders_are_claimed_first(clock):
    make.order("late", promise_at=clock + timedelta(days=5))
    make.order("first", priority=1, promise_at=clock + timedelta(days=9))
    make.order("soon", promise_at=clock + timedelta(days=1))
    make.order("soon too", promise_at=clock + timedelta(days=1))
    assert claimed(3) == ["first", "soon", "soon too"]
    assert claimed(3) == ["late"]
    assert claimed(3) == []


def test_a_lease_that_ran_out_is_claimed_again_under_a_new_fence():
    make.order()
    slept = pending.claim(10, "one")
    lease_runs_out()
    woke = pending.claim(10, "two")
    assert woke.fence > slept.fence
    with transaction.atomic():
        assert pending.still_leased(slept) == frozenset()
        assert pending.still_leased(woke) == frozenset(woke.order_ids)


def test_a_lease_that_ran_out_is_still_its_owners_while_nobody_else_claims_it():
    make.order()
    slept = pending.claim(10, "one")
    lease_runs_out()
    with transaction.atomic():
        assert pending.still_leased(slept) == frozenset(slept.order_ids)


def test_work_added_again_takes_it_out_of_the_hands_of_who_has_it(clock):
    order = make.order()
    claim = pending.claim(10, "one")
    pending.add([order.id], at=clock)
    with transaction.atomic():
        assert pending.still_leased(claim) == frozenset()
    assert pending.claim(10, "two").order_ids == [order.id]


def test_a_fence_never_starts_again_when_an_order_comes_back(clock):
    order = make.order()
    first = pending.claim(10, "one")
    pending.settle(done=[order.id])
    pending.add([order.id], at=clock)
    again = pending.claim(10, "two")
    assert again.fence > first.fence
    with transaction.atomic():
        assert pending.still_leased(first) == frozenset()


def test_a_refused_order_is_looked_at_again_shortly_with_its_look_counted():
    order = make.order()
    pending.claim(10, "one")
    pending.settle(refused=[order.id])
    row = Pending.objects.get()
    assert (row.looks, row.lease_owner, row.lease_until) == (1, "", None)
    assert row.next_at - db.value("SELECT now()") == timedelta(seconds=0.05)  # the test is one transaction
    assert not pending.any_due()
    Pending.objects.update(next_at=Now() - timedelta(seconds=60))
    assert pending.claim(10, "two").looks == {order.id: 1}


def test_a_claim_given_up_is_due_at_once():
    order = make.order()
    pending.give_up(pending.claim(10, "one"))
    assert pending.any_due()
    assert pending.claim(10, "two").order_ids == [order.id]


def test_an_order_for_later_is_not_due_yet(clock):
    make.order(earliest_release_at=timezone.now() + timedelta(days=1))
    assert not pending.any_due()


def test_leases_and_looks_touch_no_index():
    """Heap-only updates: the queue's index must not fill with dead entries."""
    indexed = "SELECT indexdef FROM pg_indexes WHERE tablename = 'routing_pending'"
    with connection.cursor() as cursor:
        cursor.execute(indexed)
        text = " ".join(row[0] for row in cursor.fetchall())
    assert not any(column in text for column in ("lease", "looks", "fence", "next_at"))


def test_a_part_of_a_claim_keeps_its_order():
    claim = pending.Claim(7, {3: 0, 1: 2, 2: 1})
    assert claim.part([1, 3]).looks == {3: 0, 1: 2}


def test_of_long_orders_a_claim_takes_fewer(monkeypatch):
    monkeypatch.setattr(pending, "MOST_LINES", 4)
    for ref in ("A", "B", "C"):
        make.order(ref, lines={"MUG": 1, "LAMP": 1, "CLOCK": 1})
    assert claimed() == ["A", "B"]
    assert claimed() == ["C"]


def test_an_order_longer_than_a_claim_comes_alone(monkeypatch):
    monkeypatch.setattr(pending, "MOST_LINES", 2)
    for ref in ("A", "B"):
        make.order(ref, lines={"MUG": 1, "LAMP": 1, "CLOCK": 1})
    assert [claimed(), claimed(), claimed()] == [["A"], ["B"], []]


def deepest_loop(plan: dict[str, Any]) -> int:
    """How often the node of a plan that ran most often did run."""
    return max([plan["Actual Loops"], *map(deepest_loop, plan.get("Plans", []))])


def test_a_claim_looks_at_each_order_once_though_statistics_call_the_queue_empty():
    for number in range(30):
        make.order(f"O-{number}")
    db.execute(
        "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', 'routing_pending',"
        " 'relpages', 100, 'reltuples', 0::real)"
    )
    asked = {"limit": 20, "owner": "one", "lease": 60, "lines": 4000}
    [explained] = db.value("EXPLAIN (ANALYZE, FORMAT json) " + pending.CLAIM, asked)
    assert deepest_loop(explained["Plan"]) == 20
    assert Pending.objects.filter(lease_owner="one").count() == 20
