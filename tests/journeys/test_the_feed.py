"""A till outside and a promise here: the demo's ERP as a process of its own, read and told by the running house."""

from __future__ import annotations

import json
import os
import random
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from dom_project.accounts.models import Role
from dom_project.demo import erp as till
from dom_project.processes import Child
from fulfillment import shipments
from fulfillment.models import Shipment
from inventory import capacity, invariants
from inventory.models import Connection, FeedRun, Node, OwnMovement, StockLevel
from routing import intake
from routing.models import Outbox, Subscriber
from tests import make

from .conftest import ROOT, eventually, where_it_is

ComesIn = Callable[..., Page]
TOKEN, SECRET = "till-token", "webhook-secret"
STATE = {state: re.compile(f"feed {state}") for state in ("fresh", "stale")}


class Erp:
    """The ERP: its process, and its books as a cashier sees them."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        environment = os.environ | {
            "DEMO_ERP_FOLDER": str(folder),
            "DEMO_ERP_PORT": str(port),
            "DEMO_ERP_TOKEN": TOKEN,
            "DEMO_WEBHOOK_SECRET": SECRET,
        }
        (folder / "opening.json").write_text(json.dumps([["SOHO", "MUG", 20, 1]]))
        command = [sys.executable, till.__file__, "--no-trade"]
        self.process = Child("erp", command, environment, folder / "erp.log", ROOT)
        self.process.start()
        eventually(self.answers)
        self.books = till.Books(folder)

    def answers(self) -> bool:
        asked = urllib.request.Request(f"{self.url}/stock", headers={"Authorization": f"Bearer {TOKEN}"})
        try:
            with urllib.request.urlopen(asked, timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def on_hand(self) -> int:
        _as_of, [level] = self.books.figures(None)
        return int(level["on_hand"])

    def sold_at(self) -> datetime:
        """When its figures were changed last, by its own clock."""
        _as_of, [level] = self.books.figures(None)
        return datetime.fromisoformat(level["changed_at"])

    def bookings(self, event_id: object) -> int:
        with self.books.lock:
            found = self.books.db.execute("SELECT count(*) FROM booked WHERE event_id = ?", [str(event_id)])
            return int(found.fetchone()[0])

    def stop(self) -> None:
        self.process.ask_to_end()
        self.process.end(5)


@pytest.fixture
def erp(tmp_path: Path, erp_port: int) -> Iterator[Erp]:
    folder = tmp_path / "erp"
    folder.mkdir()
    running = Erp(folder, erp_port)
    yield running
    running.books.db.close()
    running.stop()


@pytest.fixture
def soho(transactional_db: None, erp: Erp) -> Node:
    """A store whose mugs the ERP tells, asked every second; what we ship there the ERP hears."""
    make.rate_card()
    make.channel("web", name="Web shop")
    make.strategy()
    make.sku("MUG", name="Enamel mug")
    node = make.node("SOHO", name="SoHo store", kind="store", time_zone=where_it_is(10))
    capacity.open_days(at=timezone.now())
    Connection.objects.create(
        ref="erp", name="Ledgerstone ERP", address=erp.url, token=TOKEN, schedule_seconds=1, mapping={}
    )
    Subscriber.objects.create(ref="erp", name="Ledgerstone ERP", url=f"{erp.url}/fairlead", secret=SECRET)
    return node


def open_level(page: Page, house: str) -> None:
    """The page of the mugs at SoHo, once the first read has told of them."""
    eventually(lambda: StockLevel.objects.filter(node__code="SOHO", on_hand=20).exists())
    page.goto(f"{house}/inventory/levels/{StockLevel.objects.get().pk}/")
    see_atp(page, 20)


def see_atp(page: Page, units: int) -> None:
    expect(page.locator(".formula .is-result b")).to_have_text(str(units))


def test_a_walk_in_sale_lowers_what_can_be_promised_within_one_pull(
    soho: Node, erp: Erp, house: str, comes_in: ComesIn
) -> None:
    maya = comes_in("Maya Alvarez", Role.OPERATIONS_MANAGER, house)
    open_level(maya, house)
    erp.books.sell(random.Random(1))
    assert erp.on_hand() in (18, 19)
    sold_at = erp.sold_at()
    see_atp(maya, erp.on_hand())  # the open page, by itself
    first = FeedRun.objects.filter(observed_at__gte=sold_at).earliest("id")
    assert (first.kind, first.state, first.changed) == ("delta", "applied", 1)
    assert not invariants.broken_rows()


def test_a_shipment_told_twice_is_booked_once(soho: Node, erp: Erp, house: str, comes_in: ComesIn) -> None:
    maya = comes_in("Maya Alvarez", Role.OPERATIONS_MANAGER, house)
    open_level(maya, house)
    now = timezone.now()
    intake.accept_orders([make.request("W-1", lines={"MUG": 3}, placed_at=now)], at=now, actor="demo")
    eventually(Shipment.objects.exists)  # a worker routes it and hands it to the floor
    ship(Shipment.objects.get())
    eventually(lambda: erp.on_hand() == 17)
    told = Outbox.objects.get(topic="order.shipped")
    assert erp.bookings(told.event_id) == 1
    # The answer was lost on its way, as far as we know: it is told again.
    eventually(lambda: Outbox.objects.filter(pk=told.pk, attempts=1, sent_at__isnull=False).exists())
    Outbox.objects.filter(pk=told.pk).update(sent_at=None, next_at=now)
    eventually(lambda: Outbox.objects.filter(pk=told.pk, attempts=2, sent_at__isnull=False).exists())
    assert (erp.on_hand(), erp.bookings(told.event_id)) == (17, 1)
    # Its next figures contain the shipment, and we take it off no more.
    eventually(lambda: not OwnMovement.objects.exists())
    see_atp(maya, 17)
    assert StockLevel.objects.get().on_hand == 17
    assert not invariants.broken_rows()


def ship(shipment: Shipment) -> None:
    now = timezone.now()
    shipments.pick_whole_many([shipment.pk], at=now, actor="demo")
    shipments.pack_many([shipment.pk], at=now, actor="demo")
    shipments.ship_many([(shipment.pk, "TRK-1")], at=now, actor="demo")


def test_a_stopped_erp_is_stale_on_the_map_and_on_the_nodes_page(
    soho: Node, erp: Erp, house: str, comes_in: ComesIn
) -> None:
    maya = comes_in("Maya Alvarez", Role.OPERATIONS_MANAGER, house)
    open_level(maya, house)
    page_of_node = maya.context.new_page()
    page_of_node.goto(f"{house}/network/SOHO/")
    expect(page_of_node.get_by_role("region", name="Stock feed")).to_contain_text("Fresh")
    maya.goto(f"{house}/network/")
    on_the_map = maya.get_by_role("region", name="Map").get_by_role("link", name="SoHo store")
    expect(on_the_map).to_have_accessible_name(STATE["fresh"])
    erp.stop()
    # Nobody loads a page again. Four times its schedule, and the time that a bell may take, must pass.
    expect(on_the_map).to_have_accessible_name(STATE["stale"], timeout=60_000)
    expect(page_of_node.get_by_role("region", name="Stock feed")).to_contain_text("Stale", timeout=60_000)
    maya.goto(house)
    expect(maya.get_by_role("link", name="SoHo store").first).to_have_accessible_name(STATE["stale"])
    assert StockLevel.objects.get().on_hand == 20
