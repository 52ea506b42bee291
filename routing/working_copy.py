"""A strategy while a person edits it: unsaved, perhaps incomplete, carried by the form itself."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from routing import rules as formats
from routing.rules import MOST_RULES, PARTS
from routing.weighing import Weighing

FIELDS: Mapping[str, Mapping[str, Any]] = {"which_orders": formats.ORDER_FIELDS, "which_nodes": formats.NODE_FIELDS}
SCALARS = ("name", "rank", "max_parcels", "if_part", "if_none")
MOST_CRITERIA = 40
LONGEST_NAME = 120
AMOUNT = re.compile(r"([0-9]{1,13})(?:\.([0-9]*))?")
NEW = "new"  # refs of rules that no version has yet; a saved one is r<number>

Data = dict[str, Any]
Known = Mapping[str, Mapping[str, str]]  # field → code → name of what may be chosen; a field that is not in it is free


class Unreadable(ValueError):
    """What came is no working copy: nobody's form sends that."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that must be mended before a test or a save: `part` is name, max_parcels or which_orders[2]."""

    ref: str
    part: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """Rules as plain data in their order; amounts that are no number and lists that are empty are kept as typed."""

    rules: tuple[Data, ...]
    weighing: Weighing = Weighing()

    @classmethod
    def of(cls, rules: Sequence[Mapping[str, Any]], weighing: Weighing = Weighing()) -> "WorkingCopy":  # noqa: B008
        return cls(tuple(_rule(rule) for rule in rules), weighing)

    @classmethod
    def from_json(cls, text: str, weighing: Weighing = Weighing()) -> "WorkingCopy":  # noqa: B008
        """Read what `as_json` wrote. Raises Unreadable: then the page was tampered with."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Unreadable("no JSON") from error
        if not isinstance(data, list) or len(data) > MOST_RULES or not all(isinstance(rule, dict) for rule in data):
            raise Unreadable("no list of rules")
        copy = cls.of(data, weighing)
        refs = [rule["ref"] for rule in copy.rules]
        if len(set(refs)) < len(refs) or not all(refs):
            raise Unreadable("a rule has no ref of its own")
        return copy

    def as_json(self) -> str:
        return json.dumps(self.rules, ensure_ascii=False, separators=(",", ":"))

    def rule(self, ref: str) -> Data | None:
        return next((rule for rule in self.rules if rule["ref"] == ref), None)

    def _with(self, rules: Iterable[Data]) -> "WorkingCopy":
        return WorkingCopy(tuple(rules), self.weighing)

    # ── the changes a person makes ──

    def weighed(self, part: str) -> "WorkingCopy":
        """One part of what is weighed beside the invoice switched on or off."""
        return WorkingCopy(self.rules, self.weighing.turned(part))

    def with_rule(self, ref: str, **parts: Any) -> "WorkingCopy":
        return self._with({**rule, **parts} if rule["ref"] == ref else rule for rule in self.rules)

    def moved(self, ref: str, by: int) -> "WorkingCopy":
        """The rule one place up (−1) or down (1); where there is no such place, nothing moves."""
        rules = list(self.rules)
        at = next((place for place, rule in enumerate(rules) if rule["ref"] == ref), None)
        if at is not None and 0 <= at + by < len(rules):
            rules[at], rules[at + by] = rules[at + by], rules[at]
        return self._with(rules)

    def without(self, ref: str) -> "WorkingCopy":
        return self._with(rule for rule in self.rules if rule["ref"] != ref)

    def with_new(self, name: str) -> tuple["WorkingCopy", str]:
        """A rule more, before the first one that takes every order, so that it is reached. Returns it with its ref."""
        used = {rule["ref"] for rule in self.rules}
        ref = next(f"{NEW}{number}" for number in range(1, len(used) + 2) if f"{NEW}{number}" not in used)
        new = _rule({"ref": ref, "name": name, "enabled": True, "rank": "cost", "max_parcels": 2,
                     "if_part": "next_rule", "if_none": "next_rule"})  # fmt: skip
        open_to_all = (place for place, rule in enumerate(self.rules) if rule["enabled"] and not rule["which_orders"])
        at = next(open_to_all, len(self.rules))
        return self._with((*self.rules[:at], new, *self.rules[at:])), ref

    def restored(self, ref: str, base: Sequence[Mapping[str, Any]]) -> "WorkingCopy":
        """A removed rule of the base back in, at the place it had there."""
        found = next(((place, rule) for place, rule in enumerate(base) if rule["ref"] == ref), None)
        if found is None or self.rule(ref):
            return self
        place, rule = found
        return self._with((*self.rules[:place], _rule(rule), *self.rules[place:]))

    def with_criterion(self, ref: str, part: str, field_name: str) -> "WorkingCopy":
        """An empty criterion more; its values are still to be chosen."""
        rule = self.rule(ref)
        if rule is None or field_name not in FIELDS[part] or len(rule[part]) >= MOST_CRITERIA:
            return self
        return self.with_rule(ref, **{part: [*rule[part], _criterion({"field": field_name})]})

    def without_criterion(self, ref: str, part: str, place: int) -> "WorkingCopy":
        rule = self.rule(ref)
        if rule is None:
            return self
        return self.with_rule(ref, **{part: [each for number, each in enumerate(rule[part]) if number != place]})

    def without_value(self, ref: str, part: str, place: int, value: str) -> "WorkingCopy":
        rule = self.rule(ref)
        if rule is None or not 0 <= place < len(rule[part]):
            return self
        criteria = list(rule[part])
        criteria[place] = {**criteria[place], "values": [each for each in criteria[place]["values"] if each != value]}
        return self.with_rule(ref, **{part: criteria})

    # ── what may be tested and saved ──

    def faults(self, known: Known) -> list[Fault]:
        """Everything that keeps these rules from being tested or saved, in their order."""
        return [fault for rule in self.rules for fault in faults_of(rule, known)]

    def complete(self, known: Known) -> list[Data]:
        """The rules as far as they are complete: what is faulty is left out, so that they can be read and compared."""
        return [_complete(rule, faults_of(rule, known)) for rule in self.rules]

    def to_save(self) -> list[Data]:
        """The rules for `strategies.save_version`: new ones without a ref."""
        return [{**rule, "ref": "" if rule["ref"].startswith(NEW) else rule["ref"]} for rule in self.rules]


def faults_of(rule: Data, known: Known) -> list[Fault]:
    """The faults of one rule."""
    ref, found = rule["ref"], []
    if not rule["name"].strip():
        found.append(Fault(ref, "name", "rule_needs_name"))
    elif len(rule["name"]) > LONGEST_NAME:
        found.append(Fault(ref, "name", "too_long", {"longest": LONGEST_NAME}))
    most = formats.MOST_PARCELS
    if not isinstance(rule["max_parcels"], int) or not 1 <= rule["max_parcels"] <= most:
        found.append(Fault(ref, "max_parcels", "whole_number_between", {"least": 1, "most": most}))
    for part in PARTS:
        for place, criterion in enumerate(rule[part]):
            fault = _fault_of(criterion, known)
            if fault:
                found.append(Fault(ref, f"{part}[{place}]", *fault))
    return found


def _fault_of(criterion: Data, known: Known) -> tuple[str, Mapping[str, Any]] | None:
    name = criterion["field"]
    if "amount" in criterion:
        amount = criterion["amount"]
        if amount == "":
            return "amount_missing", {}
        if not isinstance(amount, int) or not 0 <= amount <= formats.LARGEST_AMOUNT:
            return ("not_an_amount_of_money" if name == "value" else "whole_number_from_zero"), {}
        return None
    if not criterion["values"]:
        return "choose_one", {}
    if name in known:
        for value in criterion["values"]:
            if value not in known[name]:
                return f"unknown_{name}", {name: value}
    return None


def _complete(rule: Data, faults: Sequence[Fault]) -> Data:
    faulty = {fault.part for fault in faults}
    return {
        **rule,
        "name": (rule["name"].strip() or "…")[:LONGEST_NAME],
        "max_parcels": 1 if "max_parcels" in faulty else rule["max_parcels"],
        **{
            part: [each for place, each in enumerate(rule[part]) if f"{part}[{place}]" not in faulty] for part in PARTS
        },
    }


# ── from a posted form ──


def take_form(copy: WorkingCopy, ref: str, post: Callable[[str], str], posted: Callable[[str], list[str]],
              digits: int) -> WorkingCopy:  # fmt: skip
    """The copy with the rule's form fields in it. `digits`: how many decimals the currency of values has."""
    rule = copy.rule(ref)
    if rule is None:
        return copy
    parts: Data = {name: _text(post(name)) for name in SCALARS}
    parts["name"] = parts["name"].strip()
    parts["max_parcels"] = _whole(parts["max_parcels"])
    parts["split_lines"] = post("split_lines") == "1"  # a switch that is off sends nothing
    for part in PARTS:
        parts[part] = [
            _posted_criterion(f"{part}-{place}", criterion, post, posted, digits)
            for place, criterion in enumerate(rule[part])
        ]
    return copy.with_rule(ref, **{key: value for key, value in _rule({**rule, **parts}).items() if key != "ref"})


def _posted_criterion(
    at: str, criterion: Data, post: Callable[[str], str], posted: Callable[[str], list[str]], digits: int
) -> Data:
    taken: Data = {"field": criterion["field"], "negate": post(f"{at}-negate") == "1"}
    if "amount" in criterion:
        typed = _text(post(f"{at}-amount")).strip()
        taken["amount"] = _minor(typed, digits) if criterion["field"] == "value" else _whole(typed)
    else:
        chosen = dict.fromkeys(value for value in map(_text, posted(f"{at}-values")) if value)
        if more := _text(post(f"{at}-more")).strip():
            chosen[more] = None
        taken["values"] = list(chosen)
    return taken


def major(amount: int | str, digits: int) -> str:
    """An amount in minor units as it is typed: 25000 is 250, 1250 is 12.50; what is no amount stays as it was."""
    if not isinstance(amount, int):
        return amount
    if amount % 10**digits == 0:
        return str(amount // 10**digits)
    return f"{Decimal(amount).scaleb(-digits):.{digits}f}"


def _minor(typed: str, digits: int) -> int | str:
    found = AMOUNT.fullmatch(typed.lstrip("$€£¥").replace(",", "").strip())
    if found is None or len(found[2] or "") > digits:
        return typed
    scale: int = 10**digits
    return int(found[1]) * scale + int((found[2] or "").ljust(digits, "0") or 0)


def _whole(typed: str) -> int | str:
    typed = typed.strip()
    plain = typed.replace(",", "")
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) <= 18 else typed


# ── from JSON that a browser carried ──


def _rule(data: Mapping[str, Any]) -> Data:
    parcels = data.get("max_parcels")
    return {
        "ref": _text(data.get("ref"))[:24],
        "name": _text(data.get("name")),
        "enabled": data.get("enabled") is not False,
        "which_orders": _criteria(data.get("which_orders"), "which_orders"),
        "which_nodes": _criteria(data.get("which_nodes"), "which_nodes"),
        "rank": _choice(data.get("rank"), formats.Rank, formats.Rank.COST),
        "max_parcels": parcels if isinstance(parcels, int) and not isinstance(parcels, bool) else _text(parcels),
        "split_lines": data.get("split_lines") is not False,
        "if_part": _choice(data.get("if_part"), formats.IfPart, formats.IfPart.NEXT_RULE),
        "if_none": _choice(data.get("if_none"), formats.IfNone, formats.IfNone.NEXT_RULE),
    }


def _criteria(data: Any, part: str) -> list[Data]:
    rows = data if isinstance(data, list | tuple) else ()
    known = [row for row in rows if isinstance(row, Mapping) and row.get("field") in FIELDS[part]]
    return [_criterion(row) for row in known[:MOST_CRITERIA]]


def _criterion(data: Mapping[str, Any]) -> Data:
    criterion: Data = {"field": data["field"], "negate": data.get("negate") is True}
    if formats.takes_amount(data["field"]):
        amount = data.get("amount", "")
        plain = isinstance(amount, int) and not isinstance(amount, bool)
        return criterion | {"amount": amount if plain else _text(amount)}
    values = data.get("values")
    listed = values if isinstance(values, list | tuple) else ()
    return criterion | {"values": [text for value in listed if (text := _text(value))]}


def _choice(value: Any, choices: Any, otherwise: str) -> str:
    return str(value) if value in list(choices) else str(otherwise)


def _text(value: Any) -> str:
    """The text as PostgreSQL can keep it: without NUL, without half a character pair."""
    return value.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(value, str) else ""
