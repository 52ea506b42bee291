"""A source that tells its figures, a floor that looks, and what must be true of the books after each test."""

from datetime import UTC, date, datetime

import pytest

from inventory import invariants, ledger
from inventory.models import Connection, FeedRun, FeedScope, FeedStage, OwnMovement, StockLevel
from inventory.movements import Count, Counted, Movement, Wanted
from tests import make

DAY = date(2026, 11, 10)
CHANGED, NOTHING, STALE, DRIFT = Counted(changed=1), Counted(), Counted(stale=1), Counted(drift=1)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 10, hour, minute, tzinfo=UTC)


@pytest.fixture(autouse=True)
def books_are_sound():
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
