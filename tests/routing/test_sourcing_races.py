"""Workers, cancels and rivals at once, each on a connection of its own."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import Now

import inventory.invariants
import routing.invariants
from dom_project.lib import db
from inventory import ledger
from inventory.models import Node, StockLevel
from inventory.movements import Movement, Wanted
from routing import demand, history, sourcing, withdrawal
from routing.engine.plan import Plan
from routing.engine.solve import solve
from routing.history import Kind
from routing.models import Allocation, Order, OrderLine, Pending
from routing.sourcing import Sourced
from tests.races import run_at_once

from .batches import accept, all_routed_once, drain, shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _books_are_sound():
    yield
    assert routing.invariants.broken_rows() + inventory.invariants.broken_rows() == []


@pytest.fixture
def two_nodes(clock: datetime) -> list[Node]:
    return shop(clock, "RENO", "SPARKS", parcels=20_000)


@pytest.mark.usefixtures("two_nodes")
def test_four_workers_never_route_the_same_order(clock):
    accept(400, clock)
    done = run_at_once(4, lambda number: drain(clock, f"worker {number}", 30))
    total = sum(done, Sourced())
    assert (total.routed, total.lost) == (400, 0)
    all_routed_once(400)


class Pause:
    """A worker that stops while it thinks, until it is told to go on."""

    def __init__(self) -> None:
        self.thinking, self.go_on = threading.Event(), threading.Event()

    def __call__(self, *args: object) -> Plan:
        plan = solve(*args)
        if threading.current_thread().name == "sleeper":
            self.thinking.set()
            assert self.go_on.wait(60)
        return plan


@pytest.fixture
def asleep(clock: datetime, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], Sourced]:
    """Let one worker claim and solve; do something while it is stopped; let it go on. Returns what it says it did."""

    def run(meanwhile: Callable[[], None]) -> Sourced:
        pause, said = Pause(), []
        monkeypatch.setattr(sourcing, "solve", pause)

        def work() -> None:
            try:
                said.append(sourcing.source_due(at=clock, owner="sleeper"))
            finally:
                connection.close()

        sleeper = threading.Thread(target=work, name="sleeper")
        sleeper.start()
        assert pause.thinking.wait(60)
        meanwhile()
        pause.go_on.set()
        sleeper.join()
        return said[0]

    return run


@pytest.mark.usefixtures("two_nodes")
def test_a_worker_stopped_past_its_lease_writes_while_nobody_else_has_claimed(clock, asleep):
    accept(10, clock)
    assert asleep(lambda: Pending.objects.update(lease_until=Now()) and None) == Sourced(claimed=10, routed=10)
    all_routed_once(10)


@pytest.mark.usefixtures("two_nodes")
def test_what_a_rival_takes_between_the_facts_and_the_commit_is_looked_at_again(clock, asleep):
    accept(1, clock)
    order = Order.objects.get()
    mugs = StockLevel.objects.filter(sku__code="MUG").order_by("id")

    def rival_takes_the_nearest() -> None:
        wanted = [Wanted("rival", clock.date(), 0, level.id, level.atp) for level in mugs[:1]]
        assert ledger.allocate_many(wanted, at=clock) == {}

    assert asleep(rival_takes_the_nearest) == Sourced(claimed=1, refused=1)
    assert Pending.objects.get().looks == 1
    assert not Allocation.objects.exists()
    Pending.objects.update(next_at=Now())
    assert drain(clock, "other", 10).routed == 1
    assert set(Allocation.objects.filter(order=order).values_list("node__code", flat=True)) == {"SPARKS"}
    taken = mugs[0]
    ledger.release_many([Movement("rival back", taken.id, taken.allocated, clock.date())], at=clock, actor="rival")


@pytest.mark.usefixtures("two_nodes")
def test_cancels_against_commits_leave_no_unit_behind(clock):
    accept(120, clock)
    ids = list(Order.objects.order_by("id").values_list("id", flat=True))

    def cancel(order_id: int) -> None:
        with transaction.atomic():
            demand.lock_orders([order_id])
            withdrawal.withdraw(order_id, at=clock, actor="user:1")
            history.record(Kind.CANCELLED, [(order_id, {})], actor="user:1", at=clock)

    def work(number: int) -> None:
        if number < 2:
            drain(clock, f"worker {number}", 10)
        else:
            for order_id in ids[number - 2 :: 2]:
                cancel(order_id)

    run_at_once(4, work)
    drain(clock, "last", 1000)
    assert set(Order.objects.values_list("state", flat=True)) == {"cancelled"}
    assert not StockLevel.objects.filter(allocated__gt=0).exists()
    assert OrderLine.objects.aggregate(units=Sum("cancelled"))["units"] == 240


@pytest.mark.usefixtures("two_nodes")
def test_the_third_look_loses_to_nobody(clock):
    accept(30, clock)
    Pending.objects.update(looks=2)
    level = StockLevel.objects.filter(sku__code="MUG").order_by("id")[0]
    met, done = threading.Barrier(4), threading.Event()

    def rival(number: int) -> int:
        turn = 0
        while not done.is_set():
            turn += 1
            if turn == 2:
                met.wait(60)
            key = f"rival:{number}:{turn}"
            free = StockLevel.objects.get(id=level.id).atp
            if free and not ledger.allocate_many([Wanted(key, clock.date(), number, level.id, free)], at=clock):
                back = Movement(f"{key}:back", level.id, free, clock.date())
                ledger.release_many([back], at=clock, actor="rival")
        return turn

    def work(number: int) -> Sourced | int:
        if number:
            return rival(number)
        try:
            met.wait(60)  # every rival is at it
            return drain(clock, "worker", 3)
        finally:
            done.set()

    worker, *turns = run_at_once(4, work)
    assert (worker.routed, worker.refused) == (30, 0)
    assert min(turns) >= 2
    all_routed_once(30)


UPDATED = """
SELECT relname, n_tup_upd, n_tup_hot_upd, n_tup_newpage_upd FROM pg_stat_user_tables WHERE relname = ANY(%s)
"""


def updates_of(tables: list[str]) -> dict[str, Counter[str]]:
    """Per table: all updates, those that wrote no index entry, those whose page had no room for another version."""
    db.execute("SELECT pg_stat_force_next_flush()")
    return {name: Counter(all=all_, hot=hot, moved=moved) for name, all_, hot, moved in db.rows(UPDATED, [tables])}


@pytest.mark.usefixtures("two_nodes")
def test_routing_touches_no_index_of_what_it_updates(clock):
    """Heap-only updates: an index on a changing column would end them for the whole table."""
    orders = ["routing_order", "routing_orderline", "routing_pending"]
    tables = ["inventory_nodeday", "inventory_stocklevel", *orders]
    db.execute("TRUNCATE routing_order CASCADE")  # pages of our own, without what tests before have left in them
    accept(200, clock)
    before = updates_of(tables)
    drain(clock, "worker", 50)
    done = {name: after - before[name] for name, after in updates_of(tables).items()}
    assert [done[name]["all"] for name in orders] == [200, 400, 200]
    # Who reads meanwhile keeps old versions from making room: such an update moves to another page.
    assert {name: each["all"] - each["hot"] - each["moved"] for name, each in done.items()} == dict.fromkeys(tables, 0)
    assert all(each["hot"] for each in done.values())
