"""Whole reads of a node: parts that count once, levels that they open, whose node it is."""

import pytest

from inventory import ledger
from inventory.models import (
    Connection,
    FeedChunk,
    FeedRun,
    FeedScope,
    FeedStage,
    LedgerEntry,
    LevelObservation,
    StockLevel,
)
from inventory.movements import Count, Counted
from tests import make
from tests.inventory.counting import (
    CHANGED,
    NOTHING,
    STALE,
    at,
    books_are_sound,
    counters,
    erp,
    fed,
    run_of,
    say,
    sell,
    snapshot,
    waiting,
)

__all__ = ["books_are_sound", "erp"]
pytestmark = pytest.mark.django_db


def test_an_older_snapshot_than_the_one_a_node_stands_on_is_stale(erp):
    level = fed(erp, 50)
    early = run_of(erp, at(8), FeedRun.Kind.SNAPSHOT)
    assert snapshot(level, 40, at(9), erp) == CHANGED
    assert ledger.begin_snapshot(early, [level.node_id]) == frozenset()
    FeedStage.objects.create(run=early, node=level.node, sku_id=level.sku_id, on_hand=45)
    counted = ledger.count_chunk(early, 0, node_id=level.node_id, first_sku=0, last_sku=level.sku_id, at=at(10))
    assert (counted, counters(level)[0]) == (STALE, 40)
    assert FeedScope.objects.get().observed_at == at(9)


def test_a_part_of_a_run_counts_once_although_stock_moved_since(erp):
    level = fed(erp, 50)
    run = run_of(erp, at(9))
    count = Count(level.pk, 40, 0, at(9))
    assert ledger.count_levels([count], run=run, part=1, at=at(10)) == CHANGED
    sell(level, 5, at(9, 30))
    assert ledger.count_levels([Count(level.pk, 30, 0, at(9))], run=run, part=1, at=at(10)) == NOTHING
    assert counters(level)[0] == 35


def test_the_last_of_several_counts_of_a_level_wins(erp):
    level = fed(erp, 50)
    counts = [Count(level.pk, quantity, 0, at(9)) for quantity in (40, 30)]
    assert ledger.count_levels(counts, run=run_of(erp, at(9)), part=0, at=at(10)) == CHANGED
    assert counters(level)[0] == 30


def test_a_snapshot_opens_new_levels_and_writes_only_what_differs(erp):
    node, skus = make.node(), [make.sku() for _ in range(4)]
    for sku, units in zip(skus, (5, 6, 7, None), strict=True):
        if units:
            make.stock(node, sku, units)
    run = run_of(erp, at(9), FeedRun.Kind.SNAPSHOT)
    for sku, units in zip(skus, (5, 9, 7, 3), strict=True):
        FeedStage.objects.create(run=run, node=node, sku_id=sku.pk, on_hand=units)
    assert ledger.begin_snapshot(run, [node.pk]) == {node.pk}
    counted = ledger.count_chunk(run, 0, node_id=node.pk, first_sku=skus[0].pk, last_sku=skus[-1].pk, at=at(10))
    assert counted == Counted(changed=2)
    assert list(StockLevel.objects.order_by("sku_id").values_list("on_hand", flat=True)) == [5, 9, 7, 3]
    entries = LedgerEntry.objects.filter(chunk_id=FeedChunk.objects.get().pk).order_by("id")
    assert list(entries.values_list("on_hand", flat=True)) == [3, 3]
    assert not LevelObservation.objects.exists()
    ledger.complete_snapshot(run, [node.pk], at=at(10))
    scope = FeedScope.objects.get()
    assert (scope.connection, scope.observed_at, scope.seen_at, scope.seq) == (erp, at(9), at(10), run.seq)
    assert not FeedStage.objects.exists()


def test_a_systems_first_figures_contain_what_happened_before(erp):
    level = make.level(50)
    say(level, 50, at(7), None)
    sell(level, 20, at(8))
    assert snapshot(level, 30, at(9), erp) == NOTHING
    assert (counters(level)[0], waiting(level)) == (30, [])
    assert FeedScope.objects.get().booking


def test_a_snapshot_does_not_take_a_node_from_another_system(erp):
    level = fed(erp, 50)
    other = Connection.objects.create(ref="wms", name="WMS", address="http://wms.example")
    assert ledger.begin_snapshot(run_of(other, at(9), FeedRun.Kind.SNAPSHOT), [level.node_id]) == frozenset()
    assert FeedScope.objects.get().connection == erp


def test_a_chunk_reads_its_own_range_only(erp):
    node, skus = make.node(), [make.sku() for _ in range(3)]
    run = run_of(erp, at(9), FeedRun.Kind.SNAPSHOT)
    for sku in skus:
        FeedStage.objects.create(run=run, node=node, sku_id=sku.pk, on_hand=3)
    ledger.begin_snapshot(run, [node.pk])
    middle = skus[1].pk
    assert ledger.count_chunk(run, 0, node_id=node.pk, first_sku=middle, last_sku=middle, at=at(10)) == CHANGED
    assert list(StockLevel.objects.values_list("sku_id", flat=True)) == [middle]


def test_a_delta_is_not_an_observation_of_the_whole_node(erp):
    level = fed(erp, 10)
    assert FeedScope.objects.get().observed_at is None
    assert LevelObservation.objects.get(level=level).observed_at == at(7)
