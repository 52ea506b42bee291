from collections.abc import Iterator

import pytest

from tests import badserver


@pytest.fixture
def source(settings) -> Iterator[badserver.Source]:
    """A source that answers as the test tells it."""
    with badserver.running() as running:
        settings.OUTBOUND_ALLOWED = [running.address.removeprefix("http://")]
        yield running
