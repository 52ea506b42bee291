"""The network: every node as it stands now, and one of them with its days, hours, feed and changes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from dom_project.accounts.access import Right, may, needs
from dom_project.accounts.people import names_of
from dom_project.lib.htmx import render_part, say
from inventory import audit, capacity, network_words, roster, stocklist, us_map
from inventory.access import node_for, nodes_of
from inventory.models import Node, NodeGroup
from inventory.network import calendar_of

from .stock import live_of

NODE = "inventory/node.html"
MOST = 1_000_000


class CapForm(forms.Form):
    ship_date = forms.DateField(widget=forms.HiddenInput)
    cap = forms.IntegerField(
        label=gettext_lazy("Parcels of this day"),
        min_value=0,
        max_value=MOST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


@dataclass(frozen=True)
class Dot:
    """A node on the small map."""

    row: roster.Today
    x: float
    y: float
    label: str


@require_GET
@needs(Right.SEE_NETWORK)
def network(request: HttpRequest) -> HttpResponse:
    rows = roster.today(nodes_of(request.user).select_related("group").order_by("name", "pk"), timezone.now())
    asked = {name: request.GET.get(name, "").replace("\0", "")[:80] for name in ("q", "kind", "group", "only")}
    shown = [row for row in rows if _matches(row, asked)]
    points = [point for row in rows if (point := _point(row.node))]
    context = asked | {
        "rows": shown,
        "total": len(rows),
        "dots": _dots(shown),
        "view_box": us_map.box_around(points, margin=40, least=960).view_box if points else us_map.WHOLE.view_box,
        "kinds": [(kind, sum(row.node.kind == kind for row in rows)) for kind in Node.Kind.values],
        "groups": NodeGroup.objects.filter(nodes__in=[row.node.pk for row in rows]).distinct().order_by("name"),
        "open": sum(row.is_open for row in rows),
        "full": sum(row.tone == "bad" for row in rows),
        "quiet_feeds": sum(row.feed.state in ("late", "stale") for row in rows),
        "taken": sum(row.taken for row in rows),
        "cap": sum(row.cap for row in rows),
        "off_map": sum(_point(row.node) is None for row in shown),
        "may_import": may(request, Right.IMPORT),
        "live_url": live_of(request),
    }
    return render_part(request, "inventory/network.html", "rows", context)


@require_GET
@needs(Right.SEE_NETWORK)
def node(request: HttpRequest, code: str) -> HttpResponse:
    shown = node_for(request.user, code)
    return render_part(request, NODE, "days", _context(request, shown, chosen=_date(request.GET.get("day", ""))))


@require_POST
@needs(Right.RUN_NETWORK)
def cap(request: HttpRequest, code: str) -> HttpResponse:
    """Set one day's parcels. Below what is granted already the effect is said first, and `sure` is asked for."""
    shown, form = node_for(request.user, code), CapForm(request.POST)
    valid = form.is_valid()
    day = form.cleaned_data.get("ship_date")
    known = {each.date: each for each in roster.days(shown, timezone.now())}
    if day not in known:
        raise Http404
    context = _context(request, shown, chosen=day) | {"form": form}
    if not valid:
        return render_part(request, NODE, "days", context, status=422)
    wanted = form.cleaned_data["cap"]
    above = known[day].taken - wanted
    if above > 0 and not request.POST.get("sure"):
        return render_part(request, NODE, "days", context | {"above": above, "wanted": wanted})
    capacity.set_cap(shown.pk, day, wanted)
    text = ngettext("%(cap)s parcel on that day now.", "%(cap)s parcels on that day now.", wanted) % {"cap": wanted}
    return say(request, redirect("node", code=shown.code), text)


def _context(request: HttpRequest, shown: Node, *, chosen: date | None) -> dict[str, Any]:
    now = timezone.now()
    days, [today] = roster.days(shown, now), roster.today([shown], now)
    picked = next((day for day in days if day.date == chosen), None)
    changes = audit.changes("NodeEvent", most=10, pgh_obj=shown.pk)
    caps = audit.changes("NodeDayEvent", most=10, node=shown.pk)
    names = names_of(change.actor for change in [*changes, *caps])
    told = [*network_words.of_master(changes, names), *network_words.of_caps(caps, names)]
    may_run, calendar = may(request, Right.RUN_NETWORK), calendar_of(shown)
    return {
        "node": shown,
        "today": today,
        "told": today.feed,
        "days": days,
        "chosen": picked if may_run else None,
        "form": CapForm(initial={"ship_date": picked.date, "cap": picked.cap}) if picked else None,
        "week": zip(network_words.weekdays(), calendar.week, strict=True),
        "holidays": [day for day in sorted(shown.holidays) if day >= days[0].date],
        "totals": stocklist.totals(node_id=shown.pk),
        "changes": sorted(told, key=lambda change: change.at, reverse=True)[:15],
        "may_run": may_run,
        "may_administer": may(request, Right.ADMINISTER),
        "live_url": live_of(request),
    }


def _matches(row: roster.Today, asked: dict[str, str]) -> bool:
    node, q = row.node, asked["q"].strip().lower()
    return (
        (not q or any(q in text.lower() for text in (node.code, node.name, node.city, node.postcode)))
        and (not asked["kind"] or node.kind == asked["kind"])
        and (not asked["group"] or bool(node.group) and node.group.code == asked["group"])
        and ONLY.get(asked["only"], lambda row: True)(row)
    )


ONLY: dict[str, Callable[[roster.Today], bool]] = {
    "open": lambda row: row.is_open,
    "full": lambda row: row.tone == "bad",
    "stale": lambda row: row.feed.state in ("late", "stale"),
    "closed": lambda row: not row.works,
}


def _point(node: Node) -> us_map.Point | None:
    if node.latitude is None or node.longitude is None or not us_map.on_map(node.longitude, node.latitude):
        return None
    return us_map.project(node.longitude, node.latitude)


def _dots(rows: Iterable[roster.Today]) -> list[Dot]:
    """The DCs last, so that they lie on top."""
    dots = [Dot(row, point.x, point.y, network_words.in_short(row)) for row in rows if (point := _point(row.node))]
    return sorted(dots, key=lambda dot: dot.row.node.kind == Node.Kind.DC)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
