"""A small network, and a worker that finds everything due."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db.models.functions import Now

from inventory import capacity
from inventory.models import Node
from routing import sourcing
from routing.models import Pending
from routing.sourcing import Sourced
from tests import make

DAY = timedelta(days=1)


@pytest.fixture
def network(db: None, clock: datetime) -> dict[str, Node]:
    """Reno is near and Denver far. Both keep ten mugs and ten lamps; Denver alone has ten clocks."""
    make.strategy()
    make.rate_card()
    reno = make.node("RENO")
    denver = make.node("DENVER", latitude=39.74, longitude=-104.99, region="CO", time_zone="America/Denver")
    for code in ("MUG", "LAMP", "CLOCK"):
        sku = make.sku(code)
        make.stock(denver, sku, 10)
        if code != "CLOCK":
            make.stock(reno, sku, 10)
    capacity.open_days(at=clock)
    return {"RENO": reno, "DENVER": denver}


@pytest.fixture
def route(clock: datetime) -> Callable[[], Sourced]:
    """Make whatever waits due now, and let one worker have it."""

    def run(at: datetime = clock, limit: int = 1000) -> Sourced:
        # In a test's one transaction now() stands still: "due" is well before it.
        Pending.objects.update(next_at=Now() - DAY, lease_until=None)
        return sourcing.source_due(at=at, owner="one", limit=limit)

    return run
