"""The file of a run: its rows by our fields; in the end it is forgotten, and what was in it stays counted."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from inventory.models import ImportRun

from .kinds import Row
from .rows import Line, lines, unpacked

FORGOTTEN_AT_ONCE = 200


class Opened:
    """The rows of a run's file, and how many of its bytes have been read."""

    def __init__(self, run: ImportRun) -> None:
        self._run = run

    def __enter__(self) -> "Opened":
        run = self._run
        self._file = run.file.open("rb")
        self._unpacked = unpacked(self._file.file, run.bytes_total)
        stream = self._unpacked.__enter__()
        self._lines = lines(stream, encoding=run.encoding, separator=run.separator, width=len(run.header))
        return self

    def __iter__(self) -> Iterator[Line]:
        return self._lines

    def __exit__(self, *error: Any) -> None:
        self._lines.close()  # type: ignore[attr-defined]
        self._unpacked.__exit__(*error)
        self._file.close()

    def position(self) -> int:
        return min(int(self._file.file.tell()), self._run.bytes_total)


def rows_of(run: ImportRun, told: Sequence[Line]) -> list[Row]:
    """The readable lines by our fields."""
    places = [(name, run.header.index(column)) for name, column in run.columns.items()]
    constants = {name: value for name, value in run.constants.items() if name not in run.columns}
    width = 1 + max((place for _, place in places), default=-1)
    rows = []
    for line in told:
        if line.fault is None:
            cells = line.cells if len(line.cells) >= width else [*line.cells, *[""] * (width - len(line.cells))]
            rows.append(Row(line.number, line.cells, {**constants, **{name: cells[place] for name, place in places}}))
    return rows


def forget_files(*, before: datetime, limit: int = FORGOTTEN_AT_ONCE) -> int:
    """Delete the files of runs that ended before then, and drafts of that age that nobody started, so many a call.

    What an ended run counted and refused stays to be read. Returns how many files went.
    """
    ended = ImportRun.objects.filter(state__in=["done", "failed"], finished_at__lt=before).exclude(file="")
    drafts = ImportRun.objects.filter(state="draft", created_at__lt=before)
    gone = 0
    with transaction.atomic():
        for run in ended.select_for_update(skip_locked=True).order_by("pk")[:limit]:
            run.file.delete(save=False)
            run.save(update_fields=["file"])
            gone += 1
        for run in drafts.select_for_update(skip_locked=True).order_by("pk")[: limit - gone]:
            run.file.delete(save=False)
            run.delete()
            gone += 1
    return gone
