"""One stock level: why so much can be promised, every movement, and a count by hand."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from dom_project.accounts.access import Right, may, needs
from dom_project.accounts.people import actor_of, names_of
from dom_project.lib.api_errors import Refused
from dom_project.lib.form_fields import WholeNumber
from dom_project.lib.htmx import render_part, say
from dom_project.lib.sentences import sentence
from inventory import feeds, statement, words
from inventory import recount as counting
from inventory.access import nodes_of
from inventory.models import StockLevel

from . import asked
from .stock import live_of

PAGE = "inventory/level.html"
WAITING_SHOWN = 20


class RecountForm(forms.Form):
    """What somebody saw on the shelf."""

    counted = WholeNumber(
        label=gettext_lazy("Units seen"),
        least=0,
        most=counting.MOST,
        help_text=gettext_lazy("All of it that is in the building, picked and packed units too."),
    )


@require_GET
@needs(Right.SEE_NETWORK)
def level(request: HttpRequest, pk: int) -> HttpResponse:
    """The terms of what can be promised, its ledger, and a count by hand."""
    return render_part(request, PAGE, "facts", _context(request, _level(request, pk)))


@require_POST
@needs(Right.COUNT_STOCK)
def recount(request: HttpRequest, pk: int) -> HttpResponse:
    """First what the count would mean (nothing is written), then, with its ticket, the count."""
    shown, now = _level(request, pk), timezone.now()
    if ticket := request.POST.get("ticket", ""):
        try:
            counting.record(shown, ticket, at=now, actor=actor_of(request))
        except Refused as refused:
            form = RecountForm()
            context = {"form": form, "refused": sentence(refused.code, refused.params)}
            return render_part(request, PAGE, "recount", _context(request, shown) | context, status=422)
        return say(request, redirect("level", pk=pk), _("Counted. It stands until the source says something new."))
    form = RecountForm(request.POST)
    if not form.is_valid():
        return render_part(request, PAGE, "recount", _context(request, shown) | {"form": form}, status=422)
    look = counting.look(shown, form.cleaned_data["counted"], at=now)
    return render_part(request, PAGE, "recount", _context(request, shown) | {"form": form, "look": look})


def _level(request: HttpRequest, pk: int) -> StockLevel:
    joined = ("node__group", "node__feed__connection", "sku__category", "safety_rule", "evidence", "observation")
    found = StockLevel.objects.filter(node__in=nodes_of(request.user), pk=pk).select_related(*joined).first()
    if found is None:
        raise Http404
    return found


def _context(request: HttpRequest, shown: StockLevel) -> dict[str, Any]:
    now = timezone.now()
    before, after = (asked.number(request.GET, name) for name in ("before", "after"))
    entries = statement.entries(shown.pk, before=before, after=after)
    waiting = list(shown.own_movements.order_by("happened_at", "pk"))
    evidence = getattr(shown, "evidence", None)
    names = names_of([entry.actor for entry in entries.rows] + ([evidence.actor] if evidence else []))
    rules = statement.rules_for(shown.sku, level=shown)
    told = feeds.told(getattr(shown.node, "feed", None), now)
    moments = [
        getattr(told.scope, "observed_at", None),
        getattr(getattr(shown, "observation", None), "observed_at", None),
    ]
    waits = sum(movement.units for movement in waiting)
    return {
        "level": shown,
        "node": shown.node,
        "sku": shown.sku,
        "told": told,
        "as_of": max((moment for moment in moments if moment), default=None),
        "evidence": evidence,
        "seen_by": names.get(evidence.actor, "") if evidence else "",
        "waiting": waiting[:WAITING_SHOWN],
        "waits": waits,
        "waits_more": max(0, len(waiting) - WAITING_SHOWN),
        "source_figure": shown.on_hand - waits,
        "below": min(0, shown.on_hand - shown.allocated - shown.external - shown.safety_stock),
        "held": statement.held(shown),
        "short_since": statement.short_since(shown),
        "issues": [
            (issue, sentence(f"issue_{issue.kind}", {"raw": issue.raw}))
            for issue in shown.issues.filter(closed_at=None).order_by("pk")
        ],
        "rules": rules,
        "entries": [
            (entry, names.get(entry.actor, entry.actor), words.reason(entry.reason)) for entry in entries.rows
        ],
        "newer": entries.newer or "",
        "older": entries.older or "",
        "form": RecountForm(),
        "may_count": may(request, Right.COUNT_STOCK),
        "live_url": live_of(request),
    }
