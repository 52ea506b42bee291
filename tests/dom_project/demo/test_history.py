"""The played history ends before the present: what is left to do then is for the live people."""

from datetime import UTC, datetime

import pytest

from dom_project.demo import history, retailer
from routing.models import Order, OrderEvent

pytestmark = pytest.mark.django_db

MONDAY_EIGHT = datetime(2026, 11, 9, 8, tzinfo=UTC)


def play_until(end: datetime) -> None:
    retailer.open_shop(at=MONDAY_EIGHT, years=(2026,))
    history.play(MONDAY_EIGHT, end, per_day=300, tell=lambda _at, _total: None)


@pytest.mark.parametrize("minute", [5, 12])
def test_nothing_is_done_after_the_end(minute):
    end = datetime(2026, 11, 9, 16, minute, tzinfo=UTC)
    play_until(end)
    moments = set(OrderEvent.objects.values_list("at", flat=True))
    assert max(moments) == end
    assert Order.objects.filter(accepted_at=datetime(2026, 11, 9, 16, 5, tzinfo=UTC)).exists()
