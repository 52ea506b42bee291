"""The rules of a strategy as data: which orders, which nodes, in which rank, and what follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, NamedTuple

MOST_PARCELS = 20
MOST_RULES = 200
PARTS = ("which_orders", "which_nodes")
LARGEST_AMOUNT = 2**53


class Refusal(NamedTuple):
    """Why something may not be: a code with parameters, put into words where it is shown."""

    code: str
    params: Mapping[str, str | int]


class RuleRefused(ValueError):
    """A rule that can't be read: `field` names the part of it, `reason` says what is wrong there."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Rank(StrEnum):
    COST = "cost"
    DISTANCE = "distance"
    DELIVERY_DAY = "delivery_day"


class IfPart(StrEnum):
    ASSIGN = "assign"
    NEXT_RULE = "next_rule"
    EXCEPTION = "exception"


class IfNone(StrEnum):
    NEXT_RULE = "next_rule"
    BACKORDER = "backorder"
    EXCEPTION = "exception"


METHODS = ("ship", "pickup", "curbside", "same_day")
KINDS = ("dc", "store", "dark_store", "third_party", "vendor")

# field → (the closed list of its values or None for any code, True when it takes an amount)
ORDER_FIELDS: Mapping[str, tuple[tuple[str, ...] | None, bool]] = {
    "channel": (None, False),
    "method": (METHODS, False),
    "category": (None, False),
    "region": (None, False),
    "value": (None, True),
}
NODE_FIELDS: Mapping[str, tuple[tuple[str, ...] | None, bool]] = {
    "kind": (KINDS, False),
    "group": (None, False),
    "distance": (None, True),
    "atp_left": (None, True),
    "node": (None, False),
}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition. `values` holds codes, or `amount` a whole number; `negate` turns it round."""

    field: str
    values: tuple[str, ...] = ()
    amount: int = 0
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a strategy. Every criterion must hold; none at all means every order, every node."""

    ref: str
    name: str
    enabled: bool
    which_orders: tuple[Criterion, ...]
    which_nodes: tuple[Criterion, ...]
    rank: Rank
    max_parcels: int
    if_part: IfPart
    if_none: IfNone
    split_lines: bool = True  # the units of a line that no node can fill whole may come from several


RULE_PARTS = {field.name for field in fields(Rule)}


def parse_rules(data: object) -> tuple[Rule, ...]:
    """The rules of one strategy version, in their order. Raises RuleRefused; a ref may occur once."""
    rules = tuple(
        parse_rule(_mapping(row, f"rules[{i}]"), f"rules[{i}].") for i, row in enumerate(_rows(data, "rules"))
    )
    seen: set[str] = set()
    for i, rule in enumerate(rules):
        if rule.ref in seen:
            raise RuleRefused(f"rules[{i}].ref", f"{rule.ref} is the ref of an earlier rule")
        seen.add(rule.ref)
    return rules


def parse_rule(data: Mapping[str, Any], at: str = "") -> Rule:
    """One rule read from plain data. Raises RuleRefused with the field (prefixed by `at`) and the reason."""
    for key in data:
        if key not in RULE_PARTS:
            raise RuleRefused(f"{at}{key}", "is not a part of a rule")
    return Rule(
        ref=_text(data.get("ref"), f"{at}ref"),
        name=_text(data.get("name"), f"{at}name"),
        enabled=_yes_or_no(data.get("enabled", True), f"{at}enabled"),
        which_orders=_criteria(data.get("which_orders", []), ORDER_FIELDS, f"{at}which_orders"),
        which_nodes=_criteria(data.get("which_nodes", []), NODE_FIELDS, f"{at}which_nodes"),
        rank=Rank(_choice(data.get("rank"), tuple(Rank), f"{at}rank")),
        max_parcels=_whole(data.get("max_parcels"), 1, MOST_PARCELS, f"{at}max_parcels"),
        if_part=IfPart(_choice(data.get("if_part"), tuple(IfPart), f"{at}if_part")),
        if_none=IfNone(_choice(data.get("if_none"), tuple(IfNone), f"{at}if_none")),
        split_lines=_yes_or_no(data.get("split_lines", True), f"{at}split_lines"),
    )


def rule_data(rule: Rule) -> dict[str, Any]:
    """The rule as the plain data that `parse_rule` reads back to an equal rule."""
    return {
        "ref": rule.ref,
        "name": rule.name,
        "enabled": rule.enabled,
        "which_orders": [_criterion_data(criterion) for criterion in rule.which_orders],
        "which_nodes": [_criterion_data(criterion) for criterion in rule.which_nodes],
        "rank": rule.rank.value,
        "max_parcels": rule.max_parcels,
        "if_part": rule.if_part.value,
        "if_none": rule.if_none.value,
        **({} if rule.split_lines else {"split_lines": False}),
    }


def takes_amount(field: str) -> bool:
    """True for fields judged by a number (value, distance, ATP left), False for those judged by codes."""
    return {**ORDER_FIELDS, **NODE_FIELDS}[field][1]


def _criterion_data(criterion: Criterion) -> dict[str, Any]:
    judged = {"amount": criterion.amount} if takes_amount(criterion.field) else {"values": list(criterion.values)}
    return {"field": criterion.field, **judged, "negate": criterion.negate}


def _criteria(
    data: object, fields: Mapping[str, tuple[tuple[str, ...] | None, bool]], at: str
) -> tuple[Criterion, ...]:
    return tuple(
        _criterion(_mapping(row, f"{at}[{i}]"), fields, f"{at}[{i}].") for i, row in enumerate(_rows(data, at))
    )


def _criterion(
    data: Mapping[str, Any], fields: Mapping[str, tuple[tuple[str, ...] | None, bool]], at: str
) -> Criterion:
    field = _choice(data.get("field"), tuple(fields), f"{at}field")
    allowed, by_amount = fields[field]
    negate = _yes_or_no(data.get("negate", False), f"{at}negate")
    for key in data:
        if key not in {"field", "negate", "amount" if by_amount else "values"}:
            raise RuleRefused(f"{at}{key}", f"does not go with {field}")
    if by_amount:
        return Criterion(field, (), _whole(data.get("amount"), 0, LARGEST_AMOUNT, f"{at}amount"), negate)
    values = tuple(_text(value, f"{at}values") for value in _rows(data.get("values"), f"{at}values"))
    if not values:
        raise RuleRefused(f"{at}values", "needs at least one value")
    for value in values:
        if allowed is not None and value not in allowed:
            raise RuleRefused(f"{at}values", f"{value} is not one of {', '.join(allowed)}")
    return Criterion(field, values, 0, negate)


def _mapping(data: object, at: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise RuleRefused(at, "must be an object")
    return data


def _rows(data: object, at: str) -> Sequence[object]:
    if not isinstance(data, list | tuple):
        raise RuleRefused(at, "must be a list")
    return data


def _text(data: object, at: str) -> str:
    if not isinstance(data, str) or not data.strip():
        raise RuleRefused(at, "must be a text that is not empty")
    return data


def _yes_or_no(data: object, at: str) -> bool:
    if not isinstance(data, bool):
        raise RuleRefused(at, "must be true or false")
    return data


def _choice(data: object, allowed: Sequence[str], at: str) -> str:
    if not isinstance(data, str) or data not in allowed:
        raise RuleRefused(at, f"must be one of {', '.join(allowed)}")
    return data


def _whole(data: object, least: int, most: int, at: str) -> int:
    if isinstance(data, bool) or not isinstance(data, int) or not least <= data <= most:
        raise RuleRefused(at, f"must be a whole number from {least} to {most}")
    return data
