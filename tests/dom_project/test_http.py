import gzip
import socket

import pytest

from dom_project.lib.http import Caller, CallFailed, check_url

from .listening import listening


def refusal(url: str) -> str:
    with pytest.raises(CallFailed) as failed, Caller() as caller:
        caller.call("GET", url)
    return failed.value.code


def test_a_named_host_and_port_is_called_even_without_tls(settings):
    with listening(lambda asked: (201, b'{"seen": "%s"}' % asked.path.encode())) as server:
        settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{server.port}"]
        with Caller() as caller:
            answer = caller.call("POST", f"{server.url}/stock", params={"page": "2"}, headers={"X-A": "1"}, body=b"{}")
    assert (answer.status, answer.json()) == (201, {"seen": "/stock?page=2"})
    [asked] = server.asked
    assert (asked.method, asked.headers["x-a"], asked.body) == ("POST", "1", b"{}")
    assert asked.headers["host"] == f"127.0.0.1:{server.port}"


def test_nobody_else_on_this_machine_is_called(settings):
    with listening(lambda asked: (200, b"secret")) as server:
        settings.OUTBOUND_ALLOWED = ["127.0.0.1:1"]
        assert refusal(server.url) == "forbidden_address"
    assert server.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "nonsense",
    ],
)
def test_private_addresses_and_open_lines_are_refused(url):
    assert refusal(url) == "forbidden_address"
    with pytest.raises(CallFailed):
        check_url(url)


def test_a_name_is_refused_when_any_of_its_addresses_is_private(monkeypatch):
    both = [(2, 1, 6, "", ("93.184.215.14", 443)), (2, 1, 6, "", ("10.0.0.7", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(CallFailed, match="forbidden_address"):
        check_url("https://two-faced.example/")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both[:1])
    check_url("https://two-faced.example/")


def test_a_redirect_is_an_answer_and_is_not_followed(settings):
    with listening(lambda asked: (302, b"", {"Location": "http://127.0.0.1:1/inside"})) as server:
        settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{server.port}"]
        with Caller() as caller:
            assert caller.call("GET", server.url).status == 302
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("case", "body", "headers"),
    [("plain", b"x" * 2000, {}), ("packed", gzip.compress(b"x" * 2000), {"Content-Encoding": "gzip"})],
)
def test_an_answer_larger_than_the_limit_is_dropped(settings, case, body, headers):
    with listening(lambda asked: (200, body, headers)) as server:
        settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{server.port}"]
        with Caller() as caller, pytest.raises(CallFailed, match="too_large"):
            caller.call("GET", server.url, max_bytes=1999)


@pytest.mark.parametrize("body", [b"<html>Sorry</html>", b'{"half', b'{"a": NaN}', b"\xff\xfe"])
def test_an_answer_that_is_no_json_is_broken(settings, body):
    with listening(lambda asked: (200, body)) as server:
        settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{server.port}"]
        with Caller() as caller, pytest.raises(CallFailed, match="broken_answer"):
            caller.call("GET", server.url).json()


def test_nobody_there_is_unreachable(settings):
    with listening(lambda asked: (200, b"")) as server:
        settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{server.port}"]
    assert refusal(server.url) == "unreachable"


def test_silence_ends_in_time(settings):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{port}"]
        with Caller(read=0.1) as caller, pytest.raises(CallFailed, match="timed_out"):
            caller.call("GET", f"http://127.0.0.1:{port}/")
