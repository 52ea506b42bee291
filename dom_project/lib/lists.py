"""Long lists as PostgreSQL arrays: batch statements carry dozens of columns with thousands of elements each."""

from datetime import date
from typing import Any

from msgspec import json
from psycopg.abc import Buffer
from psycopg.types.array import ListDumper

# JSON and PostgreSQL write these alike; of strings those without a character that JSON puts behind a backslash.
ALIKE = {int, str, bool, date, type(None)}


class QuickListDumper(ListDumper):
    """psycopg's own text form of a list, made by a JSON encoder where that comes to the same: ten times as fast."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        if ALIKE.issuperset(map(type, obj)):
            text = json.encode(obj)
            if b"\\" not in text:
                return b"{" + text[1:-1] + b"}"
        return super().dump(obj)
