"""Goods that come clear the prices of what came."""

from datetime import timedelta

import pytest

from inventory import ledger
from inventory.models import LedgerEntry, StockLevel
from inventory.movements import Movement
from routing.gather import gather
from routing.models import ScarcityPrice, ScarcityRun
from routing.scarcity import receipts
from tests import make

pytestmark = pytest.mark.usefixtures("counted", "learned")
MINUTE = timedelta(minutes=1)


def comes(node, sku, at, key="truck"):
    level = StockLevel.objects.get(node__code=node, sku__code=sku)
    ledger.receive_many([Movement(key, level.pk, 5, at.date())], at=at, actor="user:1")


def test_a_figure_that_rose_clears_the_price_of_its_own_shelf_alone(clock, network):
    level = StockLevel.objects.get(node__code="DENVER", sku__code="MUG")
    told = {"day": clock.date(), "chunk_id": 1, "verb": "count", "level": level, "at": clock}
    LedgerEntry.objects.create(on_hand=9, **told)
    assert receipts.clear(at=clock) == 0
    reno = StockLevel.objects.get(node__code="RENO", sku__code="MUG")
    LedgerEntry.objects.create(on_hand=1, **told | {"level": reno})  # a miscount
    LedgerEntry.objects.create(on_hand=-3, **told | {"level": reno})  # the till
    assert receipts.clear(at=clock) == 0
    LedgerEntry.objects.create(on_hand=2, **told | {"level": reno})
    assert receipts.clear(at=clock) == 1


def test_a_receipt_anywhere_clears_the_prices_of_its_sku_at_every_node(clock):
    order = make.order(lines={"MUG": 1})
    comes("DENVER", "MUG", clock)
    assert receipts.clear(at=clock + MINUTE) == 1
    assert ScarcityPrice.objects.get().cleared_at == clock + MINUTE
    assert ScarcityRun.objects.get().cleared == 1
    (facts,) = gather([order.id], at=clock + MINUTE, name="test")
    assert facts.problem.price.tolist() == [0, 0]
    assert facts.problem.slot_price.tolist() == [0, 25]


def test_clearing_twice_changes_nothing(clock):
    comes("DENVER", "MUG", clock)
    receipts.clear(at=clock + MINUTE)
    assert receipts.clear(at=clock + 2 * MINUTE) == 0
    assert ScarcityPrice.objects.get().cleared_at == clock + MINUTE


def test_other_goods_and_earlier_ones_clear_nothing(clock):
    comes("DENVER", "LAMP", clock)
    comes("RENO", "MUG", clock - 120 * MINUTE, "earlier")
    assert receipts.clear(at=clock) == 0
    assert ScarcityPrice.objects.get().cleared_at is None


def test_other_movements_clear_nothing(clock):
    level = StockLevel.objects.get(node__code="RENO", sku__code="MUG")
    ledger.take_back_many([Movement("back", level.pk, 1, clock.date())], at=clock, actor="user:1")
    assert receipts.clear(at=clock) == 0


def test_before_the_first_run_there_is_nothing_to_clear(clock):
    ScarcityRun.objects.all().delete()
    comes("DENVER", "MUG", clock)
    assert receipts.clear(at=clock) == 0
