"""A puller that is killed, doubled or too slow: the books end the same."""

from datetime import timedelta

import pytest

from inventory import invariants, ledger
from inventory.integrations import frame, guard, lease, staging
from inventory.models import Connection, FeedRun, FeedStage, LedgerEntry, StockLevel

from .pulling import NOON, on_hand, pull, row

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """The process ends here."""


STEPS = (
    (staging, "stage"),
    (staging, "stage_omitted"),
    (guard, "verdict"),
    (ledger, "begin_snapshot"),
    (ledger, "count_chunk"),
    (frame, "_finish"),
    (lease, "give_back"),
)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("where", "step"), STEPS)
def test_killed_at_any_step_and_called_again_it_ends_the_same(source, connection, monkeypatch, where, step, after):
    pull(source, connection, row(), row("PLATE", 4))
    at = NOON + timedelta(hours=1)
    source.says(row(on_hand=7), row("BOWL", 2), as_of=at.isoformat())
    real = getattr(where, step)

    def killed(*args, **kwargs):
        if after:
            real(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(where, step, killed)
        Connection.objects.update(next_at=None)
        with pytest.raises(Killed):
            frame.pull_due(at=at, now=lambda: at)
    Connection.objects.update(lease_until=None)
    pull(source, connection, at=at)
    assert (on_hand(), on_hand("PLATE"), on_hand("BOWL")) == (7, 0, 2)
    assert not FeedRun.objects.filter(state=FeedRun.State.STAGED).exists()
    assert LedgerEntry.objects.count() == 5
    assert not invariants.broken_rows()


def test_two_pullers_do_not_pull_one_connection(source, connection):
    source.says(row(), as_of=NOON.isoformat())
    assert lease.claim(at=NOON) == connection
    assert frame.pull_due(at=NOON + timedelta(hours=1), now=lambda: NOON) == 0
    assert source.queries == []


def test_who_slept_past_the_lease_writes_nothing(source, connection):
    source.says(row(), as_of=NOON.isoformat())
    slow = lease.claim(at=NOON)
    Connection.objects.update(lease_until=NOON + timedelta(days=9999))
    frame.pull(slow, at=NOON, now=lambda: NOON)
    assert (StockLevel.objects.count(), FeedStage.objects.count()) == (0, 0)
