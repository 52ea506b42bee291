"""The frame of every page, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from dom_project.accounts.models import Role, User
from tests.pages.conftest import accessibility_faults

LogIn = Callable[..., User]
SIZES = [
    ("desk, light", 1440, "light"),
    ("desk, dark", 1440, "dark"),
    ("phone, light", 390, "light"),
    ("phone, dark", 390, "dark"),
]


@pytest.fixture(autouse=True)
def demo(settings: Settings) -> None:
    settings.DEMO = True
    settings.RETAILER = "Wrenfield Outdoor"
    settings.DEMO_LOGINS = [
        {
            "username": "maya",
            "password": "demo",
            "role": "Operations manager",
            "code": "operations_manager",
            "next": "",
        }
    ]


@pytest.mark.parametrize(("case", "width", "theme"), SIZES)
def test_the_log_in_page_is_accessible(
    case: str, width: int, theme: str, page: Page, live_server: LiveServer, complaints: list[str]
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_server.url}/login/?theme={theme}")
    assert accessibility_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


@pytest.mark.parametrize(("case", "width", "theme"), SIZES)
def test_every_component_is_accessible_and_fits(
    case: str, width: int, theme: str, page: Page, live_server: LiveServer, log_in: LogIn, complaints: list[str]
) -> None:
    log_in(Role.ADMINISTRATOR)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_server.url}/style/?theme={theme}")
    page.locator("[data-drawn=yes]").wait_for()
    assert accessibility_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


@pytest.mark.parametrize(("case", "width", "theme"), SIZES[2:])
def test_the_pages_of_the_floor_are_accessible_and_fit(
    case: str, width: int, theme: str, page: Page, live_server: LiveServer, log_in: LogIn, complaints: list[str]
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    log_in(Role.STORE_ASSOCIATE)
    page.goto(f"{live_server.url}/style/phone/?theme={theme}")
    assert accessibility_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


def test_the_api_explains_itself_under_the_same_policy(
    page: Page, live_server: LiveServer, log_in: LogIn, complaints: list[str]
) -> None:
    log_in(Role.ADMINISTRATOR)
    page.goto(f"{live_server.url}/api/docs/")
    expect(page.get_by_role("heading", name="Fairlead")).to_be_visible()
    assert complaints == []


def test_what_is_not_there_is_told_on_a_page_of_ours(page: Page, live_server: LiveServer, log_in: LogIn) -> None:
    log_in()
    page.goto(f"{live_server.url}/nowhere/")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    assert accessibility_faults(page) == []


def test_a_wrong_password_is_told_in_words_and_keeps_the_name(
    page: Page, live_server: LiveServer, transactional_db: None
) -> None:
    page.goto(f"{live_server.url}/login/")
    page.get_by_label("Username").fill("maya")
    page.get_by_label("Password").fill("not this")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text(
        "That user name and password do not fit together. Please try again."
    )
    expect(page.get_by_label("Username")).to_have_value("maya")


def test_one_press_logs_a_person_of_the_demo_in(page: Page, live_server: LiveServer, transactional_db: None) -> None:
    User.objects.create_user("maya", password="demo", role=Role.EXECUTIVE, first_name="Maya", last_name="Alvarez")
    page.goto(f"{live_server.url}/login/?next=/account/")
    page.get_by_role("button", name="Operations manager maya · demo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Maya Alvarez")


def test_logging_out_needs_a_press_and_leads_to_the_log_in_page(
    page: Page, live_server: LiveServer, log_in: LogIn
) -> None:
    log_in()
    page.goto(f"{live_server.url}/account/")
    page.get_by_role("button", name="Your account").click()
    page.locator(".dropdown-menu").get_by_role("button", name="Log out").click()
    expect(page).to_have_url(f"{live_server.url}/login/")


def test_a_chosen_theme_stays(page: Page, live_server: LiveServer, log_in: LogIn) -> None:
    log_in()
    page.goto(f"{live_server.url}/account/")
    page.get_by_role("button", name="Colours of the page").click()
    page.get_by_role("button", name="Dark").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_a_serious_action_asks_first_and_says_what_it_will_do(
    page: Page, live_server: LiveServer, log_in: LogIn
) -> None:
    log_in()
    page.goto(f"{live_server.url}/style/")
    page.get_by_role("button", name="Ask first").click()
    dialog = page.get_by_role("dialog", name="Cancel order WF-104882?")
    expect(dialog.get_by_role("button", name="Go back")).to_be_focused()
    dialog.get_by_role("button", name="Go back").click()
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(f"{live_server.url}/style/")
    page.get_by_role("button", name="Ask first").click()
    dialog.get_by_role("button", name="Cancel the order").click()
    expect(page).to_have_url(f"{live_server.url}/style/?")


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(page: Page, live_server: LiveServer, log_in: LogIn) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    log_in(Role.ADMINISTRATOR)
    page.goto(f"{live_server.url}/account/")
    page.get_by_role("button", name="Open the menu").press("Enter")
    expect(page.get_by_role("link", name="Administration")).to_be_visible()
    expect(page.locator("#side")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Administration")).to_be_hidden()


def test_the_first_press_of_tab_offers_to_skip_to_the_content(
    page: Page, live_server: LiveServer, log_in: LogIn
) -> None:
    log_in()
    page.goto(f"{live_server.url}/account/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()


def test_the_last_of_two_quick_messages_is_taken_up_after_the_pause(
    page: Page, live_server: LiveServer, log_in: LogIn
) -> None:
    log_in()
    page.goto("about:blank")  # whose stream is over
    said = ["event: orders\ndata: {}\n\n" * 2]  # then the stream says nothing more
    page.route(
        "**/live/**", lambda route: route.fulfill(content_type="text/event-stream", body=said.pop()) if said else None
    )
    page.add_init_script(
        "let asked = 0;"
        "document.addEventListener('htmx:beforeRequest', () => { document.documentElement.dataset.asked = ++asked; })"
    )
    page.goto(f"{live_server.url}/orders/")
    expect(page.locator("html")).to_have_attribute("data-asked", "2", timeout=15_000)  # by itself only after 20 s
