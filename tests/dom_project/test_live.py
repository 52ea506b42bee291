import asyncio
import time
from itertools import chain, repeat
from types import SimpleNamespace

import pytest
from django.core import signing

from dom_project import live
from dom_project.lib.bell import LIVE
from dom_project.lib.htmx import LIVE_SALT, live_url


def _token(**change: object) -> str:
    return signing.dumps({"user": 1, "nodes": None, "until": time.time() + 60} | change, salt=LIVE_SALT)


async def _open(path: str, *, events: int) -> list[dict]:
    """Open a stream and leave once `events` bodies were written; return what was sent."""
    sent, left = [], asyncio.Event()

    async def receive() -> dict:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict) -> None:
        sent.append(message)
        if sum(message["type"] == "http.response.body" for message in sent) >= events:
            left.set()

    await asyncio.wait_for(live.application({"type": "http", "path": path}, receive, send), 60)
    return sent


@pytest.mark.parametrize(
    ("case", "token"),
    [
        ("no token", lambda: ""),
        ("rubbish", lambda: "a:b:c"),
        ("another salt", lambda: signing.dumps({"user": 1, "nodes": None, "until": 9e9}, salt="fairlead.label")),
        ("another shape", lambda: signing.dumps(["user"], salt=LIVE_SALT)),
    ],
)
def test_a_stream_needs_a_token_of_ours(case, token):
    sent = asyncio.run(_open(f"/live/{token()}", events=1))
    assert [message.get("status") for message in sent] == [403, None]


def test_an_old_token_is_refused(monkeypatch):
    token = _token()
    monkeypatch.setattr(live, "LIVE_SECONDS", -1)
    assert live.viewer_of(token) is None


def test_a_page_gets_an_address_that_lets_its_viewer_in():
    viewer = live.viewer_of(live_url(7, ["RENO-DC", "AUSTIN"]).removeprefix("/live/"))
    assert viewer is not None
    assert viewer.nodes == {"RENO-DC", "AUSTIN"}
    assert not viewer.may_see(None)
    assert not viewer.may_see("DENVER")


def test_a_stream_begins_with_the_pause_before_a_new_try(settings):
    sent = asyncio.run(_open(f"/live/{_token()}", events=1))
    assert dict(sent[0]["headers"])[b"cache-control"] == b"no-store"
    assert sent[1]["body"] == b"retry: 2000\n\n"
    assert live.viewers == set()


def test_a_stream_ends_with_its_token(monkeypatch):
    moments = chain([0, 0], repeat(61))  # let in, begun, and a minute later
    monkeypatch.setattr(live, "time", SimpleNamespace(time=lambda: next(moments)))
    monkeypatch.setattr(live, "COMMENT_SECONDS", 0.01)
    sent = asyncio.run(_open(f"/live/{_token(until=60)}", events=99))
    assert [message.get("body") for message in sent] == [None, b"retry: 2000\n\n", b""]


def test_a_slow_viewer_loses_the_oldest_news():
    viewer = live.Viewer(None, 0)
    for number in range(live.QUEUED + 5):
        viewer.tell(str(number).encode())
    assert viewer.waiting.qsize() == live.QUEUED
    assert viewer.waiting.get_nowait() == b"5"


def test_an_associate_hears_of_the_own_node_only(monkeypatch):
    picker, manager = live.Viewer(frozenset({"RENO-DC"}), 0), live.Viewer(None, 0)
    monkeypatch.setattr(live, "viewers", {picker, manager})
    for node in ('"RENO-DC"', '"DENVER"', "null"):
        live.fan_out(f'{{"topic": "queue", "node": {node}, "data": null}}'.encode())
    assert picker.waiting.qsize() == 1
    assert manager.waiting.qsize() == 3
    assert picker.waiting.get_nowait() == b"event: queue\ndata: null\n\n"


NO_MESSAGES = {
    "no JSON": b"hello",
    "no text": b"\xff",
    "a list": b"[1]",
    "a number": b"7",
    "without a node": b'{"topic": "queue", "data": 1}',
    "a node that is a list": b'{"topic": "queue", "data": 1, "node": []}',
    "very deep": b"[" * 100_000,
}


@pytest.mark.parametrize("case", NO_MESSAGES)
def test_what_is_no_message_of_ours_reaches_nobody_and_stops_nothing(monkeypatch, case):
    raw, viewer = NO_MESSAGES[case], live.Viewer(frozenset({"RENO-DC"}), 0)
    monkeypatch.setattr(live, "viewers", {viewer})
    live.fan_out(raw)
    assert viewer.waiting.empty()
    live.fan_out(b'{"topic": "queue", "node": "RENO-DC", "data": null}')
    assert viewer.waiting.qsize() == 1


def test_one_person_has_so_many_streams_and_another_their_own(monkeypatch):
    monkeypatch.setattr(live, "viewers", {live.Viewer(None, 0, 1) for _ in range(live.STREAMS)})
    for user, status in ((1, 429), (2, 200)):
        assert asyncio.run(_open(f"/live/{_token(user=user)}", events=1))[0]["status"] == status
    assert len(live.viewers) == live.STREAMS


def test_what_is_published_arrives_on_an_open_stream(settings, valkey_url, monkeypatch):
    settings.REDIS_URL = valkey_url
    monkeypatch.setattr(live, "_listening", None)

    async def story() -> list[dict]:
        import redis.asyncio

        stream = asyncio.create_task(_open(f"/live/{_token()}", events=2))
        async with redis.asyncio.Redis.from_url(valkey_url) as client:
            news = '{"topic": "overview", "node": null, "data": 1}'
            while not await client.publish(LIVE, news) and not stream.done():
                await asyncio.sleep(0.01)  # nobody listens yet
        return await stream

    assert asyncio.run(story())[2]["body"] == b"event: overview\ndata: 1\n\n"
