"""Workers as processes of their own: killed in the middle, stopped and continued, two for the last slots."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.db.models.functions import Now

import inventory.invariants
import routing.invariants
from dom_project.lib import db
from inventory.models import NodeDay
from routing import sourcing
from routing.engine.plan import Plan
from routing.engine.solve import solve
from routing.models import Pending, PlanParcel
from routing.sourcing import Sourced
from tests.races import run_at_once

from .batches import accept, all_routed_once, drain, shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.races]

# It takes so many batches and then waits: slow as the tests may be to kill it, there is work left.
WORKER = """
import signal, sys
import django
django.setup()
from datetime import datetime
from routing import sourcing
for _ in range(int(sys.argv[2])):
    sourcing.source_due(at=datetime.fromisoformat(sys.argv[1]), owner="killed", limit=200)
while True:
    signal.pause()
"""
# Between the second beat and the third: it has claimed and decided, and no transaction is open.
STOPS_ITSELF = """
import os, signal, sys
import django
django.setup()
from datetime import datetime
from routing import sourcing
from routing.engine.solve import solve
def think(*args):
    plan = solve(*args)
    os.kill(os.getpid(), signal.SIGSTOP)
    return plan
sourcing.solve = think
done = sourcing.source_due(at=datetime.fromisoformat(sys.argv[1]), owner="stopped")
print("claimed", done.claimed, "routed", done.routed, "lost", done.lost)
"""
TABLES = [
    "routing_order", "routing_orderline", "routing_allocation", "routing_planparcel", "routing_decision",
    "routing_orderevent", "routing_outbox", "routing_pending", "inventory_stocklevel", "inventory_ledgerentry",
    "inventory_nodeday",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _books_are_sound():
    yield
    assert routing.invariants.broken_rows() + inventory.invariants.broken_rows() == []


def start_process(script: str, at: datetime, *arguments: str) -> subprocess.Popen[str]:
    """A worker of its own on the test's database, where it is called `worker`."""
    own = connection.settings_dict
    url = f"postgres://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT']}/{own['NAME']}"
    return subprocess.Popen(
        [sys.executable, "-c", script, at.isoformat(), *arguments],
        env=os.environ | {"DATABASE_URL": url, "PGAPPNAME": "worker"},
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_until_the_server_has_noticed() -> None:
    """Whatever a killed worker had begun is taken back by then, or committed."""
    left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'worker'"
    patience = time.monotonic() + 60
    while db.value(left):
        assert time.monotonic() < patience
        time.sleep(0.005)


def everything() -> dict[str, list[str]]:
    """Every row that a worker could write."""
    return {table: sorted(text for (text,) in db.rows(f"SELECT t::text FROM {table} t")) for table in TABLES}


def test_a_worker_killed_again_and_again_leaves_five_thousand_orders_routed_once(clock):
    shop(clock, "RENO", "SPARKS", parcels=20_000)
    accept(5000, clock)
    for left in (4200, 2900, 1500):
        batches = (Pending.objects.count() - left) // 200 + 2
        with start_process(WORKER, clock, str(batches)) as worker:
            patience = time.monotonic() + 60
            while Pending.objects.count() > left and worker.poll() is None:
                assert time.monotonic() < patience
                time.sleep(0.005)
            worker.send_signal(signal.SIGKILL)
            assert worker.wait() == -signal.SIGKILL
        wait_until_the_server_has_noticed()
    assert 0 < Pending.objects.count() <= 1500
    Pending.objects.update(lease_until=Now())
    assert drain(clock, "heir", 1000).lost == 0
    all_routed_once(5000)


def test_a_worker_stopped_past_its_lease_and_continued_writes_nothing(clock):
    shop(clock, "RENO", "SPARKS", parcels=100)
    accept(10, clock)
    with start_process(STOPS_ITSELF, clock) as worker:
        try:
            _, status = os.waitpid(worker.pid, os.WUNTRACED)
            assert os.WIFSTOPPED(status)
            assert set(Pending.objects.values_list("lease_owner", flat=True)) == {"stopped"}
            Pending.objects.update(lease_until=Now())
            assert drain(clock, "heir", 1000).routed == 10
            before = everything()
        finally:
            worker.send_signal(signal.SIGCONT)
        told, _ = worker.communicate()
    assert told == "claimed 10 routed 0 lost 10\n"
    assert everything() == before
    all_routed_once(10)


def both_think_before_either_writes() -> Callable[..., Plan]:
    """The engine, which lets the first two workers go on together."""
    gate, met = threading.Barrier(2), threading.local()

    def think(*args: object) -> Plan:
        plan = solve(*args)  # type: ignore[arg-type]
        if not hasattr(met, "already"):
            met.already = True
            gate.wait(60)
        return plan

    return think


def test_two_workers_that_want_ten_of_five_slots_of_a_node_day_get_five(clock, monkeypatch):
    [reno] = shop(clock, "RENO", parcels=5)
    accept(10, clock)
    today = clock.date()
    with monkeypatch.context() as patched:
        patched.setattr(sourcing, "solve", both_think_before_either_writes())
        first, second = run_at_once(2, lambda number: sourcing.source_due(at=clock, owner=f"worker {number}", limit=5))
    assert first + second == Sourced(claimed=10, routed=5, refused=5)
    assert NodeDay.objects.values_list("cap", "taken", "overload").get(node=reno, ship_date=today) == (5, 5, 0)
    assert PlanParcel.objects.filter(ship_date=today).count() == PlanParcel.objects.count() == 5
    Pending.objects.update(next_at=Now())
    assert drain(clock, "worker", 5).routed == 5
    assert NodeDay.objects.values_list("cap", "taken", "overload").get(node=reno, ship_date=today) == (5, 5, 0)
    assert PlanParcel.objects.exclude(ship_date=today).count() == 5
    all_routed_once(10)
