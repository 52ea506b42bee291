"""Plans made anew while others dispatch, cancel, count and source, each on a connection of its own."""

import os
import random
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

from fulfillment import orders, shipments
from fulfillment.models import Shipment
from inventory import capacity
from inventory.models import Node, StockLevel
from routing import reoptimise as replanning
from routing import sourcing
from routing.engine.plan import Plan
from routing.engine.solve import solve
from routing.models import Order, OrderEvent, Pending
from routing.reoptimise import Reoptimised, reoptimise
from tests import make
from tests.inventory.counting import say
from tests.races import run_at_once, wait_for_locks
from tests.routing.evening import EVENING, LATER, MORNING, everything, lose, nodes_of, receive

from .sold import sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.races]


@pytest.fixture(autouse=True)
def _books_are_sound():
    yield
    assert sound()


@pytest.fixture
def network() -> dict[str, Node]:
    """Reno is near the customers and has no clocks, Denver is far and has twenty; it is after the cut-offs."""
    make.strategy()
    make.rate_card()
    nodes = {
        "RENO": make.node("RENO"),
        "DENVER": make.node(
            "DENVER", latitude=39.74, longitude=-104.99, region="CO", postcode="80202", time_zone="America/Denver"
        ),
    }
    make.stock(nodes["DENVER"], make.sku("CLOCK"), 20)
    capacity.open_days(at=EVENING)
    return nodes


def route() -> None:
    Pending.objects.update(next_at=Now(), lease_until=None)
    sourcing.source_due(at=EVENING, owner="one")


def from_denver(network: dict[str, Node], count: int, *, then: int) -> list[Order]:
    """So many orders of a clock, held in Denver; then so many come to Reno."""
    found = [make.order(f"FAR{number}", lines={"CLOCK": 1}, placed_at=EVENING) for number in range(count)]
    route()
    assert [nodes_of(order) for order in found] == [[("DENVER", 1)]] * count
    receive(network["RENO"], "CLOCK", then)
    return found


def again() -> Reoptimised:
    return reoptimise(at=LATER, actor="engine")


@pytest.fixture
def thinking(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], Reoptimised]:
    """Let a run read and solve; do something while it stands there; let it go on. Returns what it says it did."""
    solved, go_on, said = threading.Event(), threading.Event(), []

    def think(*args: object) -> Plan:
        plan = solve(*args)
        if threading.current_thread().name == "sleeper":
            solved.set()
            assert go_on.wait(60)
        return plan

    def work() -> None:
        try:
            said.append(again())
        finally:
            connection.close()

    def run(meanwhile: Callable[[], object]) -> Reoptimised:
        monkeypatch.setattr(replanning, "solve", think)
        sleeper = threading.Thread(target=work, name="sleeper")
        sleeper.start()
        try:
            assert solved.wait(60)
            meanwhile()
        finally:
            go_on.set()
            sleeper.join()
        return said[0]

    return run


def test_what_is_dispatched_while_it_thinks_stays_on_its_floor(network, thinking):
    [order] = from_denver(network, 1, then=5)
    done = thinking(lambda: shipments.dispatch_due(at=MORNING, actor="engine"))
    assert done == Reoptimised(considered=1, stayed={"changed": 1})
    assert (Shipment.objects.get().node.code, nodes_of(order)) == ("DENVER", [("DENVER", 1)])
    assert not OrderEvent.objects.filter(kind="replanned").exists()


def test_what_is_cancelled_while_it_thinks_stays_cancelled_and_the_others_move(network, thinking):
    gone, kept = from_denver(network, 2, then=5)
    done = thinking(lambda: orders.cancel(gone.ref, at=LATER, actor="user:3"))
    assert (done.moved, done.stayed) == (1, {"changed": 1})
    assert (nodes_of(gone), nodes_of(kept)) == ([], [("RENO", 1)])


def test_what_is_counted_away_while_it_thinks_is_not_moved_to(network, thinking):
    from_denver(network, 3, then=3)
    level = StockLevel.objects.get(node__code="RENO")
    rows: dict[str, list[str]] = {}

    def count() -> None:
        say(level, 0, LATER, None)
        rows.update(everything())

    done = thinking(count)
    assert (done.moved, done.refused) == (0, 3)
    assert everything() == rows


def test_units_that_a_new_order_took_while_it_thinks_are_that_orders(network, thinking):
    old = from_denver(network, 2, then=2)
    new = []

    def take() -> None:
        new.append(make.order("NEW", lines={"CLOCK": 1}, placed_at=LATER))
        route()

    done = thinking(take)
    assert (done.moved, done.refused) == (1, 1)
    assert [nodes_of(order) for order in [*old, *new]] == [[("RENO", 1)], [("DENVER", 1)], [("RENO", 1)]]


def test_a_second_run_lets_the_first_one_end(network, thinking):
    from_denver(network, 2, then=5)
    others: list[Reoptimised] = []
    done = thinking(lambda: others.extend(run_at_once(1, lambda _: again())))
    assert others == [Reoptimised(busy=True)]
    assert done.moved == 2


def test_who_dispatches_while_plans_are_exchanged_waits_and_finds_the_new_ones(network, monkeypatch):
    from_denver(network, 1, then=5)
    locked, go_on = threading.Event(), threading.Event()
    still = replanning.holdings.still

    def slowly(stands):
        ours = still(stands)
        locked.set()
        assert go_on.wait(60)
        return ours

    monkeypatch.setattr(replanning.holdings, "still", slowly)
    said: list[object] = []

    def in_a_thread(work: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            said.append(work())
            connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    mover = in_a_thread(again)
    assert locked.wait(60)
    floor = in_a_thread(lambda: shipments.dispatch_due(at=MORNING, actor="engine"))
    wait_for_locks()
    go_on.set()
    mover.join()
    floor.join()
    assert said == [Reoptimised(considered=1, moved=1, saved={"USD": 900}), 1]
    assert Shipment.objects.get().node.code == "RENO"


# It gives everything back, and never comes to booking it anew.
STOPS_HALFWAY = """
import signal, sys
import django
django.setup()
from datetime import datetime
from routing import exchange
from routing.reoptimise import reoptimise
def wait(*args, **kwargs):
    print("halfway", flush=True)
    signal.pause()
exchange.allocations.book = wait
reoptimise(at=datetime.fromisoformat(sys.argv[1]), actor="engine")
"""


def test_who_is_killed_halfway_has_changed_nothing(network):
    found = from_denver(network, 5, then=5)
    rows = everything()
    own = connection.settings_dict
    url = f"postgres://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT']}/{own['NAME']}"
    worker = subprocess.Popen(
        [sys.executable, "-c", STOPS_HALFWAY, LATER.isoformat()],
        env=os.environ | {"DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "halfway\n"
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    while (done := again()).busy:
        assert everything() == rows
        time.sleep(0.05)
    assert (done.moved, done.refused) == (5, 0)
    assert [nodes_of(order) for order in found] == [[("RENO", 1)]] * 5


def a_moment(number: int) -> datetime:
    return LATER.replace(microsecond=number)


def test_verbs_that_meet_on_plans_made_anew_leave_sound_books(network):
    refs = [order.ref for order in from_denver(network, 12, then=4)]

    def work(number: int) -> int:
        dice, moved = random.Random(number), 0
        for turn in range(25):
            verbs: list[Callable[[], object]] = [
                again,
                again,
                lambda: shipments.dispatch_due(at=MORNING, actor="engine", limit=1),
                lambda: orders.cancel(dice.choice(refs), at=LATER, actor="user:3"),
                lambda turn=turn: receive(network["RENO"], "CLOCK", 2, at=a_moment(100 * turn + number)),
                lambda turn=turn: lose("CLOCK", 1, of="RENO", at=a_moment(100 * turn + number)),
                lambda turn=turn: (
                    make.order(f"N{number}-{turn}", lines={"CLOCK": 1}, placed_at=LATER),
                    sourcing.source_due(at=LATER, owner=str(number)),
                ),
            ]
            done = dice.choice(verbs)()
            moved += done.moved if isinstance(done, Reoptimised) else 0
        return moved

    moved = sum(run_at_once(6, work))
    assert moved == OrderEvent.objects.filter(kind="replanned").count()
