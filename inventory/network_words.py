"""The network in words: a node in one line, its week, what somebody changed of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import hours
from .audit import Change
from .models import LegalEntity, Node, NodeGroup
from .roster import Today

DAYS = (
    gettext_lazy("Monday"),
    gettext_lazy("Tuesday"),
    gettext_lazy("Wednesday"),
    gettext_lazy("Thursday"),
    gettext_lazy("Friday"),
    gettext_lazy("Saturday"),
    gettext_lazy("Sunday"),
)
FEEDS = {
    "fresh": gettext_lazy("feed fresh"),
    "late": gettext_lazy("feed late"),
    "stale": gettext_lazy("feed stale"),
    "paused": gettext_lazy("feed paused"),
    "none": gettext_lazy("no feed"),
}


@dataclass(frozen=True)
class Told:
    """One change as the page says it."""

    at: datetime
    who: str
    what: str
    fields: tuple[tuple[str, str, str], ...] = ()


def weekdays() -> list[str]:
    """Monday to Sunday."""
    return [str(day) for day in DAYS]


def day(given: date) -> str:
    """A local day: Wed 25 Nov."""
    return date_format(given, "D j M")


def feed(state: str, minutes: int | None) -> str:
    """A feed's state with its age, where it is not on time: "feed stale for 40 min"."""
    if state not in ("late", "stale"):
        return str(FEEDS.get(state, state))
    if minutes is None:
        return _("%(feed)s, never read") % {"feed": FEEDS[state]}
    return _("%(feed)s, last read %(time)s ago") % {"feed": FEEDS[state], "time": age(minutes)}


def age(minutes: int) -> str:
    """Minutes in their two largest units: 40 min, 1 h 15 min, 3 d 2 h."""
    days, hours, rest = minutes // 1440, minutes // 60, minutes % 60
    if hours >= 48:
        return _("%(days)s d %(hours)s h") % {"days": days, "hours": hours % 24}
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}
    return _("%(minutes)s min") % {"minutes": rest}


def in_short(row: Today) -> str:
    """A node now, as it is read aloud on the map."""
    load = (
        _("%(taken)s of %(cap)s parcels today") % {"taken": row.taken, "cap": row.cap}
        if row.works
        else _("no parcels today")
    )
    doors = _("open") if row.is_open else _("closed")
    return f"{row.node.name}: {doors}, {load}, {feed(row.feed.state, row.feed.minutes)}"


def of_master(changes: Iterable[Change], names: Mapping[str, str]) -> Iterator[Told]:
    """Changes of a node's own row."""
    words = {"insert": _("Made"), "update": _("Changed"), "delete": _("Removed")}
    others: dict[str, Any] = {"group_id": NodeGroup, "legal_entity_id": LegalEntity}
    known: dict[str, dict[int, str]] = {}
    for change in changes:
        fields = []
        for name, *both in change.fields:
            if name in others and name not in known:
                known[name] = dict(others[name].objects.values_list("pk", "name"))
            field: Any = Node._meta.get_field(name)  # noqa: SLF001
            label = capfirst(str(field.verbose_name))
            before, after = (known[name].get(value, "–") if name in known else _value(name, value) for value in both)
            fields.append((label, before, after))
        yield Told(change.at, names.get(change.actor, ""), words[change.what], tuple(fields))


def of_caps(changes: Iterable[Change], names: Mapping[str, str]) -> Iterator[Told]:
    """Caps of single days that a person set."""
    for change in changes:
        what = _("Parcels of %(day)s set to %(cap)s") % {
            "day": day(change.values["ship_date"]),
            "cap": f"{change.values['cap']:,}",
        }
        yield Told(change.at, names.get(change.actor, ""), what)


def _value(name: str, value: Any) -> str:
    if value in (None, "", []):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "hours":
        return week(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def week(written: Any) -> str:
    """A node's hours on one line: Mon 09:00–21:00, …"""
    open_days = [(day, span) for day, span in zip(DAYS, hours.week_of(written), strict=True) if span]
    return ", ".join(f"{str(day)[:3]} {span[0]:%H:%M}–{span[1]:%H:%M}" for day, span in open_days)
