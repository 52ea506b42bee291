"""What is left of the pages when a browser runs no scripts, and when something is missing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from dom_project.accounts.models import Role
from tests import make
from tests.pages import shop as shops


@pytest.fixture
def scriptless(browser: Browser, live_server: LiveServer, transactional_db: None) -> Any:
    client = Client()
    client.force_login(make.user(Role.OPERATIONS_MANAGER))
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    yield context.new_page()
    context.close()


def test_overview_figures_and_search_are_read_without_javascript(scriptless: Page, live_server: LiveServer) -> None:
    page, shop = scriptless, shops.furnish()
    page.goto(live_server.url)
    expect(page.get_by_role("link", name="Reno DC: ")).to_be_visible()
    expect(page.get_by_role("heading", name="Bottlenecks")).to_be_visible()
    expect(page.get_by_text("Only the last 72 hours were played in again")).to_be_visible()
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("columnheader", name="Hour")).to_be_visible()
    page.get_by_role("searchbox").fill("reno")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name="Reno DC", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reno DC")
    page.goto(f"{live_server.url}/kpis/")
    page.get_by_role("combobox", name="Period").select_option("7")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("against the 7 days before")).to_be_visible()
    page.goto(f"{live_server.url}/orders/{shop.orders['split']}/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
