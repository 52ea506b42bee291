"""A connection that is set anew while it is read, or whose connector breaks: nothing of that read counts any more."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError

from inventory import feeds, ledger
from inventory.integrations import frame, lease
from inventory.integrations.connector import Connector, ReadFailed
from inventory.models import Connection, FeedCase, FeedRun, FeedStage
from tests.races import run_at_once

from .pulling import NOON, on_hand, pull, row

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(minutes=1)
RENEWALS = 6  # page, end of the read, weighing, begin of the count, its one chunk, end


def set_anew(connection, **values):
    read = Connection.objects.get(pk=connection.pk)
    kept = {"ref": read.ref, "address": read.address, "system": read.system, "mapping": read.mapping}
    feeds.save(read, values=kept | values, token="", at=LATER, actor="user:1")


@pytest.mark.parametrize("renewal", range(1, RENEWALS + 1))
def test_a_read_at_work_while_the_address_changes_ends_without_a_word(source, connection, monkeypatch, renewal):
    pull(source, connection, row(on_hand=3))
    Connection.objects.update(next_at=None, last_snapshot_at=None)
    source.says(row(on_hand=7), as_of=LATER.isoformat())
    real, calls = lease.renew, []

    def renew(held):
        calls.append(held)
        if len(calls) == renewal:
            run_at_once(1, lambda _: set_anew(connection, address=f"{source.address}/v2"))
        real(held)

    monkeypatch.setattr(lease, "renew", renew)
    assert frame.pull_due(at=LATER, now=lambda: LATER) == 2  # the second turn is of the new address
    monkeypatch.undo()
    connection.refresh_from_db()
    old, new = FeedRun.objects.order_by("id")[1:]
    assert (old.state, new.state) == ("failed", "applied")
    assert (connection.lease_until, on_hand()) == (None, 7)
    assert not FeedStage.objects.exists()


def test_a_read_of_the_old_address_that_waits_to_be_counted_never_counts(source, connection, monkeypatch):
    pull(source, connection, row(on_hand=3))
    run = FeedRun.objects.create(
        connection=connection, kind="snapshot", seq=2, started_at=NOON, observed_at=NOON, rows_read=1
    )
    FeedStage.objects.create(run=run, node_id=connection.scopes.get().node_id, sku_id=1, on_hand=99)
    set_anew(connection, mapping={"limit": 7})
    run.refresh_from_db()
    connection.refresh_from_db()
    assert (run.state, run.error, run.finished_at) == ("failed", {"code": "set_anew", "params": {}}, LATER)
    assert not FeedStage.objects.exists()
    assert (connection.cursor, connection.last_snapshot_at, connection.next_at) == ({}, None, None)


def test_a_read_of_the_old_address_that_waits_for_a_person_is_thrown_away(source, connection):
    pull(source, connection, row(on_hand=3))
    run = FeedRun.objects.create(
        connection=connection, kind="snapshot", state="asked", seq=2, started_at=NOON, observed_at=NOON
    )
    FeedCase.objects.create(run=run, reason="all_zero", raised_at=NOON)
    set_anew(connection, address=f"{source.address}/v2")
    run.refresh_from_db()
    assert (run.state, run.case.verdict, run.case.closed_by, run.case.closed_at) == (
        "discarded",
        "discarded",
        "user:1",
        LATER,
    )


def test_other_settings_disturb_no_read(source, connection):
    pull(source, connection, row(on_hand=3))
    held = lease.claim(at=NOON + timedelta(minutes=10))
    run = FeedRun.objects.create(connection=connection, kind="snapshot", seq=2, started_at=NOON, observed_at=NOON)
    before = Connection.objects.get()
    set_anew(connection, name="Head office")
    run.refresh_from_db()
    after = Connection.objects.get()
    assert run.state == "staged"
    assert (after.name, after.lease_until, after.cursor) == ("Head office", held.lease_until, before.cursor)


# ── a connector that breaks ──


def broken_by(error):
    def connectors():
        def pull(*_):
            raise error

        return {"json_http": Connector("json_http", "", pull, pull, lambda _mapping: None)}

    return connectors


BREAKS = [
    ("a fault of the connector", KeyError("rows"), "KeyError: 'rows'"),
    ("letters that no database takes", ValueError("a\0b\ud800"), "ValueError: a\ufffdb\ufffd"),
    ("a long story", ValueError("x" * 5000), "ValueError: " + "x" * 288),
]


@pytest.mark.parametrize(("case", "error", "said"), BREAKS)
def test_a_connector_that_breaks_is_a_failed_read(source, connection, monkeypatch, case, error, said):
    pull(source, connection, row(on_hand=3))
    monkeypatch.setattr(frame, "connectors", broken_by(error))
    run = pull(source, connection, at=LATER)
    assert (run.state, run.error) == ("failed", {"code": "broke_off", "params": {"error": said}}), case
    assert connection.last_error == {**run.error, "at": LATER.isoformat()}
    assert (connection.failures, connection.lease_until) == (1, None)
    assert connection.next_at == LATER + timedelta(seconds=30)
    assert on_hand() == 3


def test_a_count_that_breaks_is_a_failed_read_and_everything_is_read_anew(source, connection, monkeypatch):
    pull(source, connection, row(on_hand=3))

    def count_chunk(*_, **__):
        raise IntegrityError("no such level")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "count_chunk", count_chunk)
        run = pull(source, connection, row(on_hand=7, version=2), at=LATER)
    assert (run.state, run.error["code"], connection.last_snapshot_at) == ("failed", "broke_off", None)
    assert not FeedStage.objects.exists()
    assert pull(source, connection, row(on_hand=7), at=LATER + timedelta(minutes=1)).state == "applied"
    assert on_hand() == 7


def test_a_database_in_trouble_is_not_the_connectors_fault(source, connection, monkeypatch):
    monkeypatch.setattr(frame, "connectors", broken_by(OperationalError("gone")))
    Connection.objects.update(next_at=None)
    with pytest.raises(OperationalError):
        frame.pull_due(at=NOON, now=lambda: NOON)
    assert Connection.objects.get().failures == 0


def test_the_test_button_of_a_connector_that_breaks_says_so(connection, monkeypatch):
    monkeypatch.setattr(frame, "connectors", broken_by(KeyError("rows")))
    with pytest.raises(ReadFailed) as failed:
        frame.check(connection, now=lambda: NOON)
    assert (failed.value.code, failed.value.params) == ("broke_off", {"error": "KeyError: 'rows'"})
