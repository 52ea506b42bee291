"""A file at work: chunk after chunk, each taken whole and once, whoever was killed meanwhile."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models import F

from dom_project.lib import bell, db
from dom_project.lib.api_errors import Refused
from inventory.models import ImportFault, ImportRun

from .files import Opened, rows_of
from .kinds import KINDS, Kind
from .rows import Broken, Fault, Line, clean

TASK = "run_imports"
LEASE_SECONDS = 90

_CLAIM = """
UPDATE inventory_importrun SET state = 'running', started_at = coalesce(started_at, %(at)s),
       lease_until = clock_timestamp() + %(seconds)s * interval '1 second'
WHERE id = (SELECT id FROM inventory_importrun WHERE state IN ('waiting', 'running')
              AND (lease_until IS NULL OR lease_until < clock_timestamp()) ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id"""
_RENEW = """
UPDATE inventory_importrun SET lease_until = clock_timestamp() + %(seconds)s * interval '1 second'
WHERE id = %(id)s AND state = 'running' AND lease_until = %(held)s RETURNING lease_until"""


_REFUSALS = (Refused, DataError, IntegrityError)


class LeaseLost(Exception):  # noqa: N818  it reads as what happened
    """Another worker goes on with this file: write nothing."""


def work_due(*, at: datetime, keep_on: Callable[[], bool]) -> int:
    """Go on with files that wait, or that a killed worker left, while `keep_on` says so. Returns files ended."""
    ended = 0
    while keep_on() and (found := db.rows(_CLAIM, {"at": at, "seconds": LEASE_SECONDS})):
        run = ImportRun.objects.get(pk=found[0][0])
        try:
            ended += work(run, at=at, keep_on=keep_on)
        except LeaseLost:
            continue
    return ended


def work(run: ImportRun, *, at: datetime, keep_on: Callable[[], bool] = lambda: True) -> bool:
    """Take in chunk after chunk of a leased file. True: it has come to its end; False: time was up, go on later."""
    kind = KINDS[run.kind]
    try:
        with Opened(run) as found:
            source = islice(found, run.rows_read, None)
            for chunk in _chunks(source, kind, run):
                _take_or_halve(run, kind, chunk, position=found.position(), at=at)
                if not keep_on():
                    ImportRun.objects.filter(pk=run.pk, lease_until=run.lease_until).update(lease_until=None)
                    bell.ring(TASK)
                    return False
    except _REFUSALS as refused:
        # What can't even be sent back would be tried for ever: the file ends here, and says where.
        told = {"line": run.rows_read + 2, "reason": getattr(refused, "code", type(refused).__name__)}
        _finish(run, ImportRun.State.FAILED, {"code": "chunk_not_written", "params": told}, at=at)
        return True
    except (Broken, FileNotFoundError) as broken:
        _finish(run, ImportRun.State.FAILED, {"code": getattr(broken, "code", "file_gone"), "params": {}}, at=at)
        return True
    _finish(run, ImportRun.State.DONE, None, at=at)
    return True


def _take_or_halve(run: ImportRun, kind: Kind, chunk: Sequence[Line], *, position: int, at: datetime) -> None:
    """Take a chunk; one that can't be written is halved until the row that spoils it is found and sent back."""
    try:
        _take(run, kind, chunk, position=position, at=at)
    except _REFUSALS as refused:
        middle = _middle(chunk, _place(run, kind.group_by))
        if not middle:
            _take(run, kind, chunk, position=position, at=at, refused=refused)
            return
        _take_or_halve(run, kind, chunk[:middle], position=run.bytes_read, at=at)
        _take_or_halve(run, kind, chunk[middle:], position=position, at=at)


@db.retry_on_conflict
def _take(
    run: ImportRun,
    kind: Kind,
    chunk: Sequence[Line],
    *,
    position: int,
    at: datetime,
    refused: Exception | None = None,
) -> None:
    """One chunk: rows, faults and progress in one transaction, so that it counts whole and once.

    `refused`: why none of it can be written; all its rows are sent back with that.
    """
    held = run.lease_until
    with transaction.atomic():
        renewed = db.rows(_RENEW, {"id": run.pk, "held": held, "seconds": LEASE_SECONDS})
        if not renewed:
            raise LeaseLost
        told = [line.fault for line in chunk if line.fault]
        if refused:
            told += [_not_written(line.number, refused) for line in chunk if not line.fault]
        else:
            judged = kind.judge(rows_of(run, chunk), run, at)
            late = kind.write(judged.facts, run=run, part=run.rows_read, at=at, actor=run.created_by)
            told += [*judged.faults, *late]
        faults: dict[int, list[Fault]] = {}
        for fault in told:
            faults.setdefault(fault.line, []).append(fault)
        cells = {line.number: line.cells for line in chunk}
        ImportFault.objects.bulk_create(
            ImportFault(
                run=run,
                line=line,
                cells=[clean(cell) for cell in cells[line]],
                faults=[[fault.field, fault.reason, fault.params] for fault in own],
            )
            for line, own in sorted(faults.items())
        )
        ImportRun.objects.filter(pk=run.pk).update(
            rows_read=F("rows_read") + len(chunk),
            rows_good=F("rows_good") + len(chunk) - len(faults),
            rows_bad=F("rows_bad") + len(faults),
            bytes_read=position,
        )
        bell.publish("imports", {"ref": run.ref})
    run.lease_until = renewed[0][0]
    run.rows_read += len(chunk)
    run.bytes_read = position


def _not_written(line: int, refused: Exception) -> Fault:
    if isinstance(refused, Refused):
        return Fault(line, refused.field, refused.code, refused.params)
    return Fault(line, "", "not_written", {"reason": type(refused).__name__})


def _finish(run: ImportRun, state: ImportRun.State, error: dict[str, Any] | None, *, at: datetime) -> None:
    with transaction.atomic():
        ended = ImportRun.objects.filter(pk=run.pk, lease_until=run.lease_until, state=ImportRun.State.RUNNING).update(
            state=state,
            error=error,
            finished_at=at,
            lease_until=None,
            bytes_read=F("bytes_total") if state == ImportRun.State.DONE else F("bytes_read"),
        )
        if not ended:
            raise LeaseLost
        bell.publish("imports", {"ref": run.ref})


def _chunks(source: Iterator[Line], kind: Kind, run: ImportRun) -> Iterator[list[Line]]:
    """Chunks of about `chunk_rows` rows; equal neighbours of the grouping field stay together."""
    place = _place(run, kind.group_by)
    chunk: list[Line] = []
    for line in source:
        more = len(chunk) - kind.chunk_rows
        # A group that never ends must not fill the memory.
        if more >= 0 and (place is None or more > kind.chunk_rows or _cell(line, place) != _cell(chunk[-1], place)):
            yield chunk
            chunk = []
        chunk.append(line)
    if chunk:
        yield chunk


def _middle(chunk: Sequence[Line], place: int | None) -> int:
    """Where a chunk can be parted so that equal neighbours stay together, near its middle; 0: nowhere."""
    cuts = (
        cut
        for cut in range(1, len(chunk))
        if place is None or _cell(chunk[cut], place) != _cell(chunk[cut - 1], place)
    )
    return min(cuts, key=lambda cut: abs(2 * cut - len(chunk)), default=0)


def _place(run: ImportRun, field: str) -> int | None:
    column = run.columns.get(field)
    return None if column is None else run.header.index(column)


def _cell(line: Line, place: int) -> str:
    return line.cells[place] if place < len(line.cells) else ""
