"""Django's WSGI handler behind an ASGI server, in threads of our own.

Django's ASGI handler gives every request a new thread, about 3 ms, and a new database connection with it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import Any

from asgiref.wsgi import WsgiToAsgiInstance
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from .live import Message, Receive, Send

Headers = list[tuple[bytes, bytes]]
IN_MEMORY = 1 << 20
SPARE_MB = 5  # of a form around its file


class Threads:
    """An ASGI application that runs a WSGI handler in `count` threads. Bodies are read and answered whole."""

    def __init__(self, handler: WSGIHandler, count: int, name: str) -> None:
        self.handler = handler
        self.pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        with SpooledTemporaryFile(IN_MEMORY) as body:
            size = await self._read(receive, body)
            if size is None:
                return  # the caller went away in the middle of the body: half of it may mean something else
            if size > _limit():
                status, headers, answer = 413, [(b"content-type", b"text/plain")], self._too_large()
            else:
                loop = asyncio.get_running_loop()
                status, headers, answer = await loop.run_in_executor(self.pool, self._run, scope, body, size)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _read(self, receive: Receive, body: Any) -> int | None:
        """Return the bytes of the body, None if it broke off; what goes beyond the limit is read and dropped."""
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            size += len(message.get("body", b""))
            if size <= _limit():
                body.write(message.get("body", b""))
            if not message.get("more_body"):
                body.seek(0)
                return size

    def _too_large(self) -> bytes:
        return f"The upload is larger than {settings.MAX_UPLOAD_MB} MB (MAX_UPLOAD_MB).".encode()

    def _run(self, scope: Message, body: Any, size: int) -> tuple[int, Headers, bytes]:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        written: list[bytes] = []

        def start(status: str, headers: list[tuple[str, str]], failure: Any = None, /) -> Callable[[bytes], object]:
            started[:] = [(status, headers)]
            return written.append

        bridge = WsgiToAsgiInstance(None)
        bridge.scope = scope
        try:
            environ = bridge.build_environ(scope, body)
        except ValueError:
            return 400, [(b"content-type", b"text/plain")], b"Too many headers of one name."
        environ["CONTENT_LENGTH"] = str(size)  # a body in chunks names none, and Django would read nothing of it
        parts = self.handler(environ, start)
        try:
            answer = b"".join([*written, *parts])
        finally:
            getattr(parts, "close", lambda: None)()
        status, headers = started[0]
        return (
            int(status.split(" ", 1)[0]),
            [(k.lower().encode(), v.strip().encode("latin-1")) for k, v in headers],
            answer,
        )


def _limit() -> int:
    return (settings.MAX_UPLOAD_MB + SPARE_MB) << 20
