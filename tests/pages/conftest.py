"""A person in a browser, and what the browser finds wrong with a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from dom_project.accounts.models import Role, User

# A colour on its way to another, or half faded in, is judged by nobody.
STANDS_STILL = """() => Promise.allSettled(document.getAnimations()
  .filter(each => each.playState === "running" && Number.isFinite(each.effect.getComputedTiming().endTime))
  .map(each => each.finished))"""
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def accessibility_faults(page: Page) -> list[str]:
    """Every violation of WCAG 2.2 AA and of good practice that axe finds, as one line each."""
    page.evaluate(STANDS_STILL)
    found: list[dict[str, Any]] = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
    return [f"{fault['id']}: {node['html'][:200]}" for fault in found for node in fault["nodes"]]


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the console says while the page is used: refused styles and scripts show up here."""
    said: list[str] = []
    # The live server of the tests has no streams: one that is never answered keeps the page waiting quietly, until the
    # browser breaks it off on the way to another page. htmx logs that as the bare event.
    page.route("**/live/**", lambda _route: None)
    page.on(
        "console",
        lambda message: (
            said.append(message.text)
            if message.type in ("error", "warning") and message.text != "[object Event]"
            else None
        ),
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


@pytest.fixture
def log_in(page: Page, live_server: LiveServer, transactional_db: None) -> Callable[..., User]:
    """Logs a new person of a role in, through the page."""

    def log_in(role: str = Role.OPERATIONS_MANAGER, **fields: Any) -> User:
        user = User.objects.create_user(f"{role}-in-tests", password="a long pass phrase", role=role, **fields)
        page.goto(f"{live_server.url}/login/")
        page.get_by_label("Username").fill(user.username)
        page.get_by_label("Password").fill("a long pass phrase")
        page.get_by_role("button", name="Log in", exact=True).click()
        page.get_by_role("button", name="Your account").wait_for()
        return user

    return log_in
