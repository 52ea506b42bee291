"""Nodes from a file: made or changed by code. Needed of a new node: kind, time zone, cut-off, daily capacity."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from inventory import capacity, ledger
from inventory.models import ImportRun, Node, NodeGroup

from . import cells
from .kinds import Field, Judged, Kind, Row, add
from .rows import Fault

ABILITIES = ("ship", "pickup", "curbside", "same_day")
NEEDED = ("name", "kind", "time_zone", "cut_off", "daily_capacity")
ALWAYS = {str(day): ["00:00", "24:00"] for day in range(7)}  # of a new node whose hours the file lacks
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(?:(\w{3})(?:-(\w{3}))?\s+)?(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})", re.IGNORECASE)

FIELDS = (
    Field("code", _("Node"), required=True, aliases=("node", "node code", "store", "site", "location")),
    Field("name", _("Name"), aliases=("title", "node name")),
    Field("kind", _("Kind"), hint=", ".join(Node.Kind.values), aliases=("type",), choices=lambda: Node.Kind.choices),
    Field("group", _("Group"), hint=_("A code; made if it is new."), aliases=("region group", "node group")),
    Field("street", _("Street"), aliases=("address",)),
    Field("city", _("City"), aliases=("town",)),
    Field("region", _("Region"), aliases=("state", "province")),
    Field("postcode", _("Postcode"), aliases=("zip", "zip code", "postal code")),
    Field("country", _("Country"), hint="US", aliases=("country code",)),
    Field("latitude", _("Latitude"), aliases=("lat",)),
    Field("longitude", _("Longitude"), aliases=("lon", "lng")),
    Field("time_zone", _("Time zone"), hint="America/Chicago", aliases=("timezone", "tz")),
    Field("hours", _("Opening hours"), hint=_("mon-fri 09:00-21:00; sat 10:00-18:00"), aliases=("opening hours",)),
    Field("holidays", _("Holidays"), hint=_("Days on which it is closed: 2026-12-25 2027-01-01"), aliases=()),
    Field("cut_off", _("Cut-off"), hint="15:00", aliases=("cutoff", "cut off time")),
    Field("daily_capacity", _("Parcels a day"), aliases=("capacity", "parcels per day")),
    Field("abilities", _("Abilities"), hint="ship pickup", aliases=("capabilities",)),
    Field("handling_classes", _("Handling classes"), hint=_("Codes parted by blanks."), aliases=("handling",)),
    Field("shipment_cost", _("Cost per shipment"), hint=_("In major units."), aliases=("cost per shipment",)),
    Field("unit_cost", _("Cost per unit picked"), hint=_("In major units."), aliases=("cost per unit",)),
    Field("currency", _("Currency"), hint="USD", aliases=("cur",)),
    Field("pickup_ready_minutes", _("Minutes until pickup is ready"), aliases=("pickup minutes",)),
    Field("active", _("Active"), hint=_("yes or no"), aliases=("enabled",)),
)


def hours(cell: str) -> dict[str, list[str]]:
    """`mon-fri 09:00-21:00; sat 10:00-18:00` as weekday -> span; without days: all of them. Blank: no hours."""
    found: dict[str, list[str]] = {}
    for part in filter(None, (part.strip() for part in cell.split(";"))):
        span = _SPAN.fullmatch(part)
        names = [day.lower() for day in span.groups()[:2] if day] if span else ["?"]
        if span is None or not set(names) <= set(_DAYS):
            raise cells.Wrong("not_hours", value=part[:40])
        opens, closes = span.groups()[2:]
        start, end = cells.time_of_day(opens), cells.time_of_day("23:59:59" if closes == "24:00" else closes)
        if start >= end:
            raise cells.Wrong("not_hours", value=part[:40])
        first = _DAYS.index(names[0]) if names else 0
        last = _DAYS.index(names[-1]) if names else 6
        for day in range(first, last + 1):
            found[str(day)] = [start.strftime("%H:%M"), closes if closes == "24:00" else end.strftime("%H:%M")]
    return found


def dates(cell: str) -> list[date]:
    try:
        return sorted(date.fromisoformat(part) for part in cells.codes(cell))
    except ValueError:
        raise cells.Wrong("not_a_date", value=cell.strip()[:40]) from None


def abilities(cell: str) -> list[str]:
    return [cells.one_of(part, ABILITIES) for part in cells.codes(cell)]


READERS: Mapping[str, Any] = {
    "name": lambda cell: cells.text(cell, longest=120, required=True),
    "kind": lambda cell: cells.one_of(cell, tuple(Node.Kind.values)),
    "group": lambda cell: cells.slug(cell) if cell.strip() else "",
    "street": lambda cell: cells.text(cell, longest=160),
    "city": lambda cell: cells.text(cell, longest=80),
    "region": lambda cell: cells.text(cell, longest=40),
    "postcode": lambda cell: cells.text(cell, longest=16),
    "country": cells.country,
    "latitude": lambda cell: cells.number(cell, least=-90, most=90) if cell.strip() else None,
    "longitude": lambda cell: cells.number(cell, least=-180, most=180) if cell.strip() else None,
    "time_zone": cells.zone,
    "hours": hours,
    "holidays": dates,
    "cut_off": cells.time_of_day,
    "daily_capacity": lambda cell: cells.whole(cell, most=1_000_000),
    "abilities": abilities,
    "handling_classes": cells.codes,
    "currency": cells.currency,
    "pickup_ready_minutes": lambda cell: cells.whole(cell, most=100_000),
    "active": cells.yes_or_no,
}


def judge(rows: Sequence[Row], run: ImportRun, at: datetime) -> Judged:
    """Facts are dicts of the columns to write. A new node must have all that is needed of one."""
    known = dict(Node.objects.values_list("code", "currency"))
    facts: list[dict[str, Any]] = []
    faults: list[Fault] = []
    seen: set[str] = set()
    for row in rows:
        told = _fact(row, known)
        if not isinstance(told, Fault):
            missing = [name for name in NEEDED if name not in told] if told["code"] not in known else []
            if told["code"] in seen:
                told = Fault(row.line, "code", "twice_in_file", {"value": told["code"]})
            elif missing:
                told = Fault(row.line, missing[0], "needed_of_new", {})
            elif (told.get("latitude") is None) != (told.get("longitude") is None):
                told = Fault(row.line, "latitude", "half_a_place", {})
        if isinstance(told, Fault):
            faults.append(told)
        else:
            seen.add(told["code"])
            facts.append(told)
    return Judged(facts, faults)


def write(facts: Sequence[dict[str, Any]], *, run: ImportRun, part: int, at: datetime, actor: str) -> list[Fault]:
    """Insert new nodes, change those that exist, in the columns that the file has, and open their days."""
    if not facts:
        return []
    groups = {fact["group"] for fact in facts if fact.get("group")}
    NodeGroup.objects.bulk_create(
        [NodeGroup(code=code, name=code.replace("-", " ").title()) for code in sorted(groups)], ignore_conflicts=True
    )
    group_ids = dict(NodeGroup.objects.filter(code__in=groups).values_list("code", "pk"))
    existing = {node.code: node for node in Node.objects.select_for_update().order_by("pk")}
    columns = [name for name in facts[0] if name not in ("line", "code", "group")]
    fresh: list[Node] = []
    for fact in facts:
        node = existing.get(fact["code"]) or Node(code=fact["code"], abilities=["ship"], hours=ALWAYS)
        for name in columns:
            setattr(node, name, fact[name])
        if "group" in fact:
            node.group_id = group_ids.get(fact["group"])
        node.changed_at = at
        if node.pk is None:
            fresh.append(node)
    Node.objects.bulk_create(fresh)
    changed = [existing[fact["code"]] for fact in facts if fact["code"] in existing]
    Node.objects.bulk_update(changed, [*columns, *(["group"] if "group" in facts[0] else []), "changed_at"])
    capacity.open_days(at=at, node_ids=[node.pk for node in (*fresh, *changed)])
    if "group" in facts[0]:
        ledger.set_safety_many(node_ids=[node.pk for node in changed])
    return []


def _fact(row: Row, currencies: Mapping[str, str]) -> dict[str, Any] | Fault:
    values, field = row.values, "code"
    try:
        fact: dict[str, Any] = {"line": row.line, "code": cells.slug(values["code"])}
        for field, read in READERS.items():
            if field in values:
                fact[field] = read(values[field])
        currency = fact.get("currency") or currencies.get(fact["code"], "USD")
        for field in ("shipment_cost", "unit_cost"):
            if field in values:
                fact[field] = cells.money(values[field], currency)
    except cells.Wrong as wrong:
        return wrong.at(row.line, field)
    return fact


add(
    Kind(
        code="nodes",
        title=_("Nodes"),
        text=_("The places that hold and ship stock: DCs, stores, dark stores, third parties, vendors."),
        fields=FIELDS,
        judge=judge,
        write=write,
        chunk_rows=1_000,
    )
)
