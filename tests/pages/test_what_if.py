"""Asking an order's decision what would have to be different, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db.models.functions import Now
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from dom_project.accounts.models import Role, User
from inventory import capacity
from inventory.models import StockLevel
from routing import sourcing
from routing.models import Order, Pending, Problem
from tests import make

LogIn = Callable[..., User]


@pytest.fixture
def order(transactional_db: None, clock: datetime) -> Order:
    """Two mugs for California from Reno; Denver is dearer, and the store nearest to her keeps too many back."""
    make.strategy()
    make.rate_card()
    reno = make.node("RENO", name="Reno store")
    denver = make.node("DENVER", name="Denver store", latitude=39.74, longitude=-104.99, region="CO")
    tucson = make.node("TUCSON", name="Tucson store", latitude=38.2, longitude=-121.0, shipment_cost=20)
    mug = make.sku("MUG", name="Stoneware mug")
    for node, units, buffer in ((reno, 10, 0), (denver, 10, 0), (tucson, 4, 3)):
        level = make.stock(node, mug, units)
        StockLevel.objects.filter(pk=level.pk).update(safety_stock=buffer)
    capacity.open_days(at=clock)
    order = make.order(lines={"MUG": 2})
    Pending.objects.update(next_at=Now() - timedelta(days=1), lease_until=None)
    sourcing.source_due(at=clock, owner="one", limit=10)
    return order


@pytest.fixture
def kim(log_in: LogIn, complaints: list[str]) -> User:
    return log_in(Role.CUSTOMER_SERVICE, first_name="Kim", last_name="Osei")


def test_it_is_worked_out_once_it_is_opened_and_another_node_is_chosen_by_keyboard(
    page: Page, live_server: LiveServer, order: Order, kim: User, complaints: list[str]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/orders/{order.ref}/")
    summary = page.get_by_text("What would have to be different?")
    expect(page.get_by_label("Why not another node?")).to_have_count(0)
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Denver store would win if any one of these were so:")).to_be_visible()
    choice = page.get_by_label("Why not another node?")
    choice.focus()
    page.keyboard.type("Tucson")
    expect(page.get_by_text("Tucson store would win if any one of these were so:")).to_be_visible()
    expect(page.get_by_text("Its buffer of Stoneware mug were at most 2, not 3.")).to_be_visible()
    expect(choice).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert complaints == []


def test_what_can_not_be_told_is_said_in_its_place(
    page: Page, live_server: LiveServer, order: Order, kim: User, complaints: list[str]
) -> None:
    Problem.objects.update(digest="0" * 64)
    page.goto(f"{live_server.url}/orders/{order.ref}/")
    page.get_by_text("What would have to be different?").click()
    expect(page.get_by_text("The record of this decision contradicts itself.")).to_be_visible()
    expect(page.get_by_text("facts_altered")).to_be_visible()
    assert complaints == []
