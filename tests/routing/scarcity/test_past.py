"""What the past holds for a replay."""

from datetime import timedelta

import pytest

from inventory import ledger
from inventory.models import StockLevel
from inventory.movements import Movement
from routing.scarcity import past
from tests import make

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def filled(at, *, days, times):
    """Every shelf gets goods so often, so many days apart, the last time at `at`."""
    for number in reversed(range(times)):
        came = at - timedelta(days=days * number)
        movements = [
            Movement(f"truck-{number}-{pk}", pk, 5, came.date())
            for pk in StockLevel.objects.values_list("pk", flat=True)
        ]
        ledger.receive_many(movements, at=came, actor="user:1")


def test_a_future_looks_as_far_as_goods_are_awaited_as_a_rule(clock, network):
    shelves = StockLevel.objects.count()
    filled(clock, days=3, times=1 + -(-past.LEAST_GAPS // shelves))
    assert past.days_between_receipts(at=clock) == 3


def test_a_few_receipts_say_nothing_of_the_rule(clock, network):
    filled(clock, days=3, times=2)
    assert StockLevel.objects.count() < past.LEAST_GAPS
    assert past.days_between_receipts(at=clock) is None


def test_the_first_of_the_days_looked_at_is_a_whole_one(clock, network):
    for days, hour in ((57, 23), (56, 1), (56, 20), (1, 9)):
        placed_at = clock.replace(hour=hour) - days * DAY
        make.order(lines={"MUG": 1}, placed_at=placed_at, promise_at=placed_at + 3 * DAY, due=False)
    counts = past.orders(at=clock).counts()
    assert (len(counts), counts[0], counts[-1], sum(counts)) == (56, 2, 1, 3)
