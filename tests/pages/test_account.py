"""The account page and its tokens, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from dom_project.accounts import tokens
from dom_project.accounts.models import ApiToken, Role, User
from tests.pages.conftest import accessibility_faults

LogIn = Callable[..., User]
AT = datetime.now(UTC)


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_of_tokens_is_accessible_and_fits(
    width: int, theme: str, page: Page, live_server: LiveServer, log_in: LogIn, complaints: list[str]
) -> None:
    user = log_in(Role.INTEGRATION)
    tokens.make(user, name="Till", at=AT, scopes=["orders:write"])
    tokens.make(user, name="Ended", at=AT - timedelta(days=9), expires_at=AT - timedelta(days=1))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_server.url}/account/?theme={theme}")
    expect(page.get_by_text("Till", exact=True)).to_be_visible()
    assert accessibility_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


def test_a_token_is_made_shown_once_and_revoked(
    page: Page, live_server: LiveServer, log_in: LogIn, complaints: list[str]
) -> None:
    log_in(Role.INTEGRATION)
    page.goto(f"{live_server.url}/account/")
    page.get_by_label("Name").fill("Till")
    page.get_by_label("Read orders", exact=True).check()
    page.get_by_role("button", name="Make it").click()
    shown = page.get_by_label("The new token")
    expect(shown).to_be_visible()
    key = shown.input_value()
    assert accessibility_faults(page) == []
    assert tokens.find(key, at=AT) is not None
    page.reload()
    expect(page.get_by_text("Till", exact=True)).to_be_visible()
    assert key not in page.content()
    page.get_by_role("button", name="Revoke Till").click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("Revoked", exact=True)).to_be_visible()
    assert ApiToken.objects.get().revoked_at is not None
    assert complaints == []
