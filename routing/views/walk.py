"""A trial in words: what the page tells of each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from routing.choices import Choices
from routing.models import Order, StrategyVersion
from routing.trial import Tested
from routing.trial_walk import Against, Bar, Passed, Past
from routing.tried import Candidate, Trial
from routing.words import rules as sentences
from routing.words import sentence as words_of

MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class ToldPassed:
    """A rule that did not decide, and why."""

    number: int
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class RefusedNodes:
    """Nodes that one reason refused."""

    why: str
    count: int
    names: Sequence[str]
    more: int


@dataclass(frozen=True, slots=True)
class ToldBar:
    """A plan that was compared, with its cost in parts. `parts` are (key of the colour, minor units)."""

    nodes: str
    chosen: bool
    live: bool
    cost: int
    parts: Sequence[tuple[str, int]]
    told: str


@dataclass(frozen=True, slots=True)
class ToldCandidate:
    """One node as the rule that decided saw it; `why` it was refused, else its costs."""

    node: str
    why: str
    facts: Candidate


@dataclass(frozen=True, slots=True)
class Sent:
    """One parcel of the plan."""

    node: str
    lines: Sequence[tuple[int, str]]  # units, name of the SKU
    service: str
    distance_km: int
    ship_date: date
    arrive_date: date
    cost: int


@dataclass(frozen=True, slots=True)
class Left:
    """Units of the order that found no place, and why."""

    units: int
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Live:
    """What the live version would do with the same order now."""

    number: int
    nodes: str
    facts: Against


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that the page says of one trial; `refused` alone when there was none."""

    refused: str = ""
    order: Order | None = None
    lines: int = 0
    milliseconds: float = 0
    currency: str = "USD"
    outcome: str = ""
    outcome_words: str = ""
    passed: Sequence[ToldPassed] = ()
    rule_number: int = 0
    rule_name: str = ""
    nodes: int = 0
    can_serve: int = 0
    refused_nodes: Sequence[RefusedNodes] = ()
    candidates: Sequence[ToldCandidate] = ()
    bars: Sequence[ToldBar] = ()
    most: int = 0
    weighs_no: bool = False
    parcels: Sequence[Sent] = ()
    left: Sequence[Left] = ()
    why: str = ""
    invoice: int = 0
    approximate: bool = False
    live: Live | None = None


def tell(tested: Tested, choices: Choices, live: StrategyVersion | None) -> Told:
    """The trial in the reader's language."""
    skus, tried, walk = tested.skus, tested.trial, tested.walk
    node = choices.of["node"]
    candidates = [
        ToldCandidate(node.get(one.node, one.node), words_of(refusal.code, refusal.params) if refusal else "", one)
        for one, refusal in walk.candidates
    ]
    names = sentences.Names(choices.of, choices.currency)
    return Told(
        order=tested.order,
        lines=len(skus),
        milliseconds=tested.milliseconds,
        currency=tried.currency,
        outcome=tried.outcome,
        outcome_words=_outcome(tried),
        passed=[ToldPassed(each.number, each.name, _passed_by(each, names)) for each in walk.passed],
        rule_number=walk.rule_number,
        rule_name=tried.rule_name,
        nodes=len(candidates),
        can_serve=walk.can_serve,
        refused_nodes=_refused_nodes(candidates),
        candidates=candidates,
        bars=[_bar(bar, node) for bar in walk.bars],
        most=max((bar.cost for bar in walk.bars), default=0),
        weighs_no=any(bar.no for bar in walk.bars),
        parcels=[_sent(parcel, node, skus) for parcel in tried.plan["parcels"]],
        left=[_left(row, skus) for row in tried.plan["left"]],
        why=words_of(tried.plan["why"]["code"], tried.plan["why"]["params"]) if tried.plan["why"] else "",
        invoice=tried.invoice,
        approximate=tried.approximate,
        live=Live(live.number, _joined(walk.against.nodes, node), walk.against) if live else None,
    )


def _outcome(tried: Trial) -> str:
    parcels = len(tried.plan["parcels"])
    in_parcels = ngettext("%(n)s parcel", "%(n)s parcels", parcels) % {"n": parcels}
    if tried.outcome == "all":
        return _("Plan: all lines, %(parcels)s") % {"parcels": in_parcels}
    if tried.outcome == "part":
        if tried.plan["action"] == "backorder":
            return _("Plan: a part, %(parcels)s; the rest is back-ordered") % {"parcels": in_parcels}
        return _("Plan: a part, %(parcels)s; a person decides") % {"parcels": in_parcels}
    if tried.plan["action"] == "backorder":
        return _("Plan: nothing finds a place; it is back-ordered")
    return _("Plan: nothing finds a place; a person decides")


def _passed_by(passed: Passed, names: sentences.Names) -> str:
    if passed.missed:
        return _("asks for orders %(which)s") % {"which": sentences.order_phrase(passed.missed, names)}
    return {
        Past.OFF: _("is switched off"),
        Past.NOT_SELECTED: _("does not select it"),
        Past.FELL_THROUGH: _("selects it, finds no place for it and passes it on"),
    }[passed.why]


def _refused_nodes(candidates: Sequence[ToldCandidate]) -> list[RefusedNodes]:
    groups: dict[str, list[str]] = {}
    for one in candidates:
        if one.why and not one.facts.in_plan:
            groups.setdefault(one.why, []).append(one.node)
    found = [
        RefusedNodes(why, len(nodes), nodes[:MOST_NAMES], max(len(nodes) - MOST_NAMES, 0))
        for why, nodes in groups.items()
    ]
    return sorted(found, key=lambda group: (-group.count, group.why))


def _bar(bar: Bar, node: Mapping[str, str]) -> ToldBar:
    return ToldBar(
        nodes=_joined(bar.nodes, node),
        chosen=bar.chosen,
        live=bar.live,
        cost=bar.cost,
        parts=[("freight", bar.freight), ("handling", bar.handling), ("late", bar.late), ("no", bar.no)],
        told=_("Freight, handling, late days and a possible no") if bar.no else _("Freight, handling and late days"),
    )


def _joined(nodes: Sequence[str], node: Mapping[str, str]) -> str:
    return " + ".join(node.get(code, code) for code in nodes)


def _sent(parcel: Mapping[str, Any], node: Mapping[str, str], skus: Mapping[str, str]) -> Sent:
    return Sent(
        node=node.get(parcel["node"], parcel["node"]),
        lines=[(line["units"], skus.get(line["sku"], line["sku"])) for line in parcel["lines"]],
        service=parcel["service"],
        distance_km=parcel["distance_km"],
        ship_date=date.fromisoformat(parcel["ship_date"]),
        arrive_date=date.fromisoformat(parcel["arrive_date"]),
        cost=parcel["freight"] + parcel["handling"],
    )


def _left(row: Mapping[str, Any], skus: Mapping[str, str]) -> Left:
    why = words_of(row["code"], row["params"]) if "code" in row else ""
    return Left(row["units"], skus.get(row["sku"], row["sku"]), why)
