"""Where an order stands and whether its promise holds, in sentences."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.humanize.templatetags.humanize import apnumber
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dom_project.templatetags.moments import day
from fulfillment.dossier import Line, Parcel
from fulfillment.outlook import Outlook, Verdict
from routing.models import Order

NAMED = 3  # nodes that are told by name where parcels are told together
LOOKS: Mapping[Verdict, tuple[str | Promise, str, str]] = {
    Verdict.KEPT: (gettext_lazy("Kept"), "good", "circle-check"),
    Verdict.MISSED: (gettext_lazy("Not kept"), "bad", "alert-circle"),
    Verdict.HOLDS: (gettext_lazy("Planned in time"), "good", "circle-check"),
    Verdict.TIGHT: (gettext_lazy("Planned for the day itself"), "quiet", "hourglass"),
    Verdict.AT_RISK: (gettext_lazy("At risk"), "warn", "alert-triangle"),
    Verdict.NEAR: (gettext_lazy("At risk"), "warn", "alert-triangle"),
    Verdict.LATE: (gettext_lazy("Will be late"), "bad", "alert-circle"),
    Verdict.OPEN: (gettext_lazy("Not sure yet"), "warn", "hourglass"),
    Verdict.NONE: (gettext_lazy("No longer needed"), "quiet", "ban"),
}


def status(
    found: Order,
    parcels: Sequence[Parcel],
    lines: Sequence[Line],
    exceptions: Sequence[Any],
    names: Mapping[str, str],
    *,
    at: datetime,
) -> list[str]:
    """Where the order stands, in sentences."""
    if found.state == "cancelled":
        return [_("The order is cancelled.")]
    said = []
    if found.held_reason:
        said.append(_("The order is held: %(reason)s.") % {"reason": found.held_reason})
    going = [parcel for parcel in parcels if not parcel.gone]
    if len(going) <= 4:
        for parcel in going:
            what = _("parcel %(number)s") % {"number": parcel.number} if len(going) > 1 else _("the order")
            told = _sentence_of(parcel.state) % {"node": names.get(parcel.node, parcel.node), "what": what}
            said.append(told[:1].upper() + told[1:])
    else:
        by_state: dict[str, list[Parcel]] = {}
        for parcel in going:
            by_state.setdefault(parcel.state, []).append(parcel)
        for state, some in by_state.items():
            what = ngettext("%(count)s parcel", "%(count)s parcels", len(some)) % {"count": len(some)}
            where = sorted({names.get(parcel.node, parcel.node) for parcel in some})
            told = _sentence_of(state, nodes=len(where), parcels=len(some)) % {"node": _nodes(where), "what": what}
            said.append(told[:1].upper() + told[1:])
    if kept := [parcel.ship_date for parcel in going if found.method == "ship" and _kept(parcel, at)]:
        text = _("Until %(day)s it stays in hand and may be planned anew.")
        said.append(text % {"day": day(min(kept))})
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


def why(will: Outlook, going: Sequence[Parcel], found: Order, names: Mapping[str, str]) -> str:
    """What the verdict on the promise rests on."""
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
        case Verdict.NEAR:
            return _("The promised hour is near and the goods are not ready.")
        case Verdict.LATE if will.arrive_date and will.days is not None and will.days < 0:
            return _("%(what)s %(plan)s on %(day)s; the promise is missed by %(days)s.") % params
        case Verdict.LATE:
            return _("The promised moment has passed.")
        case Verdict.OPEN:
            return _("Units have no place yet.") if found.state != "pending" else _("Routing has not placed it yet.")
    return ""


def next_step(found: Order, unplaced: Sequence[Line], pending: Mapping[str, Any] | None) -> str:
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


def _kept(parcel: Parcel, at: datetime) -> bool:
    """The floor gets it on a later day of its node."""
    return not parcel.state and parcel.ship_date > at.astimezone(ZoneInfo(parcel.time_zone)).date()


def _nodes(names: Sequence[str]) -> str:
    """Some nodes by name, many by their number."""
    if len(names) > NAMED:
        return _("%(count)s nodes") % {"count": apnumber(len(names))}
    return _(" and ").join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _sentence_of(state: str, *, nodes: int = 1, parcels: int = 1) -> str:
    """Where so many parcels of one state at so many nodes are."""
    return {
        "": _("%(node)s will get %(what)s to pick."),
        "to_pick": ngettext("%(node)s has %(what)s to pick.", "%(node)s have %(what)s to pick.", nodes),
        "picking": ngettext("%(node)s is picking %(what)s.", "%(node)s are picking %(what)s.", nodes),
        "packed": ngettext("%(what)s is packed in %(node)s.", "%(what)s are packed in %(node)s.", parcels),
        "ready": ngettext(
            "%(what)s is ready for the customer in %(node)s.",
            "%(what)s are ready for the customer in %(node)s.",
            parcels,
        ),
        "shipped": ngettext("%(what)s has left %(node)s.", "%(what)s have left %(node)s.", parcels),
        "handed_over": _("The customer collected %(what)s in %(node)s."),
        "delivered": ngettext(
            "%(what)s from %(node)s was delivered.", "%(what)s from %(node)s were delivered.", parcels
        ),
        "returned": _("%(what)s from %(node)s came back."),
        "lost": ngettext(
            "%(what)s from %(node)s was lost on the way.", "%(what)s from %(node)s were lost on the way.", parcels
        ),
    }.get(state, state)
