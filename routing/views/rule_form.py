"""A strategy's rules as the page shows them: the list of sentences, and one rule as a form in four blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.currencies import SYMBOLS, exponent
from routing.choices import Choices
from routing.differences import moved
from routing.models import Rule
from routing.reach import unreached
from routing.rules import PARTS
from routing.words import rules as sentences
from routing.words import sentence as words_of
from routing.working_copy import FIELDS, Data, Fault, WorkingCopy, faults_of, major

LABELS: Mapping[str, str | Promise] = {
    "channel": gettext_lazy("Channel"),
    "method": gettext_lazy("Method"),
    "category": gettext_lazy("Category"),
    "region": gettext_lazy("Region"),
    "value": gettext_lazy("Order value"),
    "kind": gettext_lazy("Kind"),
    "group": gettext_lazy("Group"),
    "distance": gettext_lazy("Distance"),
    "atp_left": gettext_lazy("Stock left"),
    "node": gettext_lazy("Node"),
}
# The criterion, and its "not" twin.
TWINS: Mapping[str, tuple[str | Promise, str | Promise]] = {
    "category": (gettext_lazy("any line is of"), gettext_lazy("no line is of")),
    "value": (gettext_lazy("at least"), gettext_lazy("less than")),
    "distance": (gettext_lazy("at most"), gettext_lazy("more than")),
    "atp_left": (gettext_lazy("at least"), gettext_lazy("fewer than")),
}
ONE_OF = (gettext_lazy("is"), gettext_lazy("is not"))


@dataclass(frozen=True, slots=True)
class Row:
    """One rule of the list. `badges` are (word, tone, icon); `hides` tells which rules it keeps from being reached."""

    ref: str
    number: int
    name: str
    enabled: bool
    words: Sequence[str]  # which orders, which nodes and how, what else
    badges: Sequence[tuple[str, str, str]]
    selected: bool
    first: bool
    last: bool
    hides: str


@dataclass(frozen=True, slots=True)
class CriterionForm:
    """One criterion with its choices. `at` begins the names of its fields, `was` tells the value of the base."""

    at: str
    part: str
    place: int
    field: str
    label: str
    twins: Sequence[tuple[str, str]]  # value of the negate field, word
    negate: bool
    values: Sequence[tuple[str, str]]
    more: Sequence[tuple[str, str]]
    typed: bool  # values may be typed, the list only helps
    amount: str | None
    before: str
    after: str
    fault: str
    changed: str  # "", "new" or "changed"
    was: str


@dataclass(frozen=True, slots=True)
class Block:
    """Which orders, or which nodes: its criteria, what may be added, what the base has beside it."""

    part: str
    criteria: Sequence[CriterionForm]
    addable: Sequence[tuple[str, str]]
    removed: Sequence[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """A field with one choice. `was` is the base's word where it differs."""

    name: str
    value: str
    options: Sequence[tuple[str, str]]
    was: str


@dataclass(frozen=True, slots=True)
class RuleForm:
    """The chosen rule; what ends in `_was` tells the base where it differs."""

    ref: str
    number: int
    name: str
    name_was: str
    enabled: bool
    words: Sequence[str]
    blocks: Sequence[Block]
    rank: Choice
    max_parcels: str
    max_parcels_was: str
    split_lines: bool
    split_lines_was: str
    if_part: Choice
    if_none: Choice
    faults: Mapping[str, str]  # by part


def rows_of(copy: WorkingCopy, base: Sequence[Data], choices: Choices, selected: str) -> list[Row]:
    """The list, each rule with what distinguishes it from the base."""
    names = sentences.Names(choices.of, choices.currency)
    before = {rule["ref"]: rule for rule in base}
    elsewhere = _moved(copy, base)
    hidden = unreached(copy.rules)
    rows = []
    for number, (rule, whole) in enumerate(zip(copy.rules, copy.complete(choices.closed), strict=True), start=1):
        faults = faults_of(rule, choices.closed)
        badges = _badges(rule, before.get(rule["ref"]), elsewhere, faults)
        if hidden and number in hidden.places:
            badges.append((_("Never reached"), "warn", "alert-triangle"))
        rows.append(
            Row(
                ref=rule["ref"],
                number=number,
                name=rule["name"] or _("No name yet"),
                enabled=rule["enabled"],
                words=sentences.in_parts(whole, names),
                badges=badges,
                selected=rule["ref"] == selected,
                first=number == 1,
                last=number == len(copy.rules),
                hides=sentences.never_reached(hidden) if hidden and hidden.taker == number else "",
            )
        )
    return rows


def _moved(copy: WorkingCopy, base: Sequence[Data]) -> set[str]:
    """Refs of the rules that stand in another order than in the base."""
    old = [rule["ref"] for rule in base if copy.rule(rule["ref"])]
    kept = set(old)
    return moved(old, [rule["ref"] for rule in copy.rules if rule["ref"] in kept])


def _badges(rule: Data, old: Data | None, elsewhere: set[str], faults: Sequence[Fault]) -> list[tuple[str, str, str]]:
    found = []
    if faults:
        found.append((_("Incomplete"), "bad", "alert-circle"))
    if old is None:
        return [*found, (_("New"), "info", "plus")]
    if old["enabled"] != rule["enabled"]:
        word = _("Switched on") if rule["enabled"] else _("Switched off")
        found.append((word, "warn", "player-play" if rule["enabled"] else "player-pause"))
    if {**old, "enabled": True} != {**rule, "enabled": True}:
        found.append((_("Changed"), "warn", "pencil"))
    if rule["ref"] in elsewhere:
        found.append((_("Moved"), "warn", "arrows-sort"))
    return found


def form_of(
    copy: WorkingCopy, ref: str, base: Sequence[Data], choices: Choices, *, quiet: frozenset[str] = frozenset()
) -> RuleForm | None:
    """The rule as a form, None without one. Faults of the parts in `quiet` are not told yet: they are just begun."""
    rule = copy.rule(ref)
    if rule is None:
        return None
    names = sentences.Names(choices.of, choices.currency)
    old = next((each for each in base if each["ref"] == ref), None)
    number = copy.rules.index(rule) + 1
    told = {
        fault.part: words_of(fault.code, fault.params)
        for fault in faults_of(rule, choices.closed)
        if fault.part not in quiet
    }
    whole = next(each for each in copy.complete(choices.closed) if each["ref"] == ref)

    def choice(name: str, labels: Any) -> Choice:
        was = str(labels(old[name]).label) if old and old[name] != rule[name] else ""
        return Choice(name, rule[name], [(value, str(label)) for value, label in labels.choices], was)

    return RuleForm(
        ref=ref,
        number=number,
        name=rule["name"],
        name_was=old["name"] if old and old["name"] != rule["name"] else "",
        enabled=rule["enabled"],
        words=sentences.in_parts(whole, names),
        blocks=[_block(part, rule, old, choices, names, told) for part in PARTS],
        rank=choice("rank", Rule.Rank),
        max_parcels=str(rule["max_parcels"]),
        max_parcels_was=str(old["max_parcels"]) if old and old["max_parcels"] != rule["max_parcels"] else "",
        split_lines=rule["split_lines"],
        split_lines_was=_split_lines_was(rule, old),
        if_part=choice("if_part", Rule.IfPart),
        if_none=choice("if_none", Rule.IfNone),
        faults=told,
    )


def _split_lines_was(rule: Data, old: Data | None) -> str:
    if old is None or old["split_lines"] == rule["split_lines"]:
        return ""
    return _("may be split") if old["split_lines"] else _("is kept whole")


def _block(
    part: str, rule: Data, old: Data | None, choices: Choices, names: sentences.Names, told: Mapping[str, str]
) -> Block:
    gone = [each for each in old[part] if each not in rule[part]] if old else []
    criteria = []
    for place, criterion in enumerate(rule[part]):
        was, changed = "", ""
        if old and criterion not in old[part]:
            twin = next((each for each in gone if each["field"] == criterion["field"]), None)
            changed = "changed" if twin else "new"
            if twin:
                gone.remove(twin)
                was = sentences.phrase(part, twin, names)
        criteria.append(_criterion_form(part, place, criterion, choices, told, changed, was))
    return Block(
        part=part,
        criteria=criteria,
        addable=[(name, str(LABELS[name])) for name in FIELDS[part]],
        removed=[sentences.phrase(part, each, names) for each in gone],
    )


def _criterion_form(
    part: str, place: int, criterion: Data, choices: Choices, told: Mapping[str, str], changed: str, was: str
) -> CriterionForm:
    name = criterion["field"]
    known = choices.of.get(name, {})
    chosen = criterion.get("values", [])
    currency = choices.currency
    before, after = {
        "value": (SYMBOLS.get(currency, currency), ""),
        "distance": ("", _("km")),
        "atp_left": ("", _("units of each item")),
    }.get(name, ("", ""))
    amount = criterion.get("amount")
    return CriterionForm(
        at=f"{part}-{place}",
        part=part,
        place=place,
        field=name,
        label=str(LABELS[name]),
        twins=[(value, str(word)) for value, word in zip(("0", "1"), TWINS.get(name, ONE_OF), strict=True)],
        negate=criterion["negate"],
        values=[(code, known.get(code, code)) for code in chosen],
        more=[(code, called) for code, called in known.items() if code not in chosen],
        typed=name == "region",
        amount=None if amount is None else major(amount, exponent(currency)) if name == "value" else str(amount),
        before=before,
        after=after,
        fault=told.get(f"{part}[{place}]", ""),
        changed=changed,
        was=was,
    )
