"""Calls to other systems: only to whom we may call, within limits of time and size, never redirected."""

import ipaddress
import json
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx
from django.conf import settings

CONNECT, READ, TOTAL = 3.0, 20.0, 60.0  # seconds
MAX_BYTES = 20 * 1024 * 1024


class CallFailed(Exception):  # noqa: N818  it reads as what happened
    """No usable answer. Codes: forbidden_address, unreachable, timed_out, too_large, broken_answer."""

    def __init__(self, code: str, params: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, dict(params or {}))
        self.code, self.params = code, dict(params or {})


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the parsed body. Raises CallFailed(broken_answer) when it is no JSON, NaN and Infinity included."""
        try:
            return json.loads(self.body, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            kind = self.headers.get("content-type", "")
            raise CallFailed("broken_answer", {"content_type": kind, "bytes": len(self.body)}) from None


def check_url(url: str) -> None:
    """Raise CallFailed(forbidden_address) unless this address may be called: what a form asks before it saves one."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        raise CallFailed("forbidden_address", {"host": url[:200]}) from None
    _allowed_addresses(parsed)


class Caller:
    """A client with kept-alive connections, safe to share between threads. Close it, or use it in a `with`."""

    def __init__(self, *, connect: float = CONNECT, read: float = READ) -> None:
        timeout = httpx.Timeout(read, connect=connect)
        self._client = httpx.Client(transport=_Guarded(), timeout=timeout, trust_env=False, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        max_bytes: int = MAX_BYTES,
        total: float = TOTAL,
    ) -> Answer:
        """Send one request and return the whole answer, whatever its status. Raises CallFailed."""
        until, parts, size = time.monotonic() + total, [], 0
        try:
            with self._client.stream(method, url, headers=headers, params=params, content=body) as response:
                for part in response.iter_bytes():  # as it comes: a chunk size would wait for a dripping source
                    size += len(part)
                    if size > max_bytes:
                        raise CallFailed("too_large", {"max_bytes": max_bytes})
                    if time.monotonic() > until:
                        raise CallFailed("timed_out", {"seconds": total})
                    parts.append(part)
                return Answer(response.status_code, response.headers, b"".join(parts))
        except httpx.TimeoutException:
            raise CallFailed("timed_out", {"seconds": READ}) from None
        except (httpx.TransportError, OSError) as error:
            raise CallFailed("unreachable", {"error": type(error).__name__}) from None
        except (httpx.DecodingError, httpx.InvalidURL) as error:
            raise CallFailed("broken_answer", {"error": type(error).__name__}) from None


class _Guarded(httpx.BaseTransport):
    """Resolves the name itself and connects to the address that it has checked: a name can't change in between."""

    def __init__(self) -> None:
        # One pool per name: two names behind one address must not share a connection verified for one of them.
        self._pools: dict[str, httpx.HTTPTransport] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host
        address = _allowed_addresses(request.url)[0]
        with self._lock:
            if name not in self._pools:
                self._pools[name] = httpx.HTTPTransport(trust_env=False)
            pool = self._pools[name]
        return pool.handle_request(
            httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,  # Host keeps the name
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": name},
            )
        )

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()


def _allowed_addresses(url: httpx.URL) -> list[str]:
    """Every address must be a public one over https, or the host and port are named in OUTBOUND_ALLOWED."""
    port = url.port or {"https": 443, "http": 80}.get(url.scheme)
    if not url.host or port is None:
        raise CallFailed("forbidden_address", {"host": url.host})
    named = f"{url.host}:{port}" in settings.OUTBOUND_ALLOWED
    if url.scheme != "https" and not named:
        raise CallFailed("forbidden_address", {"host": url.host, "port": port})
    try:
        found = socket.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise CallFailed("unreachable", {"error": "unknown_host", "host": url.host}) from None
    addresses = [str(entry[4][0]) for entry in found]
    if not named and not all(ipaddress.ip_address(address).is_global for address in addresses):
        raise CallFailed("forbidden_address", {"host": url.host, "port": port})
    return addresses


def _no_constant(name: str) -> Any:
    raise ValueError(name)
