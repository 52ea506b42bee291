"""The main job in one piece: three people at their browsers, every process of the house at work behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from dom_project.accounts.models import Role
from fulfillment import shipments
from fulfillment.models import Shipment
from inventory import capacity, ledger
from inventory.models import Barcode, Node
from kpis import snapshots
from routing import intake, sourcing
from routing.models import Allocation, Decision, Order, OrderEvent, StrategyVersion
from tests import make

from .conftest import two_stores, where_it_is

ComesIn = Callable[..., Page]
MUG = "0400123456796"


@pytest.fixture
def network(transactional_db: None) -> dict[str, Node]:
    """A store in Reno, near the customers, and a store in Denver, far from them; both have mugs."""
    now = timezone.now()
    nodes = two_stores(where_it_is(10))
    mug = make.sku("MUG", name="Enamel mug")
    Barcode.objects.create(sku=mug, code=MUG)
    for node in nodes.values():
        make.stock(node, mug, 50)
    capacity.open_days(at=now)
    ledger.publish_atp(at=now)
    make.strategy(make.rule("Every order, cheapest first"))
    return nodes


@pytest.fixture
def an_order_left_reno(network: dict[str, Node]) -> None:
    """Before the story begins, five mugs went their whole way: the figures have something to change from."""
    now = timezone.now()
    intake.accept_orders([make.request("W-1", lines={"MUG": 5}, placed_at=now)], at=now, actor="demo")
    sourcing.source_due(at=now, owner="history")
    shipments.dispatch_due(at=now, actor="demo")
    [shipment] = Order.objects.get(order_ref="W-1").shipments.values_list("id", flat=True)
    shipments.pick_whole_many([shipment], at=now, actor="demo")
    shipments.pack_many([shipment], at=now, actor="demo")
    shipments.ship_many([(shipment, "TRK-1")], at=now, actor="demo")
    snapshots.roll_up(at=now)


@pytest.mark.usefixtures("an_order_left_reno")
def test_the_main_job(network: dict[str, Node], house: str, comes_in: ComesIn, tmp_path: Path) -> None:
    # The executive looks at today's figures; the operations manager keeps the list of orders open beside her work.
    elena = comes_in("Elena Marsh", Role.EXECUTIVE, house)
    see_figures_of_today(elena, {"Cost per order": "$21.50"}, parcels={"Reno store": "1"})
    maya = comes_in("Maya Alvarez", Role.OPERATIONS_MANAGER, house)
    expect(maya.get_by_role("heading", level=1)).to_have_text("Fulfillment overview")
    orders = open_live_orders(maya, house)

    upload_and_map(maya, house, file_of(tmp_path, "W-11", "W-12", header="Nr;When;Product;Pieces;Paid;Buyer;PLZ;Ort"))
    see_routed_live(orders, "W-11", "W-12", to="Reno store")
    read_why(maya, "W-11")

    exclude_reno_by_a_new_rule(maya, house)
    try_an_order_unsaved(maya, "W-12")
    save_and_activate(maya)
    upload(maya, house, file_of(tmp_path, "W-21", "W-22"))
    see_routed_live(orders, "W-21", "W-22", to="Denver store")

    go_back_to_the_first_version(maya, house)
    upload(maya, house, file_of(tmp_path, "W-31"))
    see_routed_live(orders, "W-31", to="Reno store")
    assert orders.evaluate("window.neverReloaded") is True

    robin = comes_in("Robin Hale", Role.STORE_ASSOCIATE, house, nodes=(network["RENO"],), width=390)
    maya.goto(f"{house}/orders/{Order.objects.get(order_ref='W-31').ref}/")
    pick_with_a_short(robin, "W-31")
    expect(maya.locator(".parcel-head").filter(has_text="Denver store")).to_be_visible()
    assert nodes_of("W-31") == [("DENVER", 1), ("RENO", 1)]
    pack_and_ship(robin)

    see_figures_of_today(elena, {"Cost per order": "$17.70"}, parcels={"Reno store": "2"})


# ── the operations manager ────────────────────────────────────────────────────────────────────────────────────────


def open_live_orders(person: Page, house: str) -> Page:
    """A second tab with the list of orders, which remembers that the stream spoke and forgets it when loaded again."""
    page = person.context.new_page()
    page.goto(f"{house}/orders/")
    expect(page.locator("html")).to_have_attribute("data-live", "live")
    page.evaluate(
        "window.neverReloaded = true;"
        "document.addEventListener('htmx:sseMessage', () => { document.documentElement.dataset.heard = 'yes'; })"
    )
    return page


def file_of(folder: Path, *refs: str, header: str = "order;placed_at;sku;quantity;price;name;zip;city") -> Path:
    """A shop's own file, without its channel: two mugs to Sacramento each."""
    file = folder / f"{refs[0]}.csv"
    moment = (timezone.now() - timedelta(minutes=2)).isoformat(timespec="seconds")
    rows = [f"{ref};{moment};MUG;2;19.90;Ada Field;95814;Sacramento" for ref in refs]
    file.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return file


def upload(page: Page, house: str, file: Path, columns: Mapping[str, str] = {}) -> None:
    """Bring a file through the import's pages: choose, say what its columns are, look, start."""
    page.goto(f"{house}/imports/new/")
    page.get_by_role("radio", name=re.compile("^Orders")).check()
    page.get_by_label("Choose a file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Still needed, as a column or one value for all")).to_be_visible()
    page.get_by_label("Channel of all rows").select_option("web")
    if columns:
        page.get_by_text("further fields").click()
    for field, column in columns.items():
        page.get_by_label(f"Column of {field}", exact=True).select_option(column)
    expect(page.get_by_text("All good")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="Result")).to_be_visible()


def upload_and_map(page: Page, house: str, file: Path) -> None:
    """None of its columns has a name that is known."""
    ours = ("Order", "Placed at", "SKU", "Quantity", "Price per unit", "Name", "Postcode", "City")
    upload(page, house, file, dict(zip(ours, file.read_text().split("\n")[0].split(";"), strict=True)))


def see_routed_live(orders: Page, *refs: str, to: str) -> None:
    """The open list shows them routed there by itself, told by the stream."""
    for ref in refs:
        expect(row_of(orders, ref)).to_contain_text("Routed")
        expect(row_of(orders, ref)).to_contain_text(to)
    expect(orders.locator("html")).to_have_attribute("data-heard", "yes")
    orders.evaluate("delete document.documentElement.dataset.heard")


def row_of(page: Page, ref: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=ref, exact=True))


def read_why(page: Page, ref: str) -> None:
    """The search of every page leads to the one order of this name."""
    page.locator("#search").fill(ref)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(ref)
    why = page.get_by_role("region", name="Why it was routed this way")
    expect(why).to_contain_text("rule “Every order, cheapest first”")
    expect(why).to_contain_text("Reno store")
    expect(why).to_contain_text("Denver store")


def exclude_reno_by_a_new_rule(page: Page, house: str) -> None:
    page.goto(f"{house}/routing/")
    page.get_by_role("button", name="Add a rule").click()
    expect(page.get_by_role("heading", name="New rule")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Reno rests")
    page.get_by_label("Name", exact=True).blur()
    page.get_by_role("combobox", name="Condition on nodes").select_option("Node")
    page.locator("#criterion-which_nodes").click()
    page.get_by_label("Node: holds or not").select_option("is not")
    page.get_by_label("Add to Node").select_option("Reno store")
    expect(page.get_by_role("button", name=re.compile("^Reno rests"))).to_contain_text("but not Reno store")


def try_an_order_unsaved(page: Page, ref: str) -> None:
    """The unsaved rules would send it from Denver; nothing is written, and it stays where it is."""
    before = written(ref)
    page.get_by_label("Order", exact=True).fill(ref)
    page.get_by_role("button", name="Test", exact=True).click()
    result = page.locator("#test-result")
    expect(result.locator(".plan")).to_contain_text("Denver store")
    expect(result).to_contain_text("nothing was written")
    expect(result).to_contain_text("Version 1, which is live: Reno store")
    assert written(ref) == before


def written(ref: str) -> tuple[object, ...]:
    """Everything that routing this order anew, or saving the rules, would change."""
    order = Order.objects.get(order_ref=ref)
    return (
        order.state,
        nodes_of(ref),
        Decision.objects.filter(order_id=order.pk).count(),
        OrderEvent.objects.filter(order=order).exclude(kind="dispatched").count(),
        StrategyVersion.objects.count(),
    )


def nodes_of(ref: str) -> list[tuple[str, int]]:
    """Where an order's live units are, and how many."""
    found = Allocation.objects.filter(order__order_ref=ref).exclude(state="released")
    return sorted(found.values_list("node__code", "quantity"))


def save_and_activate(page: Page) -> None:
    page.get_by_label("Why this change").fill("Reno counts its stock")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Version 2")
    activate(page, 2)


def go_back_to_the_first_version(page: Page, house: str) -> None:
    page.goto(f"{house}/routing/history/")
    page.get_by_role("link", name="Version 1", exact=True).click()
    activate(page, 1)


def activate(page: Page, number: int) -> None:
    page.get_by_role("button", name="Activate…").click()
    page.get_by_role("dialog").get_by_role("button", name="Make it live").click()
    expect(page.get_by_role("link", name=f"Version {number} is live")).to_be_visible()


# ── the associate ─────────────────────────────────────────────────────────────────────────────────────────────────


def pick_with_a_short(page: Page, ref: str) -> None:
    """She finds one of two mugs by its barcode and reports the other one missing."""
    shipment = Shipment.objects.get(order__order_ref=ref)
    page.locator(f"#card-{shipment.ref}").click()
    page.get_by_role("button", name="Start picking").click()
    expect(page.get_by_text("You are picking it.")).to_be_visible()
    page.get_by_label("Scan or type a barcode or SKU").fill(MUG)
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 2 picked")).to_be_visible()
    page.get_by_role("link", name="Not there").click()
    page.get_by_label("Missing").check()
    page.get_by_label("Good units found, of 2").fill("1")
    page.get_by_role("button", name="Report short").click()
    expect(page.get_by_role("button", name="Pack 1 unit")).to_be_visible()


def pack_and_ship(page: Page) -> None:
    page.get_by_role("button", name="Pack 1 unit").click()
    page.get_by_label("Tracking number on the label").fill("TRK-31")
    page.get_by_role("button", name="Ship: the carrier has it").click()
    page.wait_for_url("**/store/RENO/?tab=ready")
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("TRK-31", exact=True)).to_be_visible()


# ── the executive ─────────────────────────────────────────────────────────────────────────────────────────────────


def see_figures_of_today(page: Page, figures: dict[str, str], *, parcels: dict[str, str]) -> None:
    page.get_by_role("combobox", name="Period").select_option("today so far")
    for name, value in figures.items():
        expect(page.get_by_role("region", name=name).locator(".kpi-value")).to_have_text(value)
    for node, count in parcels.items():
        expect(row_of(page, node).get_by_role("cell").nth(1)).to_have_text(count)
