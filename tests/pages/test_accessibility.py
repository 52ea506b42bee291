"""Every page of the product, looked at by axe: full and empty, light and dark, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from dom_project.accounts.models import Role, User
from fulfillment.views.queue import TABS
from tests import make
from tests.pages import shop as shops
from tests.pages.conftest import WCAG
from tests.pages.shop import Shop

ORDERS = ("returned", "on the way", "split", "exception", "put back", "ready", "to route")
# Name → the addresses under which the page is looked at, with data.
MANAGERS: dict[str, Callable[[Shop], list[str]]] = {
    "overview": lambda shop: ["/"],
    "orders": lambda shop: ["/orders/", "/orders/?q=haddad", "/orders/?q=nobody+at+all"],
    "order": lambda shop: [f"/orders/{shop.orders[what]}/" for what in ORDERS],
    "order_what_if": lambda shop: [f"/orders/{shop.orders[what]}/what-if/" for what in ("split", "to route", "ready")],
    "exceptions": lambda shop: ["/exceptions/"],
    "inventory": lambda shop: ["/inventory/", "/inventory/?q=nothing+like+it"],
    "inventory_node": lambda shop: ["/inventory/nodes/RENO/"],
    "inventory_safety": lambda shop: ["/inventory/safety/"],
    "level": lambda shop: [f"/inventory/levels/{shop.level.pk}/"],
    "sku": lambda shop: ["/inventory/skus/MUG/"],
    "network": lambda shop: ["/network/"],
    "node": lambda shop: ["/network/RENO/", "/network/RENO/?change=terms", "/network/OAKLAND/", "/network/BOISE/"],
    "routing": lambda shop: ["/routing/"],
    "replanning": lambda shop: ["/routing/replanning/"],
    "routing_odds": lambda shop: [f"/routing/odds/{query}" for query in ("", "?node=OAKLAND", "?only=high&kind=dc")],
    "scarcity": lambda shop: [f"/routing/scarcity/{query}" for query in ("", "?q=nothing+like+it", "?sort=cover")],
    "routing_history": lambda shop: ["/routing/history/"],
    "routing_version": lambda shop: ["/routing/versions/1/", "/routing/versions/2/"],
    "connections": lambda shop: ["/connections/"],
    "connection": lambda shop: ["/connections/erp/", "/connections/till/"],
    "connection_new": lambda shop: ["/connections/new/"],
    "connection_edit": lambda shop: ["/connections/erp/edit/"],
    "connection_limits": lambda shop: ["/connections/erp/limits/"],
    "imports": lambda shop: ["/imports/"],
    "import_new": lambda shop: ["/imports/new/"],
    "import": lambda shop: [f"/imports/{ref}/" for ref in shop.imports.values()],
    "stores": lambda shop: ["/store/"],
    "account": lambda shop: ["/account/"],
    "password": lambda shop: ["/account/password/"],
}
EXECUTIVES: dict[str, Callable[[Shop], list[str]]] = {
    "kpis": lambda shop: ["/kpis/", "/kpis/?figure=on_time&days=7"],
    "kpi_orders": lambda shop: ["/kpis/on_time/orders/"],
}
ASSOCIATES: dict[str, Callable[[Shop], list[str]]] = {
    "queue": lambda shop: [f"/store/OAKLAND/?tab={tab}" for tab in TABS],
    "pick": lambda shop: [f"/store/OAKLAND/{ref}/" for ref in shop.at_the_store],
}
NOBODYS: dict[str, Callable[[Shop], list[str]]] = {
    "login": lambda shop: ["/login/"],
    "style": lambda shop: ["/style/"],
    "style_phone": lambda shop: ["/style/phone/"],
}
PAGES = MANAGERS | EXECUTIVES | ASSOCIATES | NOBODYS
# What has no page of its own, and why; a name that ends in * stands for all that begin so.
EXCUSED = {
    "a form posts here and its page answers": [
        "logout", "order_cancel", "order_again", "exceptions_again", "exceptions_letters", "exceptions_shortfall",
        "exceptions_take", "exceptions_give_back", "queue_next", "queue_ahead", "put_back", "pick_start", "pick_scan",
        "pick_units", "pick_short", "pick_lay_back", "pick_pack", "pick_ready", "pick_ship", "pick_hand_over",
        "inventory_recount", "inventory_safety_rule", "network_cap", "routing_edit", "routing_activate",
        "connection_check", "connection_pull", "connection_case", "network_terms", "account_revoke", "account_tokens",
        "import_settings", "import_start", "replanning_switch", "scarcity_again",
    ],
    "a redirect": ["home", "favicon.ico"],
    "a file": ["kpi_csv", "import_rejected", "schema"],
    "for machines, and Swagger's own page about them": ["healthz", "readyz", "api_*"],
    "Django's own pages": ["admin:*"],
}  # fmt: skip
OF_ONE_THING = {
    "order", "order_what_if", "inventory_node", "level", "sku", "node", "routing_version", "connection",
    "connection_edit", "connection_limits", "import", "kpi_orders",
}  # fmt: skip
# The live server of the tests has no streams: one on which nothing ever comes.
QUIET_STREAM = "window.EventSource = class extends EventTarget { close() {} }"
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Colours are all that a theme changes, so the second theme is asked for contrast alone.
EVERYTHING = {"runOnly": WCAG, "resultTypes": ["violations"], "preload": False}
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"], "resultTypes": ["violations"], "preload": False}


def names(patterns: list[Any], space: str = "") -> Iterator[str]:
    """The name of every address, its pattern where it has none."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern):
            yield space + (pattern.name or str(pattern.pattern))


class Visitor:
    """One browser tab that goes from page to page and writes down what is wrong with each."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address, self.faults = page, address, list[str]()
        self.here, self.wanted = "", 200
        page.add_init_script(script=AXE_SCRIPT)
        page.add_init_script(script=QUIET_STREAM)
        page.on("console", lambda said: self._note(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self._note(str(error)))

    def becomes(self, user: User | None) -> None:
        """From now on the tab is this person's, or nobody's."""
        self.page.context.clear_cookies()
        if user:
            client = Client()
            client.force_login(user)
            session = client.cookies["sessionid"].value
            self.page.context.add_cookies([{"name": "sessionid", "value": session, "url": self.address}])

    def looks_at(self, path: str, status: int = 200, *, again: bool = False) -> None:
        """Light and dark at a desk, then dark and light on a phone. `again`: the page in another state, looked at
        light at a desk and dark on a phone only."""
        self.here, self.wanted = path, status
        self.page.set_viewport_size({"width": 1440, "height": 900})
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        answer = self.page.goto(self.address + path)
        if answer is None or answer.status != status:
            self._note(f"answered {answer and answer.status}")
        for chart in self.page.locator("[data-chart]").all():
            chart.locator("svg").first.wait_for()
        self._ask_axe("desk, light", EVERYTHING)
        self._turns("dark")
        if not again:
            self._ask_axe("desk, dark", COLOURS)
        self.page.set_viewport_size({"width": 390, "height": 844})
        try:  # charts follow in a moment
            self.page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
        except PlaywrightTimeout:
            self._note("is wider than a phone")
        self._ask_axe("phone, dark", EVERYTHING)
        if not again:
            self._turns("light")
            self._ask_axe("phone, light", COLOURS)

    def _turns(self, theme: Literal["light", "dark"]) -> None:
        self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        self.page.evaluate(TWO_FRAMES)

    def _ask_axe(self, seen: str, options: dict[str, Any]) -> None:
        for fault in self.page.evaluate("options => axe.run(document, options)", options)["violations"]:
            for node in fault["nodes"]:
                self._note(f"{seen}: {fault['id']}: {node['html'][:200]}")

    def _note(self, fault: str) -> None:
        if self.wanted == 200 or str(self.wanted) not in fault:
            self.faults.append(f"{self.here} {fault}")


@pytest.fixture(autouse=True)
def demo(settings: Settings, tmp_path: Path) -> None:
    settings.DEMO, settings.RETAILER, settings.MEDIA_ROOT = True, "Wrenfield Outdoor", tmp_path


@pytest.fixture
def visitor(page: Page, live_server: LiveServer, transactional_db: None) -> Visitor:
    return Visitor(page, live_server.url)


def test_every_address_is_looked_at_or_excused() -> None:
    excused = [name for group in EXCUSED.values() for name in group]
    whole = {name for name in excused if not name.endswith("*")}
    begins = tuple(name[:-1] for name in excused if name.endswith("*"))
    known = set(names(get_resolver().url_patterns))
    assert PAGES.keys() <= known
    assert {name for name in known - PAGES.keys() if not name.startswith(begins)} == whole


def test_pages_with_data_are_accessible_and_fit(visitor: Visitor) -> None:
    shop = shops.furnish()
    people = {
        Role.OPERATIONS_MANAGER: MANAGERS,
        Role.EXECUTIVE: EXECUTIVES,
        Role.STORE_ASSOCIATE: ASSOCIATES,
        None: NOBODYS,
    }
    for role, pages in people.items():
        nodes = (shop.store,) if role == Role.STORE_ASSOCIATE else ()
        visitor.becomes(make.user(role, nodes=nodes, first_name="Robin", last_name="Hale") if role else None)
        for paths in pages.values():
            for place, path in enumerate(paths(shop)):
                visitor.looks_at(path, again=place > 0)
    assert visitor.faults == []


def test_pages_without_any_data_are_accessible_and_fit(visitor: Visitor) -> None:
    visitor.becomes(make.user(Role.ADMINISTRATOR))
    for name in (MANAGERS | EXECUTIVES).keys() - OF_ONE_THING:
        visitor.looks_at(reverse(name))
    visitor.looks_at("/kpis/on_time/orders/")
    visitor.looks_at("/nowhere/", 404)
    visitor.becomes(make.user(Role.STORE_ASSOCIATE))
    visitor.looks_at("/store/")
    visitor.looks_at("/kpis/", 403)
    assert visitor.faults == []
