from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from dom_project.lib.api_errors import Refused
from inventory import idempotency
from inventory.idempotency import Answer
from inventory.models import IdempotentCall
from tests.races import run_at_once

AT = datetime(2026, 11, 10, 15, tzinfo=UTC)


def call(body_hash: str = "hash", *, at: datetime = AT) -> Answer | None:
    with transaction.atomic():
        answer = idempotency.begin("orders token:1", "key-1", body_hash, at=at)
        if answer is None:
            idempotency.finish("orders token:1", "key-1", status=201, body={"ref": "O-1", "lines": [1, 2]})
        return answer


@pytest.mark.django_db
def test_the_first_answer_is_told_again():
    assert call() is None
    assert call() == Answer(201, {"ref": "O-1", "lines": [1, 2]})
    assert IdempotentCall.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_with_another_body_is_refused():
    call()
    with pytest.raises(Refused, match="other_body") as refusal:
        call("another")
    assert (refusal.value.status, refusal.value.field) == (422, "Idempotency-Key")
    assert IdempotentCall.objects.get().body_hash == "hash"


@pytest.mark.django_db
def test_an_answer_is_kept_for_seven_days():
    call()
    assert call(at=AT + timedelta(days=7, seconds=-1)) is not None
    assert call("another", at=AT + timedelta(days=7)) is None


@pytest.mark.django_db
def test_expired_answers_are_forgotten():
    call()
    assert idempotency.forget_calls(at=AT + timedelta(days=6)) == 0
    assert idempotency.forget_calls(at=AT + timedelta(days=7)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_call_can_not_begin_outside_the_transaction_of_its_effect():
    with pytest.raises(TransactionManagementError):
        idempotency.begin("s", "k", "h", at=AT)


@pytest.mark.django_db(transaction=True)
def test_of_fifty_at_once_one_has_the_effect():
    def one(_number: int) -> str:
        try:
            with transaction.atomic():
                if idempotency.begin("s", "k", "h", at=AT):
                    return "repeated"
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_sleep(0.05)")
                idempotency.finish("s", "k", status=201, body={})
                return "effect"
        except Refused as refused:
            return refused.code

    told = run_at_once(16, one)
    assert told.count("effect") == 1
    assert set(told) <= {"effect", "in_flight", "repeated"}


@pytest.mark.django_db(transaction=True)
def test_a_call_whose_transaction_failed_begins_anew():
    with transaction.atomic():
        idempotency.begin("s", "k", "h", at=AT)
        transaction.set_rollback(True)
    with transaction.atomic():
        assert idempotency.begin("s", "k", "h", at=AT) is None


@pytest.mark.django_db
def test_an_act_under_a_key_is_done_once_and_without_one_always():
    done: list[int] = []

    def act() -> tuple[int, dict[str, int]]:
        done.append(1)
        return 201, {"done": len(done)}

    assert idempotency.once("orders", "k", b"body", act, at=AT) == (201, {"done": 1}, False)
    assert idempotency.once("orders", "k", b"body", act, at=AT) == (201, {"done": 1}, True)
    assert idempotency.once("orders", "", b"body", act, at=AT) == (201, {"done": 2}, False)
    with pytest.raises(Refused, match="other_body"):
        idempotency.once("orders", "k", b"another", act, at=AT)
    assert len(done) == 2


@pytest.mark.django_db
def test_an_act_that_is_refused_leaves_no_key():
    def act() -> tuple[int, None]:
        raise Refused("no_atp")

    with pytest.raises(Refused, match="no_atp"):
        idempotency.once("orders", "k", b"body", act, at=AT)
    assert IdempotentCall.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["k" * 121, "a\x07b"])
def test_a_key_that_is_no_key_is_refused(key):
    with pytest.raises(Refused, match="bad_text") as refusal:
        idempotency.once("orders", key, b"body", lambda: (201, None), at=AT)
    assert refusal.value.field == "Idempotency-Key"
