"""Connected systems: how fresh they are, what they sent, what of it a person must decide."""

import json
from datetime import datetime
from typing import Any, cast

from django import forms
from django.core.validators import RegexValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dom_project.accounts.access import Right, may, needs
from dom_project.accounts.models import User
from dom_project.accounts.people import names_of
from dom_project.lib import http
from dom_project.lib.api_errors import BadInput, Refused
from dom_project.lib.form_fields import WholeNumber
from dom_project.lib.htmx import live_url, render_part, say, wants_part
from dom_project.lib.sentences import sentence
from inventory import feed_limits, feeds
from inventory.integrations import frame
from inventory.integrations.connector import ReadFailed, connectors
from inventory.models import Connection, FeedCase

from . import asked

PAGE = "inventory/connection.html"


class ConnectionForm(forms.Form):
    """A connection's settings. The token is never filled in."""

    ref = forms.SlugField(
        label=gettext_lazy("Code"), max_length=50, help_text=gettext_lazy("In links and as the actor of its counts.")
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    system = forms.ChoiceField(label=gettext_lazy("Kind"))
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=300,
        help_text=gettext_lazy("Where its feed begins; /stock is added by the mapping."),
    )
    token = forms.CharField(
        label=gettext_lazy("Token"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Kept encrypted and never shown. Left empty, it stays as it is."),
        validators=[RegexValidator(r"\A[\x21-\x7e]*\Z", gettext_lazy("Printable characters only."))],
    )
    schedule_seconds = WholeNumber(label=gettext_lazy("Ask every (seconds)"), least=5, most=86_400, initial=30)
    snapshot_seconds = WholeNumber(
        label=gettext_lazy("Read everything every (seconds)"), least=30, most=604_800, initial=900
    )
    overlap_seconds = WholeNumber(
        label=gettext_lazy("Overlap (seconds)"),
        least=0,
        most=86_400,
        initial=120,
        help_text=gettext_lazy("Changes are asked for from this much earlier on, for what the source committed late."),
    )
    booking_delay_seconds = WholeNumber(
        label=gettext_lazy("Booking delay (seconds)"),
        least=0,
        most=604_800,
        required=False,
        help_text=gettext_lazy("Our movements are in its figures at most this much later. Empty: it says so itself."),
    )
    mapping = forms.CharField(
        label=gettext_lazy("Mapping"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "font-monospace"}),
        help_text=gettext_lazy("JSON: our field → where it is in the answer. Empty: the standard format."),
    )
    active = forms.BooleanField(label=gettext_lazy("Active"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        system = cast(forms.ChoiceField, self.fields["system"])
        system.choices = [(name, connector.title) for name, connector in connectors().items()]

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"]).strip()
        try:
            http.check_url(address)
        except http.CallFailed as failed:
            if failed.code == "forbidden_address":
                raise forms.ValidationError(sentence("feed_forbidden_address", failed.params)) from None
        return address

    def clean_mapping(self) -> Any:
        text = str(self.cleaned_data["mapping"]).strip()
        try:
            return json.loads(text) if text else {}
        except (ValueError, RecursionError):
            raise forms.ValidationError(_("This is not JSON.")) from None

    def clean(self) -> None:
        if "mapping" in self.cleaned_data and "system" in self.cleaned_data:
            try:
                frame.check_mapping(self.cleaned_data["system"], self.cleaned_data["mapping"])
            except ReadFailed as failed:
                self.add_error("mapping", sentence(f"feed_{failed.code}", failed.params))


@require_GET
@needs(Right.SEE_NETWORK)
def connections(request: HttpRequest) -> HttpResponse:
    """Every connected system, with how fresh it is."""
    context = {
        "rows": feeds.connections(timezone.now()),
        "live_url": live_url(_user(request).pk, None),
        "may_connect": may(request, Right.CONNECT),
    }
    return render_part(request, "inventory/connections.html", "rows", context)


@require_GET
@needs(Right.SEE_NETWORK)
def connection(request: HttpRequest, ref: str) -> HttpResponse:
    """One system: its reads, what was not believed, and a stopped read to be decided."""
    return render_part(request, PAGE, "status", _context(request, ref))


@require_http_methods(["GET", "POST"])
@needs(Right.CONNECT)
def connection_new(request: HttpRequest) -> HttpResponse:
    """A form for a new connection; a POST saves it."""
    return _edit(request, Connection())


@require_http_methods(["GET", "POST"])
@needs(Right.CONNECT)
def connection_edit(request: HttpRequest, ref: str) -> HttpResponse:
    """The same form for one that is there."""
    return _edit(request, get_object_or_404(Connection, ref=ref))


@require_POST
@needs(Right.CONNECT)
def connection_check(request: HttpRequest, ref: str) -> HttpResponse:
    """The test button: ask for a handful of rows, apply nothing."""
    checked = get_object_or_404(Connection, ref=ref)
    answer: dict[str, Any] = {"checked": True}
    try:
        answer["page"] = frame.check(checked, now=timezone.now)
    except ReadFailed as failed:
        answer["failure"] = sentence(f"feed_{failed.code}", failed.params)
    return render_part(request, PAGE, "check", _context(request, ref) | answer)


@require_POST
@needs(Right.CONNECT)
def connection_pull(request: HttpRequest, ref: str) -> HttpResponse:
    """Have it read soon, whatever its schedule says."""
    feeds.hurry(get_object_or_404(Connection, ref=ref))
    response = render_part(request, PAGE, "status", _context(request, ref))
    return say(request, response, _("It is asked now; new figures appear here in a moment."), level="info")


@require_POST
@needs(Right.CONNECT)
def connection_case(request: HttpRequest, ref: str) -> HttpResponse:
    """Accept a stopped read once, or throw it away."""
    case = FeedCase.objects.filter(run__connection__ref=ref, run_id=asked.number(request.POST, "run")).first()
    verb = {"accept": frame.accept, "discard": frame.discard}.get(request.POST.get("verdict", ""))
    if case is None or verb is None:
        raise Http404
    text, level = _("Done. The figures change with the next read."), "success"
    try:
        verb(case.run_id, actor=_user(request).actor, at=timezone.now())
    except Refused as refused:
        text, level = sentence(refused.code, refused.params), "warning"
    if not wants_part(request):
        return say(request, redirect("connection", ref=ref), text, level=level)
    return say(request, render_part(request, PAGE, "status", _context(request, ref)), text, level=level)


def _edit(request: HttpRequest, edited: Connection) -> HttpResponse:
    known = edited.pk is not None
    names = [name for name in ConnectionForm.base_fields if name not in ("token", "mapping")]
    initial = {name: getattr(edited, name) for name in names} if known else {"system": "json_http", "active": True}
    initial["mapping"] = json.dumps(edited.mapping, indent=2) if edited.mapping else ""
    form = ConnectionForm(request.POST or None, initial=initial)
    if known:
        form.fields["ref"].disabled = True
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        token, at, actor = values.pop("token"), timezone.now(), _user(request).actor
        try:
            saved = feeds.save(edited, values=values, token=token, at=at, actor=actor)
        except BadInput as bad:
            form.add_error(bad.field, sentence(bad.code, bad.params))
        else:
            feeds.hurry(saved)
            return say(request, redirect("connection", ref=saved.ref), _("Saved."))
    context = {"form": form, "connection": Connection.objects.filter(pk=edited.pk).first() if known else None}
    status = 422 if request.method == "POST" else 200
    return render_part(request, "inventory/connection_edit.html", "", context, status=status)


def _context(request: HttpRequest, ref: str) -> dict[str, Any]:
    now = timezone.now()
    try:
        row = feeds.connection_row(ref, now)
    except Refused:
        raise Http404 from None
    told = row.connection
    before, after = (asked.number(request.GET, name) for name in ("before", "after"))
    rejected = feeds.rejected_rows(told, before=before, after=after)
    case = feeds.open_case(told)
    error = told.last_error or {}
    return {
        "row": row,
        "connection": told,
        "case": case,
        **_wider(told, now),
        "why": sentence(f"guard_{case.reason}", case.params) if case else "",
        "error": sentence(f"feed_{error['code']}", error.get("params")) if error else "",
        "runs": [
            (run, sentence(f"feed_{run.error['code']}", run.error.get("params")) if run.error else "")
            for run in feeds.runs(told)
        ],
        "rejected": [
            (rejection, *rejection.source_id.partition("|")[::2], sentence(f"row_{rejection.reason}"))
            for rejection in rejected.rows
        ],
        "older": rejected.older or "",
        "newer": rejected.newer or "",
        "may_connect": may(request, Right.CONNECT),
        "live_url": live_url(_user(request).pk, None),
    }


def _wider(connection: Connection, now: datetime) -> dict[str, Any]:
    until = feed_limits.ends_at(connection)
    if until is None or now >= until:
        return {}
    by = connection.limits["by"]
    return {"wider_until": until, "wider_by": names_of([by]).get(by, "")}


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)
