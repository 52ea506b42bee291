"""Each verb: what it does to the four counters, what it refuses, and that a key counts once."""

from datetime import UTC, date, datetime

import pytest

from dom_project.lib.api_errors import Refused
from inventory import ledger
from inventory.models import AtpMovement, DataIssue, LedgerEntry, OwnMovement, PublishedAtp, StockLevel
from inventory.movements import Movement, Wanted
from tests import make

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 10)
AT = datetime(2026, 11, 10, 15, tzinfo=UTC)


def counters(level: StockLevel) -> tuple[int, int, int, int]:
    """on_hand, allocated, shortfall, atp."""
    level.refresh_from_db()
    return level.on_hand, level.allocated, level.shortfall, level.atp


def move(verb, level: StockLevel, *units: int, key: str = "k", **kwargs):
    movements = [Movement(f"{key}{number}", level.pk, amount, DAY) for number, amount in enumerate(units)]
    return verb(movements, at=AT, actor="test", **kwargs)


def allocate(level: StockLevel, quantity: int, *, order: int = 1, **kwargs):
    return ledger.allocate_many([Wanted(f"alloc:{order}", DAY, order, level.pk, quantity)], at=AT, **kwargs)


def entries(level: StockLevel) -> list[tuple]:
    names = ("verb", "key", "on_hand", "allocated", "shortfall")
    return list(LedgerEntry.objects.filter(level=level, at=AT).order_by("id").values_list(*names))


def test_arrivals_are_added():
    level = make.level(10)
    assert move(ledger.receive_many, level, 3, 2) == {"k0", "k1"}
    assert counters(level) == (15, 0, 0, 15)
    assert entries(level) == [("receive", "k0", 3, 0, 0), ("receive", "k1", 2, 0, 0)]


def test_the_same_key_twice_is_one_movement_even_inside_one_batch():
    level = make.level(10)
    twice = [Movement("same", level.pk, 3, DAY), Movement("same", level.pk, 3, DAY)]
    assert ledger.receive_many(twice, at=AT, actor="test") == {"same"}
    assert ledger.receive_many(twice, at=AT, actor="test") == frozenset()
    assert counters(level) == (13, 0, 0, 13)


def test_a_level_nobody_knows_refuses_the_whole_batch():
    level = make.level(10)
    with pytest.raises(Refused, match="unknown_level"):
        ledger.receive_many([Movement("a", level.pk, 1, DAY), Movement("b", 0, 1, DAY)], at=AT, actor="test")
    assert counters(level) == (10, 0, 0, 10)
    assert entries(level) == []


@pytest.mark.parametrize("units", [0, -1])
def test_arrivals_below_one_are_refused(units):
    level = make.level(10)
    with pytest.raises(Refused, match="not_positive"):
        move(ledger.receive_many, level, units)
    assert counters(level) == (10, 0, 0, 10)


def test_allocating_takes_what_can_be_promised():
    level = make.level(10, keep=4)
    assert allocate(level, 6) == {}
    assert counters(level) == (10, 6, 0, 0)
    assert allocate(level, 1, order=2) == {2: "no_atp"}
    assert counters(level) == (10, 6, 0, 0)


def test_allocating_twice_with_one_key_allocates_once():
    level = make.level(10)
    assert allocate(level, 6) == allocate(level, 6) == {}
    assert counters(level) == (10, 6, 0, 4)


def test_selling_into_the_safety_stock_is_recorded_unit_by_unit():
    level = make.level(10, keep=4)
    wanted = [Wanted(f"alloc:{order}", DAY, order, level.pk, 4) for order in (1, 2, 3)]
    assert ledger.allocate_many(wanted, at=AT, into_safety=True) == {3: "behind_others"}
    taken = LedgerEntry.objects.filter(verb="allocate").order_by("id").values_list("allocated", "into_safety")
    assert list(taken) == [(4, 0), (4, 2)]
    assert counters(level) == (10, 8, 0, 0)


def test_orders_are_granted_whole_and_first_come_first_served():
    first, second = make.level(10), make.level(10)
    wanted = [
        Wanted("a", DAY, 1, first.pk, 6),
        Wanted("b", DAY, 2, first.pk, 5),  # behind the first
        Wanted("c", DAY, 2, second.pk, 1),
        Wanted("d", DAY, 3, second.pk, 11),  # could not be served alone, holds up nobody
        Wanted("e", DAY, 4, second.pk, 4),
        Wanted("f", DAY, 4, second.pk, 5),  # one order may ask a level twice
    ]
    assert ledger.allocate_many(wanted, at=AT) == {2: "behind_others", 3: "no_atp"}
    assert counters(first) == (10, 6, 0, 4)
    assert counters(second) == (10, 9, 0, 1)


def test_releasing_gives_back_and_shipping_takes_out():
    level = make.level(10)
    allocate(level, 6)
    assert move(ledger.release_many, level, 2, key="release:") == {"release:0"}
    assert counters(level) == (10, 4, 0, 6)
    assert move(ledger.ship_many, level, 4, key="ship:") == {"ship:0"}
    assert counters(level) == (6, 0, 0, 6)


@pytest.mark.parametrize("verb", [ledger.release_many, ledger.ship_many])
def test_more_than_is_allocated_is_refused(verb):
    level = make.level(10)
    allocate(level, 2)
    with pytest.raises(Refused, match="not_allocated"):
        move(verb, level, 2, 1)
    assert counters(level) == (10, 2, 0, 8)
    assert [entry[0] for entry in entries(level)] == ["allocate"]


def test_a_loss_of_allocated_units_leaves_a_shortfall_and_arrivals_fill_it_first():
    level = make.level(10)
    allocate(level, 8)
    move(ledger.adjust_many, level, -5)
    assert counters(level) == (5, 8, 3, 0)
    assert allocate(level, 1, order=2) == {2: "no_atp"}
    move(ledger.receive_many, level, 2, 2, key="r")
    assert counters(level) == (9, 8, 0, 1)
    assert entries(level)[1:] == [("adjust", "k0", -5, 0, 3), ("receive", "r0", 2, 0, -2), ("receive", "r1", 2, 0, -1)]


def test_more_lost_than_is_there_leaves_nothing_and_a_data_issue():
    level = make.level(3)
    move(ledger.adjust_many, level, 2, -4, -3, 6)
    assert counters(level) == (6, 0, 0, 6)
    assert [entry[2] for entry in entries(level)] == [2, -4, -1, 6]
    assert list(DataIssue.objects.values_list("kind", "raw")) == [("lost_denied", -2)]


def test_goods_that_left_have_left_whatever_the_count_said():
    level = make.level(10)
    allocate(level, 7)
    move(ledger.adjust_many, level, -7)
    assert counters(level) == (3, 7, 4, 0)
    move(ledger.ship_many, level, 5, key="ship:")
    assert counters(level) == (0, 2, 2, 0)
    assert entries(level)[2:] == [("adjust", "ship:0:denied", 2, 0, 0), ("ship", "ship:0", -5, -5, -2)]
    assert list(DataIssue.objects.values_list("kind", "raw")) == [("shipped_denied", -2)]


def test_without_a_feed_no_own_movement_waits():
    level = make.level(10)
    move(ledger.receive_many, level, 1)
    assert not OwnMovement.objects.exists()


def test_every_verb_feeds_the_published_figure():
    level = make.level(10, keep=1)
    allocate(level, 3)
    assert ledger.publish_atp(at=AT) == 1
    published = PublishedAtp.objects.get(sku=level.sku)
    assert (published.atp, published.raised_at, AtpMovement.objects.count()) == (6, AT, 0)
    later = AT.replace(hour=16)
    allocate(level, 1, order=2)
    ledger.publish_atp(at=later)
    published.refresh_from_db()
    assert (published.atp, published.raised_at, published.at) == (5, AT, later)


def test_folding_goes_on_until_nothing_is_left():
    level = make.level(0)
    for number in range(5):
        move(ledger.receive_many, level, 1, key=f"r{number}:")
    ledger.publish_atp(at=AT, limit=2)
    assert (PublishedAtp.objects.get().atp, AtpMovement.objects.count()) == (5, 0)


def test_opening_levels_twice_opens_them_once():
    node, sku = make.node(), make.sku()
    opened = ledger.open_levels_many([(node.pk, sku.pk), (node.pk, sku.pk)])
    assert ledger.open_levels_many([(node.pk, sku.pk)]) == opened == {(node.pk, sku.pk): StockLevel.objects.get().pk}
    assert ledger.publish_atp(at=AT) == 1
    assert PublishedAtp.objects.get().atp == 0


@pytest.mark.parametrize("units", [10**9, -(10**9)])
def test_units_that_no_level_could_hold_are_refused(units):
    level = make.level(10)
    with pytest.raises(Refused, match="out_of_range") as refusal:
        move(ledger.adjust_many, level, 1, units)
    assert (refusal.value.field, refusal.value.row) == ("units", 1)
    assert counters(level) == (10, 0, 0, 10)


def test_a_key_too_long_to_be_kept_is_refused():
    level = make.level(10)
    with pytest.raises(Refused, match="too_long"):
        move(ledger.receive_many, level, 1, key="k" * 112)
    assert counters(level) == (10, 0, 0, 10)
