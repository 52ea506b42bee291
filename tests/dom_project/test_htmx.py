"""Page or fragment, and word of what was done: a view of the tests' own, without a database."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import RequestFactory
from django_htmx.middleware import HtmxMiddleware
from pytest_django import Settings

from dom_project.lib import htmx

ROWS = "{% load partials %}<h1>Whole</h1>{% partialdef rows inline %}<p>{{ word }}</p>{% endpartialdef %}"


@pytest.fixture(autouse=True)
def template(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "rows.html").write_text(ROWS)
    loaders = [("template_partials.loader.Loader", ["django.template.loaders.filesystem.Loader"])]
    engine = {**settings.TEMPLATES[0], "DIRS": [tmp_path], "APP_DIRS": False, "OPTIONS": {"loaders": loaders}}
    settings.TEMPLATES = [engine]


def asked(**headers: str) -> HttpRequest:
    request = RequestFactory().get(
        "/rows/", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    HtmxMiddleware(lambda request: HttpResponse())(request)
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    return request


@pytest.mark.parametrize(
    ("case", "headers", "answer"),
    [
        ("htmx", {"HX_Request": "true"}, "<p>found</p>"),
        ("a browser", {}, "<h1>Whole</h1><p>found</p>"),
        ("Back", {"HX_Request": "true", "HX_History_Restore_Request": "true"}, "<h1>Whole</h1><p>found</p>"),
        ("a boosted link", {"HX_Request": "true", "HX_Boosted": "true"}, "<h1>Whole</h1><p>found</p>"),
    ],
)
def test_a_fragment_is_for_htmx_and_the_page_for_everybody_else(
    case: str, headers: dict[str, str], answer: str
) -> None:
    response = htmx.render_part(asked(**headers), "rows.html", "rows", {"word": "found"})
    assert response.content.decode() == answer
    assert response["Vary"] == "HX-Request"
    assert response["Cache-Control"] == "private"


def test_a_form_with_faults_keeps_its_status() -> None:
    assert htmx.render_part(asked(HX_Request="true"), "rows.html", "rows", {}, status=422).status_code == 422


def test_a_fragment_tells_what_was_done_by_a_toast() -> None:
    request = asked(HX_Request="true")
    response = htmx.say(request, HttpResponse(), "Rule 5 is off", undo="/undo/")
    assert json.loads(response["HX-Trigger"]) == {
        "toast": {"text": "Rule 5 is off", "level": "success", "undo": "/undo/"}
    }
    assert list(request._messages) == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("case", "headers", "response"),
    [
        ("a page", {}, HttpResponse()),
        ("a redirect of htmx", {"HX_Request": "true"}, HttpResponseRedirect("/there/")),
    ],
)
def test_a_page_tells_it_by_a_message(case: str, headers: dict[str, str], response: HttpResponse) -> None:
    request = asked(**headers)
    assert htmx.say(request, response, "Saved", level="warning") is response
    assert [(message.message, message.level_tag) for message in request._messages] == [("Saved", "warning")]  # type: ignore[attr-defined]
    assert "HX-Trigger" not in response


@pytest.mark.parametrize(
    ("case", "headers", "status", "header"),
    [("htmx", {"HX_Request": "true"}, 200, "HX-Redirect"), ("a browser", {}, 302, "Location")],
)
def test_a_redirect_loads_the_whole_page(case: str, headers: dict[str, str], status: int, header: str) -> None:
    answer = htmx.redirect_whole_page(lambda request: HttpResponseRedirect("/login/?next=/rows/"))(asked(**headers))
    assert (answer.status_code, answer[header]) == (status, "/login/?next=/rows/")


def test_what_is_shown_is_drawn_so_for_five_minutes_while_nothing_changes(clock: datetime) -> None:
    drawn = htmx.drawn_as("7", "", at=clock)
    for minutes, content, still in ((4, "7", True), (4, "8", False), (5, "7", False), (-1, "7", False)):
        assert (htmx.drawn_as(content, drawn, at=clock + timedelta(minutes=minutes)) == drawn) is still
    for nonsense in ("", "7", "7-x", "7-" + "9" * 30):
        assert htmx.drawn_as("7", nonsense, at=clock) == drawn
