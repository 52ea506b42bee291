"""Who changed a master, when, and what of it: the triggers' events, as differences from one to the next."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pghistory
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


def by(actor: str, *, at: datetime) -> AbstractContextManager[Any]:
    """What is written inside is told as `actor`'s and as of `at`, be it a page's request, a token's or a task's."""
    manager: AbstractContextManager[Any] = pghistory.context(actor=actor, at=at.isoformat())
    return manager


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
        at, actor = _by(row)
        told.append(Change(at, row.pgh_label, actor, row.pgh_obj_id, tuple(fields), values))
    return told[::-1][:most]


def _difference(before: Model | None, after: Model, names: Iterable[str]) -> list[tuple[str, Any, Any]]:
    if before is None:
        return []
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in names)
    return [(name, old, new) for name, old, new in pairs if old != new]


def _by(row: Any) -> tuple[datetime, str]:
    """When, and who: as the verb said (`by`), else the trigger's own moment and whose request it was."""
    known = (row.pgh_context.metadata or {}) if row.pgh_context else {}
    at = datetime.fromisoformat(known["at"]) if "at" in known else row.pgh_created_at
    return at, known.get("actor") or (f"user:{known['user']}" if known.get("user") else "")
