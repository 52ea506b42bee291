"""The operations manager's whole way: change a rule, try it unsaved, save, make it live, go back."""

from __future__ import annotations

from collections.abc import Callable

from django.apps import apps
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from dom_project.accounts.models import Role, User
from routing import sourcing
from routing.models import Order, PlanParcel, StrategyActivation, StrategyVersion
from tests import make
from tests.pages.test_routing import routing, shop

LogIn = Callable[..., User]
__all__ = ["routing", "shop"]


def rows() -> dict[str, int]:
    """How many rows every table has, but for the log-in."""
    return {
        model.__name__: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.app_label in ("inventory", "routing", "fulfillment", "kpis")
    }


def sent_from(ref: str) -> list[str]:
    """Route what is due; the nodes that send this order."""
    sourcing.source_due(at=timezone.now(), owner="worker", limit=10)
    return list(PlanParcel.objects.filter(order__ref=ref).values_list("node__code", flat=True))


def test_a_node_is_left_out_tried_saved_made_live_and_taken_back(routing: Page, live_server: LiveServer) -> None:
    page = routing
    before = rows()
    # 1: the first rule shall leave Reno out
    page.get_by_role("combobox", name="Condition on nodes").select_option("Node")
    page.locator("#criterion-which_nodes").click()
    page.get_by_label("Add to Node").select_option("Reno DC")
    expect(page.get_by_role("button", name="Remove Reno DC")).to_be_visible()
    page.get_by_label("Node: holds or not").select_option("is not")
    expect(page.locator(".rule-reads")).to_contain_text("any node in West, but not Reno DC")
    # 2: an order is tried on it, by Enter in the field; the live rules are tried beside it
    page.get_by_label("Order", exact=True).fill("A-1")
    page.keyboard.press("Enter")
    result = page.locator("#test-result")
    expect(result).to_be_focused()
    expect(result).to_contain_text("Rule 1, California from the West: 1 of 2 nodes can send all of it")
    expect(result.locator(".refusals")).to_have_text("Reno DC: is not among the nodes that rule 1 takes1")
    expect(result.locator(".plan")).to_contain_text("Denver store")
    expect(result.locator(".plan-sum")).to_contain_text("against version 1")
    expect(result).to_contain_text("Version 1, which is live: Reno DC")
    # 3: every candidate with what it has, what it would cost, or why not
    result.get_by_text("All 2 nodes in figures").click()
    table = result.get_by_role("table")
    denver, reno = table.get_by_role("row").nth(1), table.get_by_role("row").nth(2)
    expect(denver).to_contain_text("Denver store plan")
    expect(denver).to_contain_text("can promise 2 of 2 units")
    expect(denver).to_contain_text("freight")
    expect(reno).to_contain_text("is not among the nodes that rule 1 takes")
    assert rows() == before
    # 4: saved with a reason, it reads as a difference and is not live yet
    page.get_by_label("Why this change").fill("Reno is rebuilt")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Version 2")
    difference = "“California from the West”: now only nodes other than Reno DC"
    expect(page.locator("section").filter(has_text="About this version")).to_contain_text(difference)
    assert StrategyActivation.objects.get().version.number == 1
    # 5: made live, the next batch avoids the node
    page.get_by_role("button", name="Activate…").click()
    page.get_by_role("button", name="Make it live", exact=True).click()
    expect(page.get_by_role("link", name="Version 2 is live")).to_be_visible()
    assert sent_from("A-1") == ["DENVER"]
    # 6: the history has both; the old version is made live again, with a word why
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text(difference)
    page.get_by_role("link", name="Version 1", exact=True).click()
    page.get_by_label("Why").fill("Reno is back")
    page.get_by_role("button", name="Activate…").click()
    page.get_by_role("button", name="Make it live", exact=True).click()
    expect(page.get_by_role("link", name="Version 1 is live")).to_be_visible()
    make.order("A-2", lines={"MUG": 2})
    assert sent_from("A-2") == ["RENO"]
    assert StrategyVersion.objects.count() == 2
    assert StrategyActivation.objects.count() == 3


def test_a_field_is_taken_in_while_a_button_has_the_focus_without_pressing_it(routing: Page) -> None:
    page = routing
    name = page.get_by_label("Name", exact=True)
    name.fill("California, soon")
    page.get_by_role("button", name="Remove rule 3").focus()
    expect(page.get_by_text("“California from the West” is now called “California, soon”")).to_be_visible()
    expect(page.locator(".rule")).to_have_count(3)


def test_what_is_typed_while_an_answer_is_on_its_way_stays(routing: Page) -> None:
    page = routing
    held = []
    page.route("**/routing/edit/", lambda route: held.append(route), times=1)
    page.get_by_role("button", name="Move rule 1 down").click()
    page.get_by_label("Why this change").fill("Pickups first")
    page.get_by_label("Name", exact=True).fill("California, soon")
    held[0].continue_()
    expect(page.get_by_text("“California from the West” is now called “California, soon”")).to_be_visible()
    expect(page.get_by_label("Why this change")).to_have_value("Pickups first")
    expect(page.get_by_text("“Pickups” moved from place 2 to 1")).to_be_visible()


def test_who_has_gone_on_to_another_field_stays_there_when_the_answer_comes(routing: Page) -> None:
    page = routing
    held = []
    page.route("**/routing/edit/", lambda route: held.append(route), times=1)
    name = page.get_by_label("Name", exact=True)
    page.get_by_role("combobox", name="Condition on nodes").select_option("Node")
    page.locator("#criterion-which_nodes").click()
    name.select_text()
    held[0].continue_()
    expect(page.get_by_label("Add to Node")).to_be_visible()
    expect(name).to_be_focused()
    page.keyboard.type("California, soon")
    expect(name).to_have_value("California, soon")


def test_an_order_that_no_one_knows_is_told_at_its_field(routing: Page) -> None:
    page = routing
    order = page.get_by_label("Order", exact=True)
    order.fill("NOBODY")
    page.keyboard.press("Enter")
    expect(page.get_by_text("There is no order NOBODY.")).to_be_visible()
    expect(order).to_be_focused()
    expect(page.locator("#test-result")).to_have_count(0)
    assert Order.objects.count() == 1


def test_the_executive_reads_the_rules_and_their_history(
    page: Page, live_server: LiveServer, shop: StrategyVersion, log_in: LogIn
) -> None:
    log_in(Role.EXECUTIVE)
    page.goto(f"{live_server.url}/routing/")
    expect(page.get_by_text("California from the West: Orders to California")).to_be_visible()
    expect(page.get_by_role("button", name="Save as a new version")).to_have_count(0)
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("link", name="Version 1")).to_be_visible()
