"""Figures that arrive when the floor has moved on: a file of the morning, the night's snapshot after a short pick."""

from datetime import datetime, timedelta

import pytest

from fulfillment import shipments
from fulfillment.models import Shipment
from inventory.integrations import frame
from inventory.models import Connection, FeedRun, FloorEvidence, LedgerEntry, Node, OwnMovement
from tests import badserver, make
from tests.filing import bring, take
from tests.races import run_at_once

from .sold import AT, figures, packed, picked, sound

__all__ = ["bring", "take"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.races]
HOUR = timedelta(hours=1)
AT_EIGHT, AT_NINE, AT_TEN = AT - 7 * HOUR, AT - 6 * HOUR, AT - 5 * HOUR


def ship(shipment: Shipment, at: datetime) -> None:
    assert shipments.ship_many([(shipment.id, "TRK1")], at=at, actor="user:7") == [shipment.id]


@pytest.mark.parametrize("told_before", [False, True])
def test_a_file_of_eight_applied_at_ten_brings_nothing_back_that_was_shipped_between(take, told_before):
    reno = make.node("RENO")
    make.stock(reno, make.sku("MUG"), 50)
    if told_before:
        take("stock", "node,sku,on hand\nRENO,MUG,50\n", figures_as_of=AT_EIGHT - HOUR, at=AT_EIGHT - HOUR)
    early, late, never = packed(reno), packed(reno, lines={"MUG": 3}), packed(reno, lines={"MUG": 4})
    ship(early, AT_NINE)
    assert figures(reno) == (48, 7, 0)

    def at_ten(number: int) -> None:
        """The file, and a carrier who comes while it is applied."""
        if number:
            ship(late, AT_TEN)
        else:
            run = take("stock", "node,sku,on hand\nRENO,MUG,50\n", figures_as_of=AT_EIGHT, at=AT_TEN)
            assert (run.rows_good, run.rows_bad) == (1, 0)

    run_at_once(2, at_ten)
    assert figures(reno) == (45, 4, 0)
    assert FeedRun.objects.latest("id").stale == 0
    assert sound()
    # The next file is of a moment at which both were gone.
    take("stock", "node,sku,on hand\nRENO,MUG,44\n", figures_as_of=AT_TEN + HOUR, at=AT_TEN + HOUR)
    assert figures(reno) == (44, 4, 0)
    assert not OwnMovement.objects.exists()
    ship(never, AT)
    assert figures(reno) == (40, 0, 0)
    assert sound()


@pytest.fixture
def source(settings):
    with badserver.running() as running:
        settings.OUTBOUND_ALLOWED = [running.address.removeprefix("http://")]
        yield running


@pytest.fixture
def erp(source) -> Connection:
    return Connection.objects.create(
        ref="erp", name="ERP", address=source.address, token="secret", schedule_seconds=30, snapshot_seconds=3600
    )


def pull(source: badserver.Source, on_hand: int, at: datetime, version: int = 1) -> FeedRun:
    """One complete read, which says so many mugs in Reno, unchanged since yesterday with the first version."""
    changed_at = AT - 24 * HOUR if version == 1 else at
    row = {"node": "RENO", "sku": "MUG", "on_hand": on_hand, "reserved": 0, "version": version}
    source.says(row | {"changed_at": changed_at.isoformat()}, as_of=at.isoformat())
    Connection.objects.update(next_at=None)
    assert frame.pull_due(at=at, now=lambda: at) == 1
    return FeedRun.objects.latest("id")


def mugs_in_reno(source: badserver.Source) -> Node:
    reno = make.node("RENO")
    make.sku("MUG")
    assert pull(source, 10, AT - 2 * HOUR).changed == 1
    return reno


def test_a_short_pick_stands_against_the_unchanged_snapshot_of_the_night(source, erp):
    reno = mugs_in_reno(source)
    shipment = picked(reno, lines={"MUG": 3})
    assert figures(reno) == (10, 3, 0)
    assert shipments.report_short(shipment.lines.get().id, 1, "missing", at=AT, actor="user:7").units == 2
    assert figures(reno) == (1, 1, 0)

    tonight = pull(source, 10, AT + 10 * HOUR)
    assert (tonight.kind, tonight.state, tonight.changed, tonight.drift) == ("snapshot", "applied", 0, 1)
    assert figures(reno) == (1, 1, 0)
    assert FloorEvidence.objects.values_list("counted", "source_value", "drifted_at").get() == (
        1, 10, AT + 10 * HOUR,
    )  # fmt: skip
    assert LedgerEntry.objects.filter(verb="count").count() == 2  # the first pull's and the floor's

    changed = pull(source, 6, AT + 34 * HOUR, version=2)
    assert (changed.changed, changed.drift) == (1, 0)
    assert figures(reno) == (6, 1, 0)
    assert not FloorEvidence.objects.exists()
    assert sound()


def test_a_short_pick_stands_when_the_unchanged_snapshot_is_counted_at_the_same_moment(source, erp):
    reno = mugs_in_reno(source)
    line = picked(reno, lines={"MUG": 3}).lines.get()

    def meet(number: int) -> None:
        if number:
            pull(source, 10, AT)
        else:
            shipments.report_short(line.id, 1, "missing", at=AT, actor="user:7")

    run_at_once(2, meet)
    assert figures(reno) == (1, 1, 0)
    assert pull(source, 10, AT + 10 * HOUR).drift == 1
    assert figures(reno) == (1, 1, 0)
    assert sound()
