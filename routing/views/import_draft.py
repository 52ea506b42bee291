"""The page of a draft: how its file is read, as a person corrects it, and what it would do."""

from collections.abc import Mapping
from typing import Any, cast

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dom_project.accounts.models import User
from dom_project.lib.api_errors import Refused
from dom_project.lib.sentences import sentence
from inventory.imports import drafts
from inventory.imports.kinds import KINDS, Field, Kind
from inventory.imports.sniff import ENCODINGS, SEPARATORS
from inventory.models import ImportRun, Node

from .import_faults import reason

RAW = 8  # columns of the file that a preview shows before they are mapped
SIGNS = {
    "comma": gettext_lazy("Comma ,"),
    "semicolon": gettext_lazy("Semicolon ;"),
    "tab": gettext_lazy("Tab"),
    "bar": gettext_lazy("Bar |"),
}


def correct(request: HttpRequest, run: ImportRun) -> dict[str, Refused]:
    """Take the posted settings into the draft and keep them. Returns what is wrong, by field."""
    post = request.POST
    return drafts.correct(
        run,
        encoding=post.get("encoding"),
        separator=post.get("separator", ""),
        columns=_posted(request, run, "column"),
        constants=_posted(request, run, "constant"),
        as_of=post.get("as_of", ""),
        zone=post.get("as_of_zone", "UTC"),
        at=timezone.now(),
    )


def _posted(request: HttpRequest, run: ImportRun, what: str) -> dict[str, str]:
    """What the form says of each of our fields; a NUL, which the database does not take, is left out."""
    names = [field.name for field in KINDS[run.kind].fields]
    told = {name: request.POST.get(f"{what}-{name}", "").replace("\0", "") for name in names}
    moments = {field.name for field in KINDS[run.kind].fields if field.example}
    for name in moments & told.keys() if what == "constant" else ():
        if told[name].strip().casefold() in ("now", _("now")):
            told[name] = timezone.localtime().isoformat(timespec="seconds")
    return {name: value for name, value in told.items() if value}


def context_of(request: HttpRequest, run: ImportRun, faults: dict[str, Refused]) -> dict[str, Any]:
    """What the page shows of a draft whose settings have these faults, by field."""
    kind = KINDS[run.kind]
    preview, broken = None, ""
    try:
        preview = drafts.preview(run, at=timezone.now())
    except Refused as refused:
        broken = sentence(refused.code, refused.params)
    missing = set(drafts.missing(run))
    fields = [_asked(field, run, missing) for field in kind.fields]
    zone = request.POST.get("as_of_zone") or cast(User, request.user).time_zone or "UTC"
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
        "faults": {field: _fault(kind, missing, field, refused) for field, refused in faults.items()},
        "as_of_missing": "figures_as_of" in missing,
        "as_of": request.POST.get("as_of", ""),
        "zone": zone,
        "zones": sorted({zone, "UTC", *Node.objects.values_list("time_zone", flat=True).distinct()}),
        "again": _again(run),
    }


def _fault(kind: Kind, missing: set[str], name: str, refused: Refused) -> str:
    """What is wrong with a setting, with the fields that it is about."""
    if refused.code != "missing":
        return sentence(refused.code, refused.params)
    if name == "figures_as_of":
        return _("Say as of when the figures are true.")
    return _("Still needed, as a column or one value for all: %(fields)s.") % {
        "fields": ", ".join(str(field.title) for field in kind.fields if field.name in missing)
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


def _shown(run: ImportRun, preview: drafts.Preview) -> list[dict[str, Any]]:
    kind = KINDS[run.kind]
    read = [field.name for field in kind.fields if field.name in run.columns or field.name in run.constants]
    as_it_came = bool(set(preview.missing) - {"figures_as_of"})
    called = {field.name: dict(field.choices()) for field in kind.fields if field.name in read and field.choices}
    return [
        {
            "line": row.line,
            "values": row.cells[:RAW]
            if as_it_came or not row.values
            else [_called(called.get(name), row.values.get(name, "")) for name in read],
            "reasons": [reason(run, fault.field, fault.reason, dict(fault.params)) for fault in row.faults],
        }
        for row in preview.rows
    ]


def _called(names: Mapping[str, str | Promise] | None, value: str) -> str:
    """What a code is called, where it stands for something with a name."""
    return str(names.get(value.strip(), value)) if names else value


def _again(run: ImportRun) -> ImportRun | None:
    """An earlier import of the very same bytes, which the person may have forgotten."""
    same = ImportRun.objects.filter(sha256=run.sha256, kind=run.kind).exclude(pk=run.pk)
    return same.exclude(state=ImportRun.State.DRAFT).order_by("-id").first()
