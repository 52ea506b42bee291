"""One node: today, its next days, feed, terms and changes; a day's parcels and the usual terms set by a person."""

from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from dom_project.accounts.access import Right, may, needs
from dom_project.accounts.people import actor_of, names_of
from dom_project.lib.api_errors import BadInput
from dom_project.lib.form_fields import WholeNumber
from dom_project.lib.htmx import render_part, say, wants_part
from dom_project.lib.sentences import sentence
from inventory import audit, capacity, network_words, roster, stocklist
from inventory import terms as usual
from inventory.access import node_for
from inventory.models import Node
from inventory.network import calendar_of

from .stock import live_of

PAGE = "inventory/node.html"


class CapForm(forms.Form):
    """The parcels of one day."""

    ship_date = forms.DateField(widget=forms.HiddenInput)
    cap = WholeNumber(label=gettext_lazy("Parcels of this day"), least=0, most=usual.MOST_PARCELS)


class TermsForm(forms.Form):
    """What holds on every day that nobody set by hand."""

    daily_capacity = WholeNumber(
        label=gettext_lazy("Parcels a day"),
        least=0,
        most=usual.MOST_PARCELS,
        help_text=gettext_lazy("For every open day that nobody set by hand. 0 sends nothing."),
    )
    cut_off = forms.TimeField(
        label=gettext_lazy("Cut-off"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages=dict.fromkeys(("required", "invalid"), gettext_lazy("Please give a time of day like 15:00.")),
    )
    pickup_ready_minutes = WholeNumber(
        label=gettext_lazy("Minutes until a pickup is ready"),
        least=0,
        most=usual.MOST_MINUTES,
        help_text=gettext_lazy("Counted while it is open; a closed node counts from its next opening."),
    )


@require_GET
@needs(Right.SEE_NETWORK)
def node(request: HttpRequest, code: str) -> HttpResponse:
    """The page; `?day=` or `?change=terms` opens a form for who runs the network."""
    shown = node_for(request.user, code)
    context = _context(request, shown)
    if context["may_run"] and request.GET.get("change") == "terms":
        context["terms_form"] = TermsForm(initial=_terms(shown))
    elif context["may_run"]:
        chosen = next((day for day in context["days"] if day.date.isoformat() == request.GET.get("day")), None)
        if chosen:
            form = CapForm(
                initial={"ship_date": chosen.date, "cap": chosen.usual if chosen.cap is None else chosen.cap}
            )
            context |= {"chosen": chosen, "form": form}
    return render_part(request, PAGE, "days", context)


@require_POST
@needs(Right.RUN_NETWORK)
def cap(request: HttpRequest, code: str) -> HttpResponse:
    """Set one day's parcels. Below what is granted already the effect is said first, and `sure` is asked for."""
    shown, asked = node_for(request.user, code), _asked(request)
    form, days = CapForm(asked), {day.date: day for day in roster.days(shown, timezone.now())}
    valid, wanted = form.is_valid(), form.cleaned_data.get("cap")
    chosen = days.get(form.cleaned_data.get("ship_date", date.min))
    if chosen is None:
        raise Http404
    if not valid or wanted is None:
        context = _context(request, shown) | {"chosen": chosen, "form": form}
        return render_part(request, PAGE, "days", context, status=422)
    above = chosen.taken - wanted
    if above > 0 and asked.get("sure") != str(wanted):
        context = _context(request, shown) | {"chosen": chosen, "form": form, "above": above, "wanted": wanted}
        return render_part(request, PAGE, "days", context)
    capacity.set_cap(shown.pk, chosen.date, wanted, at=timezone.now(), actor=actor_of(request))
    text = _("%(day)s: %(cap)s parcels now.") % {"day": network_words.day(chosen.date), "cap": f"{wanted:,}"}
    before = chosen.usual if chosen.cap is None else chosen.cap
    undo: dict[str, Any] = {"ship_date": chosen.date.isoformat(), "cap": before, "sure": before, "undo": 1}
    return _done(request, shown, text, f"{reverse('network_cap', args=[code])}?{urlencode(undo)}")


@require_POST
@needs(Right.RUN_NETWORK)
def terms(request: HttpRequest, code: str) -> HttpResponse:
    """Set the usual parcels, the cut-off, the ready minutes. What is granted above the new figure is said first."""
    shown, asked = node_for(request.user, code), _asked(request)
    form, now = TermsForm(asked), timezone.now()
    if not form.is_valid():
        return render_part(request, PAGE, "days", _context(request, shown) | {"terms_form": form}, status=422)
    wanted = form.cleaned_data["daily_capacity"]
    crowded = [day for day in roster.days(shown, now) if day.hours and not day.by_hand and day.taken > wanted]
    if crowded and asked.get("sure") != str(wanted):
        context = _context(request, shown) | {"terms_form": form, "crowded": crowded, "wanted": wanted}
        return render_part(request, PAGE, "days", context)
    before = _terms(shown)
    try:
        usual.set_terms(shown.pk, **form.cleaned_data, at=now, actor=actor_of(request))
    except BadInput as refused:
        form.add_error(refused.field, sentence(refused.code, refused.params))
        return render_part(request, PAGE, "days", _context(request, shown) | {"terms_form": form}, status=422)
    undo = before | {"sure": before["daily_capacity"], "undo": 1}
    shown.refresh_from_db()
    text = _("Saved: %(count)s parcels a day, cut-off %(at)s.") % {
        "count": f"{wanted:,}",
        "at": f"{shown.cut_off:%H:%M}",
    }
    return _done(request, shown, text, f"{reverse('network_terms', args=[code])}?{urlencode(undo)}")


def _asked(request: HttpRequest) -> QueryDict:
    """The form, or what an undo carries in its address."""
    return request.GET if "undo" in request.GET else request.POST


def _done(request: HttpRequest, shown: Node, text: str, undo: str) -> HttpResponse:
    if not wants_part(request) or "undo" in request.GET:
        return say(request, redirect("node", code=shown.code), text)
    response = render_part(request, PAGE, "days", _context(request, shown))
    response["HX-Replace-Url"] = reverse("node", args=[shown.code])
    return say(request, response, text, undo=undo)


def _terms(shown: Node) -> dict[str, Any]:
    return {
        "daily_capacity": shown.daily_capacity,
        "cut_off": f"{shown.cut_off:%H:%M}",
        "pickup_ready_minutes": shown.pickup_ready_minutes,
    }


def _context(request: HttpRequest, shown: Node) -> dict[str, Any]:
    now = timezone.now()
    days, [today] = roster.days(shown, now), roster.today([shown], now)
    changes = audit.changes("NodeEvent", most=10, pgh_obj=shown.pk)
    caps = audit.changes("NodeDayEvent", most=10, node=shown.pk)
    names = names_of(change.actor for change in [*changes, *caps])
    told = [*network_words.of_master(changes, names), *network_words.of_caps(caps, names)]
    return {
        "node": shown,
        "today": today,
        "told": today.feed,
        "days": days,
        "week": zip(network_words.weekdays(), calendar_of(shown).week, strict=True),
        "holidays": [day for day in sorted(shown.holidays) if day >= days[0].date],
        "totals": stocklist.totals(node_id=shown.pk),
        "changes": sorted(told, key=lambda change: change.at, reverse=True)[:15],
        "may_run": may(request, Right.RUN_NETWORK),
        "may_administer": may(request, Right.ADMINISTER),
        "may_work": may(request, Right.WORK_FLOOR),
        "live_url": live_of(request),
    }
