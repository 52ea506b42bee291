"""Replays at once, each on a connection of its own."""

import pytest

from routing.models import ScarcityPrice, ScarcityRun
from routing.scarcity import replay, runs
from tests.races import run_at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("history")]


def test_of_four_replays_at_once_one_learns(clock):
    done = run_at_once(4, lambda number: replay.replay(at=clock, actor="engine"))
    assert sum(run is not None for run in done) == 1
    (run,) = ScarcityRun.objects.all()
    assert (run.state, run.tries) == ("done", 1)
    assert ScarcityPrice.objects.exclude(run=run).count() == 0


def test_four_who_ask_at_once_ask_for_one_run(clock):
    asked = run_at_once(4, lambda number: runs.ask(at=clock, actor=f"user:{number}"))
    assert len({run.pk for run in asked}) == 1
    assert ScarcityRun.objects.count() == 1
