"""Files: bring one, say how it is read, look at what it would do, follow it, take the bad rows back."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dom_project.accounts.access import Right, needs
from dom_project.accounts.models import User
from dom_project.lib.api_errors import BadInput, Refused
from dom_project.lib.htmx import live_url, render_part, say, wants_part
from dom_project.lib.sentences import sentence
from inventory.imports import cells, runs
from inventory.imports.kinds import KINDS, Field
from inventory.imports.rows import harmless
from inventory.imports.sniff import ENCODINGS, SEPARATORS
from inventory.models import ImportRun, Node

PAGE = "routing/import.html"
AHEAD = timedelta(minutes=5)
LISTED = 50
FAULTS = 25
RAW = 8  # columns of the file that a preview shows before they are mapped
SIGNS = {
    "comma": gettext_lazy("Comma ,"),
    "semicolon": gettext_lazy("Semicolon ;"),
    "tab": gettext_lazy("Tab"),
    "bar": gettext_lazy("Bar |"),
}


@require_GET
@needs(Right.IMPORT)
def imports(request: HttpRequest) -> HttpResponse:
    found = ImportRun.objects.defer("columns", "constants", "header").order_by("-id")[:LISTED]
    context = {"rows": [(run, _title(run.kind)) for run in found], "live_url": live_url(_user(request).pk, None)}
    return render_part(request, "routing/imports.html", "rows", context)


@require_http_methods(["GET", "POST"])
@needs(Right.IMPORT)
def import_new(request: HttpRequest) -> HttpResponse:
    faults: dict[str, str] = {}
    kind = request.POST.get("kind", request.GET.get("kind", ""))
    status = 200
    if request.method == "POST":
        upload = request.FILES.get("file")
        try:
            if kind not in KINDS:
                faults["kind"] = sentence("unknown_kind")
            if upload is None:
                faults["file"] = sentence("file_missing")
            if upload is not None and not faults:
                run = runs.prepare(upload, kind=kind, actor=_user(request).actor, at=timezone.now())
                return redirect("import", ref=run.ref)
            status = 422
        except Refused as refused:
            faults[refused.field] = sentence(refused.code, refused.params)
            status = refused.status
    context = {"kinds": _kinds(), "kind": kind, "faults": faults, "most_mb": settings.MAX_UPLOAD_MB}
    return render_part(request, "routing/import_new.html", "", context, status=status)


@require_GET
@needs(Right.IMPORT)
def import_run(request: HttpRequest, ref: str) -> HttpResponse:
    """One import: its settings while it is a draft, then its progress, then its result."""
    run = get_object_or_404(ImportRun, ref=ref)
    if run.state == ImportRun.State.DRAFT:
        return render_part(request, PAGE, "mapping", _draft(request, run, {}))
    context = _progress(request, run)
    # To htmx 286 means: enough, ask no more.
    status = 286 if context["ended"] and wants_part(request) else 200
    return render_part(request, PAGE, "state", context, status=status)


@require_POST
@needs(Right.IMPORT)
def import_settings(request: HttpRequest, ref: str) -> HttpResponse:
    """Keep the settings of a draft and show what they would do."""
    run = get_object_or_404(ImportRun, ref=ref)
    faults = _settle(request, run)
    if _is_started(faults):
        return redirect("import", ref=ref)
    part = "mapping" if request.POST.get("whole") or "encoding" in faults else "preview"
    # A half-made mapping is no mistake yet: the page says what is missing, and the request went well.
    return render_part(request, PAGE, part, _draft(request, run, faults))


@require_POST
@needs(Right.IMPORT)
def import_start(request: HttpRequest, ref: str) -> HttpResponse:
    run = get_object_or_404(ImportRun, ref=ref)
    faults = _settle(request, run)
    if not faults:
        try:
            runs.start(run, at=timezone.now())
        except Refused as refused:
            faults[refused.field] = refused
    if _is_started(faults):
        return say(request, redirect("import", ref=ref), sentence("already_started"), level="warning")
    if faults:
        return render_part(request, PAGE, "mapping", _draft(request, run, faults), status=422)
    return redirect("import", ref=ref)


@require_GET
@needs(Right.IMPORT)
def import_rejected(request: HttpRequest, ref: str) -> HttpResponse:
    """The rows that were not taken, as they came, with the line and the reason behind them."""
    run = get_object_or_404(ImportRun, ref=ref)
    name = run.file_name.rsplit("/", 1)[-1].removesuffix(".gz").removesuffix(".csv")
    response = StreamingHttpResponse(_rejected_lines(run), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{_ascii(name)}-not-taken.csv"'
    return cast(HttpResponse, response)


def _rejected_lines(run: ImportRun) -> Iterator[str]:
    yield "\ufeff" + _line(run, [*map(harmless, run.header), _("line"), _("reason")])
    for fault in run.faults.order_by("line").iterator(2_000):
        cells_ = [*fault.cells, *[""] * (len(run.header) - len(fault.cells))]
        yield _line(run, [*map(harmless, cells_), str(fault.line), _reasons(run, fault.faults)])


def _line(run: ImportRun, cells_: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=run.separator).writerow(cells_)
    return out.getvalue()


def _settle(request: HttpRequest, run: ImportRun) -> dict[str, Refused]:
    """Take the posted settings into the draft and save it. Returns what is wrong, by field."""
    post, faults = request.POST, dict[str, Refused]()
    try:
        encoding = post.get("encoding", run.encoding)
        separator = SEPARATORS.get(post.get("separator", ""), run.separator)
        if (encoding, separator) != (run.encoding, run.separator):
            if encoding not in (*ENCODINGS, run.encoding):
                raise BadInput("wrong_encoding", field="encoding")
            runs.reread(run, encoding=encoding, separator=separator)
            columns = run.columns
        else:
            columns = _posted(request, run, "column")
        moment = None
        try:
            moment = _moment(request)
        except BadInput as wrong:
            faults[wrong.field] = wrong
        runs.settle(
            run,
            columns=columns,
            constants=_posted(request, run, "constant"),
            figures_as_of=moment or run.figures_as_of,
        )
    except Refused as refused:
        return {refused.field: refused}
    run.save()
    return faults


def _posted(request: HttpRequest, run: ImportRun, what: str) -> dict[str, str]:
    """What the form says of each of our fields; a NUL, which the database does not take, is left out."""
    names = [field.name for field in KINDS[run.kind].fields]
    told = {name: request.POST.get(f"{what}-{name}", "").replace("\0", "") for name in names}
    return {name: value for name, value in told.items() if value}


def _is_started(faults: dict[str, Refused]) -> bool:
    return any(refused.code == "already_started" for refused in faults.values())


def _moment(request: HttpRequest) -> datetime | None:
    """The moment of the figures from a local time and its zone, None if there is none. Raises BadInput."""
    text = request.POST.get("as_of", "").strip()
    if not text:
        return None
    try:
        moment = cells.instant(text, cells.zone(request.POST.get("as_of_zone", "UTC")))
    except cells.Wrong as wrong:
        raise BadInput(wrong.reason, wrong.params, field="figures_as_of") from None
    if moment > timezone.now() + AHEAD:
        raise BadInput("as_of_ahead", field="figures_as_of")
    return moment


def _draft(request: HttpRequest, run: ImportRun, faults: dict[str, Refused]) -> dict[str, Any]:
    kind = KINDS[run.kind]
    preview, broken = None, ""
    try:
        preview = runs.preview(run, at=timezone.now())
    except Refused as refused:
        broken = sentence(refused.code, refused.params)
    missing = set(runs.missing(run))
    fields = [_asked(field, run, missing) for field in kind.fields]
    zone = request.POST.get("as_of_zone") or _user(request).time_zone or "UTC"
    return {
        "run": run,
        "kind": kind,
        "fields": [asked for asked in fields if asked["first"]],
        "further": [asked for asked in fields if not asked["first"]],
        "missing": [str(field.title) for field in kind.fields if field.name in missing],
        "encodings": [*ENCODINGS, *([run.encoding] if run.encoding not in ENCODINGS else [])],
        "separators": [(code, words, SEPARATORS[code] == run.separator) for code, words in SIGNS.items()],
        "preview": _shown(run, preview) if preview else [],
        "bad": preview.bad if preview else 0,
        "read": _read(run, bool(missing - {"figures_as_of"})),
        "broken": broken,
        "faults": {field: sentence(refused.code, refused.params) for field, refused in faults.items()},
        "as_of_missing": "figures_as_of" in missing,
        "as_of": request.POST.get("as_of", ""),
        "zone": zone,
        "zones": sorted({zone, "UTC", *Node.objects.values_list("time_zone", flat=True).distinct()}),
        "again": _again(run),
    }


def _asked(field: Field, run: ImportRun, missing: set[str]) -> dict[str, Any]:
    """One row of the mapping: our field, its column, its constant."""
    return {
        "field": field,
        "column": run.columns.get(field.name, ""),
        "constant": run.constants.get(field.name, ""),
        "choices": list(field.choices()) if field.choices else [],
        "missing": field.name in missing,
        "first": field.required or field.name in run.columns or field.name in run.constants,
    }


def _read(run: ImportRun, as_it_came: bool) -> list[str]:
    """The head of the preview: the file's own columns until all that is needed has been found, then our fields."""
    if as_it_came:
        return run.header[:RAW]
    kind = KINDS[run.kind]
    return [str(field.title) for field in kind.fields if field.name in run.columns or field.name in run.constants]


def _shown(run: ImportRun, preview: runs.Preview) -> list[dict[str, Any]]:
    kind = KINDS[run.kind]
    read = [field.name for field in kind.fields if field.name in run.columns or field.name in run.constants]
    as_it_came = bool(set(preview.missing) - {"figures_as_of"})
    return [
        {
            "line": row.line,
            "values": row.cells[:RAW] if as_it_came or not row.values else [row.values.get(name, "") for name in read],
            "reasons": [_reason(run, fault.field, fault.reason, dict(fault.params)) for fault in row.faults],
        }
        for row in preview.rows
    ]


def _progress(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    after = request.GET.get("after", "")
    line = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    faults = list(run.faults.filter(line__gt=line).order_by("line")[: FAULTS + 1])
    ended = run.state in (ImportRun.State.DONE, ImportRun.State.FAILED)
    seconds = ((run.finished_at or timezone.now()) - run.started_at).total_seconds() if run.started_at else 0
    return {
        "run": run,
        "kind": KINDS[run.kind],
        "ended": ended,
        "seconds": seconds,
        "share": run.bytes_read / run.bytes_total if run.bytes_total else 0,
        "error": sentence(run.error["code"], run.error.get("params")) if run.error else "",
        "faults": [(fault, _reasons(run, fault.faults), fault.cells[:6]) for fault in faults[:FAULTS]],
        "older": faults[FAULTS - 1].line if len(faults) > FAULTS else "",
        "live_url": live_url(_user(request).pk, None),
        "next_page": {"orders": "orders", "nodes": "network"}.get(run.kind, "inventory"),
    }


def _reasons(run: ImportRun, faults: list[list[Any]]) -> str:
    return "; ".join(_reason(run, field, code, params) for field, code, params in faults)


def _reason(run: ImportRun, name: str, code: str, params: dict[str, Any]) -> str:
    field = KINDS[run.kind].field(name)
    words = sentence(code, params)
    return f"{field.title if field else name}: {words}" if name else words


def _again(run: ImportRun) -> ImportRun | None:
    """An earlier import of the very same bytes, which the person may have forgotten."""
    same = ImportRun.objects.filter(sha256=run.sha256, kind=run.kind).exclude(pk=run.pk)
    return same.exclude(state=ImportRun.State.DRAFT).order_by("-id").first()


def _kinds() -> list[Any]:
    return [KINDS[code] for code in ImportRun.Kind.values if code in KINDS]


def _title(kind: str) -> str:
    return str(KINDS[kind].title) if kind in KINDS else kind


def _ascii(name: str) -> str:
    return "".join(letter if letter.isalnum() and letter.isascii() or letter in "-_ " else "-" for letter in name)[:80]


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
