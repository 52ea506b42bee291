"""One order: where it stands, what was decided and why, and what a person may still do about it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from dom_project.accounts import actors
from dom_project.accounts.access import Right, may, needs
from dom_project.accounts.models import Role
from dom_project.lib.api_errors import Refused
from dom_project.lib.htmx import live_url, render_part, say, wants_part
from dom_project.lib.sentences import sentence
from dom_project.templatetags.fairlead import day
from fulfillment import access, dossier, outlook, timeline
from fulfillment import orders as verbs
from fulfillment.dossier import CancelScope, Line, Parcel
from fulfillment.outlook import Outlook, Verdict
from fulfillment.words import to_do
from inventory import us_map
from inventory.models import Node
from routing import decisions, rates, seen, waiting, words
from routing.models import Decision, Order

from .answers import COLUMNS, Answers, outcome

PAGE = "fulfillment/order.html"
DECISIONS = 20
NEAREST = 8  # refused nodes that are not folded
RECENT = 12  # entries of the timeline that are not folded
FRESH = 300  # seconds after which a live page is drawn anew though nothing happened: its stream needs a new address
PERSONAL = frozenset({Role.ADMINISTRATOR, Role.OPERATIONS_MANAGER, Role.CUSTOMER_SERVICE})
LOOKS: Mapping[Verdict, tuple[str | Promise, str, str]] = {
    Verdict.KEPT: (gettext_lazy("Kept"), "good", "circle-check"),
    Verdict.MISSED: (gettext_lazy("Not kept"), "bad", "alert-circle"),
    Verdict.HOLDS: (gettext_lazy("Will hold"), "good", "circle-check"),
    Verdict.TIGHT: (gettext_lazy("Will hold, on the day"), "good", "circle-check"),
    Verdict.AT_RISK: (gettext_lazy("At risk"), "warn", "alert-triangle"),
    Verdict.LATE: (gettext_lazy("Will be late"), "bad", "alert-circle"),
    Verdict.OPEN: (gettext_lazy("Not sure yet"), "warn", "hourglass"),
    Verdict.NONE: (gettext_lazy("No longer needed"), "quiet", "ban"),
}


@require_GET
@needs(Right.SEE_ORDERS)
def order(request: HttpRequest, ref: str) -> HttpResponse:
    """The page. A part that asks again is answered 204 while nothing has happened, so that open details stay open."""
    found = access.order_for(request.user, ref)
    at = timezone.now()
    drawn = request.GET.get("drawn", "")
    if wants_part(request) and drawn == _drawn(found, at, drawn):
        return HttpResponse(status=204)
    return render_part(request, PAGE, "page", _page(request, found, at))


@require_POST
@needs(Right.CHANGE_ORDERS)
def cancel(request: HttpRequest, ref: str) -> HttpResponse:
    """Cancel the order, or the lines that are named; the page then says line by line what came of it."""
    found = access.order_for(request.user, ref)
    at = timezone.now()
    user: Any = request.user
    line_refs = request.POST.getlist("line") or None
    try:
        done = verbs.cancel(found.ref, line_refs=line_refs, at=at, actor=user.actor)
    except Refused as refused:
        found = access.order_for(request.user, ref)
        context = _page(request, found, at) | {"problem": sentence(refused.code, refused.params)}
        return render_part(request, PAGE, "page", context, status=_shown(request, refused.status))
    found = access.order_for(request.user, ref)
    context = _page(request, found, at)
    names = {line.line_ref: line.name for line in context["lines"]}
    context["outcome"] = [(names.get(line.line_ref, line.sku), _outcome_of(line)) for line in done.lines]
    context["outcome_whole"] = done.whole
    return render_part(request, PAGE, "page", context)


@require_POST
@needs(Right.CHANGE_ORDERS)
def again(request: HttpRequest, ref: str) -> HttpResponse:
    """Let routing look at what has no place at once."""
    found = access.order_for(request.user, ref)
    user: Any = request.user
    woken = waiting.reopen([found.id], at=timezone.now(), actor=user.actor)
    if woken:
        told, level = _("Routing looks at it again now."), "success"
    else:
        told, level = _("There is nothing to route: every unit has a place, or the order is held."), "warning"
    if not wants_part(request):
        return say(request, redirect("order", ref=ref), told, level=level)
    found = access.order_for(request.user, ref)
    return say(request, render_part(request, PAGE, "page", _page(request, found, timezone.now())), told, level=level)


def _shown(request: HttpRequest, status: int) -> int:
    """A refusal that the fragment itself explains is shown, not only announced."""
    return 422 if wants_part(request) else status


def _drawn(found: Order, at: datetime, drawn: str) -> str:
    """What a page says it shows, if that is still so; else what a page drawn now would say."""
    seconds = int(at.timestamp())
    _event, _dash, when = drawn.partition("-")
    if when.isdecimal() and len(when) < 12 and 0 <= seconds - int(when) < FRESH:
        seconds = int(when)
    return f"{found.event_seq}-{seconds}"


def _page(request: HttpRequest, found: Order, at: datetime) -> dict[str, Any]:
    user: Any = request.user
    lines, parcels = dossier.lines(found.id), dossier.parcels(found.id)
    loose, events = dossier.loose_ends(found.id), timeline.events(found.id)
    nodes = list(Node.objects.order_by("name").values_list("code", "name", "kind", "latitude", "longitude", "id"))
    names = {code: name for code, name, *_rest in nodes}
    people = actors.names(
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
    word, tone, icon = LOOKS[will.verdict]
    may_change = may(request, Right.CHANGE_ORDERS)
    scopes = dossier.cancel_scopes(lines, parcels, loose.put_backs) if may_change else {}
    by_ref = {line.line_ref: line for line in lines}
    return {
        "order": found,
        "lines": lines,
        "pickup_node": next((name for _code, name, *_r, pk in nodes if pk == found.pickup_node_id), ""),
        "status": _status(found, parcels, lines, loose.exceptions, names),
        "promise": {
            "word": word,
            "tone": tone,
            "icon": icon,
            "why": _why(will, going, found, names),
            "day": found.promise_at.astimezone(ZoneInfo(found.ship_to_time_zone)).date(),
        },
        "going": [_parcel(parcel, by_ref, scopes, names, people, found.method) for parcel in going],
        "gone": [(parcel, names.get(parcel.node, parcel.node)) for parcel in parcels if parcel.gone],
        "unplaced": [_unplaced(line, scopes) for line in unplaced],
        "settled": [line for line in lines if line.cancelled or line.returned],
        "next": _next(found, unplaced, loose.pending),
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
            parcels, names, promise_at=found.promise_at, time_zone=found.ship_to_time_zone, at=at
        )
        if found.state != "cancelled"
        else [],
        "costs": _costs(going),
        "map": _map(found, going, nodes),
        "personal": user.role in PERSONAL or user.is_superuser,
        "may_change": may_change,
        "cancel": _cancel_question(found, scopes),
        "may_try": may_change and bool(unplaced) and found.state != "held",
        "drawn": _drawn(found, at, ""),
        "here": reverse("order", args=[found.ref]),
        "part": wants_part(request),
        "live_url": live_url(user.pk, None),
        **_decided(request, found, lines, nodes, names),
    }


def _status(
    found: Order, parcels: Sequence[Parcel], lines: Sequence[Line], exceptions: Sequence[Any], names: Mapping[str, str]
) -> list[str]:
    """Where the order stands, in sentences."""
    if found.state == "cancelled":
        return [_("The order is cancelled.")]
    said = []
    if found.held_reason:
        said.append(_("The order is held: %(reason)s.") % {"reason": found.held_reason})
    going = [parcel for parcel in parcels if not parcel.gone]
    by_sentence: dict[str, list[Parcel]] = {}
    for parcel in going:
        by_sentence.setdefault(_sentence_of(parcel), []).append(parcel)
    if len(going) <= 4:
        for parcel in going:
            what = _("parcel %(number)s") % {"number": parcel.number} if len(going) > 1 else _("the order")
            told = _sentence_of(parcel) % {"node": names.get(parcel.node, parcel.node), "what": what}
            said.append(told[:1].upper() + told[1:])
    else:
        for text, some in by_sentence.items():
            what = ngettext("%(count)s parcel", "%(count)s parcels", len(some)) % {"count": len(some)}
            where = sorted({names.get(parcel.node, parcel.node) for parcel in some})
            told = text % {"node": ", ".join(where), "what": what}
            said.append(told[:1].upper() + told[1:])
    pending, back = sum(line.pending for line in lines), sum(line.backordered for line in lines)
    if pending and exceptions:
        text = ngettext(
            "A person must decide about %(units)s unit.", "A person must decide about %(units)s units.", pending
        )
        said.append(text % {"units": pending})
    elif pending:
        text = ngettext("%(units)s unit waits to be routed.", "%(units)s units wait to be routed.", pending)
        said.append(text % {"units": pending})
    if back:
        text = ngettext("%(units)s unit is back-ordered.", "%(units)s units are back-ordered.", back)
        said.append(text % {"units": back})
    return said


def _sentence_of(parcel: Parcel) -> str:
    if not parcel.state:
        return _("%(node)s will get %(what)s to pick.")
    return {
        "to_pick": _("%(node)s has %(what)s to pick."),
        "picking": _("%(node)s is picking %(what)s."),
        "packed": _("%(what)s is packed in %(node)s."),
        "ready": _("%(what)s is ready for the customer in %(node)s."),
        "shipped": _("%(what)s has left %(node)s."),
        "handed_over": _("The customer collected %(what)s in %(node)s."),
        "delivered": _("%(what)s from %(node)s was delivered."),
        "returned": _("%(what)s from %(node)s came back."),
        "lost": _("%(what)s from %(node)s was lost on the way."),
    }.get(parcel.state, parcel.state)


def _why(will: Outlook, going: Sequence[Parcel], found: Order, names: Mapping[str, str]) -> str:
    what = _("Parcel %(number)s") % {"number": will.parcel} if len(going) > 1 and will.parcel else _("It")
    if found.method == "pickup":
        there, plan = _("was ready"), _("is ready")
    else:
        there, plan = _("was there"), _("arrives")
    days = abs(will.days) if will.days is not None else 0
    many = ngettext("%(days)s day", "%(days)s days", days) % {"days": days}
    params = {"what": what, "day": day(will.arrive_date), "there": there, "plan": plan, "days": many}
    match will.verdict:
        case Verdict.KEPT:
            return _("All of it %(there)s on %(day)s.") % params
        case Verdict.MISSED:
            return (
                _("All of it %(there)s on %(day)s, %(days)s late.") if days else _("It %(there)s a few hours late.")
            ) % params
        case Verdict.HOLDS:
            return _("%(what)s %(plan)s on %(day)s, %(days)s to spare.") % params
        case Verdict.TIGHT:
            return _("%(what)s %(plan)s on %(day)s, the promised day itself.") % params
        case Verdict.AT_RISK:
            node = next((names.get(p.node, p.node) for p in going if p.number == will.parcel), "")
            return _("The cut-off of %(node)s has passed and the parcel is still there.") % {"node": node}
        case Verdict.LATE if will.arrive_date and will.days is not None and will.days < 0:
            return _("%(what)s %(plan)s on %(day)s; the promise is missed by %(days)s.") % params
        case Verdict.LATE:
            return _("The promised moment has passed.")
        case Verdict.OPEN:
            return _("Units have no place yet.") if found.state != "pending" else _("Routing has not placed it yet.")
    return ""


def _outcome_of(line: verbs.LineOutcome) -> str:
    said = [_("%(units)s of %(ordered)s cancelled") % {"units": line.cancelled, "ordered": line.ordered}]
    if line.put_back:
        said.append(_("%(units)s cancelled once they are back on the shelf") % {"units": line.put_back})
    if line.shipped:
        said.append(_("%(units)s have left and stay as they are") % {"units": line.shipped})
    return ", ".join(said)


def _question(scope: CancelScope, whole: str) -> str:
    """The question before a cancel: what, how much of it, and what will not be cancelled."""
    said = [whole]
    if scope.at_once:
        text = ngettext("%(units)s unit is free at once.", "%(units)s units are free at once.", scope.at_once)
        said.append(text % {"units": scope.at_once})
    if scope.put_back:
        text = ngettext(
            "%(units)s unit is packed: it is cancelled once somebody has put it back.",
            "%(units)s units are packed: they are cancelled once somebody has put them back.",
            scope.put_back,
        )
        said.append(text % {"units": scope.put_back})
    if scope.left:
        text = ngettext("%(units)s unit has left and stays.", "%(units)s units have left and stay.", scope.left)
        said.append(text % {"units": scope.left})
    return " ".join(said)


def _cancel_question(found: Order, scopes: Mapping[str, CancelScope]) -> str:
    """Empty when nothing of the order can be cancelled."""
    if not scopes:
        return ""
    total = CancelScope(*(sum(column) for column in zip(*scopes.values(), strict=True)))
    text = ngettext(
        "Cancel order %(order)s with its %(lines)s open line?",
        "Cancel order %(order)s with its %(lines)s open lines?",
        len(scopes),
    )
    return _question(total, text % {"order": found.order_ref, "lines": len(scopes)})


def _cancel_line(line: Line, scopes: Mapping[str, CancelScope]) -> str:
    scope = scopes.get(line.line_ref)
    if scope is None:
        return ""
    text = _("Cancel %(name)s, all that is open of this line?") % {"name": line.name}
    return _question(scope, text)


def _parcel(
    parcel: Parcel,
    lines: Mapping[str, Line],
    scopes: Mapping[str, CancelScope],
    names: Mapping[str, str],
    people: Mapping[str, str],
    method: str,
) -> dict[str, Any]:
    offered: set[str] = set()
    items = []
    for item in parcel.items:
        if item.state == "released" and not item.reason:
            continue
        line = lines[item.line_ref]
        question = "" if item.state != "open" or item.line_ref in offered else _cancel_line(line, scopes)
        offered.add(item.line_ref)
        items.append(
            {
                "item": item,
                "line": line,
                "floor": _floor(parcel, item),
                "question": question,
                "price": item.quantity * line.unit_price,
            }
        )
    return {
        "parcel": parcel,
        "node": names.get(parcel.node, parcel.node),
        "picker": people.get(parcel.picker, ""),
        "items": items,
        "stages": _stages(parcel, method),
        "scans": [{"scan": scan, "said": timeline.CARRIER.get(scan.state, scan.state)} for scan in parcel.scans],
    }


def _floor(parcel: Parcel, item: dossier.Item) -> tuple[str, str]:
    """What the floor has done with these units: word and tone."""
    if item.reason and item.reason != "shipped":
        reasons = {
            "missing": (_("Not found"), "warn"),
            "damaged": (_("Damaged"), "warn"),
            "cancelled": (_("Cancelled"), "quiet"),
            "recalled": (_("Taken back"), "quiet"),
        }
        return reasons.get(item.reason, (item.reason, "quiet"))
    if parcel.left or item.state == "shipped":
        return (_("Left"), "good")
    params = {"picked": item.picked, "units": item.quantity}
    if parcel.state in ("packed", "ready"):
        return (_("Packed"), "good")
    if not parcel.state:
        return (_("Planned"), "info")
    return (_("Picked %(picked)s of %(units)s") % params, "good" if item.picked == item.quantity else "busy")


def _stages(parcel: Parcel, method: str) -> list[dict[str, Any]]:
    """Dispatched, picking, packed, shipped, delivered; for what is collected: ready and handed over."""
    steps: list[tuple[str, datetime | None]] = [
        (_("Sent to the floor"), parcel.dispatched_at),
        (_("Picking"), parcel.picking_at),
        (_("Packed"), parcel.packed_at),
    ]
    if method == "ship":
        steps += [(_("Shipped"), parcel.shipped_at), (_("Delivered"), parcel.delivered_at)]
    else:
        steps += [(_("Ready"), parcel.ready_at), (_("Handed over"), parcel.shipped_at)]
    done = max((place for place, (_word, at) in enumerate(steps) if at), default=-1)
    # Picking goes on until it is packed; every other step is over once it has begun.
    now = 1 if done == 1 else done + 1
    bad = parcel.state in ("lost", "returned")
    found: list[dict[str, Any]] = []
    for place, (word, at) in enumerate(steps):
        state = "is-now" if place == now else "is-done" if place <= done else ""
        hint = ""
        if place == 1 and place == now and at:
            hint = _("%(picked)s of %(units)s units") % {"picked": parcel.picked, "units": parcel.units}
        last = place == len(steps) - 1
        found.append(
            {
                "word": word,
                "at": at,
                "state": "is-bad" if bad and last else state,
                "hint": hint,
                "by": parcel.cut_off_at if place == 3 and not at else None,
                "day": parcel.arrive_date if last and not at and method == "ship" else None,
            }
        )
    return found


def _unplaced(line: Line, scopes: Mapping[str, CancelScope]) -> dict[str, Any]:
    return {"line": line, "question": _cancel_line(line, scopes)}


def _next(found: Order, unplaced: Sequence[Line], pending: Mapping[str, Any] | None) -> str:
    """What happens next with the units that have no place."""
    if not unplaced:
        return ""
    if found.held_reason:
        return _("Nothing happens until the order is let go on.")
    if pending:
        return _("Routing looks at them within seconds.")
    if any(line.backordered for line in unplaced):
        return _("They are looked at again when stock comes, when the rules change, and once a day.")
    return _("They wait for a person. Routing also looks again when stock comes or the rules change.")


def _costs(going: Sequence[Parcel]) -> dict[str, Any] | None:
    """What the parcels cost us; what has not left is planned."""
    if not going:
        return None
    freight, handling = sum(p.freight for p in going), sum(p.handling for p in going)
    return {
        "rows": going if len(going) > 1 else [],
        "freight": freight,
        "handling": handling,
        "sum": freight + handling,
        "shipped": sum(p.freight + p.handling for p in going if p.left),
        "all_left": all(p.left for p in going),
        "lateness": sum(p.lateness for p in going),
        "parts": [("freight", freight), ("handling", handling)],
    }


def _map(found: Order, going: Sequence[Parcel], nodes: Sequence[tuple[Any, ...]]) -> dict[str, Any] | None:
    """The nodes of the parcels, the destination and a curve from each; None when nothing of it is on the drawing."""
    places = {
        code: (lon, lat, name) for code, name, _kind, lat, lon, _id in nodes if lat is not None and lon is not None
    }
    home = None
    lat, lon = found.ship_to_latitude, found.ship_to_longitude
    if found.method == "ship" and lat is not None and lon is not None and us_map.on_map(lon, lat):
        home = us_map.project(lon, lat)
    spots: dict[str, dict[str, Any]] = {}
    for parcel in going:
        if parcel.node in places:
            lon, lat, name = places[parcel.node]
            if us_map.on_map(lon, lat):
                spot = spots.setdefault(parcel.node, {"at": us_map.project(lon, lat), "name": name, "numbers": []})
                spot["numbers"].append(parcel.number)
    points = [spot["at"] for spot in spots.values()] + ([home] if home else [])
    if not points:
        return None
    box = us_map.box_around(points, ratio=1.45, margin=50, least=300)
    for spot in spots.values():
        spot["label"] = ", ".join(map(str, spot["numbers"]))
        if home:
            at = spot["at"]
            bend = (at.x + home.x) / 2, (at.y + home.y) / 2 - abs(at.x - home.x) / 5
            spot["route"] = f"M{at.x} {at.y}Q{bend[0]:.1f} {bend[1]:.1f} {home.x} {home.y}"
    place = ", ".join(part for part in (found.ship_to_region, found.ship_to_postcode) if part)
    told = _("From %(nodes)s to %(place)s") % {
        "nodes": ", ".join(spot["name"] for spot in spots.values()),
        "place": place,
    }
    return {"told": told, "box": box, "spots": list(spots.values()), "home": home, "place": place}


def _decided(
    request: HttpRequest,
    found: Order,
    lines: Sequence[Line],
    nodes: Sequence[tuple[Any, ...]],
    names: Mapping[str, str],
) -> dict[str, Any]:
    """The decision that is asked for, else the newest one that placed something, else the newest; with its answers."""
    all_of_them = decisions.of_order(found.id, limit=DECISIONS)
    if not all_of_them:
        return {"decision": None}
    asked = request.GET.get("decision", "")
    placed = next((d for d in all_of_them if d.outcome != "none"), all_of_them[0])
    chosen: Decision = next(
        (d for d in all_of_them if str(d.id) == asked), all_of_them[0] if found.state in WAITS else placed
    )
    facts = seen.facts_of(chosen)
    km = rates.distances(
        [found.ship_to_latitude], [found.ship_to_longitude], [row[3] for row in nodes], [row[4] for row in nodes]
    )[0].tolist()
    away = facts.distance_km if facts else {row[0]: one for row, one in zip(nodes, km, strict=True)}
    answers = Answers(chosen, decisions.explain(chosen, away=away), facts, names, lines)
    by_id = {line.id: line for line in lines}
    columns = [by_id[line_id] for line_id in facts.lines if line_id in by_id] if facts else []
    questions = [
        (_("Why these nodes?") if chosen.plan["parcels"] else _("Why no node?"), answers.why_these()),
        (_("Why split?"), answers.why_split()),
        (_("Why not a closer node?"), answers.why_not_nearer()),
        (_("What stock was seen, how old was the feed?"), answers.stock()),
        (_("What did it cost, what would the next best have cost?"), answers.cost()),
    ]
    rows = answers.table({code: kind for code, _name, kind, *_rest in nodes}, away)
    near = min(len(rows), sum(not row.refused for row in rows) + NEAREST)
    return {
        "decision": chosen,
        "rule": answers.rule,
        "questions": [(question, said) for question, said in questions if said],
        "tables": [rows[:near], rows[near:]],
        "far": len(rows) - near,
        "columns": columns if len(columns) <= COLUMNS else [],
        "lines_seen": len(facts.lines) if facts else 0,
        "wanted": list(zip(columns, facts.units, strict=False)) if facts else [],
        "other_decisions": [(other, outcome(other)) for other in all_of_them if other.id != chosen.id],
    }


WAITS = frozenset({"backordered", "exception", "pending"})
