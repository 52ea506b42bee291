from types import SimpleNamespace

import pytest
import redis

from dom_project import workers


@pytest.fixture
def worker(settings, valkey_url, monkeypatch):
    settings.REDIS_URL = valkey_url
    monkeypatch.setattr(workers, "client", redis.Redis.from_url)  # which waits as long as it takes
    yield SimpleNamespace(
        hostname="route@here",
        app=SimpleNamespace(amqp=SimpleNamespace(queues=SimpleNamespace(consume_from={"route": 1, "out": 1}))),
        timer=SimpleNamespace(call_repeatedly=lambda *_: SimpleNamespace(cancel=lambda: None)),
    )
    with redis.Redis.from_url(valkey_url) as client:
        client.flushall()


def test_a_worker_is_seen_while_it_lives(worker, valkey_url):
    presence = workers.Presence(worker)
    presence.start(worker)
    assert workers.seen() == (1, {"route", "out"})
    with redis.Redis.from_url(valkey_url) as client:
        assert 0 < client.ttl("fairlead:worker:route@here") <= workers.SEEN_SECONDS
    presence.stop(worker)
    assert workers.seen() == (0, frozenset())


def test_a_worker_goes_on_when_nobody_hears_it(worker, settings):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    workers.Presence(worker).start(worker)
