"""Rivals on real PostgreSQL: connections of their own, released at the same moment."""

import random
import threading
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction

from dom_project.lib import db
from inventory import capacity, invariants, ledger
from inventory.capacity import ParcelSlot
from inventory.models import Connection, FeedRun, FeedScope, LedgerEntry, NodeDay, PublishedAtp, StockLevel
from inventory.movements import Count, Movement, Wanted
from tests import make
from tests.races import run_at_once, wait_for_locks

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 11, 10)


def at(hour: int) -> datetime:
    return datetime(2026, 11, 10, hour, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _books_are_sound():
    yield
    assert invariants.broken_rows() == []


def counters(level: StockLevel) -> tuple[int, int, int, int]:
    level.refresh_from_db()
    return level.on_hand, level.allocated, level.shortfall, level.atp


def allocate(level: StockLevel, *orders: int, quantity: int = 1) -> dict[int, str]:
    wanted = [Wanted(f"alloc:{order}", DAY, order, level.pk, quantity) for order in orders]
    return ledger.allocate_many(wanted, at=at(9))


@pytest.mark.races
def test_thirty_two_connections_that_want_three_thousand_units_share_a_thousand_exactly():
    level = make.level(1000)

    def work(number: int) -> int:
        mine, dice, granted = list(range(number, 3000, 32)), random.Random(number), 0
        while mine:
            size = dice.choice((1, 3, 10, 40))
            batch, mine = mine[:size], mine[size:]
            for _look in range(3):
                refused = allocate(level, *batch)
                granted += len(batch) - len(refused)
                batch = list(refused)
        return granted

    assert sum(run_at_once(32, work)) == 1000
    assert counters(level) == (1000, 1000, 0, 0)
    assert LedgerEntry.objects.filter(verb="allocate").count() == 1000


def test_sixteen_repeats_of_one_key_at_once_allocate_once():
    level = make.level(10)
    assert run_at_once(16, lambda _number: allocate(level, 7, quantity=4)) == [{}] * 16
    assert counters(level) == (10, 4, 0, 6)


def test_batches_in_opposite_orders_queue_and_do_not_deadlock():
    node = make.node()
    stock = [make.stock(node, make.sku(), 1000) for _ in range(40)]

    def work(number: int) -> int:
        row = stock if number % 2 else stock[::-1]
        return sum(
            len(
                ledger.allocate_many(
                    [Wanted(f"{number}:{turn}:{level.pk}", DAY, number, level.pk, 1) for level in row], at=at(9)
                )
            )
            for turn in range(5)
        )

    assert run_at_once(8, work) == [0] * 8
    assert set(StockLevel.objects.values_list("allocated", flat=True)) == {40}


def test_stock_that_arrives_while_an_allocation_waits_is_granted():
    level = make.level(4)
    allocate(level, 1, quantity=4)
    told: list[dict[int, str]] = []

    def wait() -> None:
        told.append(allocate(level, 2, quantity=5))
        connection.close()

    waiting = threading.Thread(target=wait)
    with transaction.atomic():
        ledger.receive_many([Movement("late", level.pk, 5, DAY)], at=at(9), actor="test")
        waiting.start()
        wait_for_locks()
    waiting.join()
    assert told == [{}]
    assert counters(level) == (9, 9, 0, 0)


def test_two_workers_share_five_slots_of_each_node_day():
    node = make.node()
    days = [date(2026, 11, day) for day in range(10, 20)]
    for day in days:
        capacity.set_cap(node.pk, day, 5, at=at(8), actor="test")

    def work(number: int) -> list[int]:
        granted = []
        for day in days:
            with transaction.atomic():
                slots = [ParcelSlot(number * 5 + order, node.pk, day, 1) for order in range(5)]
                refused = capacity.grant_many(slots)
                mine = [slot for slot in slots if slot.order_id not in refused]
                capacity.take_many(mine)
                granted.append(len(mine))
        return granted

    first, second = run_at_once(2, work)
    assert [one + other for one, other in zip(first, second, strict=True)] == [5] * 10
    assert set(NodeDay.objects.values_list("cap", "taken", "overload")) == {(5, 5, 0)}


def test_slots_are_fought_for_while_others_are_given_back_and_the_cap_moves():
    node = make.node()
    capacity.set_cap(node.pk, DAY, 5, at=at(8), actor="test")

    def work(number: int) -> None:
        dice = random.Random(number)
        for turn in range(15):
            slot = [ParcelSlot(number * 100 + turn, node.pk, DAY, 1)]
            with transaction.atomic():
                if capacity.grant_many(slot):
                    continue
                capacity.take_many(slot)
            if number == 0:
                capacity.set_cap(node.pk, DAY, dice.choice((2, 5)), at=at(8), actor="test")
            with transaction.atomic():
                capacity.give_back_many(slot)

    run_at_once(16, work)
    day = NodeDay.objects.get()
    assert (day.taken, day.overload) == (0, 0)


def test_a_count_that_waits_sees_what_was_shipped_meanwhile():
    level = make.level(0)
    source = Connection.objects.create(ref="shelf", name="Shelf", address="http://shelf.example")
    FeedScope.objects.create(node=level.node, connection=source, booking=False)
    run = FeedRun.objects.create(connection=source, kind="delta", seq=1, started_at=at(7))

    def say(quantity: int, moment: datetime, part: int) -> None:
        ledger.count_levels([Count(level.pk, quantity, 0, moment)], run=run, part=part, at=at(10))

    def count() -> None:
        say(60, at(8), 1)
        connection.close()

    say(50, at(7), 0)
    counting = threading.Thread(target=count)
    with transaction.atomic():
        ledger.adjust_many([Movement("sold", level.pk, -20, DAY)], at=at(9), actor="test")
        counting.start()
        wait_for_locks()
    counting.join()
    assert counters(level) == (40, 0, 0, 40)


def test_a_movement_that_meets_the_first_count_of_its_node_is_not_lost():
    level = make.level(50)
    run = FeedRun.objects.create(kind="file", seq=1, started_at=at(10), observed_at=at(8))

    def count() -> None:
        ledger.count_levels([Count(level.pk, 50)], run=run, part=0, at=at(10))
        connection.close()

    counting = threading.Thread(target=count)
    with transaction.atomic():
        ledger.adjust_many([Movement("sold", level.pk, -20, DAY)], at=at(9), actor="test")
        counting.start()
        wait_for_locks()
    counting.join()
    assert counters(level) == (30, 0, 0, 30)


def test_all_verbs_at_once_leave_sound_books():
    node = make.node()
    stock = [make.stock(node, make.sku(), 200) for _ in range(5)]
    run = FeedRun.objects.create(kind="call", seq=1, started_at=at(7))

    def work(number: int) -> None:
        dice = random.Random(number)
        for turn in range(20):
            key, level = f"{number}:{turn}", dice.choice(stock)
            verb = dice.choice(("count", "receive", "ship", "release", "floor", "publish"))
            movement = [Movement(f"{verb}:{key}", level.pk, dice.randint(1, 5), DAY)]
            if verb == "count":
                counts = [Count(each.pk, dice.randint(0, 300)) for each in stock]
                ledger.count_levels(counts, run=run, part=number * 100 + turn, at=at(9))
            elif verb == "receive":
                ledger.receive_many(movement, at=at(9), actor="test")
            elif verb in ("ship", "release"):
                wish = [Wanted(f"alloc:{key}", DAY, turn, level.pk, movement[0].units)]
                with transaction.atomic():
                    if not ledger.allocate_many(wish, at=at(9)):
                        (ledger.ship_many if verb == "ship" else ledger.release_many)(movement, at=at(9), actor="test")
            elif verb == "floor":
                ledger.floor_count(
                    level.pk, dice.randint(0, 300), observed_at=at(9), key=f"floor:{key}", day=DAY, actor="user:1"
                )
            else:
                ledger.publish_atp(at=at(9), limit=3)

    run_at_once(8, work)
    ledger.publish_atp(at=at(10))
    published = dict(PublishedAtp.objects.values_list("sku_id", "atp"))
    assert published == dict(db.rows("SELECT sku_id, sum(atp)::int FROM inventory_stocklevel GROUP BY 1"))


def updates_of_levels() -> tuple[int, int]:
    """All, and those that wrote an index entry though their page had room."""
    db.execute("SELECT pg_stat_force_next_flush()")
    seen = (
        "SELECT n_tup_upd, n_tup_upd - n_tup_hot_upd - n_tup_newpage_upd"
        " FROM pg_stat_user_tables WHERE relname = 'inventory_stocklevel'"
    )
    return db.rows(seen)[0]


def test_a_change_of_counters_writes_no_index_entry():
    node = make.node()
    stock = [make.stock(node, make.sku(), 100) for _ in range(50)]
    before = updates_of_levels()
    for turn in range(3):
        wanted = [Wanted(f"{turn}:{level.pk}", DAY, turn, level.pk, 1) for level in stock]
        assert ledger.allocate_many(wanted, at=at(9)) == {}
    updated, indexed = (after - past for after, past in zip(updates_of_levels(), before, strict=True))
    assert (updated, indexed) == (150, 0)
