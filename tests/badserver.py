"""A source of stock on the loopback that answers as it is told: well, badly, partly, late."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Source:
    """Answers each request by `answer(query)`; remembers the requests and their log-in."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.queries: list[dict[str, str]] = []
        self.tokens: list[str] = []
        self.answer: Callable[[dict[str, str]], Any] = lambda _query: (200, {}, b"{}")

    def says(self, *rows: dict[str, Any], as_of: str = "2026-11-10T15:00:00Z", **marks: Any) -> None:
        """Answer with one page that holds these rows."""
        body = {"as_of": as_of, "complete": True, "count": len(rows), "next": None, "rows": rows} | marks
        self.answer = lambda _query: (200, {"Content-Type": "application/json"}, json.dumps(body).encode())

    def answers(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        self.answer = lambda _query: (status, {name.replace("_", "-"): text for name, text in headers.items()}, body)


@contextmanager
def running() -> Iterator[Source]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            source.queries.append(query)
            source.tokens.append(self.headers.get("Authorization", ""))
            status, headers, body = source.answer(query)
            self.send_response_only(status)
            for name, text in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, text)
            self.end_headers()
            for part in body if isinstance(body, list) else [body]:
                if isinstance(part, float):
                    time.sleep(part)
                else:
                    self.wfile.write(part)
                    self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    source = Source(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
    thread.start()
    try:
        yield source
    finally:
        server.shutdown()
        server.server_close()
