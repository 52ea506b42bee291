"""What changed from one version of the rules to another: codes with parameters, put into words by `words.rules`."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from routing.rules import PARTS, parse_rules, rule_data
from routing.weighing import PARTS as PARTS_WEIGHED
from routing.weighing import Weighing


class Change(NamedTuple):
    """One difference between two versions: a code with parameters."""

    code: str
    params: dict[str, Any]


def difference(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[Change]:
    """What changed from the old rules to the new: removed, added, moved, then what changed within."""
    before, after = ({rule["ref"]: rule for rule in _read(rules)} for rules in (old, new))
    changes = [
        Change("rule_removed", {"rule": rule["name"], "position": place})
        for place, (ref, rule) in enumerate(before.items(), 1)
        if ref not in after
    ]
    moves = moved([ref for ref in before if ref in after], [ref for ref in after if ref in before])
    old_place = {ref: place for place, ref in enumerate(before, 1)}
    for place, (ref, rule) in enumerate(after.items(), 1):
        if ref not in before:
            changes.append(Change("rule_added", {"rule": rule["name"], "position": place}))
            continue
        if ref in moves:
            changes.append(Change("rule_moved", {"rule": rule["name"], "old": old_place[ref], "new": place}))
        changes += _inside(before[ref], rule)
    return changes


def turned(old: Weighing, new: Weighing) -> list[Change]:
    """Which parts of what is weighed beside the invoice were switched on or off."""
    return [
        Change(f"{part}_switched_{'on' if getattr(new, part) else 'off'}", {})
        for part in PARTS_WEIGHED
        if getattr(old, part) != getattr(new, part)
    ]


def _inside(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    name = new["name"]
    changes = []
    if old["name"] != name:
        changes.append(Change("rule_renamed", {"old": old["name"], "new": name}))
    if old["enabled"] != new["enabled"]:
        changes.append(Change("rule_switched_on" if new["enabled"] else "rule_switched_off", {"rule": name}))
    for part in PARTS:
        changes += _criteria(name, part, old[part], new[part])
    if old.get("split_lines", True) != new.get("split_lines", True):
        changes.append(Change("lines_split" if new.get("split_lines", True) else "lines_kept_whole", {"rule": name}))
    changes += [
        Change(f"{field}_changed", {"rule": name, "old": old[field], "new": new[field]})
        for field in ("rank", "max_parcels", "if_part", "if_none")
        if old[field] != new[field]
    ]
    return changes


def _criteria(rule: str, part: str, old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> list[Change]:
    gone = [criterion for criterion in old if criterion not in new]
    come = [criterion for criterion in new if criterion not in old]
    changes = []
    for criterion in gone:
        other = next((each for each in come if each["field"] == criterion["field"]), None)
        if other is None:
            changes.append(Change("criterion_removed", {"rule": rule, "part": part, "old": criterion}))
        else:
            come.remove(other)
            changes.append(Change("criterion_changed", {"rule": rule, "part": part, "old": criterion, "new": other}))
    return changes + [Change("criterion_added", {"rule": rule, "part": part, "new": criterion}) for criterion in come]


def moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """The fewest refs that must move to turn one order into the other: all but a longest rising chain."""
    place = {ref: i for i, ref in enumerate(before)}
    tails: list[int] = []
    chains: list[list[str]] = []
    for ref in after:
        at = bisect_left(tails, place[ref])
        chain = [*(chains[at - 1] if at else []), ref]
        tails[at : at + 1] = [place[ref]]
        chains[at : at + 1] = [chain]
    return set(after) - set(chains[-1] if chains else [])


def _read(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [rule_data(rule) for rule in parse_rules(list(rules))]
