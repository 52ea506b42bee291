"""Counters in Valkey: shared by every process, and nobody waits where none answers."""

import socket
import threading

import pytest
from django.test import Client

from dom_project.accounts import tokens
from dom_project.accounts.api import ByToken
from dom_project.accounts.models import Role
from dom_project.lib import counters
from tests import make
from tests.make import MADE_AT


@pytest.fixture(autouse=True)
def not_left_alone(monkeypatch):
    monkeypatch.setattr(counters, "_quiet_until", 0.0)


@pytest.fixture
def at_valkey(settings):
    def point(url: str, **options: float) -> None:
        shared = settings.CACHES["shared"]
        shared = shared | {"LOCATION": [url], "OPTIONS": shared["OPTIONS"] | options}
        settings.CACHES = settings.CACHES | {"shared": shared}

    return point


@pytest.fixture
def valkey(valkey_url, at_valkey):
    at_valkey(valkey_url, socket_timeout=60, socket_connect_timeout=60)


def test_all_who_count_one_name_count_together(valkey, request):
    name, counted = request.node.name, []
    for _ in range(3):  # a thread has a connection of its own, as a process has
        thread = threading.Thread(target=lambda: counted.append(counters.count(name, keep=60)))
        thread.start()
        thread.join()
    assert counted == [1, 2, 3]
    assert counters.count("another", keep=60) == 1


def test_a_count_is_forgotten(valkey):
    assert counters.count("short", keep=0) is not None
    assert counters.count("short", keep=60) == 1


def test_who_does_not_answer_is_asked_once_and_then_left_alone(at_valkey, monkeypatch):
    monkeypatch.setattr(counters, "LEFT_ALONE", 600.0)
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        at_valkey(f"redis://127.0.0.1:{frozen.getsockname()[1]}/0")
        assert [counters.count("calls", keep=60) for _ in range(20)] == [None] * 20
        frozen.setblocking(False)
        frozen.accept()[0].close()
        with pytest.raises(BlockingIOError):
            frozen.accept()


@pytest.fixture
def call(db, monkeypatch):
    """Call the API with a token that may do so three times a minute; `clock` holds the time of day in seconds."""
    clock = [1_000_000_020.0]  # a minute's beginning
    monkeypatch.setattr(ByToken, "rate", "3/minute", raising=False)
    monkeypatch.setattr(ByToken, "timer", staticmethod(lambda: clock[0]))
    user = make.user(Role.INTEGRATION)

    def call(key: str, *, second: float = 0):
        clock[0] = 1_000_000_020.0 + second
        return Client().get("/api/v1/nodes/", headers={"authorization": f"Bearer {key}"})

    call.keys = [tokens.make(user, name=name, at=MADE_AT) for name in ("shop", "till")]
    return call


def test_a_token_has_its_calls_a_minute_and_is_told_when_the_next_begins(valkey, call):
    shop, till = call.keys
    assert [call(shop).status_code for _ in range(3)] == [200] * 3
    refused = call(shop, second=12.5)
    assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (429, "too_often", "48")
    assert call(till, second=12.5).status_code == 200
    assert call(shop, second=60).status_code == 200


def test_without_valkey_nobody_is_counted_and_nobody_refused(call):
    assert {call(call.keys[0]).status_code for _ in range(6)} == {200}
