import threading
from datetime import UTC, datetime, timedelta

import pytest
import redis

from dom_project import health, workers


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch):
    """Nothing is remembered from another test, and whoever answers may take its time."""
    for name in ("database", "broker", "living"):
        old = getattr(health, name)
        monkeypatch.setattr(health, name, health.Probe(old.ask, old.no, old.failures))
    for name in ("CONNECT_SECONDS", "ANSWER_SECONDS", "LIMIT_SECONDS", "FRESH_SECONDS"):
        monkeypatch.setattr(health, name, 60)
    monkeypatch.setattr(workers, "client", redis.Redis.from_url)


@pytest.fixture
def _one_worker(settings, valkey_url):
    settings.REDIS_URL = valkey_url
    client = redis.Redis.from_url(valkey_url)
    client.set(f"{workers.KEY}all@here", "route,feed,out,report")
    yield
    client.flushall()
    client.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_one_worker")
def test_an_empty_house_with_a_worker_is_well(client):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "version": "0.1.0",
        "database": True,
        "broker": True,
        "workers": 1,
        "orders_total": 0,
        "orders_pending": 0,
        "orders_routed": 0,
        "oldest_pending_seconds": 0,
    }
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_without_a_worker_it_is_degraded_and_not_ready(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"], answer.json()["workers"]) == (200, "degraded", 0)
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").json() == {"ready": False, "missing": ["workers"]}


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_no_worker_takes_from_degrades(client, settings, valkey_url):
    settings.REDIS_URL = valkey_url
    with redis.Redis.from_url(valkey_url) as own:
        own.set(f"{workers.KEY}rest@here", "feed,out,report")
        assert client.get("/healthz").json()["status"] == "degraded"
        own.set(f"{workers.KEY}route@here", "route")
        health.living.known_at = float("-inf")
        assert client.get("/healthz").json()["status"] == "ok"
        own.flushall()


@pytest.mark.usefixtures("_one_worker")
def test_without_a_database_it_still_answers(client, monkeypatch):
    monkeypatch.setattr(health, "address", lambda: {"host": "127.0.0.1", "port": 9})
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "down",
        "version": "0.1.0",
        "database": False,
        "broker": True,
        "workers": 1,
        "orders_total": None,
        "orders_pending": None,
        "orders_routed": None,
        "oldest_pending_seconds": None,
    }
    assert client.get("/readyz").json() == {"ready": False, "missing": ["database"]}


@pytest.mark.usefixtures("_one_worker")
def test_without_a_database_it_answers_who_is_logged_in_too(client, monkeypatch):
    """Without `db` every query of the request itself fails, that for its session too."""
    monkeypatch.setattr(health, "address", lambda: {"host": "127.0.0.1", "port": 9})
    client.cookies["sessionid"] = "0" * 32
    assert client.get("/healthz").json()["status"] == "down"
    assert client.get("/readyz").status_code == 503


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_one_worker")
def test_too_many_orders_to_count_hinder_no_work(client, monkeypatch):
    monkeypatch.setattr(health, "ANSWER_SECONDS", 2)
    monkeypatch.setattr(health, "COUNTS", "SELECT pg_sleep(60)")
    answer = client.get("/healthz").json()
    assert (answer["status"], answer["orders_total"], answer["orders_pending"]) == ("ok", None, None)
    assert client.get("/readyz").json() == {"ready": True, "missing": []}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_one_worker")
def test_without_a_broker_it_is_degraded(client, monkeypatch):
    from kombu.exceptions import OperationalError

    def refuse() -> bool:
        raise OperationalError

    monkeypatch.setattr(health.broker, "ask", refuse)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"], answer.json()["broker"]) == (200, "degraded", False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_one_worker")
def test_a_feed_that_is_late_degrades(client):
    from inventory.models import Connection

    def status(**connection):
        health.database.known_at = float("-inf")
        Connection.objects.update(**connection)
        return client.get("/healthz").json()["status"]

    now = datetime.now(UTC)
    Connection.objects.create(ref="erp", name="ERP", address="http://erp.example", schedule_seconds=3600)
    assert status() == "degraded"  # never read
    assert status(last_success_at=now) == "ok"
    assert status(last_success_at=now - timedelta(hours=3)) == "degraded"
    assert status(active=False) == "ok"


def test_a_question_that_hangs_counts_as_a_no_and_is_not_asked_twice(monkeypatch):
    monkeypatch.setattr(health, "LIMIT_SECONDS", 0.01)
    asked, begun, go_on = [], threading.Event(), threading.Event()

    def hang() -> bool:
        asked.append(1)
        begun.set()
        return go_on.wait(60)

    probe = health.Probe(hang, False, (OSError,))
    assert probe.answer() is False
    assert begun.wait(60)
    probe.known_at = float("-inf")
    assert probe.answer() is False
    assert len(asked) == 1
    go_on.set()
    probe.asking.join()
    assert probe.answer() is True


def test_an_answer_is_remembered_for_a_while():
    asked = []
    probe = health.Probe(lambda: asked.append(1) or len(asked), 0, (OSError,))
    assert [probe.answer() for _ in range(3)] == [1, 1, 1]
