"""One fault at a time, planted past the ledger: each is named with its row."""

from datetime import UTC, date, datetime

import pytest

from dom_project.lib import db
from inventory import capacity, invariants, ledger
from inventory.models import StockLevel
from inventory.movements import Wanted
from tests import make

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 10)
DROP = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE inventory_stocklevel DROP CONSTRAINT no_counter_is_below_zero,
  DROP CONSTRAINT allocated_is_covered_or_known_short;
ALTER TABLE inventory_nodeday DROP CONSTRAINT no_slot_count_is_below_zero,
  DROP CONSTRAINT taken_is_within_cap_or_known_overload"""


@pytest.fixture
def level() -> StockLevel:
    level = make.level(10)
    ledger.allocate_many([Wanted("a", DAY, 1, level.pk, 3)], at=datetime(2026, 11, 10, tzinfo=UTC))
    capacity.set_cap(level.node_id, DAY, 5, at=datetime(2026, 11, 10, tzinfo=UTC), actor="user:1")
    ledger.publish_atp(at=datetime(2026, 11, 10, tzinfo=UTC))
    assert invariants.broken_rows() == []
    return level


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("UPDATE inventory_stocklevel SET allocated = 11", {"I1", "I3", "I8"}),
        ("UPDATE inventory_stocklevel SET shortfall = 1", {"I1", "I3", "I8"}),
        ("UPDATE inventory_stocklevel SET safety_stock = -1", {"I1", "I8"}),
        ("UPDATE inventory_stocklevel SET on_hand = 11", {"I3", "I8"}),
        ("UPDATE inventory_stocklevel SET external = 1", {"I3", "I8"}),
        ("UPDATE inventory_ledgerentry SET allocated = 4 WHERE allocated = 3", {"I3"}),
        ("DELETE FROM inventory_ledgerentry WHERE verb = 'receive'", {"I3"}),
        ("UPDATE inventory_ledgerentry SET level_id = 0", {"I3"}),
        ("UPDATE inventory_publishedatp SET atp = 8", {"I8"}),
        ("DELETE FROM inventory_publishedatp", {"I8"}),
        ("INSERT INTO inventory_atpmovement (sku_id, atp) SELECT sku_id, 1 FROM inventory_stocklevel", {"I8"}),
        ("UPDATE inventory_nodeday SET taken = 6", {"I1"}),
        ("UPDATE inventory_nodeday SET overload = 1", {"I1"}),
    ],
)
def test_a_planted_fault_is_named(level, fault, told):
    db.execute(DROP)
    assert db.execute(fault)
    assert {broken.invariant for broken in invariants.broken_rows()} == told


def test_a_broken_row_is_told_in_words(level):
    db.execute("UPDATE inventory_publishedatp SET atp = 8")
    assert [str(broken) for broken in invariants.broken_rows()] == [f"I8 SKU {level.sku_id}: published 8, recount 7"]
