from datetime import timedelta

import pytest

from inventory import invariants, ledger
from inventory.models import DataIssue, FeedRun, StockLevel
from inventory.movements import Movement, Wanted
from tests import make
from tests.filing import faults

pytestmark = pytest.mark.django_db


def goods(*codes):
    make.node("RENO")
    for code in codes:
        make.sku(code)


def on_hand():
    return dict(StockLevel.objects.values_list("sku__code", "on_hand"))


def test_figures_are_counted_as_of_their_moment(take, clock):
    goods("MUG", "PLATE")
    run = take("stock", "store;item;qty;reserved\nreno;mug;10;2\nRENO;PLATE;4;\n", figures_as_of=clock)
    assert (run.rows_good, on_hand()) == (2, {"MUG": 10, "PLATE": 4})
    assert StockLevel.objects.get(sku__code="MUG").external == 2
    told = FeedRun.objects.get()
    assert (told.kind, told.state, told.observed_at, told.changed) == ("file", "applied", clock, 2)
    assert not invariants.broken_rows()


def test_a_file_of_this_morning_does_not_bring_back_what_left_since(take, clock):
    goods("MUG")
    take("stock", "node,sku,qty\nRENO,MUG,10\n", figures_as_of=clock - timedelta(days=1))
    level = StockLevel.objects.get()
    ledger.allocate_many([Wanted("alloc:1", clock.date(), 1, level.pk, 3)], at=clock)
    ledger.ship_many([Movement("ship:1", level.pk, 3, clock.date())], at=clock, actor="engine")
    take(
        "stock", "node,sku,qty\nRENO,MUG,10\n", figures_as_of=clock - timedelta(hours=2), at=clock + timedelta(hours=1)
    )
    assert on_hand() == {"MUG": 7}


def test_an_older_file_is_stale(take, clock):
    goods("MUG")
    take("stock", "node,sku,qty\nRENO,MUG,10\n", figures_as_of=clock)
    take("stock", "node,sku,qty\nRENO,MUG,99\n", figures_as_of=clock - timedelta(hours=1))
    assert on_hand() == {"MUG": 10}
    assert FeedRun.objects.order_by("id").last().stale == 1


def test_bad_figures_go_back_and_good_ones_count(take, clock):
    goods("MUG", "A", "B", "C")
    run = take(
        "stock",
        "node,sku,qty\nRENO,MUG,10\nNOWHERE,MUG,1\nRENO,NOPE,1\nRENO,A,\nRENO,B,1000000000\nRENO,C,-4\nRENO,mug,11\n",
        figures_as_of=clock,
    )
    assert faults(run) == [
        (3, "node", "unknown_node"),
        (4, "sku", "unknown_sku"),
        (5, "on_hand", "missing"),
        (6, "on_hand", "out_of_range"),
        (8, "sku", "twice_in_file"),
    ]
    assert (on_hand(), DataIssue.objects.get().raw) == ({"MUG": 10, "C": 0}, -4)


def test_a_constant_node_serves_a_file_without_one(take, clock):
    goods("MUG")
    take("stock", "sku,qty\nMUG,5\n", constants={"node": "RENO"}, figures_as_of=clock)
    assert on_hand() == {"MUG": 5}
