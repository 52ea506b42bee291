"""A planner brings a file and looks after a connection, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from dom_project.accounts.models import User
from inventory.imports import runs
from inventory.models import Connection, FeedCase, FeedRun, FeedStage, RejectedRow, Sku
from tests import make
from tests.pages.conftest import accessibility_faults
from tests.pages.test_shell import SIZES

LogIn = Callable[..., User]


@pytest.fixture(autouse=True)
def _uploads(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def fits(page: Page) -> bool:
    """Nothing sticks out at the side of a phone."""
    page.set_viewport_size({"width": 390, "height": 900})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size({"width": 1440, "height": 900})
    return bool(width <= 390)


def test_a_file_is_mapped_with_a_live_preview_and_taken_in(
    page: Page, live_server: LiveServer, log_in: LogIn, tmp_path: Path
) -> None:
    file = tmp_path / "Artikel.csv"
    file.write_bytes("Artikel;Gewicht\nMUG;350\nCUP;schwer\n".encode("latin-1"))
    log_in()
    page.goto(f"{live_server.url}/imports/")
    page.get_by_role("link", name="New import").click()
    # 1: the file
    page.get_by_label("SKUs").check()
    page.get_by_label("Choose a file").set_input_files(file)
    assert accessibility_faults(page) == []
    page.get_by_role("button", name="Upload").click()
    # 2: nothing is mapped yet, and the page says so
    expect(page.get_by_text("Still needed, as a column or one value for all: SKU.")).to_be_visible()
    page.get_by_label("Column of SKU").select_option("Artikel")
    expect(page.get_by_text("All good")).to_be_visible()
    # 3: a second column changes the preview without a click
    page.get_by_text("further fields").click()
    page.get_by_label("Column of Weight in grams").select_option("Gewicht")
    expect(page.get_by_text("Weight in grams: “schwer” is not a number")).to_be_visible()
    assert accessibility_faults(page) == []
    assert fits(page)
    page.get_by_role("button", name="Import").click()
    # 4: a worker takes it in, and the open page shows the result by itself
    expect(page.get_by_text("A worker begins as soon as one is free")).to_be_visible()
    runs.work_due(at=timezone.now(), keep_on=lambda: True)
    expect(page.get_by_role("heading", name="Rows that were not taken")).to_be_visible()
    assert accessibility_faults(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="The bad row as a file").click()
    assert "CUP;schwer;3;" in Path(download.value.path()).read_text("utf-8-sig")
    assert list(Sku.objects.values_list("code", "weight_grams")) == [("MUG", 350)]


@pytest.mark.parametrize(("case", "width", "theme"), SIZES)
def test_the_pages_of_a_file_are_accessible_and_fit(
    case: str, width: int, theme: str, page: Page, live_server: LiveServer, log_in: LogIn, tmp_path: Path
) -> None:
    def all_right() -> bool:
        assert accessibility_faults(page) == []
        return bool(page.evaluate("document.documentElement.scrollWidth") <= width)

    log_in()
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.goto(f"{live_server.url}/imports/")
    expect(page.get_by_text("No file was brought yet")).to_be_visible()
    assert all_right()
    page.get_by_role("link", name="New import").click()
    assert all_right()
    # 1: stock without its moment, with a bad row
    file = tmp_path / "stock.csv"
    file.write_text("node,sku,on hand\nRENO,MUG,7\nRENO,MUG,many\n")
    make.stock(make.node("RENO"), make.sku("MUG"), 3)
    page.get_by_label("Units on hand by node").check()
    page.get_by_label("Choose a file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="What it would do")).to_be_visible()
    assert all_right()
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert all_right()
    # 2: with it, waiting and then done
    page.get_by_label("Moment").fill(timezone.now().strftime("%Y-%m-%dT%H:%M:%S"))
    page.get_by_label("In the time of").select_option("UTC")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("A worker begins as soon as one is free")).to_be_visible()
    assert all_right()
    runs.work_due(at=timezone.now(), keep_on=lambda: True)
    expect(page.get_by_role("heading", name="Rows that were not taken")).to_be_visible()
    assert all_right()
    page.goto(f"{live_server.url}/imports/")
    expect(page.get_by_role("link", name="stock.csv")).to_be_visible()
    assert all_right()


def test_a_stopped_read_is_decided_on_its_page(page: Page, live_server: LiveServer, log_in: LogIn) -> None:
    log_in()
    now = timezone.now()
    connection = Connection.objects.create(
        ref="erp", name="Head office", address="http://127.0.0.1:9", last_success_at=now
    )
    run = FeedRun.objects.create(
        connection=connection, kind="snapshot", state="asked", seq=1, started_at=now, observed_at=now, rows_read=1
    )
    FeedStage.objects.create(run=run, node=make.node(), sku_id=1, on_hand=0)
    biggest = [{"node": "RENO", "sku": "MUG", "before": 10, "after": 0}]
    FeedCase.objects.create(run=run, reason="all_zero", params={"nodes": ["RENO"], "biggest": biggest}, raised_at=now)
    RejectedRow.objects.create(
        connection=connection,
        entity="stock",
        source_id="reno|mug",
        field="on_hand",
        reason="missing",
        first_seen_at=now,
        last_seen_at=now,
    )
    page.goto(f"{live_server.url}/connections/")
    expect(page.get_by_text("Asks you")).to_be_visible()
    page.get_by_role("link", name="Head office").click()
    expect(page.get_by_text("Every stocked SKU of a node would turn 0 (RENO).")).to_be_visible()
    assert accessibility_faults(page) == []
    assert fits(page)
    page.get_by_role("button", name="Discard it and read again").click()
    expect(page.get_by_text("Should this read count?")).to_be_hidden()
    run.refresh_from_db()
    assert run.state == "discarded"


def test_wrong_settings_come_back_marked(page: Page, live_server: LiveServer, log_in: LogIn) -> None:
    log_in()
    page.goto(f"{live_server.url}/connections/new/")
    page.get_by_label("Name").fill("ERP")
    page.get_by_label("Code").fill("erp")
    page.get_by_label("Address").fill("http://169.254.169.254/latest")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Fairlead may not call 169.254.169.254")).to_be_visible()
    assert accessibility_faults(page) == []
    assert fits(page)
    assert Connection.objects.count() == 0
