import asyncio

from django.core.handlers.wsgi import WSGIHandler

from dom_project import asgi
from dom_project.threads import Threads


def _ask(
    application, path: str, *, body: bytes = b"", method: str = "GET", chunked: bool = False
) -> tuple[int, dict[bytes, bytes], bytes]:
    parts = [body[:1000], body[1000:]]
    sent = []
    how = (b"transfer-encoding", b"chunked") if chunked else (b"content-length", str(len(body)).encode())

    async def receive() -> dict:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"q=1",
        "http_version": "1.1",
        "headers": [(b"host", b"localhost"), how],
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
    }
    asyncio.run(application(scope, receive, send))
    start, end = sent
    return start["status"], dict(start["headers"]), end["body"]


def _echo(environ, start_response):
    start_response("201 Created", [("Set-Cookie", " name=1"), ("X-Query", environ["QUERY_STRING"])])
    return [environ["wsgi.input"].read()]


def test_a_handler_sees_the_whole_body_and_its_headers_come_back():
    status, headers, body = _ask(Threads(_echo, 1, "test"), "/", body=b"x" * 5000, method="POST")
    assert (status, len(body)) == (201, 5000)
    assert headers == {b"set-cookie": b"name=1", b"x-query": b"q=1"}


def _echo_measured(environ, start_response):
    start_response("200 OK", [])
    return [environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))]


def test_a_body_that_comes_in_chunks_is_not_taken_for_none():
    _, _, body = _ask(Threads(_echo_measured, 1, "test"), "/", body=b"x" * 5000, method="POST", chunked=True)
    assert len(body) == 5000


def test_a_body_that_breaks_off_is_not_acted_upon():
    asked = []

    def handler(environ, start_response):
        asked.append(environ)
        return _echo(environ, start_response)

    messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> dict:
        return messages.pop(0)

    async def send(message: dict) -> None:
        asked.append(message)

    asyncio.run(Threads(handler, 1, "test")({"type": "http", "headers": []}, receive, send))
    assert asked == []


def test_a_body_beyond_the_limit_is_refused_in_words(settings, monkeypatch):
    monkeypatch.setattr("dom_project.threads.SPARE_MB", 0)
    settings.MAX_UPLOAD_MB = 0
    status, _, body = _ask(Threads(_echo, 1, "test"), "/", body=b"x" * 2000, method="POST")
    assert (status, body) == (413, b"The upload is larger than 0 MB (MAX_UPLOAD_MB).")


def test_one_port_serves_pages_and_refuses_a_stream_without_token():
    assert isinstance(asgi.handler, WSGIHandler)
    status, headers, _ = _ask(asgi.application, "/api/schema/nothing")
    assert status == 404
    assert headers[b"content-security-policy"].count(b"'self'") >= 6
    assert _ask(asgi.application, "/live/forged")[0] == 403
