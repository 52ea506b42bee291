"""A month of orders behind us: one for a mug to Sacramento on each day."""

from datetime import datetime, timedelta

import pytest

from inventory.models import Sku
from routing.models import ScarcityPrice, ScarcityRun, ScarcitySlot, StrategyVersion
from routing.scarcity import runs
from tests import make

DAY = timedelta(days=1)


@pytest.fixture
def history(network: object, clock: datetime) -> None:
    for days in range(1, 31):
        make.order(
            f"PAST-{days}",
            lines={"MUG": 1},
            placed_at=clock - days * DAY,
            promise_at=clock - (days - 4) * DAY,
            due=False,
        )


@pytest.fixture
def counted(network: object) -> None:
    """The live strategy counts scarcity prices."""
    StrategyVersion.objects.update(scarcity_prices=True)


@pytest.fixture
def learned(network: dict, clock: datetime) -> ScarcityRun:
    """A run of an hour ago: mugs are worth 100 more in Reno (40 once it has expired), slots there 25."""
    at = clock - timedelta(hours=1)
    run = runs.ask(at=at, actor="engine")
    ScarcityRun.objects.filter(pk=run.pk).update(state="done", at=at, currency="USD", futures=8, solved=8, hours=168)
    ScarcityPrice.objects.create(
        run=run, sku=Sku.objects.get(code="MUG"), node=network["RENO"], price=100, cold=40, walk_in=0, per_day=0.5
    )
    ScarcitySlot.objects.create(run=run, node=network["RENO"], price=25)
    run.refresh_from_db()
    return run
