from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from inventory import moments


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2026-11-10T15:00:00Z", datetime(2026, 11, 10, 15, tzinfo=UTC)),
        ("2026-11-10T09:00:00-06:00", datetime(2026, 11, 10, 15, tzinfo=UTC)),
        ("20261110T150000+0000", datetime(2026, 11, 10, 15, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_as_utc(told, moment):
    assert (moments.instant(told), moments.instant(told).tzinfo) == (moment, UTC)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("noon", "not_an_instant"),
        ("", "not_an_instant"),
        (None, "not_an_instant"),
        (1793372400, "not_an_instant"),
        ("2026-11-10T15:00", "no_offset"),
        ("0001-01-01T00:00:00+10:00", "not_an_instant"),
        ("9999-12-31T23:59:59-10:00", "not_an_instant"),
    ],
)
def test_what_is_no_instant_is_refused_with_a_code(told, code):
    with pytest.raises(moments.NoInstant) as refused:
        moments.instant(told)
    assert refused.value.code == code


def test_a_time_without_offset_is_of_the_place_that_is_given():
    chicago = moments.instant("2026-11-10T09:00", lambda moment: moment.replace(tzinfo=ZoneInfo("America/Chicago")))
    assert chicago == datetime(2026, 11, 10, 15, tzinfo=UTC)
