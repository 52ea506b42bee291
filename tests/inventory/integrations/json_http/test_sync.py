import json
from datetime import UTC, datetime

import pytest

from inventory.integrations import connector
from inventory.integrations.json_http import client, sync

READ_AT = datetime(2026, 11, 10, 15, tzinfo=UTC)
ROW = {"node": "A", "sku": "MUG", "on_hand": 5, "reserved": 0, "changed_at": "2026-11-10T14:00:00Z", "version": 1}
PAGE = {"as_of": "2026-11-10T15:00:00Z", "complete": True, "count": 1, "next": None, "rows": [ROW]}


def pull(source, since=None, mapping=None):
    asked = connector.Source(source.address, "secret", mapping or {})
    return list(sync.pull(asked, since, lambda: READ_AT))


def fails(source) -> tuple[str, dict]:
    with pytest.raises(connector.ReadFailed) as failed:
        pull(source)
    return failed.value.code, failed.value.params


def test_a_snapshot_asks_with_the_token_and_without_since(source):
    source.says(ROW)
    (page,) = pull(source)
    assert [fact.on_hand for fact in page.facts] == [5]
    assert source.tokens == ["Bearer secret"]
    assert source.queries == [{"limit": "5000"}]


def test_changes_are_asked_for_since_an_instant_page_by_page(source):
    pages = {"": PAGE | {"complete": False, "next": "two", "count": 2}, "two": PAGE | {"count": 2}}
    source.answer = lambda query: (200, {}, json.dumps(pages[query.get("cursor", "")]).encode())
    assert len(pull(source, since=datetime(2026, 11, 10, 14, tzinfo=UTC))) == 2
    assert source.queries == [
        {"limit": "5000", "since": "2026-11-10T14:00:00Z"},
        {"limit": "5000", "since": "2026-11-10T14:00:00Z", "cursor": "two"},
    ]


@pytest.mark.parametrize(
    ("case", "status", "body", "headers", "code"),
    [
        ("wrong token", 401, b"{}", {}, "unauthorised"),
        ("no right", 403, b"{}", {}, "unauthorised"),
        ("too often", 429, b"{}", {"Retry_After": "90"}, "throttled"),
        ("broken", 500, b"<html>", {}, "source_broken"),
        ("gone", 404, b"", {}, "unexpected_status"),
        ("moved", 302, b"", {"Location": "http://127.0.0.1:1/"}, "unexpected_status"),
        ("a log-in page", 200, b"<!DOCTYPE html><p>Log in", {"Content_Type": "text/html"}, "html"),
        ("HTML that says it is JSON", 200, b"<html></html>", {"Content_Type": "application/json"}, "html"),
        ("half a body", 200, b'{"as_of": "2026-11-10T15:00:00Z", "rows": [{"node": "A"', {}, "half_body"),
        ("fewer bytes than announced", 200, b"{}", {"Content_Length": "200"}, "half_body"),
        ("no JSON", 200, b"SKU;QTY\nMUG;5", {}, "not_json"),
        ("nothing", 200, b"", {}, "half_body"),
        ("not the mapped shape", 200, b'{"items": []}', {}, "no_rows"),
    ],
)
def test_a_bad_answer_fails_by_name(source, case, status, body, headers, code):
    source.answers(status, body, **headers)
    assert fails(source)[0] == code, case


def test_nan_spoils_its_row_only(source):
    source.answers(200, json.dumps(PAGE).replace('"on_hand": 5', '"on_hand": NaN').encode())
    (page,) = pull(source)
    assert [(fault.reason, fault.path, fault.value) for fault in page.faults] == [("not_a_number", "on_hand", "NaN")]


@pytest.mark.parametrize(("told", "seconds"), [("90", 90), ("9" * 30, 86_400), ("\xb2", 60), ("Tue, 10 Nov", 60)])
def test_throttling_says_how_long(source, told, seconds):
    source.answers(429, b"", Retry_After=told)
    assert fails(source) == ("throttled", {"seconds": seconds})


def test_a_slow_source_is_given_up(source, monkeypatch):
    monkeypatch.setattr(client, "FIRST_BYTE_SECONDS", 0.05)
    source.answer = lambda _query: (200, {"Content-Length": "2"}, [0.5, b"{}"])
    assert fails(source)[0] == "timed_out"


def test_a_dripping_source_is_given_up(source, monkeypatch):
    monkeypatch.setattr(client, "WHOLE_CALL_SECONDS", 0.1)
    source.answer = lambda _query: (200, {"Content-Length": "40"}, [b"{", 0.06] * 20)
    assert fails(source)[0] == "timed_out"


def test_nobody_there_is_said(source):
    asked = connector.Source(source.address.rsplit(":", 1)[0] + ":1", "", {})
    with pytest.raises(connector.ReadFailed) as failed:
        list(sync.pull(asked, None, lambda: READ_AT))
    assert failed.value.code == "forbidden_address"


@pytest.mark.parametrize(
    ("case", "marks", "code"),
    [
        ("no end mark", {"complete": False}, "no_end_mark"),
        ("fewer rows than announced", {"count": 2}, "wrong_count"),
        ("the same page for ever", {"complete": False, "next": "again"}, "looping_pages"),
    ],
)
def test_an_answer_that_is_not_whole_counts_for_nothing(source, case, marks, code):
    source.says(ROW, **marks)
    assert fails(source)[0] == code, case


def test_the_clock_of_the_source_is_compared(source):
    source.answer = lambda _query: (200, {"Date": "Tue, 10 Nov 2026 15:00:40 GMT"}, json.dumps(PAGE).encode())
    assert pull(source)[0].skew == 40
