"""A read that would empty the shelves asks first: nothing of it counts until a person says so."""

from dataclasses import asdict
from datetime import timedelta

import pytest

from dom_project.lib.api_errors import Refused
from inventory import feed_limits, feeds
from inventory.integrations import frame
from inventory.models import FeedCase, FeedRun, FeedScope, FeedStage

from .pulling import NOON, on_hand, pull, row

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db(transaction=True)


def test_all_zeros_are_asked_about_and_nothing_of_them_counts(source, connection):
    pull(source, connection, row(), row("PLATE", 4))
    run = pull(source, connection, row(on_hand=0), row("PLATE", 0), at=NOON + timedelta(hours=1))
    case = FeedCase.objects.get()
    assert (run.state, case.reason, on_hand(), on_hand("PLATE")) == ("asked", "all_zero", 10, 4)
    assert case.params["biggest"] == [
        {"node": "RENO", "sku": "MUG", "before": 10, "after": 0},
        {"node": "RENO", "sku": "PLATE", "before": 4, "after": 0},
    ]
    assert feeds.freshness(NOON + timedelta(hours=1))[FeedScope.objects.get().node_id].state == "stale"


def asked(source, connection):
    pull(source, connection, row(), row("PLATE", 4))
    return pull(source, connection, row(on_hand=0), row("PLATE", 0), at=NOON + timedelta(hours=1))


def test_figures_a_hundred_times_too_large_are_held_and_asked_about(source, connection):
    pull(source, connection, row(), row("PLATE", 4))
    run = pull(source, connection, row(on_hand=1000, version=2), row("PLATE", 400, version=2), at=NOON + HOUR)
    case = FeedCase.objects.get()
    assert (run.state, case.reason, on_hand(), on_hand("PLATE")) == ("asked", "many_jumped", 10, 4)
    assert [each["after"] for each in case.params["biggest"]] == [1000, 400]
    frame.accept(run.pk, actor="user:1", at=NOON + HOUR)
    frame.pull_due(at=NOON + HOUR, now=lambda: NOON + HOUR)
    assert (on_hand(), on_hand("PLATE")) == (1000, 400)


def test_wider_limits_hold_until_they_end(source, connection):
    pull(source, connection, row(), row("PLATE", 200), row("BOWL", 200))
    percent = asdict(feed_limits.USUAL) | {"fallen": 80}
    feed_limits.widen(connection, percent=percent, until=NOON + 2 * HOUR, at=NOON, actor="user:1")
    run = pull(source, connection, row(), row("PLATE", 60, version=2), row("BOWL", 60, version=2), at=NOON + HOUR)
    assert (run.state, on_hand("PLATE")) == ("applied", 60)
    late = NOON + 3 * HOUR
    run = pull(source, connection, row(), row("PLATE", 1, version=3), row("BOWL", 1, version=3), at=late)
    assert (run.state, FeedCase.objects.get().reason, on_hand("PLATE")) == ("asked", "units_fell", 60)


def test_while_a_case_is_open_nothing_is_read(source, connection):
    asked(source, connection)
    requests = len(source.queries)
    pull(source, connection, at=NOON + timedelta(hours=2))
    assert (len(source.queries), FeedRun.objects.count()) == (requests, 2)


def test_an_accepted_run_counts_once(source, connection):
    run = asked(source, connection)
    frame.accept(run.pk, actor="user:1", at=NOON + timedelta(hours=2))
    source.says(as_of=(NOON + timedelta(hours=2)).isoformat())
    assert frame.pull_due(at=NOON + timedelta(hours=2), now=lambda: NOON + timedelta(hours=2)) == 1
    run.refresh_from_db()
    assert (run.state, on_hand(), on_hand("PLATE"), run.changed) == ("applied", 0, 0, 2)
    assert (run.case.verdict, run.case.closed_by) == ("accepted", "user:1")
    with pytest.raises(Refused, match="case_is_closed"):
        frame.accept(run.pk, actor="user:1", at=NOON)


def test_a_discarded_run_changes_nothing_and_everything_is_read_anew(source, connection):
    run = asked(source, connection)
    frame.discard(run.pk, actor="user:1", at=NOON + timedelta(hours=2))
    run.refresh_from_db()
    assert (run.state, on_hand(), FeedStage.objects.count()) == ("discarded", 10, 0)
    again = pull(source, connection, row(on_hand=9), row("PLATE", 4), at=NOON + timedelta(hours=2))
    assert (again.kind, again.state, on_hand()) == ("snapshot", "applied", 9)
