"""Columns of whole numbers out of the database, without a Python object per element."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import psycopg
from django.db import connection
from numpy.typing import NDArray

HEAD = 20  # bytes before the elements of an array of one dimension, as PostgreSQL sends it


def columns(sql: str, params: Sequence[object] | Mapping[str, object], sizes: str) -> list[NDArray[Any]]:
    """The arrays of whole numbers (none of them null) in a statement's one row, `sizes` bytes each."""
    connection.ensure_connection()
    found = []
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(sql, params, binary=True)
        for place, size in enumerate(map(int, sizes)):
            raw = cursor.pgresult.get_value(0, place) if cursor.pgresult else None
            element = np.dtype([("size", ">i4"), ("value", f">i{size}")])
            found.append(np.frombuffer(raw, element, offset=HEAD)["value"] if raw else np.zeros(0, np.int64))
    return found
