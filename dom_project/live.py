"""Server-sent events: one Redis subscription per process, fanned out to a bounded queue per viewer.

It knows neither session nor database: a page signs what its viewer may see, and the stream ends with that token.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import redis.asyncio
from django.conf import settings
from django.core import signing
from redis.exceptions import RedisError

from .lib.bell import LIVE
from .lib.htmx import LIVE_SALT, LIVE_SECONDS

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
QUEUED = 100
STREAMS = 50  # of one person: a store's phones share an account
COMMENT_SECONDS = 15.0
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


@dataclass(eq=False)
class Viewer:
    nodes: frozenset[str] | None
    until: float
    user: int | None = None
    waiting: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(QUEUED))

    def may_see(self, node: str | None) -> bool:
        return self.nodes is None or node in self.nodes

    def tell(self, event: bytes) -> None:
        if self.waiting.full():
            self.waiting.get_nowait()  # a slow reader loses the oldest
        self.waiting.put_nowait(event)


viewers: set[Viewer] = set()
_listening: asyncio.Task[None] | None = None


def viewer_of(token: str) -> Viewer | None:
    """Return who a signed token lets in, None if it is forged, old or no token at all."""
    try:
        what = signing.loads(token, salt=LIVE_SALT, max_age=LIVE_SECONDS)
        nodes = None if what["nodes"] is None else frozenset(what["nodes"])
        viewer = Viewer(nodes, float(what["until"]), what["user"])
    except (signing.BadSignature, ValueError, KeyError, TypeError):
        return None
    # 403 and not an empty stream: the browser then takes the page's new token instead of this one for ever.
    return viewer if viewer.until > time.time() else None


def fan_out(raw: bytes) -> None:
    """Hand one published message to every viewer who may see its node; what is none of ours goes to nobody."""
    try:
        message = json.loads(raw)
        event = f"event: {message['topic']}\ndata: {json.dumps(message['data'])}\n\n".encode()
        who = [viewer for viewer in viewers if viewer.may_see(message["node"])]
    except (ValueError, KeyError, TypeError, RecursionError):
        log.warning("Somebody published on %s what is no message of ours.", LIVE)
        return
    for viewer in who:
        viewer.tell(event)


async def listen() -> None:
    """Subscribe for as long as the process lives; a lost subscription is taken up again."""
    while True:
        with suppress(RedisError, OSError):
            async with redis.asyncio.Redis.from_url(settings.REDIS_URL, health_check_interval=15) as client:
                subscription = client.pubsub(ignore_subscribe_messages=True)
                await subscription.subscribe(LIVE)
                async for message in subscription.listen():
                    fan_out(message["data"])
        await asyncio.sleep(1)


async def stream(viewer: Viewer, send: Send) -> None:
    """Write events until the token ends."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    event = b"retry: 2000\n\n"
    while (left := viewer.until - time.time()) > 0:
        await send({"type": "http.response.body", "body": event, "more_body": True})
        try:
            event = await asyncio.wait_for(viewer.waiting.get(), min(left, COMMENT_SECONDS))
        except TimeoutError:
            event = b": still here\n\n"
    await send({"type": "http.response.body", "body": b""})


async def gone(receive: Receive) -> None:
    """Return when the browser has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def refuse(send: Send, status: int, why: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": why})


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """ASGI: GET /live/<token>."""
    global _listening
    viewer = viewer_of(scope["path"].removeprefix("/live/"))
    if viewer is None:
        await refuse(send, 403, b"This stream is over. Load the page again.")
        return
    if sum(other.user == viewer.user for other in viewers) >= STREAMS:
        await refuse(send, 429, b"Too many streams of one person. The page asks every few seconds instead.")
        return
    if _listening is None or _listening.done():
        _listening = asyncio.create_task(listen())
    viewers.add(viewer)
    tasks = [asyncio.create_task(stream(viewer, send)), asyncio.create_task(gone(receive))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        viewers.discard(viewer)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
