"""How much a read of one connection may change before a person is asked: wider for a time, and back."""

from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from dom_project.accounts.access import Right, needs
from dom_project.accounts.people import actor_of
from dom_project.lib.api_errors import BadInput
from dom_project.lib.form_fields import WholeNumber
from dom_project.lib.htmx import render_part, say
from dom_project.lib.sentences import sentence
from inventory import feed_limits
from inventory.models import Connection

LABELS = {
    "zeroed": gettext_lazy("SKUs that turn 0"),
    "fallen": gettext_lazy("Units that go"),
    "jumped": gettext_lazy("SKUs that grow more than tenfold"),
    "rejected": gettext_lazy("Rows not believed"),
    "rows": gettext_lazy("Rows that must come"),
}
HINTS = {
    "zeroed": gettext_lazy("Asked above this share of a node's stocked SKUs, and from 50 on."),
    "fallen": gettext_lazy("Asked above this share of a node's units, and from 100 on."),
    "jumped": gettext_lazy("Asked above this share of a node's stocked SKUs, and from 20 on."),
    "rejected": gettext_lazy("Asked above this share of the rows, and from 20 on."),
    "rows": gettext_lazy("Asked below this share of the rows that usually come."),
}


class LimitsForm(forms.Form):
    """Percentages between the usual limit and the widest one, and their last day."""

    until = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("Afterwards the usual limits hold again. At most 90 days ahead."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usual, widest = asdict(feed_limits.USUAL), asdict(feed_limits.WIDEST)
        for name, label in LABELS.items():
            least, most = sorted((usual[name], widest[name]))
            self.fields[name] = WholeNumber(
                label=_("%(what)s, %% (usually %(usual)s)") % {"what": label, "usual": usual[name]},
                help_text=HINTS[name],
                least=least,
                most=most,
            )
        self.order_fields([*LABELS, "until"])

    def clean_until(self) -> datetime:
        last: date = self.cleaned_data["until"]
        today = timezone.localdate()
        if not today <= last < today + feed_limits.LONGEST:
            raise forms.ValidationError(sentence("limits_end", {"days": feed_limits.LONGEST.days}))
        return timezone.make_aware(datetime.combine(last + timedelta(days=1), time()))


@require_http_methods(["GET", "POST"])
@needs(Right.CONNECT)
def connection_limits(request: HttpRequest, ref: str) -> HttpResponse:
    """The connection's limits; a POST widens them, or with `act=usual` takes them back."""
    connection, now = get_object_or_404(Connection, ref=ref), timezone.now()
    if request.POST.get("act") == "usual":
        feed_limits.narrow(connection)
        return say(request, redirect("connection", ref=ref), _("The usual limits hold again."))
    ends_at = feed_limits.ends_at(connection)
    wider = ends_at is not None and now < ends_at
    initial = asdict(feed_limits.limits_of(connection, now))
    form = LimitsForm(request.POST or None, initial=initial | ({"until": _last_day(ends_at)} if wider else {}))
    if request.method == "POST" and form.is_valid():
        until = form.cleaned_data.pop("until")
        try:
            feed_limits.widen(connection, percent=form.cleaned_data, until=until, at=now, actor=actor_of(request))
        except BadInput as bad:
            form.add_error(bad.field, sentence(bad.code, bad.params))
        else:
            return say(request, redirect("connection", ref=ref), _("Wider limits hold from the next read on."))
    context = {"form": form, "connection": connection, "wider": wider}
    status = 422 if request.method == "POST" else 200
    return render_part(request, "inventory/connection_limits.html", "", context, status=status)


def _last_day(ends_at: datetime | None) -> date | None:
    return timezone.localtime(ends_at - timedelta(seconds=1)).date() if ends_at else None
