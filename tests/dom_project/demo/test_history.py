"""The played history ends before the present: what is left to do then is for the live people."""

from datetime import UTC, datetime

import pytest

from dom_project.demo import history, retailer
from routing.models import Order, OrderEvent, Reoptimisation

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


@pytest.mark.parametrize(("first_hour", "evening"), [(8, (2, 6)), (9, (3, 7))])
def test_what_is_in_hand_is_planned_anew_in_the_evening_whatever_hour_the_history_began(first_hour, evening):
    start = datetime(2026, 11, 9, first_hour, tzinfo=UTC)
    retailer.open_shop(at=start, years=(2026,))
    history.play(start, datetime(2026, 11, 10, 8, tzinfo=UTC), per_day=300, tell=lambda _at, _total: None)
    hours = {run.at.hour for run in Reoptimisation.objects.all()}
    assert hours
    assert hours <= set(evening)
