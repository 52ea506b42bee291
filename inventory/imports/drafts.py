"""A file before it is taken in: kept, its writing guessed and corrected, its first rows judged, then started."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from dom_project.lib import bell
from dom_project.lib.api_errors import BadInput, Refused
from inventory import moments
from inventory.models import ImportRun

from . import cells, sniff
from .files import Opened, rows_of
from .kinds import KINDS, Judged, guess_columns
from .rows import Broken, Fault, clean, unpacked
from .runs import TASK

PREVIEW_ROWS = 20


SETTINGS = ("encoding", "separator", "header", "columns", "constants", "figures_as_of")


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


def correct(
    run: ImportRun,
    *,
    encoding: str | None = None,
    separator: str = "",
    columns: Mapping[str, str],
    constants: Mapping[str, str],
    as_of: str = "",
    zone: str = "UTC",
    at: datetime,
) -> dict[str, Refused]:
    """Take what a person says of a draft's file and keep it. Returns what is wrong, by field; the rest is kept.

    Another encoding or separator (a code of `sniff.SEPARATORS`) has the header read again, and then `columns` says
    nothing. `as_of` is a local time of `zone`; without one the moment of the figures stays as it is. Nothing is kept
    where the file can't be read like that (`encoding`) or a worker has been given it (`already_started`).
    """
    faults: dict[str, Refused] = {}
    encoding = run.encoding if encoding is None else encoding
    separator = sniff.SEPARATORS.get(separator, run.separator)
    moment = run.figures_as_of
    try:
        if (encoding, separator) != (run.encoding, run.separator):
            if encoding not in (*sniff.ENCODINGS, run.encoding):
                raise BadInput("wrong_encoding", field="encoding")
            reread(run, encoding=encoding, separator=separator)
            columns = run.columns
        try:
            moment = _moment(as_of.strip(), zone, at) or moment
        except BadInput as wrong:
            faults[wrong.field] = wrong
        settle(run, columns=columns, constants=constants, figures_as_of=moment)
        _keep(run)
    except Refused as refused:
        return {refused.field: refused}
    return faults


def _moment(text: str, zone: str, at: datetime) -> datetime | None:
    """The moment of the figures, None if none is told. Raises BadInput."""
    if not text:
        return None
    try:
        moment = cells.instant(text, cells.zone(zone))
    except cells.Wrong as wrong:
        raise BadInput(wrong.reason, wrong.params, field="figures_as_of") from None
    if moment > at + moments.AHEAD:
        raise BadInput("as_of_ahead", field="figures_as_of")
    return moment


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
        with Opened(run) as found:
            told = list(islice(found, n))
    except Broken as broken:
        raise BadInput(broken.code, field="file") from None
    rows = rows_of(run, told)
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


def _keep(run: ImportRun, **more: Any) -> None:
    """Write the settings, and only them, of what is a draft still: a late answer must not undo a start.

    Refused as `already_started` when a worker has been given it meanwhile.
    """
    told = {name: getattr(run, name) for name in SETTINGS}
    if not ImportRun.objects.filter(pk=run.pk, state=ImportRun.State.DRAFT).update(**told, **more):
        raise Refused("already_started", {"ref": run.ref})


def start(run: ImportRun, *, at: datetime) -> None:
    """Hand a draft to the workers. Raises BadInput while something is missing or the moment lies ahead."""
    _check_draft(run)
    if absent := missing(run):
        raise BadInput("missing", {}, field=absent[0])
    with transaction.atomic():
        _keep(run, state=ImportRun.State.WAITING)
        bell.ring(TASK)
    run.refresh_from_db()


def _take_look(run: ImportRun, look: sniff.Look) -> None:
    same = run.header == look.header
    run.encoding, run.separator, run.header = look.encoding, look.separator, look.header
    if not same:
        run.columns = guess_columns(KINDS[run.kind], look.header)


def _check_draft(run: ImportRun) -> None:
    if run.state != ImportRun.State.DRAFT:
        raise Refused("already_started", {"ref": run.ref})
