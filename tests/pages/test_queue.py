"""The floor in a real browser, on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from dom_project.accounts.models import Role, User
from fulfillment import orders, shipments
from fulfillment.models import Shipment
from fulfillment.states import State
from inventory.models import Barcode, Node, NodeAccess, StockLevel
from tests import make
from tests.fulfillment.sold import AT, on_the_floor, packed, picked, shipped, sound, stock
from tests.pages.conftest import accessibility_faults

LogIn = Callable[..., User]
PHONE = {"width": 390, "height": 844}
SIZES = [("phone, light", 390, "light"), ("phone, dark", 390, "dark"), ("desk, light", 1440, "light")]
MUG, TRAY = "0400123456796", "0400123456789"


@pytest.fixture
def reno(transactional_db: None) -> Node:
    node = make.node("RENO", name="Reno store", kind=Node.Kind.STORE)
    make.sku("MUG", name="Enamel mug, sage")
    make.sku("TRAY", name="Oak tray, large", category=make.category("home"))
    stock(node, MUG=60, TRAY=60)
    for code, barcode in (("MUG", MUG), ("TRAY", TRAY)):
        level = StockLevel.objects.get(sku__code=code)
        Barcode.objects.create(sku=level.sku, code=barcode)
        StockLevel.objects.filter(pk=level.pk).update(shelf=f"Aisle {len(code)} · Bay {code[0]}")
    return node


@pytest.fixture
def news(page: Page) -> Iterator[list[str]]:
    """What the stream has to tell; each connection takes one."""
    waiting: list[str] = []

    def answer(route: Route) -> None:
        body = f"retry: 200\n\n{waiting.pop(0) if waiting else ''}"
        route.fulfill(status=200, content_type="text/event-stream", body=body)

    page.route("**/live/**", answer)
    yield waiting
    page.unroute("**/live/**")


@pytest.fixture
def robin(page: Page, log_in: LogIn, reno: Node, news: list[str]) -> User:
    """Reno's associate, on a phone, on the way to the queue."""
    page.set_viewport_size(PHONE)
    user = log_in(Role.STORE_ASSOCIATE, first_name="Robin", last_name="Hale")
    NodeAccess.objects.create(user=user, node=reno)
    return user


def scan(page: Page, code: str) -> None:
    """A scanner types into whatever has the cursor and ends with Enter."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def path(shipment: Shipment) -> str:
    return f"/store/RENO/{shipment.ref}/"


def ready_to_scan(page: Page) -> None:
    """What is scanned now goes into the field."""
    expect(page.locator("#scan-code")).to_be_focused()


def test_a_parcel_goes_from_the_queue_to_the_truck_by_keyboard(
    page: Page, live_server: LiveServer, robin: User, reno: Node, complaints: list[str]
) -> None:
    shipment = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1})
    page.goto(f"{live_server.url}/store/")  # 1: one store, so straight to its queue
    expect(page).to_have_url(f"{live_server.url}/store/RENO/")
    page.get_by_role("button", name=f"Start picking next: {shipment.ref[-4:]}").press("Enter")
    page.wait_for_url(f"**{path(shipment)}")
    ready_to_scan(page)  # 2: scanned without a touch, faster than answers come
    scan(page, MUG)
    scan(page, TRAY)
    scan(page, "MUG")
    page.get_by_role("button", name="Pack 3 units").click()
    number = page.get_by_label("Tracking number on the label")  # 3: the label is scanned
    expect(number).to_be_focused()
    scan(page, "1Z999")
    page.wait_for_url("**/store/RENO/?tab=ready")
    expect(page.get_by_text("On its way with 1Z999.")).to_be_visible()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("1Z999", exact=True)).to_be_visible()
    assert Shipment.objects.get().state == State.SHIPPED
    assert sound()
    assert complaints == []


def test_a_wrong_item_names_the_expected_one_and_the_field_is_ready_again(
    page: Page, live_server: LiveServer, robin: User, reno: Node
) -> None:
    shipment = on_the_floor(reno, lines={"MUG": 2})
    page.goto(live_server.url + path(shipment))
    ready_to_scan(page)
    scan(page, TRAY)
    expect(page.get_by_role("alert")).to_have_text("This is Oak tray, large (TRAY). Expected: Enamel mug, sage (MUG).")
    ready_to_scan(page)
    expect(page.locator("#scan-code")).to_have_value("")
    scan(page, MUG)
    expect(page.get_by_role("status").filter(has_text="MUG: 1 of 2.")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Put one back: Enamel mug, sage").click()
    expect(page.get_by_text("0 of 2 picked")).to_be_visible()
    assert shipment.lines.get().picked == 0


def test_scans_wait_for_the_network_and_are_counted_once(
    page: Page, live_server: LiveServer, robin: User, reno: Node
) -> None:
    shipment = on_the_floor(reno, lines={"MUG": 3})
    page.goto(live_server.url + path(shipment))
    ready_to_scan(page)
    page.route("**/scan/", lambda route: route.abort())
    scan(page, MUG)
    scan(page, MUG)
    expect(page.get_by_text("Scans waiting: 2")).to_be_visible()
    page.unroute("**/scan/")
    expect(page.get_by_text("2 of 3 picked")).to_be_visible()
    expect(page.get_by_text("Scans waiting")).to_be_hidden()
    assert shipment.lines.get().picked == 2


def test_what_is_not_there_is_reported_with_its_consequence_in_sight(
    page: Page, live_server: LiveServer, robin: User, reno: Node
) -> None:
    shipment = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1})
    page.goto(live_server.url + path(shipment))
    page.get_by_role("link", name="Not there Enamel mug, sage").click()
    expect(page.get_by_text("routed again at once, never to Reno store")).to_be_visible()
    page.get_by_role("button", name="Report short").click()
    expect(page.get_by_text("Say why: missing or damaged.")).to_be_visible()
    page.get_by_label("Missing").check()
    page.get_by_label("Good units found, of 2").fill("1")
    page.get_by_role("button", name="Report short").click()
    page.wait_for_url(f"**{path(shipment)}")
    expect(page.get_by_text("Enamel mug, sage: 1 routed again, never to Reno store.")).to_be_visible()
    expect(page.get_by_text("Missing: routed again")).to_be_visible()
    expect(page.get_by_text("1 of 2 picked")).to_be_visible()
    ready_to_scan(page)
    scan(page, TRAY)
    expect(page.get_by_role("button", name="Pack 2 units")).to_be_visible()
    expect(page.get_by_role("heading", name=f"Pack {shipment.ref[-4:]}")).to_be_visible()
    assert sound()


REFUSED = "Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)"


def test_a_refused_form_leaves_nothing_else_in_the_console(
    page: Page, live_server: LiveServer, robin: User, reno: Node, complaints: list[str]
) -> None:
    begun, boxed = on_the_floor(reno, lines={"MUG": 2}), packed(reno)
    bag = packed(reno, method="pickup", pickup_node=reno)
    shipments.make_ready_many([bag.pk], at=AT, actor="user:7")

    def refused(press: str, words: str, field: str) -> None:
        # As password managers do, and Chromium where a field is dragged larger.
        page.locator(field).evaluate("field => { field.style.color = 'red'; }")
        page.get_by_role("button", name=press).click()
        expect(page.get_by_text(words)).to_be_visible()
        assert complaints == [REFUSED]
        complaints.clear()

    page.goto(live_server.url + path(begun))
    scan(page, TRAY)
    expect(page.get_by_text("Expected: Enamel mug, sage (MUG).")).to_be_visible()
    assert complaints == [REFUSED]
    complaints.clear()
    more = f"#more-{begun.lines.get().pk}"
    page.locator(more).evaluate("button => { button.value = '3'; }")
    refused("One more picked: Enamel mug, sage", "MUG: 3 units can't be, at most 2 are asked for.", more)
    page.get_by_role("link", name="Not there Enamel mug, sage").click()
    refused("Report short", "Say why: missing or damaged.", "#found")
    page.goto(live_server.url + path(boxed))
    refused("Ship: the carrier has it", "A parcel leaves with a tracking number.", "#tracking")
    page.goto(live_server.url + path(bag))
    refused("Hand over to the customer", "Ask for the name first.", "#checked")


def test_a_cancel_reaches_the_picker_by_itself(
    page: Page, live_server: LiveServer, robin: User, reno: Node, news: list[str]
) -> None:
    shipment = on_the_floor(reno)
    page.goto(live_server.url + path(shipment))
    ready_to_scan(page)
    scan(page, MUG)
    expect(page.get_by_text("1 of 2 picked")).to_be_visible()
    orders.cancel(shipment.order.ref, at=timezone.now(), actor="user:3")
    news.append("event: queue\ndata: {}\n\n")
    expect(page.get_by_role("alert").filter(has_text="Stop: this was cancelled.")).to_be_visible()
    expect(page.locator("#scan-code")).to_have_count(0)


def test_new_work_appears_without_a_reload(
    page: Page, live_server: LiveServer, robin: User, reno: Node, news: list[str]
) -> None:
    page.goto(f"{live_server.url}/store/RENO/")
    expect(page.get_by_text("Nothing to pick")).to_be_visible()
    shipment = on_the_floor(reno)
    news.append("event: queue\ndata: {}\n\n")
    expect(page.get_by_role("link", name=f"Shipment {shipment.ref[-4:]}")).to_be_visible()


def test_a_pickup_is_handed_over_after_asking_for_the_name(
    page: Page, live_server: LiveServer, robin: User, reno: Node
) -> None:
    shipment = packed(reno, method="pickup", pickup_node=reno)
    page.goto(live_server.url + path(shipment))
    page.get_by_role("button", name="On the pickup shelf: ready").click()
    page.get_by_role("button", name="Hand over to the customer").click()
    expect(page.get_by_text("Ask for the name first.")).to_be_visible()
    page.get_by_label("I asked for the name").check()
    page.get_by_role("button", name="Hand over to the customer").click()
    expect(page.get_by_text("Handed over.")).to_be_visible()
    assert Shipment.objects.get().state == State.HANDED_OVER


def test_goods_are_put_back_after_a_question(page: Page, live_server: LiveServer, robin: User, reno: Node) -> None:
    orders.cancel(packed(reno).order.ref, at=AT, actor="user:3")
    page.goto(f"{live_server.url}/store/RENO/?tab=put_back")
    page.get_by_role("button", name="Back on the shelf").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes, it is back").click()
    expect(page.get_by_text("Nothing to put back")).to_be_visible()
    assert StockLevel.objects.get(sku__code="MUG").allocated == 0


def test_without_a_network_the_page_stays_and_says_so(
    page: Page, live_server: LiveServer, robin: User, reno: Node
) -> None:
    shipment = on_the_floor(reno)
    page.goto(f"{live_server.url}/store/RENO/")
    page.context.set_offline(True)
    expect(page.locator("#live [data-live=offline]")).to_be_visible()
    page.get_by_role("button", name="Start picking next").click()
    expect(page.locator(".toast-card[data-level=error]")).to_be_visible()
    expect(page.get_by_role("link", name=f"Shipment {shipment.ref[-4:]}")).to_be_visible()
    page.context.set_offline(False)
    assert Shipment.objects.get().state == State.TO_PICK


def test_the_pages_work_without_javascript(page: Page, live_server: LiveServer, robin: User, reno: Node) -> None:
    shipment = on_the_floor(reno, lines={"MUG": 1})
    plain = page.context.browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    poor = plain.new_page()
    poor.goto(f"{live_server.url}/store/RENO/")
    poor.get_by_role("button", name="Start picking next").click()
    poor.locator("#scan-code").fill(TRAY)
    poor.locator("#scan-code").press("Enter")
    expect(poor.get_by_text("Expected: Enamel mug, sage (MUG).")).to_be_visible()
    poor.locator("#scan-code").fill(MUG)
    poor.locator("#scan-code").press("Enter")
    poor.get_by_role("button", name="Pack 1 unit").click()
    poor.get_by_role("link", name="No label? Use our own number").click()
    poor.get_by_role("button", name="Ship: the carrier has it").click()
    expect(poor.get_by_text(f"On its way with FL-{shipment.ref[1:]}.")).to_be_visible()
    plain.close()
    assert Shipment.objects.get().state == State.SHIPPED


@pytest.mark.parametrize(("case", "width", "theme"), SIZES)
def test_every_state_is_accessible_and_fits(
    case: str, width: int, theme: str, page: Page, live_server: LiveServer, robin: User, reno: Node,
    complaints: list[str],
) -> None:  # fmt: skip
    waiting = on_the_floor(reno, lines={"MUG": 12, "TRAY": 1})
    begun = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1})
    shipments.pick_many([(begun.lines.get(sku__code="MUG").pk, 2)], at=AT, actor=f"user:{robin.pk}")
    tray = begun.lines.get(sku__code="TRAY")
    gone = on_the_floor(reno)
    shipments.pick_many([(gone.lines.get().pk, 1)], at=AT, actor=f"user:{robin.pk}")
    orders.cancel(gone.order.ref, at=timezone.now(), actor="user:3")
    full, boxed, bag = picked(reno), packed(reno), packed(reno, method="pickup", pickup_node=reno)
    shipments.make_ready_many([bag.pk], at=AT, actor="user:7")
    left, unwanted = shipped(reno), packed(reno)
    orders.cancel(unwanted.order.ref, at=AT, actor="user:3")
    page.set_viewport_size({"width": width, "height": 844})
    tabs = [f"/store/RENO/?tab={tab}" for tab in ("to_pick", "picking", "to_pack", "ready", "done", "put_back")]
    states = [path(shipment) for shipment in (waiting, begun, gone, full, boxed, bag, left, unwanted)]
    for place in [*tabs, *states, f"{path(begun)}?short={tray.pk}"]:
        page.goto(f"{live_server.url}{place}{'&' if '?' in place else '?'}theme={theme}")
        assert accessibility_faults(page) == [], place
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place
    assert complaints == []


@pytest.mark.parametrize(("case", "width", "theme"), SIZES)
def test_the_managers_list_of_queues_is_accessible_and_fits(
    case: str, width: int, theme: str, page: Page, live_server: LiveServer, log_in: LogIn, reno: Node,
    news: list[str], complaints: list[str],
) -> None:  # fmt: skip
    on_the_floor(reno), packed(reno)
    make.node("ELKO", name="Elko store")
    log_in()
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{live_server.url}/store/?theme={theme}")
    expect(page.get_by_role("link", name="Reno store")).to_contain_text("1 to pick")
    assert accessibility_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
    page.get_by_role("link", name="Elko store").click()
    expect(page.get_by_text("Nothing to pick")).to_be_visible()
    page.get_by_role("link", name="All queues").click()
    expect(page).to_have_url(f"{live_server.url}/store/")
