"""The job: asked for or due, one at a time, safe to kill and to repeat."""

from datetime import timedelta

import pytest

from inventory import ledger
from inventory.models import StockLevel
from inventory.movements import Movement
from routing.models import Order, ScarcityPrice, ScarcityRun, StrategyVersion
from routing.scarcity import past, replay, runs
from tests import make

pytestmark = pytest.mark.usefixtures("history")
HOUR = timedelta(hours=1)


def prices():
    found = ScarcityPrice.objects.order_by("sku", "node__code").values_list("sku__code", "node__code", "price")
    return [row for row in found if row[2]]


def test_a_month_of_orders_is_replayed_on_the_stock_of_now(clock):
    StockLevel.objects.filter(node__code="RENO", sku__code="MUG").update(on_hand=3)
    StockLevel.objects.filter(node__code="DENVER", sku__code="MUG").update(on_hand=100)
    run = replay.replay(at=clock, actor="engine")
    assert run == ScarcityRun.objects.get()
    assert (run.state, run.basis, run.futures, run.solved, run.hours) == ("done", "futures", 8, 8, 168)
    assert (run.at, run.currency, run.skus, run.history_days) == (clock, "USD", 1, 30)
    assert 30 < run.orders < 90  # eight weeks of about seven
    # Some of the seven mugs a week must come from Denver instead: a unit in Reno is worth nearly that way.
    [(sku, node, price)] = prices()
    assert (sku, node) == ("MUG", "RENO")
    assert 100 < price <= 150  # a zone more costs 150
    assert ScarcityPrice.objects.get(price__gt=0).per_day == pytest.approx(run.orders / 8 / 7)


def test_where_there_is_enough_nothing_has_a_price(clock):
    StockLevel.objects.filter(sku__code="MUG").update(on_hand=500)
    replay.replay(at=clock, actor="engine")
    assert prices() == []


def test_orders_that_come_later_are_never_seen(clock):
    make.order("LATER", lines={"LAMP": 1}, placed_at=clock + HOUR, due=False)
    seen = past.orders(at=clock)
    assert len(seen.ids) == 30
    assert Order.objects.get(ref="LATER").pk not in seen.ids.tolist()
    assert replay.replay(at=clock, actor="engine").skus == 1


def test_the_same_run_draws_the_same_futures(clock):
    seen = past.orders(at=clock)
    first, again, other = (replay.draw(seen, 7, at=clock, seed=seed) for seed in (7, 7, 8))
    assert [future.tolist() for future in first[0]] == [future.tolist() for future in again[0]]
    assert [future.tolist() for future in first[0]] != [future.tolist() for future in other[0]]


def test_too_little_history_is_priced_by_what_was_consumed(clock):
    Order.objects.filter(accepted_at__lt=clock - 20 * 24 * HOUR).update(accepted_at=clock - 2 * HOUR)
    mug = StockLevel.objects.get(node__code="RENO", sku__code="MUG")
    ledger.receive_many([Movement("truck", mug.pk, 10, clock.date())], at=clock - 3 * HOUR, actor="user:1")
    ledger.adjust_many([Movement("lost", mug.pk, -15, clock.date())], at=clock - HOUR, actor="user:1")
    run = replay.replay(at=clock, actor="engine")
    assert (run.basis, run.futures, run.orders) == ("consumed", 0, 0)
    # 5 of 20 are left, and the farthest zone is 300 dearer: 300 × (e^0.75 − 1) / (e − 1).
    assert prices() == [("MUG", "RENO", 195)]


def test_the_pace_of_a_short_history_is_that_of_the_days_that_were_looked_at(clock, monkeypatch):
    monkeypatch.setattr(replay, "MOST_ORDERS", 5)
    Order.objects.filter(accepted_at__lt=clock - 20 * 24 * HOUR).update(accepted_at=clock + HOUR)
    StockLevel.objects.filter(node__code="RENO", sku__code="MUG").update(on_hand=3)
    mug = StockLevel.objects.get(node__code="RENO", sku__code="MUG")
    ledger.receive_many([Movement("truck", mug.pk, 10, clock.date())], at=clock - 3 * HOUR, actor="user:1")
    ledger.adjust_many([Movement("lost", mug.pk, -10, clock.date())], at=clock - HOUR, actor="user:1")
    run = replay.replay(at=clock, actor="engine")
    assert (run.basis, run.history_days) == ("consumed", 20)
    assert ScarcityPrice.objects.get(price__gt=0).per_day == 1  # one mug on each of five days


def test_without_any_order_a_run_is_done_and_empty(clock):
    Order.objects.update(accepted_at=clock + HOUR)
    run = replay.replay(at=clock, actor="engine")
    assert (run.state, run.skus) == ("done", 0)
    assert not ScarcityPrice.objects.exists()


def test_a_ring_that_comes_too_early_does_nothing(clock):
    StrategyVersion.objects.update(scarcity_prices=True)
    assert replay.replay(at=clock, actor="engine")
    assert replay.replay(at=clock + 3 * HOUR, actor="engine") is None
    assert replay.replay(at=clock + 4 * HOUR, actor="engine")
    assert ScarcityRun.objects.count() == 2


def test_while_they_do_not_count_they_are_learned_once_a_day(clock):
    assert replay.replay(at=clock, actor="engine")
    assert replay.replay(at=clock + 22 * HOUR, actor="engine") is None
    assert replay.replay(at=clock + 23 * HOUR, actor="engine")


def test_who_asks_does_not_wait_until_it_is_time(clock):
    replay.replay(at=clock, actor="engine")
    first = runs.ask(at=clock + HOUR, actor="user:1")
    assert runs.ask(at=clock + HOUR, actor="user:2") == first
    done = replay.replay(at=clock + HOUR, actor="engine")
    assert (done.pk, done.asked_by, done.at) == (first.pk, "user:1", clock + HOUR)


def test_who_asks_just_as_a_run_ends_asks_for_another(clock, monkeypatch):
    ending, open_run = runs.ask(at=clock, actor="user:1"), runs.open_run

    def too_late():
        ScarcityRun.objects.filter(pk=ending.pk).update(state="done", at=clock)
        monkeypatch.undo()
        return open_run()

    monkeypatch.setattr(runs, "open_run", too_late)
    asked = runs.ask(at=clock + HOUR, actor="user:2")
    assert (asked.state, asked.asked_by, asked.pk == ending.pk) == ("asked", "user:2", False)


def test_what_a_dead_process_began_is_begun_again_and_given_up_after_three(clock):
    run = runs.ask(at=clock, actor="user:1")
    runs.begin(run, at=clock)
    runs.tell(run, futures=8, solved=5)
    done = replay.replay(at=clock + HOUR, actor="engine")
    assert (done.pk, done.state, done.tries, done.at) == (run.pk, "done", 2, clock + HOUR)
    assert ScarcityRun.objects.count() == 1
    dying = runs.ask(at=clock + 2 * HOUR, actor="user:1")
    for _ in range(3):
        runs.begin(dying, at=clock + 2 * HOUR)
    assert replay.replay(at=clock + 3 * HOUR, actor="engine") is None
    dying.refresh_from_db()
    assert (dying.state, dying.error) == ("failed", runs.STOPPED)


def test_what_raises_leaves_the_prices_before_it(clock, monkeypatch):
    StockLevel.objects.filter(node__code="RENO", sku__code="MUG").update(on_hand=3)
    first = replay.replay(at=clock, actor="engine")
    before = prices()
    monkeypatch.setattr(replay, "worth_of", lambda _: 1 / 0)
    runs.ask(at=clock + HOUR, actor="user:1")
    with pytest.raises(ZeroDivisionError):
        replay.replay(at=clock + HOUR, actor="engine")
    failed = runs.last()
    assert (failed.state, failed.error) == ("failed", "ZeroDivisionError: division by zero")
    assert runs.newest() == first
    assert prices() == before


def test_the_prices_of_old_runs_are_forgotten_and_the_runs_kept(clock):
    for number in range(runs.KEPT + 2):
        runs.ask(at=clock + number * HOUR, actor="user:1")
        replay.replay(at=clock + number * HOUR, actor="engine")
    assert ScarcityRun.objects.count() == runs.KEPT + 2
    assert ScarcityPrice.objects.values("run").distinct().count() <= runs.KEPT
