"""Counts are statements about a moment: own movements, stale figures, the floor against the source."""

from datetime import UTC, date, datetime

import pytest

from dom_project.lib.api_errors import BadInput
from inventory import invariants, ledger, levels
from inventory.models import (
    Connection,
    DataIssue,
    FeedChunk,
    FeedRun,
    FeedScope,
    FeedStage,
    FloorEvidence,
    LedgerEntry,
    LevelObservation,
    OwnMovement,
    StockLevel,
)
from inventory.movements import Count, Counted, Movement, Wanted
from tests import make

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 10)
CHANGED, NOTHING, STALE, DRIFT = Counted(changed=1), Counted(), Counted(stale=1), Counted(drift=1)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 10, hour, minute, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _books_are_sound():
    yield
    assert invariants.broken_rows() == []


@pytest.fixture
def erp() -> Connection:
    return Connection.objects.create(ref="erp", name="ERP", address="http://erp.example/stock")


def fed(source: Connection | None, on_hand: int = 50, *, booking: bool = True) -> StockLevel:
    """A level whose figure the source told at 07:00."""
    level = make.level(0)
    FeedScope.objects.create(node=level.node, connection=source, booking=booking)
    assert say(level, on_hand, at(7), source).changed == (on_hand > 0)
    return level


def run_of(source: Connection | None, moment: datetime, kind: str = FeedRun.Kind.DELTA) -> FeedRun:
    return FeedRun.objects.create(
        connection=source, kind=kind, seq=FeedRun.objects.count() + 1, observed_at=moment, started_at=moment
    )


def say(level: StockLevel, quantity: int, moment: datetime, source: Connection | None, external: int = 0) -> Counted:
    count = Count(level.pk, quantity, external, moment)
    return ledger.count_levels([count], run=run_of(source, moment), part=0, at=at(10))


def snapshot(level: StockLevel, quantity: int, moment: datetime, source: Connection) -> Counted:
    run = run_of(source, moment, FeedRun.Kind.SNAPSHOT)
    FeedStage.objects.create(run=run, node=level.node, sku_id=level.sku_id, on_hand=quantity)
    ledger.begin_snapshot(run, [level.node_id])
    counted = ledger.count_chunk(
        run, 0, node_id=level.node_id, first_sku=level.sku_id, last_sku=level.sku_id, at=at(10)
    )
    ledger.complete_snapshot(run, [level.node_id], at=at(10))
    return counted


def move(verb, level: StockLevel, units: int, happened_at: datetime, *, key: str = "m", booked_at=None) -> None:
    moved = verb([Movement(key, level.pk, units, DAY, booked_at=booked_at)], at=happened_at, actor="test")
    assert moved == {key}


def sell(level: StockLevel, units: int, happened_at: datetime, **kwargs) -> None:
    move(ledger.adjust_many, level, -units, happened_at, **kwargs)


def allocate(level: StockLevel, quantity: int) -> None:
    assert ledger.allocate_many([Wanted(f"a:{quantity}", DAY, 1, level.pk, quantity)], at=at(7)) == {}


def counters(level: StockLevel) -> tuple[int, int, int, int]:
    """on_hand, allocated, shortfall, atp."""
    level.refresh_from_db()
    return level.on_hand, level.allocated, level.shortfall, level.atp


def waiting(level: StockLevel) -> list[int]:
    return list(OwnMovement.objects.filter(level=level).values_list("units", flat=True))


def floor(level: StockLevel, counted: int, moment: datetime, key: str = "floor") -> bool:
    return ledger.floor_count(level.pk, counted, observed_at=moment, key=key, day=DAY, actor="user:1")


@pytest.mark.parametrize(
    ("case", "booking", "booked_at", "moment", "said", "on_hand", "still_waiting"),
    [
        ("physical, counted before it happened", False, None, at(8), 50, 30, [-20]),
        ("physical, counted after it happened", False, None, at(9, 30), 30, 30, []),
        ("physical, the moment itself contains it", False, None, at(9), 30, 30, []),
        ("physical, booking does not matter", False, at(9, 45), at(9, 30), 30, 30, []),
        ("booked before the figure", True, at(9, 15), at(9, 30), 30, 30, []),
        ("booked after the figure", True, at(9, 45), at(9, 30), 50, 30, [-20]),
        ("not booked yet", True, None, at(9, 30), 50, 30, [-20]),
    ],
)
def test_a_count_adds_the_own_movements_that_it_can_not_contain(
    case, erp, booking, booked_at, moment, said, on_hand, still_waiting
):
    level = fed(erp, 50, booking=booking)
    sell(level, 20, at(9), booked_at=booked_at)
    assert counters(level)[0] == 30
    assert say(level, said, moment, erp) == NOTHING
    assert counters(level)[0] == on_hand
    assert waiting(level) == still_waiting


def test_a_system_that_does_not_say_has_booked_after_its_delay(erp):
    Connection.objects.update(booking_delay_seconds=600)
    level = fed(erp, 50)
    sell(level, 20, at(9))
    assert OwnMovement.objects.get().booked_at == at(9, 10)
    assert say(level, 50, at(9, 9), erp) == NOTHING
    assert say(level, 30, at(9, 10), erp) == NOTHING
    assert (counters(level)[0], waiting(level)) == (30, [])


def test_what_is_booked_later_goes_with_the_figure_that_contains_it(erp):
    level = fed(erp, 50)
    sell(level, 20, at(9))
    assert ledger.mark_booked(["m", "unknown"], booked_at=at(11)) == 1
    assert ledger.mark_booked(["m"], booked_at=at(12)) == 0
    assert say(level, 30, at(11), erp) == NOTHING
    assert (counters(level)[0], waiting(level)) == (30, [])


def test_a_booking_that_we_hear_of_after_the_figure_ends_the_double_count(erp):
    level = fed(erp, 50)
    move(ledger.receive_many, level, 40, at(9))
    assert say(level, 90, at(9, 30), erp) == CHANGED
    assert counters(level)[0] == 130
    assert ledger.mark_booked(["m"], booked_at=at(9, 15)) == 1
    assert (counters(level)[0], waiting(level)) == (90, [])


@pytest.mark.parametrize(
    ("case", "booking", "happened_at", "booked_at", "on_hand", "still_waiting"),
    [
        ("a physical count saw that it was gone", False, at(7, 50), None, 48, []),
        ("a physical count came before it", False, at(8, 10), None, 46, [-2]),
        ("the system had booked it", True, at(7, 50), at(7, 55), 48, []),
        ("the system booked it later", True, at(7, 50), at(8, 5), 46, [-2]),
        ("the system has not booked it", True, at(7, 50), None, 46, [-2]),
    ],
)
def test_a_movement_that_reaches_us_late_counts_unless_the_figure_contains_it(
    case, erp, booking, happened_at, booked_at, on_hand, still_waiting
):
    level = fed(erp, 50, booking=booking)
    say(level, 48, at(8), erp)
    sell(level, 2, happened_at, booked_at=booked_at)
    assert counters(level)[0] == on_hand
    assert waiting(level) == still_waiting


def test_a_file_of_eight_applied_at_ten_brings_nothing_back_that_was_shipped_between():
    level = make.level(50)
    allocate(level, 20)
    move(ledger.ship_many, level, 20, at(9))
    assert say(level, 50, at(8), None) == NOTHING
    assert counters(level) == (30, 0, 0, 30)
    assert say(level, 28, at(12), None) == CHANGED
    assert (counters(level)[0], waiting(level)) == (28, [])


def test_goods_received_after_the_count_are_no_false_shortfall(erp):
    level = fed(erp, 10, booking=False)
    move(ledger.receive_many, level, 40, at(8, 30))
    allocate(level, 45)
    assert say(level, 10, at(8), erp) == NOTHING
    assert counters(level) == (50, 45, 0, 5)


def test_an_older_observation_is_counted_and_not_applied(erp):
    level = fed(erp, 50)
    say(level, 40, at(9), erp)
    assert say(level, 44, at(8, 30), erp) == STALE
    assert counters(level)[0] == 40
    assert snapshot(level, 45, at(8, 45), erp) == STALE
    assert counters(level)[0] == 40


def test_an_older_snapshot_than_the_one_a_node_stands_on_is_stale(erp):
    level = fed(erp, 50)
    early = run_of(erp, at(8), FeedRun.Kind.SNAPSHOT)
    assert snapshot(level, 40, at(9), erp) == CHANGED
    assert ledger.begin_snapshot(early, [level.node_id]) == frozenset()
    FeedStage.objects.create(run=early, node=level.node, sku_id=level.sku_id, on_hand=45)
    counted = ledger.count_chunk(early, 0, node_id=level.node_id, first_sku=0, last_sku=level.sku_id, at=at(10))
    assert (counted, counters(level)[0]) == (STALE, 40)
    assert FeedScope.objects.get().observed_at == at(9)


def test_fewer_than_are_allocated_are_believed_and_the_gap_is_kept(erp):
    level = fed(erp, 10)
    allocate(level, 7)
    assert say(level, 4, at(9), erp) == CHANGED
    assert counters(level) == (4, 7, 3, 0)
    assert say(level, 9, at(11), erp) == CHANGED
    assert counters(level) == (9, 7, 0, 2)


def test_a_negative_figure_is_zero_and_an_issue_until_it_makes_sense(erp):
    level = fed(erp, 5)
    allocate(level, 2)
    say(level, -8, at(9), erp)
    assert counters(level) == (0, 2, 2, 0)
    assert list(DataIssue.objects.values_list("kind", "raw", "closed_at")) == [("negative_count", -8, None)]
    say(level, -3, at(9, 30), erp)
    assert DataIssue.objects.get().raw == -3
    assert say(level, 0, at(11), erp) == NOTHING
    assert DataIssue.objects.get().closed_at == at(10)


def test_a_count_sets_what_others_reserved(erp):
    level = fed(erp, 10)
    assert say(level, 10, at(9), erp, external=4) == CHANGED
    assert counters(level) == (10, 0, 0, 6)
    entry = LedgerEntry.objects.latest("id")
    assert (entry.verb, entry.on_hand, entry.external, entry.actor) == ("count", 0, 4, "feed:erp")


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


def test_the_floor_wins_over_the_unchanged_nightly_figure(erp):
    level = fed(erp, 10)
    assert floor(level, 4, at(14))
    assert counters(level)[0] == 4
    assert snapshot(level, 10, at(20), erp) == DRIFT
    evidence = FloorEvidence.objects.get()
    assert (counters(level)[0], evidence.source_value, evidence.drifted_at) == (4, 10, at(10))


def test_what_the_source_merely_booked_of_ours_is_no_change_of_mind(erp):
    level = fed(erp, 10)
    floor(level, 4, at(14))
    sell(level, 2, at(20, 30), booked_at=at(21))
    assert say(level, 8, at(22), erp) == DRIFT
    assert (counters(level)[0], waiting(level), FloorEvidence.objects.get().source_value) == (2, [], 8)
    assert say(level, 20, at(23), erp) == CHANGED
    assert counters(level)[0] == 20
    assert not FloorEvidence.objects.exists()


def test_nor_is_what_it_may_have_booked_without_telling_us(erp):
    level = fed(erp, 10)
    floor(level, 4, at(14))
    sell(level, 2, at(20, 30))
    assert say(level, 8, at(21), erp) == DRIFT
    assert counters(level)[0] == 2
    ledger.mark_booked(["m"], booked_at=at(20, 45))
    assert say(level, 8, at(22), erp) == DRIFT
    assert (counters(level)[0], waiting(level), FloorEvidence.objects.get().source_value) == (2, [], 8)


def test_a_figure_from_before_the_look_is_what_the_look_overruled(erp):
    level = fed(erp, 10)
    floor(level, 4, at(14))
    assert say(level, 12, at(12), erp) == DRIFT
    assert counters(level)[0] == 4
    assert say(level, 12, at(16), erp) == DRIFT
    assert say(level, 11, at(18), erp) == CHANGED
    assert counters(level)[0] == 11


def test_the_floor_overrules_a_negative_figure_by_its_raw_value(erp):
    level = fed(erp, 3)
    say(level, -3, at(9), erp)
    floor(level, 5, at(14))
    assert say(level, -3, at(20), erp) == DRIFT
    assert counters(level)[0] == 5


def test_an_older_look_changes_nothing_and_a_key_looks_once(erp):
    level = fed(erp, 10)
    floor(level, 4, at(14))
    assert not floor(level, 9, at(13), key="older")
    assert not floor(level, 9, at(15), key="floor")
    assert counters(level)[0] == 4
    assert floor(level, 9, at(15), key="newer")
    assert (counters(level)[0], FloorEvidence.objects.get().source_value) == (9, 10)


@pytest.mark.parametrize(("case", "booking", "on_hand"), [("physical", False, 10), ("booked", True, 4)])
def test_a_look_is_compared_with_physical_observations_only(case, erp, booking, on_hand):
    level = fed(erp, 10, booking=booking)
    assert floor(level, 4, at(6)) is booking
    assert counters(level)[0] == on_hand


def test_a_look_contains_what_happened_before_it(erp):
    level = fed(erp, 10)
    sell(level, 1, at(15), key="after")
    floor(level, 4, at(14))
    assert counters(level)[0] == 3
    sell(level, 2, at(13), key="before")
    assert counters(level)[0] == 3
    assert sorted(waiting(level)) == [-2, -1]
    assert say(level, 10, at(16), erp) == DRIFT


def test_the_floor_finds_fewer_than_are_allocated(erp):
    level = fed(erp, 10)
    allocate(level, 8)
    floor(level, 3, at(14))
    assert counters(level) == (3, 8, 5, 0)
    (short,) = levels.short()
    assert (short.level_id, short.shortfall, short.since_at, short.certain) == (level.pk, 5, at(14), True)


def test_a_shortfall_says_since_when_and_whether_the_source_said_so_again(erp):
    level = fed(erp, 10)
    allocate(level, 8)
    snapshot(level, 5, at(9), erp)
    told = [(short.shortfall, short.since_at, short.certain, short.seen_again) for short in levels.short()]
    assert told == [(3, at(10), False, False)]
    assert snapshot(level, 5, at(9, 15), erp) == NOTHING
    assert [short.seen_again for short in levels.short()] == [True]


def test_a_shortfall_of_our_own_making_is_certain(erp):
    level = fed(erp, 10)
    allocate(level, 8)
    sell(level, 4, at(9))
    assert [(short.shortfall, short.certain) for short in levels.short()] == [(2, True)]


def test_acknowledging_shipping_and_booking_change_terms_and_not_atp(erp):
    level = fed(erp, 46)
    say(level, 46, at(8), erp, external=5 - 2)
    allocate(level, 3)
    assert counters(level) == (46, 3, 0, 40)
    say(level, 46, at(8, 30), erp, external=6 - 3)
    assert counters(level)[3] == 40
    move(ledger.ship_many, level, 2, at(9))
    assert counters(level) == (44, 1, 0, 40)
    ledger.mark_booked(["m"], booked_at=at(9, 10))
    say(level, 44, at(9, 20), erp, external=4 - 1)
    assert counters(level) == (44, 1, 0, 40)


def test_shipping_what_a_count_denied_is_counted_away_again_by_the_next_figure(erp):
    level = fed(erp, 10)
    allocate(level, 5)
    say(level, 3, at(8), erp)
    move(ledger.ship_many, level, 5, at(9), booked_at=at(9))
    assert counters(level) == (0, 0, 0, 0)
    assert say(level, -2, at(10), erp) == NOTHING
    assert set(DataIssue.objects.values_list("kind", "raw")) == {("shipped_denied", -2), ("negative_count", -2)}


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


def test_a_look_can_not_find_fewer_than_none(erp):
    level = fed(erp, 10)
    with pytest.raises(BadInput) as refusal:
        floor(level, -1, at(14))
    assert (refusal.value.code, refusal.value.field) == ("out_of_range", "counted")
    assert counters(level)[0] == 10


def test_a_figure_that_no_level_could_hold_is_refused_whole(erp):
    level = fed(erp, 10)
    counts = [Count(level.pk, 5), Count(level.pk, 10**10)]
    with pytest.raises(BadInput) as refusal:
        ledger.count_levels(counts, run=run_of(erp, at(9)), part=0, at=at(10))
    assert (refusal.value.field, refusal.value.row) == ("quantity", 1)
    assert counters(level)[0] == 10
