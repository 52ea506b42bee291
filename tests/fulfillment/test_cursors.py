from datetime import UTC, datetime

import pytest

from fulfillment import cursors

PLACE = (datetime(2026, 11, 10, 15, 0, 0, 123456, tzinfo=UTC), 17)


def test_a_place_comes_back_from_its_address():
    assert cursors.written(PLACE) == "2026-11-10T15:00:00.123456+00:00_17"
    assert cursors.read(cursors.written(PLACE)) == PLACE


def test_a_plus_sign_that_an_address_made_a_blank_is_one():
    assert cursors.read("2026-11-10T15:00:00.123456 00:00_17") == PLACE


def test_no_place_is_no_text_and_no_text_no_place():
    assert cursors.written(None) == ""
    assert cursors.read("") is None


@pytest.mark.parametrize(
    "text",
    ["x", "17", "_17", "2026-11-10T15:00:00_17", "2026-11-10T15:00:00+00:00_", "2026-11-10T15:00:00+00:00_-1",
     "2026-11-10T15:00:00+00:00_٣", "2026-11-10T15:00:00+00:00_" + "9" * 19, "2026-13-10T15:00:00+00:00_17",
     "0001-01-01T00:00:00+23:59_17", "9999-12-31T23:59:59-23:59_17"],
)  # fmt: skip
def test_what_nobody_wrote_is_no_place(text):
    assert cursors.read(text) is None
