"""A trial step by step: the rules that passed the order by, the nodes that were refused, the plans compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from routing.engine.explain import Fate
from routing.rules import Criterion, Refusal, parse_rule
from routing.tried import Candidate, Trial

MOST_BARS = 6

# What an order has for the criteria that need no money: its channel, method, region and categories.
Own = Mapping[str, frozenset[str | None]]


class Past(StrEnum):
    """Why a rule did not decide."""

    OFF = "off"
    NOT_SELECTED = "not_selected"
    FELL_THROUGH = "fell_through"


@dataclass(frozen=True, slots=True)
class Passed:
    """A rule that did not decide. `missed` is the criterion that the order does not meet, where one can be named."""

    number: int
    name: str
    why: Past
    missed: Criterion | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """A plan that was compared: its nodes by code, its cost in parts, in minor units."""

    nodes: tuple[str, ...]
    chosen: bool
    live: bool
    freight: int
    handling: int
    late: int
    no: int

    @property
    def cost(self) -> int:
        return self.freight + self.handling + self.late + self.no


@dataclass(frozen=True, slots=True)
class Against:
    """What other rules (the live ones) would do with the order now; `difference` of the invoices in minor units."""

    same: bool
    nodes: tuple[str, ...]
    invoice: int
    difference: int
    all_served: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """The steps of one trial in codes. `rule_number` 0: no rule decided."""

    passed: Sequence[Passed]
    rule_number: int
    candidates: Sequence[tuple[Candidate, Refusal | None]]  # refusals with the rule's number in place of its ref
    can_serve: int
    bars: Sequence[Bar]
    against: Against


def walk_of(tried: Trial, other: Trial | None, rules: Sequence[Mapping[str, Any]], own: Own) -> Walk:
    """The steps of a trial of these rules, compared with the same trial of others; None: the others are the same."""
    place = {str(rule["ref"]): number for number, rule in enumerate(rules, start=1)}
    return Walk(
        passed=_passed(tried, rules, place, own),
        rule_number=place.get(tried.rule_ref, 0),
        candidates=[(one, one.refusal and _numbered(one.refusal, place)) for one in tried.candidates],
        can_serve=sum(one.refusal is None for one in tried.candidates),
        bars=_bars(tried, other),
        against=Against(
            same=other is None or tried.plan == other.plan,
            nodes=_nodes_of(other or tried),
            invoice=(other or tried).invoice,
            difference=tried.invoice - (other or tried).invoice,
            all_served=(other or tried).outcome == "all",
        ),
    )


# ── rules that did not decide ──


def _passed(tried: Trial, rules: Sequence[Mapping[str, Any]], place: Mapping[str, int], own: Own) -> list[Passed]:
    fates = {ref: fate for ref, _name, fate in tried.rules}
    last = place.get(tried.rule_ref, len(rules))
    passed = []
    for number, rule in enumerate(rules[:last], start=1):
        fate = fates.get(rule["ref"])
        if fate is None:
            passed.append(Passed(number, rule["name"], Past.OFF))
        elif fate == Fate.NOT_SELECTED:
            passed.append(Passed(number, rule["name"], Past.NOT_SELECTED, _missed(rule, own)))
        elif fate == Fate.FELL_THROUGH:
            passed.append(Passed(number, rule["name"], Past.FELL_THROUGH))
    return passed


def _missed(rule: Mapping[str, Any], own: Own) -> Criterion | None:
    """Which of the rule's criteria the order misses: the first of those that need no money, else the value."""
    criteria = parse_rule(rule).which_orders
    plain = next((each for each in criteria if each.field in own and not _holds(each, own[each.field])), None)
    return plain or next((each for each in criteria if each.field not in own), None)


def _holds(criterion: Criterion, own: frozenset[str | None]) -> bool:
    return bool(own & set(criterion.values)) != criterion.negate


# ── nodes and plans ──


def _numbered(refusal: Refusal, place: Mapping[str, int]) -> Refusal:
    if "rule" not in refusal.params:
        return refusal
    ref = refusal.params["rule"]
    return Refusal(refusal.code, {**refusal.params, "rule": place.get(str(ref), ref)})


def _bars(tried: Trial, other: Trial | None) -> list[Bar]:
    """The plan, the other rules' one, the next best, single nodes that have everything: each once, cheapest first."""
    chosen, live = _nodes_of(tried), _nodes_of(other) if other else None
    seen: dict[tuple[str, ...], tuple[int, int, int, int]] = {}
    if chosen:
        seen[chosen] = _cost_of(tried)
    if other and live:
        seen.setdefault(live, _cost_of(other))
    for one in tried.alternatives:
        if not one["unfilled"]:
            parts = one["freight"], one["handling"], one["lateness"], one["rejection"]
            seen.setdefault(tuple(sorted(one["nodes"])), parts)
    for node in tried.candidates:
        if node.freight is not None and node.handling is not None and node.lateness is not None and not node.refusal:
            seen.setdefault((node.node,), (node.freight, node.handling, node.lateness, node.no))
    bars = [Bar(nodes, nodes == chosen, nodes == live, *parts) for nodes, parts in seen.items()]
    first = sorted(bars, key=lambda bar: (not (bar.chosen or bar.live), bar.cost))[:MOST_BARS]
    return sorted(first, key=lambda bar: bar.cost)


def _nodes_of(tried: Trial) -> tuple[str, ...]:
    return tuple(sorted(parcel["node"] for parcel in tried.plan["parcels"]))


def _cost_of(tried: Trial) -> tuple[int, int, int, int]:
    parcels = tried.plan["parcels"]
    freight, handling, late = (sum(row[part] for row in parcels) for part in ("freight", "handling", "lateness"))
    return freight, handling, late, tried.plan["rejection"]
