from datetime import datetime, timedelta

import pytest
import time_machine
from django.db.models.functions import Now

from routing import history, pending, sourcing, tasks
from routing.models import Order, Outbox, Pending, ScarcityRun
from routing.sourcing import Sourced
from tests import make


@pytest.fixture
def rings(monkeypatch):
    heard: list[str] = []
    monkeypatch.setattr(tasks.bell, "ring", heard.append)
    return heard


@pytest.fixture
def results(monkeypatch):
    """What the calls of source_due will answer, one after the other; then nothing is due."""
    waiting: list[Sourced] = []
    monkeypatch.setattr(sourcing, "source_due", lambda **_: waiting.pop(0) if waiting else Sourced())
    monkeypatch.setattr(pending, "any_due", lambda: False)
    return waiting


@pytest.mark.usefixtures("network")
def test_a_ring_routes_whatever_is_due(at_the_clock):
    make.order("A")
    make.order("B")
    tasks.route()
    assert set(Order.objects.values_list("state", flat=True)) == {"routed"}
    assert not Pending.objects.exists()


@pytest.fixture
def at_the_clock(monkeypatch, clock):
    """The doorbell reads the clock of the test."""

    class Clock:
        @staticmethod
        def now() -> datetime:
            return clock

    monkeypatch.setattr(tasks, "timezone", Clock)


def test_a_ring_ends_when_nothing_is_due(results, rings):
    results += [Sourced(claimed=5, routed=5), Sourced(claimed=1, routed=1)]
    tasks.route()
    assert (results, rings) == ([], [])


def test_what_lost_a_race_is_waited_for(results, rings):
    results += [Sourced(claimed=1, refused=1), Sourced(), Sourced(claimed=1, routed=1)]
    tasks.route()
    assert len(results) == 1  # nothing was due after the rest: the sweeper comes


def test_more_work_than_one_ring_takes_rings_again(results, rings, monkeypatch):
    monkeypatch.setattr(pending, "any_due", lambda: True)
    results += [Sourced(claimed=1, routed=1)] * (tasks.BATCHES + 3)
    tasks.route(since="a newer release")
    assert (len(results), rings) == (3, ["route"])


def test_the_owner_of_a_lease_is_a_machine_a_process_and_a_thread():
    assert len(tasks.owner().split(":")) == 3


@pytest.mark.usefixtures("network")
def test_the_other_doorbells_do_nothing_where_nothing_waits(at_the_clock, django_assert_max_num_queries):
    assert not Pending.objects.filter(next_at__lte=Now()).exists()
    with django_assert_max_num_queries(4):
        tasks.wake_waiting()
        tasks.resolve_shortfalls()


@pytest.mark.django_db
def test_events_accepted_long_ago_are_forgotten(clock, settings):
    pending_order, old = make.order(), make.order()
    for order in (pending_order, old):
        history.record(history.Kind.PACKED, [(order.id, {})], actor="demo", at=clock)
    Outbox.objects.filter(aggregate=old.id).update(sent_at=clock)
    with time_machine.travel(clock + settings.KEEP_SENT + timedelta(hours=1), tick=False):
        for _ring in range(2):
            tasks.forget_sent(newer="argument")
            assert Outbox.objects.get().aggregate == pending_order.id


@pytest.mark.usefixtures("network")
def test_a_ring_clears_the_prices_of_what_came_and_learns_them_when_it_is_time(at_the_clock, clock):
    tasks.learn_prices()
    tasks.learn_prices()
    (run,) = ScarcityRun.objects.all()
    assert (run.state, run.at, run.asked_by) == ("done", clock, "engine")
