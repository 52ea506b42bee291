"""An import from upload to result: prepare, correct, preview, start, work. A chunk is taken whole, once."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import DataError, IntegrityError, transaction
from django.db.models import F

from dom_project.lib import bell, db
from dom_project.lib.api_errors import BadInput, Refused
from inventory.models import ImportFault, ImportRun

from . import sniff
from .kinds import KINDS, Judged, Kind, Row, guess_columns
from .rows import Broken, Fault, Line, clean, lines, unpacked

TASK = "run_imports"
LEASE_SECONDS = 90
PREVIEW_ROWS = 20

_CLAIM = """
UPDATE inventory_importrun SET state = 'running', started_at = coalesce(started_at, %(at)s),
       lease_until = clock_timestamp() + %(seconds)s * interval '1 second'
WHERE id = (SELECT id FROM inventory_importrun WHERE state IN ('waiting', 'running')
              AND (lease_until IS NULL OR lease_until < clock_timestamp()) ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id"""
_RENEW = """
UPDATE inventory_importrun SET lease_until = clock_timestamp() + %(seconds)s * interval '1 second'
WHERE id = %(id)s AND state = 'running' AND lease_until = %(held)s RETURNING lease_until"""


class LeaseLost(Exception):  # noqa: N818  it reads as what happened
    """Another worker goes on with this file: write nothing."""


class PreviewRow(NamedTuple):
    line: int
    cells: Sequence[str]
    values: Mapping[str, str]
    faults: Sequence[Fault]


class Preview(NamedTuple):
    """The first rows as they would be taken. `missing` are required fields that have neither column nor constant."""

    rows: Sequence[PreviewRow]
    missing: Sequence[str]

    @property
    def bad(self) -> int:
        return sum(bool(row.faults) for row in self.rows)


def prepare(upload: UploadedFile, *, kind: str, actor: str, at: datetime) -> ImportRun:
    """Keep the file and guess how it is written. Raises BadInput with a field and a reason; then nothing is kept."""
    if kind not in KINDS:
        raise BadInput("unknown_kind", {"value": kind[:40]}, field="kind")
    most = settings.MAX_UPLOAD_MB * 1024 * 1024
    if (upload.size or 0) > most:
        raise BadInput("file_too_large", {"most_mb": settings.MAX_UPLOAD_MB}, field="file", status=413)
    digest = sha256()
    for part in upload.chunks():
        digest.update(part)
    upload.seek(0)
    try:
        with unpacked(upload.file, upload.size or 0) as stream:  # type: ignore[arg-type]
            look = sniff.look(stream.read(sniff.HEAD))
    except (sniff.NotReadable, Broken) as unreadable:
        raise BadInput(unreadable.code, field="file") from None
    upload.seek(0)
    run = ImportRun(
        ref=secrets.token_hex(6),
        kind=kind,
        file_name=(upload.name or "")[-200:],
        sha256=digest.hexdigest(),
        bytes_total=upload.size or 0,
        created_by=actor,
        created_at=at,
    )
    _take_look(run, look)
    # Under a random name: the person's own one is shown, never used as a path.
    run.file.save(f"{run.ref}.dat", upload, save=False)
    run.save()
    return run


def reread(run: ImportRun, *, encoding: str, separator: str) -> None:
    """Read the header again as the person says; columns are guessed anew if the header differs. Raises BadInput."""
    _check_draft(run)
    try:
        with run.file.open("rb") as file, unpacked(file.file, run.bytes_total) as stream:
            look = sniff.look(stream.read(sniff.HEAD), encoding=encoding, separator=separator)
    except (sniff.NotReadable, Broken) as unreadable:
        raise BadInput(unreadable.code, field="encoding") from None
    _take_look(run, look)


def settle(
    run: ImportRun, *, columns: Mapping[str, str], constants: Mapping[str, str], figures_as_of: datetime | None
) -> None:
    """Set where our fields come from; what is unknown is left out. Nothing is checked here: `missing` says what is."""
    _check_draft(run)
    kind = KINDS[run.kind]
    known = {field.name for field in kind.fields}
    run.columns = {name: column for name, column in columns.items() if name in known and column in run.header}
    run.constants = {name: value.strip()[:200] for name, value in constants.items() if name in known and value.strip()}
    run.figures_as_of = figures_as_of


def missing(run: ImportRun) -> list[str]:
    """The required fields without column and constant, and `figures_as_of` where a file needs its moment."""
    kind = KINDS[run.kind]
    absent = [
        field.name
        for field in kind.fields
        if field.required and field.name not in run.columns and field.name not in run.constants
    ]
    return absent + (["figures_as_of"] if kind.asks_moment and run.figures_as_of is None else [])


def preview(run: ImportRun, *, at: datetime, n: int = PREVIEW_ROWS) -> Preview:
    """The first `n` rows judged as the worker would, nothing written. Raises BadInput when the file breaks off."""
    absent = missing(run)
    try:
        with _open(run) as found:
            told = list(islice(found, n))
    except Broken as broken:
        raise BadInput(broken.code, field="file") from None
    rows = _rows(run, told)
    kind, judged = KINDS[run.kind], Judged([], [])
    later: Sequence[Fault] = ()
    if not set(absent) - {"figures_as_of"}:
        judged = kind.judge(rows, run, at)
        later = kind.try_out(judged.facts, at) if kind.try_out else ()
    by_line: dict[int, list[Fault]] = {}
    for fault in (*(line.fault for line in told if line.fault), *judged.faults, *later):
        by_line.setdefault(fault.line, []).append(fault)
    values = {row.line: row.values for row in rows}
    return Preview(
        [
            PreviewRow(
                line.number,
                [clean(cell) for cell in line.cells],
                values.get(line.number, {}),
                by_line.get(line.number, []),
            )
            for line in told
        ],
        absent,
    )


def start(run: ImportRun, *, at: datetime) -> None:
    """Hand a draft to the workers. Raises BadInput while something is missing or the moment lies ahead."""
    _check_draft(run)
    if absent := missing(run):
        raise BadInput("missing", {}, field=absent[0])
    with transaction.atomic():
        updated = ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.DRAFT).update(
            state=ImportRun.State.WAITING,
            columns=run.columns,
            constants=run.constants,
            figures_as_of=run.figures_as_of,
            encoding=run.encoding,
            separator=run.separator,
            header=run.header,
        )
        if not updated:
            raise Refused("already_started", {"ref": run.ref})
        bell.ring(TASK)
    run.refresh_from_db()


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
        with _open(run) as found:
            source = islice(found, run.rows_read, None)
            for chunk in _chunks(source, kind, run):
                _take(run, kind, chunk, position=found.position(), at=at)
                if not keep_on():
                    ImportRun.objects.filter(pk=run.pk, lease_until=run.lease_until).update(lease_until=None)
                    bell.ring(TASK)
                    return False
    except (Refused, DataError, IntegrityError) as refused:
        # A chunk that can't be written would be tried for ever: the file ends here, and says where.
        told = {"line": run.rows_read + 2, "reason": getattr(refused, "code", type(refused).__name__)}
        _finish(run, ImportRun.State.FAILED, {"code": "chunk_not_written", "params": told}, at=at)
        return True
    except (Broken, FileNotFoundError) as broken:
        _finish(run, ImportRun.State.FAILED, {"code": getattr(broken, "code", "file_gone"), "params": {}}, at=at)
        return True
    _finish(run, ImportRun.State.DONE, None, at=at)
    return True


@db.retry_on_conflict
def _take(run: ImportRun, kind: Kind, chunk: Sequence[Line], *, position: int, at: datetime) -> None:
    """One chunk: rows, faults and progress in one transaction, so that it counts whole and once."""
    held = run.lease_until
    with transaction.atomic():
        renewed = db.rows(_RENEW, {"id": run.pk, "held": held, "seconds": LEASE_SECONDS})
        if not renewed:
            raise LeaseLost
        rows = _rows(run, chunk)
        judged = kind.judge(rows, run, at)
        unreadable = [line.fault for line in chunk if line.fault]
        late = kind.write(judged.facts, run=run, part=run.rows_read, at=at, actor=run.created_by)
        faults: dict[int, list[Fault]] = {}
        for fault in (*unreadable, *judged.faults, *late):
            faults.setdefault(fault.line, []).append(fault)
        cells = {line.number: line.cells for line in chunk}
        ImportFault.objects.bulk_create(
            ImportFault(
                run=run,
                line=line,
                cells=[clean(cell) for cell in cells[line]],
                faults=[[fault.field, fault.reason, fault.params] for fault in told],
            )
            for line, told in sorted(faults.items())
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


class _Open:
    """The rows of a run's file, and how many of its bytes have been read."""

    def __init__(self, run: ImportRun) -> None:
        self._run = run

    def __enter__(self) -> "_Open":
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


def _open(run: ImportRun) -> _Open:
    return _Open(run)


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


def _rows(run: ImportRun, told: Sequence[Line]) -> list[Row]:
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


def _place(run: ImportRun, field: str) -> int | None:
    column = run.columns.get(field)
    return None if column is None else run.header.index(column)


def _cell(line: Line, place: int) -> str:
    return line.cells[place] if place < len(line.cells) else ""


def _take_look(run: ImportRun, look: sniff.Look) -> None:
    same = run.header == look.header
    run.encoding, run.separator, run.header = look.encoding, look.separator, look.header
    if not same:
        run.columns = guess_columns(KINDS[run.kind], look.header)


def _check_draft(run: ImportRun) -> None:
    if run.state != ImportRun.State.DRAFT:
        raise Refused("already_started", {"ref": run.ref})
