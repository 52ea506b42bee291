"""Who changed a master, when, and what of it: the triggers' events, as differences from one to the next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Model

LEFT_OUT = frozenset({"id", "changed_at", "pgh_id", "pgh_created_at", "pgh_label", "pgh_context", "pgh_obj"})


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a row: insert, update or delete, by `actor` ("" if unknown).

    `fields` are (name, before, after) of an update, `values` the row as it was then.
    """

    at: datetime
    what: str
    actor: str
    subject: int
    fields: tuple[tuple[str, Any, Any], ...]
    values: Mapping[str, Any]


def changes(event: str, *, most: int = 20, **which: Any) -> list[Change]:
    """The newest changes first, of the rows of an event model ("NodeEvent") that `which` selects; one query."""
    model: Any = apps.get_model("inventory", event)
    found = list(model.objects.filter(**which).select_related("pgh_context").order_by("-pgh_id")[: most + 1])
    told: list[Change] = []
    before: dict[int, Any] = {}
    names = [field.attname for field in model._meta.concrete_fields if field.name not in LEFT_OUT]  # noqa: SLF001
    for row in reversed(found):
        fields = _difference(before.get(row.pgh_obj_id), row, names) if row.pgh_label == "update" else ()
        known = row.pgh_obj_id in before
        before[row.pgh_obj_id] = row
        if row.pgh_label == "update" and known and not fields:
            continue  # saved as it was
        values = {name: getattr(row, name) for name in names}
        told.append(Change(row.pgh_created_at, row.pgh_label, _actor(row), row.pgh_obj_id, tuple(fields), values))
    return told[::-1][:most]


def _difference(before: Model | None, after: Model, names: Iterable[str]) -> list[tuple[str, Any, Any]]:
    if before is None:
        return []
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in names)
    return [(name, old, new) for name, old, new in pairs if old != new]


def _actor(row: Any) -> str:
    user = (row.pgh_context.metadata or {}).get("user") if row.pgh_context else None
    return f"user:{user}" if user else ""
