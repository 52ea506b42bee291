"""News come as a stream, which a page holds only while somebody sees it: a browser keeps six connections to a host."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route
from pytest_django.live_server_helper import LiveServer

from dom_project.accounts.models import User

SEEN = """state => {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


def is_stream(request: Request) -> bool:
    return "/live/" in request.url


@pytest.fixture
def orders(page: Page, live_server: LiveServer, log_in: Callable[..., User]) -> Page:
    """The page of orders, whose stream is never answered."""
    log_in()
    page.route("**/live/**", lambda _route: None)
    with page.expect_request(is_stream):
        page.goto(f"{live_server.url}/orders/")
    return page


def test_a_hidden_page_lets_go_of_its_stream_and_takes_it_up_when_it_is_seen_again(orders: Page) -> None:
    with orders.expect_event("requestfailed", is_stream):
        orders.evaluate(SEEN, "hidden")
    with orders.expect_request(is_stream):
        orders.evaluate(SEEN, "visible")


def test_a_page_that_is_left_lets_go_though_the_browser_keeps_it_for_the_way_back(orders: Page) -> None:
    with orders.expect_event("requestfailed", is_stream):
        orders.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    with orders.expect_request(is_stream):
        orders.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")


def test_a_page_that_is_seen_again_asks_for_what_it_may_have_missed(orders: Page) -> None:
    def answer(route: Route) -> None:
        route.fulfill(content_type="text/event-stream", body=": hello\n\n")

    orders.evaluate(SEEN, "hidden")
    orders.unroute("**/live/**")
    orders.route("**/live/**", answer)
    orders.evaluate("document.addEventListener('htmx:sseMessage', event => console.log(event.detail.type))")
    with orders.expect_console_message(lambda said: said.text == "orders"):
        orders.evaluate(SEEN, "visible")
