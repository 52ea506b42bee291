from collections.abc import Iterator

import pytest

from inventory.models import Connection
from tests import badserver, make


@pytest.fixture
def source(settings) -> Iterator[badserver.Source]:
    """A source that answers as the test tells it."""
    with badserver.running() as running:
        settings.OUTBOUND_ALLOWED = [running.address.removeprefix("http://")]
        yield running


@pytest.fixture
def connection(source) -> Connection:
    make.node("RENO")
    for code in ("MUG", "PLATE", "BOWL"):
        make.sku(code)
    return Connection.objects.create(
        ref="erp", name="ERP", address=source.address, token="secret", schedule_seconds=30
    )
