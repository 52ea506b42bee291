"""Lists that become arrays: the quick form reads back as what was sent, whatever is in it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from django.db import DataError, connection
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.array import ListDumper

from dom_project.lib import db
from dom_project.lib.lists import QuickListDumper

pytestmark = pytest.mark.django_db


class Colour(StrEnum):
    RED = "dark red"


def test_the_quick_form_is_what_lists_are_sent_in() -> None:
    connection.ensure_connection()
    assert connection.connection.adapters.get_dumper(list, "t") is QuickListDumper
    assert bytes(QuickListDumper(list).dump([1, None, 3]) or b"") == b"{1,null,3}"


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("bigint", [0, -1, 2**62, None]),
        ("bool", [True, False, None]),
        ("text", ["", "null", "NULL", None, " a ", "{", "}", ",", '"', "\\", "\\n", "\n", "\t", "'", "ä€𝄞", "\x7f"]),
        ("date", [date(2026, 11, 23), date(1, 1, 1), date(9999, 12, 31), None]),
        ("timestamptz", [datetime(2026, 11, 23, 8, 0, 0, 5, UTC), datetime(2026, 1, 1, tzinfo=UTC), None]),
        ("numeric", [Decimal("1.50"), Decimal("-7")]),
        ("double precision", [1.5, float("inf"), -0.25]),
        ("int", []),
        ("int", [[1, 2], [3, 4]]),
        ("text", [None, None]),
    ],
)
def test_an_array_reads_back_as_what_was_sent(kind: str, sent: list[Any]) -> None:
    assert db.value(f"SELECT %s::{kind}[]", [sent]) == sent


def test_an_enum_is_still_sent_as_psycopg_does() -> None:
    assert bytes(QuickListDumper(list).dump([Colour.RED]) or b"") == bytes(ListDumper(list).dump([Colour.RED]) or b"")


def test_a_character_that_the_database_cannot_hold_is_still_refused() -> None:
    with pytest.raises(DataError, match="NUL"):
        db.value("SELECT %s::text[]", [["a\x00b"]])


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"))))
def test_any_text_reads_back(sent: list[str]) -> None:
    assert db.value("SELECT %s::text[]", [sent]) == sent
