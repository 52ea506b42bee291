"""Finding an order and acting on it in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from dom_project.accounts.models import Role, User
from fulfillment import orders
from inventory.models import Node, StockLevel
from routing.exceptions import Raised, raise_many
from routing.models import Customer, Order, OrderException, Pending
from tests import make
from tests.fulfillment.sold import AT, on_the_floor, shipped, sound, stock

LogIn = Callable[..., User]


@pytest.fixture
def reno(transactional_db: None) -> Node:
    node = make.node("RENO", name="Reno store", kind=Node.Kind.STORE)
    stock(node, MUG=60, TRAY=60)
    return node


@pytest.fixture
def kim(log_in: LogIn, complaints: list[str]) -> User:
    """Customer service, with somebody on the phone."""
    return log_in(Role.CUSTOMER_SERVICE, first_name="Kim", last_name="Osei")


def named(order: Order, name: str) -> Order:
    Order.objects.filter(pk=order.pk).update(customer=Customer.objects.create(name=name, created_at=AT))
    return order


def search(page: Page, text: str) -> None:
    page.wait_for_load_state()  # the scripts run then
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_a_caller_is_found_by_name_and_the_order_by_its_number(
    page: Page, live_server: LiveServer, reno: Node, kim: User, complaints: list[str]
) -> None:
    wanted, other = named(shipped(reno).order, "Ada Finch"), named(make.order(), "Ada Juniper")
    named(make.order(), "Bob Kestrel")
    page.goto(f"{live_server.url}/orders/")
    search(page, "ada")  # 1: two of that name
    expect(page.get_by_role("heading", name="Orders for “ada”")).to_be_visible()
    expect(page.get_by_text("Ada Juniper")).to_be_visible()
    expect(page.get_by_text("Bob Kestrel")).to_have_count(0)
    page.get_by_role("link", name="Shipped").click()  # 2: of those, what is on its way
    expect(page.get_by_text("Ada Juniper")).to_have_count(0)
    page.get_by_role("link", name=wanted.order_ref).click()
    expect(page.get_by_role("heading", name=wanted.order_ref)).to_be_visible()
    expect(page.get_by_text("The order has left Reno store.")).to_be_visible()
    search(page, other.order_ref.lower())  # 3: read out from a mail
    page.wait_for_url(f"**/orders/{other.ref}/")
    assert complaints == []


def test_a_line_is_cancelled_after_a_question_that_says_how_much(
    page: Page, live_server: LiveServer, reno: Node, kim: User, complaints: list[str]
) -> None:
    order = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1}).order
    page.goto(f"{live_server.url}/orders/{order.ref}/")
    page.get_by_role("button", name="Cancel MUG").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 units are free at once.")
    dialog.get_by_role("button", name="Cancel the line").click()
    expect(page.get_by_role("status").filter(has_text="Cancelled.")).to_contain_text("2 of 2 cancelled")
    expect(page.get_by_role("button", name="Cancel MUG")).to_have_count(0)
    expect(page.get_by_role("button", name="Cancel TRAY")).to_be_visible()
    assert StockLevel.objects.get(sku__code="MUG").allocated == 0
    assert sound()
    assert complaints == []


def test_a_cancel_is_answered_though_the_news_of_it_comes_first(
    page: Page, live_server: LiveServer, reno: Node, kim: User, complaints: list[str]
) -> None:
    order = on_the_floor(reno, lines={"MUG": 2}).order
    held: list[Route] = []
    page.route("**/cancel/", lambda route: held.append(route))
    page.goto(f"{live_server.url}/orders/{order.ref}/")
    page.get_by_role("button", name="Cancel order…").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the order").click()
    for _ in range(500):  # until the press has reached the route
        if not held:
            page.wait_for_timeout(20)
    answer = held[0].fetch()
    with page.expect_response(lambda response: "drawn=" in response.url and response.status == 200):
        page.evaluate("htmx.trigger('[data-quiet]', 'sse:orders')")
    held[0].fulfill(response=answer)
    expect(page.get_by_role("status").filter(has_text="Cancelled.")).to_contain_text("2 of 2 cancelled")
    expect(page.locator("#order-state")).to_have_text("Cancelled")
    expect(page.get_by_role("button", name="Cancel order…")).to_have_count(0)
    assert complaints == []


def test_a_press_that_is_never_answered_does_not_hold_the_page_for_ever(
    page: Page, live_server: LiveServer, reno: Node, kim: User
) -> None:
    order = on_the_floor(reno, lines={"MUG": 2}).order
    held: list[Route] = []
    page.route("**/cancel/", lambda route: held.append(route))
    page.clock.install()
    page.goto(f"{live_server.url}/orders/{order.ref}/")
    page.get_by_role("button", name="Cancel order…").click()
    with page.expect_request("**/cancel/"):
        page.get_by_role("dialog").get_by_role("button", name="Cancel the order").click()
    orders.cancel(order.ref, at=timezone.now(), actor="user:3")
    with page.expect_response(lambda response: "drawn=" in response.url and response.status == 200):
        page.evaluate("htmx.trigger('[data-quiet]', 'sse:orders')")
    expect(page.locator("#order-state")).not_to_have_text("Cancelled")
    page.clock.fast_forward(60_000)
    expect(page.locator("#order-state")).to_have_text("Cancelled")


def test_a_question_outlives_the_news_that_comes_while_it_is_read(
    page: Page, live_server: LiveServer, reno: Node, kim: User, complaints: list[str]
) -> None:
    order = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1}).order
    page.goto(f"{live_server.url}/orders/{order.ref}/")
    page.get_by_role("button", name="Cancel order…").click()
    orders.cancel(order.ref, line_refs=["1"], at=timezone.now(), actor="user:3")
    page.evaluate("htmx.trigger('[data-quiet]', 'sse:orders')")
    page.wait_for_load_state("networkidle")
    page.get_by_role("dialog").get_by_role("button", name="Cancel the order").click()
    expect(page.get_by_role("status").filter(has_text="Cancelled.")).to_contain_text("1 of 1 cancelled")
    assert complaints == []


def test_an_exception_is_taken_undone_and_tried_again(
    page: Page, live_server: LiveServer, kim: User, complaints: list[str]
) -> None:
    order = make.order(due=False)
    raise_many([Raised(order.id, "no_rule", {})], at=timezone.now())
    page.goto(f"{live_server.url}/exceptions/")
    page.get_by_role("button", name=f"Take {order.order_ref}").click()
    expect(page.get_by_role("button", name=f"Give back {order.order_ref}")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name=f"Take {order.order_ref}")).to_be_visible()
    assert OrderException.objects.get().owner == ""
    page.get_by_role("checkbox", name=f"Choose {order.order_ref}").check()
    page.get_by_role("button", name="Try the chosen again").click()
    expect(page.get_by_role("status").filter(has_text="Routing looks at 1 order again.")).to_be_visible()
    assert Pending.objects.filter(order=order).exists()
    assert complaints == []


def test_times_are_the_retailers_whatever_the_browser_thinks(
    page: Page, live_server: LiveServer, reno: Node, kim: User, settings: Settings
) -> None:
    settings.RETAILER_TIME_ZONE = "America/Chicago"
    order = on_the_floor(reno).order
    page.goto(f"{live_server.url}/orders/{order.ref}/")
    accepted = page.locator("section[aria-labelledby=refs] time")
    expect(accepted).to_have_text("Tue 10 Nov, 09:00 CST")
    expect(accepted).to_have_attribute("title", "Tuesday, November 10, 2026 at 9:00:00 AM CST")
    expect(page.locator(".stages")).to_contain_text("Tue 10 Nov, 15:00 PST")  # the truck leaves by the store's clock
