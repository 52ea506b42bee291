import json
import threading

import pytest
import redis
from celery import current_app
from django.db import transaction

from dom_project.lib import bell


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch):
    """Nobody has rung before, and the test is the sender."""
    monkeypatch.setattr(bell, "_wake_sender", lambda: None)
    bell._rings.clear()
    bell._news.clear()
    bell._quiet_until.clear()
    bell.errors.clear()


@pytest.fixture
def heard(monkeypatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: names.append(name))
    return names


@pytest.mark.django_db(transaction=True)
def test_a_bell_rings_after_the_commit_and_not_before(heard):
    with transaction.atomic():
        bell.ring("route")
        bell.deliver()
        assert heard == []
    bell.deliver()
    assert heard == ["route"]


@pytest.mark.django_db(transaction=True)
def test_a_rollback_rings_nothing(heard):
    with transaction.atomic():
        bell.ring("route")
        transaction.set_rollback(True)
    bell.deliver()
    assert heard == []


@pytest.mark.django_db(transaction=True)
def test_a_hundred_rings_at_once_become_one_and_a_later_one_is_heard_too(heard):
    for _ in range(100):
        bell.ring("route")
    bell.deliver()
    assert heard == ["route"]
    bell.ring("route")
    bell.deliver()
    assert heard == ["route", "route"]


@pytest.mark.django_db(transaction=True)
def test_the_sender_runs_beside_the_request_and_survives_a_fork(monkeypatch, heard):
    monkeypatch.undo()
    rung = threading.Event()
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: rung.set())
    bell.ring("route")
    assert rung.wait(60)
    bell._forget()
    rung.clear()
    bell.ring("route")
    assert rung.wait(60)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_down_costs_one_error_and_is_then_left_alone(monkeypatch):
    tries = []

    def refuse(name: str, **_: object) -> None:
        tries.append(name)
        raise ConnectionRefusedError

    monkeypatch.setattr(current_app, "send_task", refuse)
    bell.ring("route")
    bell.deliver()
    bell.ring("dispatch")
    bell.deliver()
    assert tries == ["route"]
    assert bell.errors["broker"] == 2


@pytest.mark.django_db(transaction=True)
def test_news_without_a_server_are_counted_and_forgotten():
    bell.publish("overview")
    bell.deliver()
    assert bell.errors["live"] == 1


@pytest.mark.django_db(transaction=True)
def test_news_reach_who_listens(settings, valkey_url, monkeypatch):
    settings.REDIS_URL = valkey_url
    monkeypatch.setattr(bell, "_redis", redis.Redis.from_url)  # which waits as long as it takes
    with redis.Redis.from_url(valkey_url) as client, client.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe(bell.LIVE)
        listener.get_message(timeout=60)
        bell.publish("queue", {"count": 3}, node="RENO-DC")
        bell.deliver()
        message = listener.get_message(timeout=60)
    assert message is not None
    assert json.loads(message["data"]) == {"topic": "queue", "node": "RENO-DC", "data": {"count": 3}}
