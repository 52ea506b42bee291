"""What happened to an order, and what is still to come, in words."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dom_project.lib import db
from dom_project.templatetags.figures import money
from routing import words

from .dossier import Parcel
from .outlook import waits_on_floor
from .states import State


class Event(NamedTuple):
    kind: str
    data: Mapping[str, Any]
    actor: str
    at: datetime


class Entry(NamedTuple):
    """One line of the timeline. `at` is an instant, or a local day for what is only expected by the day."""

    at: datetime | date
    title: str
    detail: str
    tone: str  # "", good, warn, bad
    actor: str
    time_zone: str = ""  # a node's own, of what happens by its clock

    @property
    def is_day(self) -> bool:
        return not isinstance(self.at, datetime)


EVENTS = "SELECT kind, data, actor, at FROM routing_orderevent WHERE order_id = %s ORDER BY seq DESC LIMIT %s"
MOST = 200
TITLES: Mapping[str, str | Promise] = {
    "dispatched": gettext_lazy("Sent to the floor of %(node)s"),
    "picking": gettext_lazy("%(node)s began picking"),
    "picked_short": gettext_lazy("%(node)s was short of %(sku)s"),
    "packed": gettext_lazy("%(node)s packed it"),
    "ready": gettext_lazy("Ready in %(node)s for the customer"),
    "shipped": gettext_lazy("Left %(node)s"),
    "handed_over": gettext_lazy("Collected in %(node)s"),
    "recalled": gettext_lazy("Taken back from %(node)s"),
    "replanned": gettext_lazy("Moved from %(from)s to %(to)s"),
    "put_back": gettext_lazy("Put back in %(node)s"),
    "woken": gettext_lazy("To be looked at again"),
    "feedback": gettext_lazy("The customer gave %(score)s of 5"),
}
WOKEN: Mapping[str, str | Promise] = {
    "stock": gettext_lazy("Stock has come"),
    "rules": gettext_lazy("The rules have changed"),
    "day": gettext_lazy("A new day began"),
}
CARRIER: Mapping[str, str | Promise] = {
    "info": gettext_lazy("The carrier knows of it"),
    "in_transit": gettext_lazy("With the carrier"),
    "out_for_delivery": gettext_lazy("Out for delivery"),
    "delayed": gettext_lazy("Delayed on the way"),
    "delivered": gettext_lazy("Delivered"),
    "lost": gettext_lazy("Lost by the carrier"),
}
THERE = frozenset({State.DELIVERED, State.HANDED_OVER, State.READY, State.RETURNED, State.LOST})
TONES = {
    "exception": "bad",
    "backordered": "warn",
    "partly_routed": "warn",
    "picked_short": "warn",
    "cancelled": "warn",
    "recalled": "warn",
    "returned": "warn",
    "routed": "good",
    "replanned": "good",
    "shipped": "good",
    "handed_over": "good",
    "delivered": "good",
}


def events(order_id: int) -> list[Event]:
    """The order's last 200 events, the newest first. One query."""
    return [Event(kind, json.loads(data), actor, at) for kind, data, actor, at in db.rows(EVENTS, [order_id, MOST])]


def past(
    events: Sequence[Event], parcels: Sequence[Parcel], nodes: Mapping[str, str], actors: Mapping[str, str]
) -> list[Entry]:
    """Events as entries, in their order. `nodes` and `actors` give codes their names."""
    numbers = {parcel.shipment: parcel.number for parcel in parcels if parcel.shipment}
    return [_entry(event, numbers, nodes, actors) for event in events]


def to_come(
    parcels: Sequence[Parcel],
    nodes: Mapping[str, str],
    *,
    promise_at: datetime,
    by_day: bool,
    time_zone: str,
    at: datetime,
) -> list[Entry]:
    """What should happen next, the latest first: cut-offs, arrivals, the promise. Days are the customer's.

    `by_day`: what is promised is the day of `promise_at`, not its hour.
    """
    zone = ZoneInfo(time_zone)
    going = [parcel for parcel in parcels if not parcel.gone]
    under_way = [parcel for parcel in going if parcel.state not in THERE]
    found: list[tuple[date, int, Entry]] = []
    for parcel in under_way:
        which = _parcel(parcel.number, len(going))
        if parcel.cut_off_at and parcel.cut_off_at > at and waits_on_floor(parcel):
            title = _("Cut-off of %(node)s") % {"node": nodes.get(parcel.node, parcel.node)}
            day = parcel.cut_off_at.astimezone(zone).date()
            found.append((day, 0, Entry(parcel.cut_off_at, title, which, "", "", parcel.time_zone)))
        title = _("Arrives") if parcel.service else _("Ready for the customer")
        found.append((parcel.arrive_date, 1, Entry(parcel.arrive_date, title, which, "", "")))
    if promise_at > at and (under_way or not going):
        day = promise_at.astimezone(zone).date()
        entry = Entry(day if by_day else promise_at, _("Promised until then"), "", "", "", time_zone)
        found.append((day, 2, entry))
    return [entry for _day, _kind, entry in sorted(found, key=lambda row: row[:2], reverse=True)]


def _entry(event: Event, numbers: Mapping[str, int], nodes: Mapping[str, str], actors: Mapping[str, str]) -> Entry:
    data = event.data
    node = nodes.get(data.get("node", ""), data.get("node", ""))
    if event.kind == "tracking":
        title = str(CARRIER.get(data.get("state", ""), words.event("tracking")))
    elif event.kind == "replanned" and set(data.get("from", ())) == {one["node"] for one in data.get("parcels", ())}:
        title = _("Planned anew at %(nodes)s") % {"nodes": _named(data["from"], nodes)}
    elif event.kind in TITLES:
        title = str(TITLES[event.kind]) % {
            "node": node,
            "sku": data.get("sku", ""),
            "score": data.get("score", ""),
            "from": _named(data.get("from", ()), nodes),
            "to": _named([parcel["node"] for parcel in data.get("parcels", ())], nodes),
        }
    else:
        title = words.event(event.kind)
    parcel = _parcel(numbers[data["shipment"]], len(numbers)) if data.get("shipment") in numbers else ""
    detail = ", ".join(part for part in (parcel, _detail(event, nodes)) if part)
    tone = "bad" if data.get("state") == "lost" else TONES.get(event.kind, "")
    return Entry(event.at, title, detail, tone, actors.get(event.actor, event.actor))


def _parcel(number: int, of: int) -> str:
    return _("Parcel %(number)s") % {"number": number} if of > 1 else ""


def _detail(event: Event, nodes: Mapping[str, str]) -> str:
    data = event.data
    match event.kind:
        case "accepted":
            return _units(data.get("units", 0))
        case "routed" | "partly_routed":
            sent = _named([parcel["node"] for parcel in data.get("parcels", ())], nodes)
            return _("to %(nodes)s") % {"nodes": sent} if sent else ""
        case "replanned":
            return ", ".join(replanned(data))
        case "backordered":
            return _units(sum(line.get("units", 0) for line in data.get("lines", ())))
        case "exception":
            return words.sentence(data.get("reason", ""), data)
        case "woken":
            return str(WOKEN.get(data.get("why", ""), ""))
        case "released":
            return _("the stock was counted lower") if data.get("reason") == "shortfall" else ""
        case "picked_short":
            return _("%(found)s found, %(units)s sourced anew") % {"found": data["found"], "units": data["units"]}
        case "cancelled":
            now = sum(line.get("units", 0) for line in data.get("lines", ()))
            later = sum(line.get("put_back", 0) for line in data.get("lines", ()))
            told = [_units(now)] if now else []
            if later:
                told.append(_("%(units)s to be put back first") % {"units": _units(later)})
            return ", ".join(told)
        case "shipped":
            return str(data.get("tracking_number", ""))
        case "put_back":
            return f"{_units(data.get('units', 0))} {data.get('sku', '')}".strip()
        case "returned" | "recalled":
            lines = data.get("lines", ())
            where = {nodes.get(line["node"], line["node"]) for line in lines if line.get("node")}
            return ", ".join([_units(sum(line.get("units", 0) for line in lines)), *sorted(where)])
    return ""


def replanned(data: Mapping[str, Any]) -> list[str]:
    """What a move from one plan to another brings, in a few words each: money, days."""
    saved, days = data.get("saved", 0), data.get("sooner", 0)
    told = []
    if saved:
        amount = money(abs(saved), data.get("currency", ""))
        text = _("saves %(amount)s") if saved > 0 else _("costs %(amount)s more")
        told.append(text % {"amount": amount})
    if days > 0:
        told.append(ngettext("arrives %(days)s day earlier", "arrives %(days)s days earlier", days) % {"days": days})
    elif days:
        text = ngettext(
            "arrives %(days)s day later, still as promised", "arrives %(days)s days later, still as promised", -days
        )
        told.append(text % {"days": -days})
    return told


def _named(codes: Sequence[str], nodes: Mapping[str, str]) -> str:
    """The names of these nodes, each once."""
    return ", ".join(nodes.get(code, code) for code in dict.fromkeys(codes))


def _units(units: int) -> str:
    return ngettext("%(units)s unit", "%(units)s units", units) % {"units": f"{units:,}"}
