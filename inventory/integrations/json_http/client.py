"""The only file of this connector with network: one GET per page, with every way in which it can fail named."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from dom_project.lib import http
from inventory.integrations.connector import ReadFailed

MOST_BYTES = 20 * 1024 * 1024
FIRST_BYTE_SECONDS = 10.0
WHOLE_CALL_SECONDS = 60.0
LONGEST_WAIT = 86_400  # seconds that a source may send us away


class Answer(NamedTuple):
    body: Any
    received_at: datetime
    skew: int  # seconds that the source's clock is ahead of ours


@contextmanager
def opened() -> Iterator[http.Caller]:
    """Yield a caller that keeps its connection over the pages of a read."""
    with http.Caller(read=FIRST_BYTE_SECONDS) as caller:
        yield caller


def get(
    caller: http.Caller, url: str, *, token: str, params: Mapping[str, str], now: Callable[[], datetime]
) -> Answer:
    """Return the parsed JSON. Raises ReadFailed with a code for every answer that is none."""
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        answer = caller.call(
            "GET", url, params=params, headers=headers, max_bytes=MOST_BYTES, total=WHOLE_CALL_SECONDS
        )
    except http.CallFailed as failed:
        # A connection that ends before the announced length: what came is a part.
        cut = failed.params.get("error") == "RemoteProtocolError"
        raise ReadFailed("half_body" if cut else failed.code, **failed.params) from failed
    received_at = now()
    if failure := _refusal(answer.status, answer.headers):
        raise failure
    return Answer(_parse(answer.body, answer.headers), received_at, _skew(answer.headers, received_at))


def _refusal(status: int, headers: Mapping[str, str]) -> ReadFailed | None:
    if status in (401, 403):
        return ReadFailed("unauthorised", status=status)
    if status == 429:
        wait = headers.get("retry-after", "")
        seconds = int(wait[:9]) if wait.isascii() and wait.isdigit() else 60
        return ReadFailed("throttled", seconds=min(seconds, LONGEST_WAIT))
    if status >= 500:
        return ReadFailed("source_broken", status=status)
    if status != 200:
        return ReadFailed("unexpected_status", status=status)
    return None


def _parse(body: bytes, headers: Mapping[str, str]) -> Any:
    start = body[:200].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")) or "text/html" in headers.get("content-type", ""):
        raise ReadFailed("html", start=body[:80].decode("utf-8", "replace"))
    try:
        # NaN is no JSON, but systems send it: the row that holds it is rejected, not the whole answer.
        return json.loads(body, parse_float=Decimal, parse_constant=str)
    except (ValueError, RecursionError) as error:
        cut = (
            getattr(error, "msg", "").startswith("Unterminated") or getattr(error, "pos", 0) >= len(body.rstrip()) - 1
        )
        raise ReadFailed("half_body" if cut else "not_json", bytes=len(body)) from error


def _skew(headers: Mapping[str, str], received_at: datetime) -> int:
    try:
        return round((parsedate_to_datetime(headers["date"]) - received_at).total_seconds())
    except (KeyError, ValueError, TypeError):
        return 0
