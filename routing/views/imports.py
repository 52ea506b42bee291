"""Files: bring one, say how it is read, look at what it would do, follow it, take the bad rows back."""

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dom_project.accounts.access import Right, needs
from dom_project.accounts.models import User
from dom_project.lib.api_errors import Refused
from dom_project.lib.htmx import live_url, render_part, say, wants_part
from dom_project.lib.sentences import sentence
from inventory.imports import drafts
from inventory.imports.kinds import KINDS
from inventory.models import ImportRun

from . import import_draft
from .import_faults import reasons, rejected_lines

PAGE = "routing/import.html"
LISTED = 50
FAULTS = 25
# Where to look at what came.
NEXT = {
    "orders": ("orders", gettext_lazy("See the orders")),
    "nodes": ("network", gettext_lazy("See the network")),
    "skus": ("inventory", gettext_lazy("See the stock")),
    "stock": ("inventory", gettext_lazy("See the stock")),
}


@require_GET
@needs(Right.IMPORT)
def imports(request: HttpRequest) -> HttpResponse:
    """The newest files that were brought."""
    found = ImportRun.objects.defer("columns", "constants", "header").order_by("-id")[:LISTED]
    context = {"rows": [(run, _title(run.kind)) for run in found], "live_url": live_url(_user(request).pk, None)}
    return render_part(request, "routing/imports.html", "rows", context)


@require_http_methods(["GET", "POST"])
@needs(Right.IMPORT)
def import_new(request: HttpRequest) -> HttpResponse:
    """The form for a file; a POST makes it a draft and leads to its page."""
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
                run = drafts.prepare(upload, kind=kind, actor=_user(request).actor, at=timezone.now())
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
        return render_part(request, PAGE, "mapping", import_draft.context_of(request, run, {}))
    context = _progress(request, run)
    # To htmx 286 means: enough, ask no more.
    status = 286 if context["ended"] and wants_part(request) else 200
    return render_part(request, PAGE, "state", context, status=status)


@require_POST
@needs(Right.IMPORT)
def import_settings(request: HttpRequest, ref: str) -> HttpResponse:
    """Keep the settings of a draft and show what they would do."""
    run = get_object_or_404(ImportRun, ref=ref)
    faults = import_draft.correct(request, run)
    if _is_started(faults):
        return redirect("import", ref=ref)
    part = "mapping" if request.POST.get("whole") or "encoding" in faults else "preview"
    # A half-made mapping is no mistake yet: the page says what is missing, and the request went well.
    return render_part(request, PAGE, part, import_draft.context_of(request, run, faults))


@require_POST
@needs(Right.IMPORT)
def import_start(request: HttpRequest, ref: str) -> HttpResponse:
    """Hand the draft to a worker; what is missing is answered with the form."""
    run = get_object_or_404(ImportRun, ref=ref)
    faults = import_draft.correct(request, run)
    if not faults:
        try:
            drafts.start(run, at=timezone.now())
        except Refused as refused:
            faults[refused.field] = refused
    if _is_started(faults):
        return say(request, redirect("import", ref=ref), sentence("already_started"), level="warning")
    if faults:
        return render_part(request, PAGE, "mapping", import_draft.context_of(request, run, faults), status=422)
    return redirect("import", ref=ref)


@require_GET
@needs(Right.IMPORT)
def import_rejected(request: HttpRequest, ref: str) -> HttpResponse:
    """The rows that were not taken, as they came, with the line and the reason behind them."""
    run = get_object_or_404(ImportRun, ref=ref)
    name = run.file_name.rsplit("/", 1)[-1].removesuffix(".gz").removesuffix(".csv")
    response = StreamingHttpResponse(rejected_lines(run), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{_ascii(name)}-not-taken.csv"'
    return cast(HttpResponse, response)


def _is_started(faults: dict[str, Refused]) -> bool:
    return any(refused.code == "already_started" for refused in faults.values())


def _progress(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    after = request.GET.get("after", "")
    line = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    faults = list(run.faults.filter(line__gt=line).order_by("line")[: FAULTS + 1])
    ended = run.state in (ImportRun.State.DONE, ImportRun.State.FAILED)
    seconds = ((run.finished_at or timezone.now()) - run.started_at).total_seconds() if run.started_at else 0
    page, words = NEXT.get(run.kind, ("", ""))
    return {
        "run": run,
        "kind": KINDS[run.kind],
        "ended": ended,
        "seconds": seconds,
        "share": run.bytes_read / run.bytes_total if run.bytes_total else 0,
        "error": sentence(run.error["code"], run.error.get("params")) if run.error else "",
        "faults": [(fault, reasons(run, fault.faults), fault.cells[:6]) for fault in faults[:FAULTS]],
        "older": faults[FAULTS - 1].line if len(faults) > FAULTS else "",
        "live_url": live_url(_user(request).pk, None),
        "next_page": page,
        "next_words": words,
    }


def _kinds() -> list[Any]:
    return [KINDS[code] for code in ImportRun.Kind.values if code in KINDS]


def _title(kind: str) -> str:
    return str(KINDS[kind].title) if kind in KINDS else kind


def _ascii(name: str) -> str:
    return "".join(letter if letter.isalnum() and letter.isascii() or letter in "-_ " else "-" for letter in name)[:80]


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
