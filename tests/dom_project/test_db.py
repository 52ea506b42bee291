import pytest
from django.db import connection, transaction
from django.db.utils import InternalError, OperationalError
from psycopg import errors

from dom_project.lib import db


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_can_not_write():
    with pytest.raises(InternalError, match="read-only transaction"), db.read_only_snapshot():
        db.execute("CREATE TABLE never (id int)")


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_inside_a_transaction_reads_behind_its_locks():
    with transaction.atomic(), db.read_only_snapshot():
        assert db.value("SHOW transaction_isolation") == "read committed"


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_planned_for_its_own_size_and_leaves_no_trace():
    with db.batch_plans():
        assert db.rows("SHOW plan_cache_mode") == [("force_custom_plan",)]
    assert db.value("SHOW plan_cache_mode") == "auto"


@pytest.mark.django_db(transaction=True)
def test_a_pipeline_sends_statements_together():
    with transaction.atomic(), db.pipeline() as raw:
        answers = [raw.execute("SELECT %s::int", [number]) for number in (1, 2)]
        assert [answer.fetchone() for answer in answers] == [(1,), (2,)]


def _loses(times: int, tries: list[int]):
    @db.retry_on_conflict
    def verb() -> str:
        tries.append(1)
        if len(tries) <= times:
            raise OperationalError from errors.DeadlockDetected()
        return "done"

    return verb


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_tried_again_and_a_third_one_is_final():
    assert _loses(2, tries := [])() == "done"
    assert len(tries) == 3
    with pytest.raises(OperationalError):
        _loses(3, tries := [])()
    assert len(tries) == 3


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_a_deadlock_goes_up_at_once():
    with pytest.raises(OperationalError), transaction.atomic():
        _loses(1, tries := [])()
    assert len(tries) == 1
    assert not connection.in_atomic_block
