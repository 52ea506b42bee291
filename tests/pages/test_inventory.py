"""Stock and network in a browser: an old feed is seen; a count, a day, terms and safety rules are changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from dom_project.accounts.models import Role, User
from inventory import capacity, ledger, network, safety
from inventory.models import (
    Connection,
    FeedScope,
    Node,
    NodeDay,
    StockLevel,
)
from inventory.movements import Movement
from tests import make
from tests.pages.conftest import accessibility_faults

LogIn = Callable[..., User]


@pytest.fixture
def reno(transactional_db: None) -> Node:
    """Five nodes: Reno's feed is stale, Denver's late; Boston is full; Honolulu lies off the map, Oslo is off."""
    west, now = make.group("west"), timezone.now()
    reno = make.node("RENO", name="Reno DC", group=west, street="100 Long Valley Road")
    denver = make.node("DENVER", name="Denver store", kind="store", latitude=39.74, longitude=-104.99, group=west,
                       time_zone="America/Denver", city="Denver", region="CO")  # fmt: skip
    boston = make.node("BOSTON", name="Boston Massachusetts Avenue store", kind="store", latitude=42.34,
                       longitude=-71.08, time_zone="America/New_York", city="Boston", region="MA",
                       daily_capacity=20)  # fmt: skip
    make.node("HONOLULU", name="Honolulu store", kind="store", latitude=21.3, longitude=-157.8,
              time_zone="Pacific/Honolulu")  # fmt: skip
    make.node("OSLO", name="Oslo DC", active=False, latitude=None, longitude=None, hours={}, time_zone="Europe/Oslo")
    capacity.open_days(at=now)
    today = NodeDay.objects.filter(node=boston, ship_date=network.local_day(boston, now))
    today.update(cap=20, taken=24, overload=4)
    erp = Connection.objects.create(
        ref="erp", name="Head office", address="http://erp", last_success_at=now - timedelta(minutes=75), failures=3,
        last_error={"code": "unauthorised", "params": {"status": 401}}, clock_skew_seconds=90,
    )  # fmt: skip
    tills = Connection.objects.create(
        ref="tills",
        name="Tills",
        address="http://tills",
        schedule_seconds=200,
        last_success_at=now - timedelta(minutes=8),
    )
    for node, source, seen_at in ((reno, erp, erp.last_success_at), (denver, tills, tills.last_success_at)):
        FeedScope.objects.create(node=node, connection=source, seen_at=seen_at, observed_at=seen_at)
    mug, jug = make.sku("MUG", name="Stoneware mug, speckled, 350 ml"), make.sku("JUG", name="Jug")
    make.sku("CUP", name="Cup")
    for node, units in ((reno, 40), (denver, 6), (boston, 12)):
        make.stock(node, mug, units)
    level = make.stock(reno, jug, 5)
    for number in range(60):
        came = Movement(f"came:{number}", level.pk, 1, network.local_day(reno, now))
        ledger.receive_many([came], at=now - timedelta(minutes=60 - number), actor="make")
    safety.add_rule(2, category=make.category(), at=now, actor="user:1")
    safety.switch_rule(safety.add_rule(1, sku=mug, group=west, at=now, actor="user:1").pk, active=False)
    return reno


def level_of(sku: str) -> StockLevel:
    return StockLevel.objects.get(node__code="RENO", sku__code=sku)


def test_a_stale_feed_is_said_on_the_map_in_the_list_and_on_the_node(
    page: Page, live_server: LiveServer, reno: Node, log_in: LogIn
) -> None:
    log_in()
    page.goto(f"{live_server.url}/network/")
    circle = page.get_by_role("link", name="Reno DC: ").first
    expect(circle).to_have_attribute("aria-label", re.compile(r"feed stale, last read 1 h \d+ min ago$"))
    expect(page.locator(".us-map").get_by_text(re.compile(r"^Reno DC: stale, 1 h \d+ min$"))).to_be_visible()
    expect(page.locator(".us-map").get_by_text(re.compile(r"^Denver store: late, \d+ min$"))).to_be_visible()
    circle.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/network/RENO/")
    expect(page.get_by_role("status").get_by_text("The feed is stale: last read")).to_be_visible()


def test_a_day_is_changed_asked_about_and_taken_back(
    page: Page, live_server: LiveServer, reno: Node, log_in: LogIn
) -> None:
    log_in()
    today = NodeDay.objects.get(node=reno, ship_date=network.local_day(reno, timezone.now()))
    NodeDay.objects.filter(pk=today.pk).update(taken=30)
    page.goto(f"{live_server.url}/network/RENO/")
    page.get_by_role("link", name="Change", exact=False).and_(page.locator("tbody a")).first.click()
    field = page.get_by_label("Parcels of this day")
    field.fill("-5")
    page.get_by_role("button", name="Set this day").click()
    expect(page.get_by_text("Please give a whole number from 0 to")).to_be_visible()
    field.fill("20")
    page.get_by_role("button", name="Set this day").click()
    expect(page.get_by_text("10 parcels are granted above 20 already.")).to_be_visible()
    assert accessibility_faults(page) == []
    page.get_by_role("button", name="Set it all the same").click()
    expect(page.locator("tbody").get_by_text("30 of 20")).to_be_visible()
    expect(page.get_by_text("by hand, usually 100")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("tbody").get_by_text("30 of 100")).to_be_visible()
    today.refresh_from_db()
    assert (today.cap, today.overload) == (100, 0)


def test_capacity_and_cut_off_are_changed_and_taken_back(
    page: Page, live_server: LiveServer, reno: Node, log_in: LogIn
) -> None:
    log_in()
    page.goto(f"{live_server.url}/network/RENO/")
    page.get_by_role("link", name="Change capacity or cut-off").click()
    page.get_by_label("Parcels a day").fill("70")
    page.get_by_label("Cut-off", exact=True).fill("16:30")
    page.get_by_label("Cut-off", exact=True).press("Enter")
    expect(page.get_by_text("Saved: 70 parcels a day, cut-off 16:30.")).to_be_visible()
    expect(page).to_have_url(f"{live_server.url}/network/RENO/")
    expect(page.get_by_text("0 of 70").first).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("0 of 100").first).to_be_visible()
    reno.refresh_from_db()
    assert (reno.daily_capacity, f"{reno.cut_off:%H:%M}") == (100, "15:00")


def test_a_count_by_hand_shows_what_it_means_first(
    page: Page, live_server: LiveServer, reno: Node, log_in: LogIn
) -> None:
    log_in()
    jug = level_of("JUG")
    page.goto(f"{live_server.url}/inventory/levels/{jug.pk}/")
    expect(page.get_by_text("then 65").first).to_be_visible()
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("then 5", exact=True)).to_be_visible()
    page.get_by_label("Units seen").fill("60")
    page.get_by_role("button", name="See what it means").click()
    expect(page.get_by_text("On hand 65 → 60 (−5)")).to_be_visible()
    assert accessibility_faults(page) == []
    page.get_by_role("button", name="Record the count").click()
    expect(page.get_by_text("Counted. It stands until the source says something new.")).to_be_visible()
    jug.refresh_from_db()
    assert jug.on_hand == 60


def test_a_safety_rule_is_added_switched_off_and_taken_back(
    page: Page, live_server: LiveServer, reno: Node, log_in: LogIn
) -> None:
    log_in()
    page.goto(f"{live_server.url}/inventory/safety/")
    page.get_by_label("Units kept back").fill("4")
    page.get_by_label("SKU").fill("CUPS")
    page.get_by_role("button", name="Add the rule").click()
    expect(page.get_by_text("There is no SKU with this code.")).to_be_visible()
    assert accessibility_faults(page) == []
    expect(page.get_by_label("Units kept back")).to_have_value("4")
    page.get_by_label("SKU").fill("JUG")
    page.get_by_role("button", name="Add the rule").click()
    expect(page.get_by_text("The rule decides 1 stock level now.")).to_be_visible()
    assert level_of("JUG").safety_stock == 4
    page.get_by_role("button", name="Undo").click()
    expect(
        page.get_by_text("Removed. What it kept back can be promised, unless another rule keeps it.")
    ).to_be_visible()
    assert level_of("JUG").safety_stock == 2
    page.get_by_role("button", name="Remove", exact=True).last.click()
    expect(page.get_by_role("dialog")).to_contain_text("Remove this rule?")
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("Removed: 2 units of Kitchen at each node")).to_be_visible()


def test_typing_in_a_list_is_not_swept_away_by_its_next_look(
    page: Page, live_server: LiveServer, reno: Node, log_in: LogIn
) -> None:
    log_in()
    page.clock.install()
    page.goto(f"{live_server.url}/inventory/")
    search = page.get_by_label("Search SKUs")
    search.press_sequentially("ju")
    page.clock.run_for(61_000)
    expect(search).to_have_value("ju")
    search.press("Enter")
    expect(page.get_by_role("link", name="Jug")).to_be_visible()
    expect(page.get_by_role("link", name="Stoneware")).to_have_count(0)


def test_a_level_and_a_node_follow_by_themselves(
    page: Page, live_server: LiveServer, reno: Node, log_in: LogIn
) -> None:
    log_in()
    page.clock.install()
    page.goto(f"{live_server.url}/network/RENO/")
    expect(page.get_by_text("0 of 100").first).to_be_visible()
    NodeDay.objects.filter(node=reno).update(taken=9)
    Connection.objects.update(active=False)
    page.clock.run_for(31_000)
    expect(page.get_by_text("9 of 100").first).to_be_visible()
    expect(page.get_by_text("Head office is paused")).to_be_visible()
    NodeDay.objects.filter(node=reno).update(taken=8)
    page.clock.run_for(31_000)
    expect(page.get_by_text("8 of 100").first).to_be_visible()
    jug = level_of("JUG")
    page.goto(f"{live_server.url}/inventory/levels/{jug.pk}/")
    older = page.get_by_role("link", name="Older")
    older.focus()
    Connection.objects.update(active=True)
    page.clock.run_for(31_000)
    expect(page.locator("#feed-card").get_by_text("Stale")).to_be_visible()
    expect(older).to_be_focused()


def test_an_executive_looks_and_is_offered_no_change(
    page: Page, live_server: LiveServer, reno: Node, log_in: LogIn
) -> None:
    log_in(Role.EXECUTIVE)
    page.goto(f"{live_server.url}/network/RENO/?change=terms")
    expect(page.get_by_role("heading", name="Next 14 days")).to_be_visible()
    expect(page.get_by_role("link", name="Change")).to_have_count(0)
    page.goto(f"{live_server.url}/inventory/levels/{level_of('JUG').pk}/")
    expect(page.get_by_role("heading", name="Count it")).to_have_count(0)
