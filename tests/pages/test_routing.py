"""The operations manager changes the rules: edits, tries an order, saves, makes live, goes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from dom_project.accounts.models import Role, User
from inventory import capacity
from routing import strategies
from routing.models import StrategyVersion
from tests import make
from tests.pages.conftest import accessibility_faults
from tests.pages.test_shell import SIZES

LogIn = Callable[..., User]
CA = {"field": "region", "values": ["CA"], "negate": False}
PICKUP = {"field": "method", "values": ["pickup"], "negate": False}
WEST = {"field": "group", "values": ["west"], "negate": False}


def serious(complaints: list[str]) -> list[str]:
    """Without those that belong to the way the form works: a fault is 422, a newer step stops the one before."""
    return [each for each in complaints if "422" not in each and not each.startswith("htmx:")]


@pytest.fixture
def shop(transactional_db: None) -> StrategyVersion:
    """Reno is near, Denver far; both stock mugs. One order of two mugs for California waits."""
    make.rate_card()
    make.channel("web")
    west = make.group("west")
    make.group("east")
    reno = make.node("RENO", name="Reno DC", group=west)
    denver = make.node(
        "DENVER", name="Denver store", latitude=39.74, longitude=-104.99, region="CO",
        time_zone="America/Denver", kind="store", group=west,
    )  # fmt: skip
    mug = make.sku("MUG")
    for node in (reno, denver):
        make.stock(node, mug, 10)
    capacity.open_days(at=timezone.now())
    make.order("A-1", lines={"MUG": 2})
    return make.strategy(
        make.rule("California from the West", which_orders=[CA], which_nodes=[WEST], if_part="next_rule"),
        make.rule(
            "Pickups", which_orders=[{"field": "method", "values": ["pickup"], "negate": False}], rank="distance"
        ),
        make.rule("Everything else", max_parcels=3),
    )


@pytest.fixture
def routing(page: Page, live_server: LiveServer, shop: StrategyVersion, log_in: LogIn) -> Page:
    log_in()
    page.goto(f"{live_server.url}/routing/")
    return page


def test_rules_are_moved_switched_and_deleted_with_the_keyboard(routing: Page) -> None:
    page = routing
    page.get_by_role("button", name="Move rule 1 down").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move rule 2 down")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move rule 3 up")).to_be_focused()
    expect(page.locator("#told")).to_have_text("“California from the West” is now at place 3.")
    switch = page.get_by_role("switch", name="Rule 3, California from the West")
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "false")
    page.get_by_role("button", name="Remove rule 1").click()
    expect(page.get_by_text("“Pickups” removed from place 2")).to_be_visible()
    page.get_by_role("button", name="Bring back Pickups").click()
    expect(page.get_by_text("“Pickups” removed from place 2")).to_have_count(0)
    page.get_by_role("link", name="Discard").click()
    expect(page.get_by_text("Nothing is changed.")).to_be_visible()


def test_lines_are_kept_whole_with_the_keyboard_though_an_answer_is_on_its_way(routing: Page) -> None:
    page = routing
    switch = page.get_by_role("switch", name="may be split between nodes")
    expect(switch).to_be_checked()
    parcels = page.get_by_label("At most so many parcels")
    parcels.fill("3")
    page.route(
        "**/routing/edit/", lambda route: (switch.focus(), page.keyboard.press("Space"), route.continue_()), times=1
    )
    parcels.blur()
    expect(page.get_by_text("“California from the West”: a line is no longer split between nodes")).to_be_visible()
    expect(page.get_by_text("“California from the West”: most parcels 3, before 2")).to_be_visible()
    expect(switch).not_to_be_checked()
    expect(switch).to_be_focused()
    expect(switch).to_have_accessible_description(
        "A line that no node has whole is left whole: it counts as not served."
    )
    page.keyboard.press("Space")
    expect(page.get_by_text("a line is no longer split")).to_have_count(0)
    expect(switch).to_be_checked()


def test_a_step_pressed_before_the_answer_to_the_last_one_is_not_lost(routing: Page) -> None:
    page = routing
    page.get_by_role("button", name="Move rule 1 down").focus()
    for _ in range(2):
        page.keyboard.press("Enter")
    expect(page.locator("#told")).to_have_text("“California from the West” is now at place 3.")
    expect(page.get_by_role("button", name="Move rule 3 up")).to_be_focused()


def test_what_was_told_goes_with_the_next_step(routing: Page) -> None:
    page = routing
    page.get_by_role("button", name="Add a rule").click()
    expect(page.locator("#told")).to_have_text("A rule was added. Please say for which orders it is.")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_text("Please say in a few words why")).to_be_visible()
    expect(page.locator("#told")).to_have_text("")


def test_a_step_that_fails_leaves_the_page_ready_for_the_next(routing: Page) -> None:
    page = routing
    page.route("**/routing/edit/", lambda route: route.abort(), times=1)
    page.get_by_role("button", name="Move rule 1 down").click()
    expect(page.get_by_text("No connection: nothing was sent.")).to_be_visible()
    page.get_by_role("button", name="Move rule 1 down").click()
    expect(page.locator("#told")).to_have_text("“California from the West” is now at place 2.")


def test_a_wrong_number_is_told_at_its_field_and_a_tab_further_nothing_typed_is_lost(routing: Page) -> None:
    page = routing
    parcels = page.get_by_label("At most so many parcels")
    parcels.fill("40")
    parcels.blur()
    expect(page.get_by_text("Please give a whole number from 1 to 20.")).to_be_visible()
    expect(parcels).to_have_value("40")
    parcels.fill("3")
    page.get_by_label("Name", exact=True).fill("California, soon")
    expect(page.get_by_text("“California, soon”: most parcels 3, before 2")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("California, soon")


def test_the_condition_that_was_chosen_is_added_although_the_form_was_taken_in_meanwhile(routing: Page) -> None:
    page = routing
    page.get_by_label("Name", exact=True).fill("California, soon")
    page.get_by_label("Name", exact=True).blur()
    page.get_by_role("combobox", name="Condition on nodes").select_option("Node")
    expect(page.get_by_role("heading", name="California, soon")).to_be_visible()
    page.locator("#criterion-which_nodes").click()
    expect(page.get_by_label("Add to Node")).to_be_focused()


def test_a_button_that_is_swapped_while_it_is_held_down_is_pressed_all_the_same(routing: Page) -> None:
    page = routing
    page.locator("[data-does=save]").hover()
    page.mouse.down()
    with page.expect_response("**/routing/edit/"):
        page.evaluate(
            "document.querySelector('[data-does=save]').id = 'old'; document.querySelector('[data-apply]').click()"
        )
    expect(page.locator("#old")).to_have_count(0)
    page.mouse.up()
    expect(page.get_by_text("Please say in a few words why: the history shows it.")).to_be_visible()


def test_leaving_with_unsaved_changes_is_asked_about(routing: Page) -> None:
    page = routing
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("button", name="Move rule 1 down").click()
    expect(page.get_by_text("Not saved", exact=True)).to_be_visible()
    with page.expect_event("dialog"):
        page.get_by_role("link", name="History").click()
    assert asked == ["beforeunload"]
    expect(page.get_by_text("Not saved", exact=True)).to_be_visible()


def test_two_who_save_at_once_see_each_others_changes(routing: Page) -> None:
    page = routing
    page.get_by_role("button", name="Move rule 1 down").click()
    ann = make.user(first_name="Ann", last_name="Berg")
    theirs = strategies.rules_of(strategies.live_version())
    theirs[2]["enabled"] = False
    strategies.save_version(theirs, strategy="main", author=ann.actor, reason="Too dear", at=timezone.now(), newest=1)
    page.get_by_label("Why this change").fill("Pickups first")
    page.get_by_role("button", name="Save as a new version").click()
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("Ann Berg saved version 2 while you were editing.")
    expect(notice).to_contain_text("“Everything else” switched off")
    page.get_by_role("button", name="Save mine after all").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Version 3")


def test_it_works_without_javascript(browser: Browser, live_server: LiveServer, shop: StrategyVersion) -> None:
    User.objects.create_user("maya", password="a long pass phrase", role=Role.OPERATIONS_MANAGER)
    context: Any = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/login/?next=/routing/")
    page.get_by_label("Username").fill("maya")
    page.get_by_label("Password").fill("a long pass phrase")
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_label("At most so many parcels").fill("1")
    page.get_by_role("button", name="Move rule 1 down").click()
    expect(page.get_by_text("most parcels 1, before 2")).to_be_visible()
    page.get_by_label("Order", exact=True).fill("A-1")
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.locator("#test-result .plan")).to_contain_text("Reno DC")
    page.get_by_label("Why this change").fill("One parcel")
    page.get_by_role("button", name="Save as a new version").click()
    page.get_by_role("button", name="Activate…").click()
    expect(page.get_by_role("link", name="Version 2 is live")).to_be_visible()
    context.close()


def accessible_and_fits(page: Page, width: int) -> bool:
    page.evaluate("scrollTo(0, 0)")  # a button half under the top bar counts as too small
    assert accessibility_faults(page) == []
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


@pytest.mark.parametrize(("case", "width", "theme"), SIZES)
def test_the_editor_is_accessible_with_faults_and_with_a_result(
    case: str, width: int, theme: str, routing: Page, live_server: LiveServer, complaints: list[str]
) -> None:
    page = routing
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(f"{live_server.url}/routing/")
    page.locator("#select-r3").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Everything else")
    page.get_by_label("At most so many parcels").fill("0")
    page.get_by_role("switch", name="may be split between nodes").uncheck()
    page.get_by_role("combobox", name="Condition on orders").select_option("Order value")
    page.locator("#criterion-which_orders").click()
    page.get_by_label("Order", exact=True).fill("NOBODY")
    page.locator("[data-does=save]").click()
    expect(page.get_by_text("Please give a whole number from 1 to 20.")).to_be_visible()
    expect(page.get_by_text("Please say in a few words why: the history shows it.")).to_be_visible()
    assert accessible_and_fits(page, width)
    page.get_by_label("At most so many parcels").fill("1")
    page.get_by_role("textbox", name="Order value").fill("20")
    page.locator("[data-does=test]").click()
    expect(page.get_by_text("There is no order NOBODY.")).to_be_visible()
    assert accessible_and_fits(page, width)
    page.get_by_role("button", name="Remove rule 2").click()
    expect(page.get_by_text("removed from place 2")).to_be_visible()
    page.get_by_label("Order", exact=True).fill("A-1")
    page.locator("[data-does=test]").click()
    expect(page.locator("#test-result .plan")).to_be_visible()
    page.get_by_text("All 2 nodes in figures").click()
    assert accessible_and_fits(page, width)
    assert serious(complaints) == []


@pytest.mark.parametrize(("case", "width", "theme"), SIZES)
def test_the_versions_are_accessible_and_fit(
    case: str, width: int, theme: str, routing: Page, live_server: LiveServer, complaints: list[str]
) -> None:
    page = routing
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(f"{live_server.url}/routing/")
    page.get_by_role("button", name="Move rule 1 down").click()
    rules = strategies.rules_of(strategies.live_version())
    rules[0] |= {"enabled": False, "rank": "distance", "which_nodes": [{**WEST, "negate": True}]}
    strategies.save_version(rules[:2], strategy="main", author="user:1", reason="Too dear", at=timezone.now())
    page.get_by_label("Why this change").fill("Pickups first")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved.")
    assert accessible_and_fits(page, width)
    for url in ("?version=2", "versions/1/", "versions/2/", "history/"):
        page.goto(f"{live_server.url}/routing/{url}")
        assert accessible_and_fits(page, width)
    page.goto(f"{live_server.url}/routing/versions/2/")
    page.get_by_role("button", name="Activate…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Make version 2 live?")
    assert accessible_and_fits(page, width)
    assert serious(complaints) == []


@pytest.mark.parametrize(("case", "width", "theme"), SIZES[-1:])
def test_the_pages_are_accessible_before_anybody_wrote_a_rule(
    case: str, width: int, theme: str, page: Page, live_server: LiveServer, log_in: LogIn, complaints: list[str]
) -> None:
    log_in()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(f"{live_server.url}/routing/history/")
    assert accessible_and_fits(page, width)
    page.get_by_role("link", name="Write the rules").click()
    expect(page.get_by_text("No rules yet")).to_be_visible()
    assert accessible_and_fits(page, width)
    page.get_by_role("button", name="Add a rule").click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    assert accessible_and_fits(page, width)
    assert serious(complaints) == []
