"""One connection pulled from a source on the loopback, over real rows."""

from datetime import timedelta

import pytest

from dom_project.lib import db
from inventory import invariants, ledger
from inventory.integrations import guard
from inventory.models import DataIssue, FeedRun, FeedScope, FeedStage, LedgerEntry, RejectedRow, StockLevel
from inventory.movements import Movement, Wanted

from .pulling import NOON, on_hand, pull, row

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_first_pull_reads_everything_and_opens_levels(source, connection):
    run = pull(source, connection, row(), row("PLATE", 4, reserved=1))
    assert (run.kind, run.state, run.rows_read, run.changed) == ("snapshot", "applied", 2, 2)
    level = StockLevel.objects.get(sku__code="PLATE")
    assert (level.on_hand, level.external, level.atp) == (4, 1, 3)
    assert connection.last_success_at == connection.last_snapshot_at == NOON
    assert (connection.last_error, connection.lease_until, FeedStage.objects.count()) == (None, None, 0)
    assert FeedScope.objects.get().seen_at == NOON
    assert not invariants.broken_rows()


def test_a_later_pull_asks_for_changes_with_the_overlap(source, connection):
    pull(source, connection, row())
    later = NOON + timedelta(seconds=30)
    run = pull(source, connection, row(on_hand=8, changed_at=later, version=2), at=later)
    assert source.queries[-1]["since"] == "2026-11-10T11:58:00Z"
    assert (run.kind, run.changed, on_hand()) == ("delta", 1, 8)


def test_changes_never_zero_what_they_leave_out_but_a_snapshot_does(source, connection):
    pull(source, connection, row(), row("PLATE", 4), row("BOWL", 90))
    pull(source, connection, row("BOWL", 80, version=2, changed_at=NOON), at=NOON + timedelta(seconds=30))
    assert on_hand("PLATE") == 4
    run = pull(source, connection, row(), row("BOWL", 80, version=2), at=NOON + timedelta(hours=1))
    assert (run.kind, on_hand(), on_hand("PLATE")) == ("snapshot", 10, 0)


def test_a_row_that_comes_again_is_counted_as_stale(source, connection):
    recent = NOON - timedelta(seconds=60)
    pull(source, connection, row(version=7, changed_at=recent))
    run = pull(source, connection, row(on_hand=99, version=7, changed_at=recent), at=NOON + timedelta(seconds=30))
    assert (run.stale, run.changed, on_hand()) == (1, 0, 10)


def test_a_row_that_comes_again_and_again_stays_stale(source, connection):
    told = row(version=7, changed_at=NOON - timedelta(seconds=10))
    pull(source, connection, told)
    runs = [pull(source, connection, told, at=NOON + timedelta(seconds=30 * turn)) for turn in (1, 2, 3)]
    assert [(run.stale, run.changed) for run in runs] == [(1, 0)] * 3
    assert LedgerEntry.objects.count() == 1


def test_a_read_without_changes_leaves_no_run_but_a_sign_of_life(source, connection):
    pull(source, connection, row())
    pull(source, connection, at=NOON + timedelta(seconds=30), rows=[])
    assert (FeedRun.objects.count(), connection.last_success_at) == (1, NOON + timedelta(seconds=30))
    assert FeedScope.objects.get().seen_at == NOON + timedelta(seconds=30)


def test_what_the_floor_saw_stands_against_the_unchanged_snapshot(source, connection):
    pull(source, connection, row())
    level = StockLevel.objects.get()
    ledger.floor_count(
        level.pk,
        7,
        observed_at=NOON + timedelta(minutes=10),
        key="short:1",
        day=NOON.date(),
        actor="user:1",
        at=NOON + timedelta(minutes=10),
    )
    run = pull(source, connection, row(), at=NOON + timedelta(hours=10))
    assert (run.kind, run.drift, on_hand()) == ("snapshot", 1, 7)
    pull(
        source,
        connection,
        row(on_hand=9, version=2, changed_at=NOON + timedelta(hours=11)),
        at=NOON + timedelta(hours=12),
    )
    assert on_hand() == 9


def test_a_movement_that_the_source_has_booked_is_not_taken_off_twice(source, connection):
    pull(source, connection, row())
    level = StockLevel.objects.get()
    ledger.allocate_many([Wanted("alloc:1", NOON.date(), 1, level.pk, 3)], at=NOON)
    shipped_at, booked_at = NOON + timedelta(minutes=1), NOON + timedelta(minutes=3)
    ledger.ship_many([Movement("ship:1", level.pk, 3, NOON.date())], at=shipped_at, actor="engine")
    pull(source, connection, row(), at=NOON + timedelta(minutes=20))
    assert on_hand() == 7
    ledger.mark_booked(["ship:1"], booked_at=booked_at + timedelta(minutes=30))
    pull(
        source,
        connection,
        row(on_hand=7, version=2, changed_at=booked_at + timedelta(minutes=30)),
        at=NOON + timedelta(hours=1),
    )
    assert on_hand() == 7
    assert not invariants.broken_rows()


def test_an_older_figure_than_the_level_has_is_stale(source, connection):
    pull(source, connection, row())
    run = pull(source, connection, row(on_hand=3, version=9), at=NOON + timedelta(seconds=30))
    assert (run.stale, on_hand()) == (1, 10)


def test_bad_rows_are_kept_with_field_and_reason_and_good_ones_count(source, connection):
    run = pull(
        source,
        connection,
        row(),
        row("NOPE"),
        row(node="NOWHERE"),
        row("PLATE", None),
        row("BOWL", 1.5),
    )
    assert (run.state, run.rejected, on_hand()) == ("applied", 4, 10)
    assert set(RejectedRow.objects.values_list("source_id", "field", "reason", "value")) == {
        ("reno|nope", "sku", "unknown_sku", "nope"),
        ("nowhere|mug", "node", "unknown_node", "nowhere"),
        ("reno|plate", "on_hand", "missing", "None"),
        ("reno|bowl", "on_hand", "not_whole", "1.5"),
    }


def test_a_bad_row_keeps_the_last_good_figure_and_a_good_one_closes_it(source, connection):
    pull(source, connection, row(), row("PLATE", 4))
    pull(source, connection, row(), row("PLATE", None), at=NOON + timedelta(hours=1))
    pull(source, connection, row(), row("PLATE", None), at=NOON + timedelta(hours=2))
    assert on_hand("PLATE") == 4
    assert RejectedRow.objects.get(closed_at=None).times == 2
    pull(source, connection, row(), row("PLATE", 5), at=NOON + timedelta(hours=3))
    assert (on_hand("PLATE"), RejectedRow.objects.filter(closed_at=None).count()) == (5, 0)


def test_a_negative_figure_counts_as_zero_with_an_issue(source, connection):
    pull(source, connection, row(on_hand=-3))
    assert on_hand() == 0
    assert DataIssue.objects.get().raw == -3


def test_a_moment_ahead_is_clamped_and_counted(source, connection):
    run = pull(source, connection, row(changed_at=NOON + timedelta(minutes=6)))
    assert (run.clamped, run.state, on_hand()) == (1, "applied", 10)


def test_fewer_than_allocated_counts_and_leaves_a_shortfall(source, connection):
    pull(source, connection, row())
    level = StockLevel.objects.get()
    ledger.allocate_many([Wanted("alloc:1", NOON.date(), 1, level.pk, 8)], at=NOON)
    pull(source, connection, row(on_hand=5, version=2, changed_at=NOON), at=NOON + timedelta(seconds=30))
    level.refresh_from_db()
    assert (level.on_hand, level.allocated, level.shortfall, level.atp) == (5, 8, 3, 0)


@pytest.mark.parametrize(
    ("case", "status", "body", "code"),
    [
        ("HTML", 200, b"<html>Log in</html>", "html"),
        ("half a body", 200, b'{"rows": [{"no', "half_body"),
        ("no right", 401, b"", "unauthorised"),
        ("broken", 500, b"", "source_broken"),
    ],
)
def test_a_bad_answer_leaves_the_old_figures_and_says_why(source, connection, case, status, body, code):
    pull(source, connection, row())
    source.answers(status, body)
    run = pull(source, connection, at=NOON + timedelta(hours=1))
    assert (run.state, run.error["code"], connection.last_error["code"]) == ("failed", code, code), case
    assert (connection.failures, connection.last_success_at, on_hand()) == (1, NOON, 10)
    assert LedgerEntry.objects.count() == 1


def test_a_throttled_connection_waits_as_long_as_it_is_told(source, connection):
    source.answers(429, b"", Retry_After="90")
    pull(source, connection)
    assert connection.next_at == NOON + timedelta(seconds=90)


def test_a_second_page_that_breaks_leaves_nothing_of_the_first(source, connection):
    source.says(row(), complete=False, next="two", count=2)
    first = source.answer
    source.answer = lambda query: (500, {}, b"") if "cursor" in query else first(query)
    run = pull(source, connection)
    assert (run.state, StockLevel.objects.count(), FeedStage.objects.count()) == ("failed", 0, 0)


def test_a_read_is_weighed_by_statistics_of_what_it_staged(source, connection, monkeypatch):
    weighed = []

    def verdict(_run, **_moment):
        weighed.append(db.value("SELECT reltuples FROM pg_class WHERE relname = 'inventory_feedstage'"))

    monkeypatch.setattr(guard, "verdict", verdict)
    pull(source, connection, row(), row("PLATE", 4), row("BOWL", 1))
    assert weighed == [3]


@pytest.mark.parametrize(
    ("bad", "reason", "value"),
    [
        ({"sku": "A\x00"}, "unknown_sku", "a\ufffd"),
        ({"node": "\ud800"}, "unknown_node", "\ufffd"),
        ({"on_hand": "\ud800"}, "not_a_number", "\ufffd"),
        ({"changed_at": "\x00"}, "not_an_instant", "\ufffd"),
    ],
)
def test_letters_that_no_database_takes_spoil_their_row_only(source, connection, bad, reason, value):
    run = pull(source, connection, row("PLATE", 4), row() | bad | {"note": "\\u0000 \ud800\x00"})
    assert (run.state, run.rejected, on_hand("PLATE")) == ("applied", 1, 4)
    rejected = RejectedRow.objects.get()
    assert (rejected.reason, rejected.value) == (reason, value)
    assert not StockLevel.objects.filter(sku__code="MUG").exists()
