"""A file as rows with line numbers, streamed: a row that can't be read is a fault of its own, not of the file."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

PACKED = b"\x1f\x8b"
MOST_UNPACKED = 20  # times the packed size, and always allowed: FLOOR
FLOOR = 200 * 1024 * 1024
LONGEST_CELL = 64 * 1024
_LOST = re.compile("[\udc80-\udcff\x00]")


class Fault(NamedTuple):
    """Why a row is not taken: our field (or "" for the row), reason code, parameters."""

    line: int
    field: str
    reason: str
    params: Mapping[str, object] = {}


class Line(NamedTuple):
    """A row of the file as it came. `fault` is set when it can't be read at all."""

    number: int
    cells: list[str]
    fault: Fault | None = None


class Broken(Exception):  # noqa: N818  it reads as what happened
    """The file can't be read on: broken_archive, unpacks_too_large, wrong_encoding."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Limited(io.RawIOBase):
    """Unpacked bytes up to a limit: a small archive may hold a very large file."""

    def __init__(self, source: BinaryIO, limit: int) -> None:
        self._source, self._left = source, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            part = self._source.read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            raise Broken("broken_archive") from error
        self._left -= len(part)
        if self._left < 0:
            raise Broken("unpacks_too_large")
        buffer[: len(part)] = part
        return len(part)


@contextmanager
def unpacked(file: BinaryIO, size: int) -> Iterator[BinaryIO]:
    """Yield the file's bytes, unpacked if it is gzip. `size` is its packed length. Reading may raise Broken."""
    start = file.read(2)
    file.seek(0)
    if start == PACKED:
        with gzip.open(file) as plain:
            limited = _Limited(plain, max(MOST_UNPACKED * size, FLOOR))  # type: ignore[arg-type]
            yield io.BufferedReader(limited)
    else:
        yield file


def lines(stream: BinaryIO, *, encoding: str, separator: str, width: int) -> Iterator[Line]:
    """Yield the rows below the header, blank ones left out. `width` is the number of columns of the header."""
    # Bytes that this encoding does not know become marks in their cell: they spoil one row.
    text = io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")
    reader = csv.reader(text, delimiter=separator)
    first, number = True, 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except UnicodeDecodeError as error:
            raise Broken("wrong_encoding") from error
        except csv.Error:
            yield Line(number, [], Fault(number, "", "unreadable_row"))
            number = reader.line_num + 1
            continue
        if not first and any(cells):
            yield Line(number, cells, _fault_of(number, cells, width))
        first, number = False, reader.line_num + 1
    text.detach()


def _fault_of(number: int, cells: Sequence[str], width: int) -> Fault | None:
    if len(cells) > width and any(cells[width:]):
        return Fault(number, "", "too_many_cells", {"cells": len(cells), "columns": width})
    row = "".join(cells)
    if len(row) > LONGEST_CELL and max(map(len, cells)) > LONGEST_CELL:
        return Fault(number, "", "cell_too_long", {"longest": LONGEST_CELL})
    if (not row.isascii() or "\x00" in row) and _LOST.search(row):
        return Fault(number, "", "wrong_letters")
    return None


def clean(cell: str) -> str:
    """A cell as it can be stored and shown: what could not be read is a question mark."""
    return _LOST.sub("\ufffd", cell)[:LONGEST_CELL]


def harmless(cell: str) -> str:
    """A cell as a spreadsheet may open it: a formula becomes text."""
    if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and not re.fullmatch(r"-?[0-9][0-9.,]*", cell):
        return "'" + cell
    return cell
