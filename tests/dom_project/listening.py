"""A small HTTP server on this machine that answers as a test wishes and remembers what it was asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes


@dataclass
class Listener:
    port: int
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # with Python's five, who comes when they are waiting tries again a second later


Reply = tuple[int, bytes] | tuple[int, bytes, dict[str, str]]


@contextmanager
def listening(reply: Callable[[Asked], Reply]) -> Iterator[Listener]:
    """Answer every request with `reply(asked)` = status, body and maybe headers."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            asked = Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            with lock:
                listener.asked.append(asked)
                status, content, *more = reply(asked)
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    server = Server(("127.0.0.1", 0), Handler)
    listener = Listener(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
