"""One order: where it stands, what was decided and why, and what a person may still do about it."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dom_project.accounts.access import Right, may, needs
from dom_project.accounts.people import actor_of, names_of
from dom_project.lib.api_errors import Refused
from dom_project.lib.htmx import drawn_as, live_url, render_part, say, wants_part
from dom_project.lib.sentences import sentence
from fulfillment import access, dossier, outlook, timeline
from fulfillment import orders as verbs
from fulfillment.words import to_do
from inventory.models import Node
from routing import waiting, words
from routing.models import Order

from . import cancelling, decision, standing
from . import parcels as shown

PAGE = "fulfillment/order.html"
RECENT = 12  # entries of the timeline that are not folded


@require_GET
@needs(Right.SEE_ORDERS)
def order(request: HttpRequest, ref: str) -> HttpResponse:
    """The page. A part that asks again is answered 204 while nothing has happened, so that open details stay open."""
    found = access.order_for(request.user, ref)
    at = timezone.now()
    drawn = request.GET.get("drawn", "")
    if wants_part(request) and drawn == drawn_as(str(found.event_seq), drawn, at=at):
        return HttpResponse(status=204)
    return render_part(request, PAGE, "page", page_of(request, found, at))


@require_POST
@needs(Right.CHANGE_ORDERS)
def cancel(request: HttpRequest, ref: str) -> HttpResponse:
    """Cancel the order, or the lines that are named; the page then says line by line what came of it."""
    found = access.order_for(request.user, ref)
    at = timezone.now()
    line_refs = request.POST.getlist("line") or None
    try:
        done = verbs.cancel(found.ref, line_refs=line_refs, at=at, actor=actor_of(request))
    except Refused as refused:
        found = access.order_for(request.user, ref)
        context = page_of(request, found, at) | {"problem": sentence(refused.code, refused.params)}
        return render_part(request, PAGE, "page", context, status=_shown(request, refused.status))
    found = access.order_for(request.user, ref)
    context = page_of(request, found, at)
    names = {line.line_ref: line.name for line in context["lines"]}
    context["outcome"] = [(names.get(line.line_ref, line.sku), cancelling.outcome_of(line)) for line in done.lines]
    context["outcome_whole"] = done.whole
    return render_part(request, PAGE, "page", context)


@require_POST
@needs(Right.CHANGE_ORDERS)
def again(request: HttpRequest, ref: str) -> HttpResponse:
    """Let routing look at what has no place at once."""
    found = access.order_for(request.user, ref)
    woken = waiting.reopen([found.id], at=timezone.now(), actor=actor_of(request))
    if woken:
        told, level = _("Routing looks at it again now."), "success"
    else:
        told, level = _("There is nothing to route: every unit has a place, or the order is held."), "warning"
    if not wants_part(request):
        return say(request, redirect("order", ref=ref), told, level=level)
    found = access.order_for(request.user, ref)
    return say(request, render_part(request, PAGE, "page", page_of(request, found, timezone.now())), told, level=level)


def _shown(request: HttpRequest, status: int) -> int:
    """A refusal that the fragment itself explains is shown, not only announced."""
    return 422 if wants_part(request) else status


def _promised_day(found: Order, promise_at: datetime) -> date | None:
    """The day there that a parcel is promised for; None for what is collected, which is promised for an hour."""
    return promise_at.astimezone(ZoneInfo(found.ship_to_time_zone)).date() if found.method == "ship" else None


def page_of(request: HttpRequest, found: Order, at: datetime) -> dict[str, Any]:
    """All that the page shows of an order."""
    lines, parcels = dossier.lines(found.id), dossier.parcels(found.id)
    loose, events = dossier.loose_ends(found.id), timeline.events(found.id)
    nodes = list(Node.objects.order_by("name").values_list("code", "name", "kind", "latitude", "longitude", "id"))
    names = {code: name for code, name, *_rest in nodes}
    people = names_of(
        {e.actor for e in events} | {e["owner"] for e in loose.exceptions} | {p.picker for p in parcels if p.picker}
    )
    going = [parcel for parcel in parcels if not parcel.gone]
    unplaced = [line for line in lines if line.pending or line.backordered]
    will = outlook.judge(
        parcels,
        unplaced=sum(line.pending + line.backordered for line in unplaced),
        state=found.state,
        promise_at=found.promise_at,
        time_zone=found.ship_to_time_zone,
        at=at,
    )
    past = timeline.past(events, parcels, names, people)
    word, tone, icon = standing.LOOKS[will.verdict]
    may_change = may(request, Right.CHANGE_ORDERS)
    scopes = dossier.cancel_scopes(lines, parcels, loose.put_backs) if may_change else {}
    by_ref = {line.line_ref: line for line in lines}
    pending = sum(line.pending for line in lines)
    is_ready = dossier.waits_for_customer(found.state, found.method, parcels, pending=pending)
    return {
        "order": found,
        "state": "ready" if is_ready else found.state,
        "lines": lines,
        "pickup_node": next((name for _code, name, *_r, pk in nodes if pk == found.pickup_node_id), ""),
        "status": standing.status(found, parcels, lines, loose.exceptions, names, at=at),
        "promise": {
            "word": word,
            "tone": tone,
            "icon": icon,
            "why": standing.why(will, going, found, names),
            "date": _promised_day(found, found.promise_at),
            "first_date": _promised_day(found, found.first_promise_at),
        },
        "going": [shown.told(parcel, by_ref, scopes, names, people, found.method) for parcel in going],
        "gone": [(parcel, names.get(parcel.node, parcel.node)) for parcel in parcels if parcel.gone],
        "unplaced": [{"line": line, "question": cancelling.line_question(line, scopes)} for line in unplaced],
        "value": sum(line.wanted * line.unit_price for line in lines),
        "wanted_lines": sum(1 for line in lines if line.wanted),
        "settled": [line for line in lines if line.cancelled or line.returned],
        "next": standing.next_step(found, unplaced, loose.pending),
        "exceptions": [
            {
                "said": words.sentence(row["reason"], row["params"]),
                "to_do": to_do(row["reason"]),
                "raised_at": row["raised_at"],
                "owner": people.get(row["owner"], ""),
            }
            for row in loose.exceptions
        ],
        "put_backs": [
            {**row, "name": by_ref[row["line_ref"]].name, "node": names.get(row["node"], row["node"])}
            for row in loose.put_backs
        ],
        "returns": [
            {**row, "name": by_ref[row["line_ref"]].name, "node": names.get(row["node"], row["node"])}
            for row in loose.returns
        ],
        "feedback": loose.feedback,
        "past": past[:RECENT],
        "long_past": past[RECENT:],
        "to_come": timeline.to_come(
            parcels,
            names,
            promise_at=found.promise_at,
            by_day=found.method == "ship",
            time_zone=found.ship_to_time_zone,
            at=at,
        )
        if found.state != "cancelled"
        else [],
        "costs": shown.costs(going),
        "map": shown.places(found, going, nodes),
        "personal": may(request, Right.SEE_CUSTOMERS),
        "may_change": may_change,
        "cancel": cancelling.question(found, lines, scopes),
        "no_cancel": cancelling.why_not(lines, scopes) if may_change else "",
        "may_try": may_change and bool(unplaced) and found.state != "held",
        "drawn": drawn_as(str(found.event_seq), "", at=at),
        "here": reverse("order", args=[found.ref]),
        "part": wants_part(request),
        "live_url": live_url(request.user.pk, None),
        **decision.explained(request, found, lines, parcels, nodes, names),
    }
