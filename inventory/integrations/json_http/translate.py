"""Pure: one answer of the source -> stock facts and faults, by the connection's mapping."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from inventory import moments
from inventory.integrations.connector import Fault, Page, ReadFailed, StockFact, fold
from inventory.letters import storable

MOST_UNITS = 10_000_000
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Field:
    """Where a value is and what is done to it first."""

    path: str = ""
    trim: bool = True
    case: str = ""
    constant: Any = _MISSING


@dataclass(frozen=True, slots=True)
class SourceMap:
    """A connection's mapping with its defaults filled in."""

    path: str
    limit: int
    params: Mapping[str, str]
    rows: str
    as_of: str
    complete: str
    count: str
    next: str
    fields: Mapping[str, Field]


ROW_FIELDS = ("node", "sku", "on_hand", "reserved", "changed_at", "version")
REQUIRED = ("node", "sku", "on_hand")
DEFAULTS: Mapping[str, Any] = {
    "path": "stock",
    "limit": 5000,
    "params": {"since": "since", "cursor": "cursor", "limit": "limit"},
    "rows": "rows",
    "as_of": "as_of",
    "complete": "complete",
    "count": "count",
    "next": "next",
} | {name: name for name in ROW_FIELDS}


def mapping_of(data: Mapping[str, Any]) -> SourceMap:
    """Return the mapping with defaults. Raises ReadFailed("mapping_wrong") naming the key that can't be used."""
    unknown = sorted(set(data) - set(DEFAULTS))
    if unknown:
        raise ReadFailed("mapping_wrong", key=unknown[0])
    full = {**DEFAULTS, **data}
    for key in ("path", "rows", "as_of", "complete", "count", "next"):
        if not isinstance(full[key], str):
            raise ReadFailed("mapping_wrong", key=key)
    limit, params = full["limit"], full["params"]
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= 100_000:
        raise ReadFailed("mapping_wrong", key="limit")
    if not isinstance(params, Mapping) or not all(isinstance(name, str) for name in params.values()):
        raise ReadFailed("mapping_wrong", key="params")
    fields = {name: _field(name, full[name]) for name in ROW_FIELDS}
    return SourceMap(
        path=full["path"],
        limit=limit,
        params={**DEFAULTS["params"], **params},
        rows=full["rows"],
        as_of=full["as_of"],
        complete=full["complete"],
        count=full["count"],
        next=full["next"],
        fields=fields,
    )


def _field(name: str, told: Any) -> Field:
    if isinstance(told, str):
        field = Field(path=told)
    elif isinstance(told, Mapping) and set(told) <= {"path", "trim", "case", "constant"}:
        field = Field(**told)
    else:
        raise ReadFailed("mapping_wrong", key=name)
    if not isinstance(field.path, str) or field.case not in ("", "upper", "lower"):
        raise ReadFailed("mapping_wrong", key=name)
    if name in REQUIRED and not field.path and field.constant is _MISSING:
        raise ReadFailed("mapping_wrong", key=name)
    return field


def page_of(answer: Any, mapping: SourceMap, *, received_at: datetime) -> Page:
    """Read one page. Raises ReadFailed when there are no rows where the mapping says, or a mark has no sense."""
    rows = find(answer, mapping.rows)
    if not isinstance(rows, list):
        raise ReadFailed("no_rows", path=mapping.rows)
    facts: list[StockFact] = []
    faults: list[Fault] = []
    for row in rows:
        told = fact_of(row, mapping, received_at=received_at)
        if isinstance(told, Fault):
            faults.append(told)
        else:
            facts.append(told)
    following = _mark(answer, mapping.next)
    complete = _mark(answer, mapping.complete)
    count = _mark(answer, mapping.count)
    if mapping.count and (not isinstance(count, int) or isinstance(count, bool)):
        raise ReadFailed("no_count", path=mapping.count)
    return Page(
        facts,
        faults,
        _moment_of_read(answer, mapping.as_of, received_at),
        complete is True if mapping.complete else following in (None, ""),
        count if mapping.count else None,
        None if following in (None, "") else storable(str(following)),
    )


def fact_of(row: Any, mapping: SourceMap, *, received_at: datetime) -> StockFact | Fault:
    """Read one row: the fact, or its first fault."""
    values = {name: _value(row, field) for name, field in mapping.fields.items()}
    node, sku = (_code(values[name]) for name in ("node", "sku"))

    def fault(reason: str, name: str) -> Fault:
        value = values[name]
        text = "" if value is _MISSING else str(value)
        return Fault(reason, mapping.fields[name].path or name, text[:200], node, sku, row)

    for name in ("node", "sku"):
        if reason := _code_fault(values[name]):
            return fault(reason, name)
    numbers = {}
    for name in ("on_hand", "reserved", "version"):
        optional = name not in REQUIRED and not mapping.fields[name].path
        if values[name] is _MISSING and (optional or name == "reserved"):
            numbers[name] = 0
            continue
        whole = _whole(values[name])
        if isinstance(whole, str):
            return fault(whole, name)
        numbers[name] = whole
    if abs(numbers["on_hand"]) > MOST_UNITS:
        return fault("absurd", "on_hand")
    if not 0 <= numbers["reserved"] <= MOST_UNITS:
        return fault("negative" if numbers["reserved"] < 0 else "absurd", "reserved")
    changed_at, clamped = None, False
    if mapping.fields["changed_at"].path:
        moment = _instant(values["changed_at"])
        if isinstance(moment, str):
            return fault(moment, "changed_at")
        clamped = moment > received_at + moments.AHEAD
        changed_at = received_at if clamped else moment
    return StockFact(node, sku, numbers["on_hand"], numbers["reserved"], changed_at, numbers["version"], clamped)


def find(answer: Any, path: str) -> Any:
    """Follow names and list positions joined by dots. An empty path is the answer itself; nothing there: a marker."""
    found = answer
    for step in path.split(".") if path else ():
        if isinstance(found, Mapping):
            found = found.get(step, _MISSING)
        elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            return _MISSING
    return found


def _mark(answer: Any, path: str) -> Any:
    found = find(answer, path) if path else None
    return None if found is _MISSING else found


def _moment_of_read(answer: Any, path: str, received_at: datetime) -> datetime | None:
    if not path:
        return None
    moment = _instant(find(answer, path))
    if isinstance(moment, str):
        raise ReadFailed("no_as_of", path=path)
    return received_at if moment > received_at + moments.AHEAD else moment


def _value(row: Any, field: Field) -> Any:
    if field.constant is not _MISSING:
        return field.constant
    value = find(row, field.path) if field.path else _MISSING
    if isinstance(value, str):
        value = value.strip() if field.trim else value
        value = {"upper": value.upper, "lower": value.lower}.get(field.case, lambda: value)()
    return value


def _code(value: Any) -> str:
    return fold(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _code_fault(value: Any) -> str:
    if value is _MISSING or value is None:
        return "missing"
    if not isinstance(value, str | int) or isinstance(value, bool):
        return "not_text"
    return "" if str(value).strip() else "blank"


def _whole(value: Any) -> int | str:
    if value is _MISSING or value is None:
        return "missing"
    if isinstance(value, bool):
        return "not_a_number"
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            return "not_a_number"
        if value.adjusted() > 18:  # 1e999999999 is a short text and an endless integer
            return "absurd"
        return int(value) if value == value.to_integral_value() else "not_whole"
    if isinstance(value, str):
        return int(value) if _WHOLE.fullmatch(value) else "not_a_number"
    return "not_a_number"


def _instant(value: Any) -> datetime | str:
    if value is _MISSING or value in (None, ""):
        return "missing"
    try:
        return moments.instant(value)
    except moments.NoInstant as wrong:
        return wrong.code
