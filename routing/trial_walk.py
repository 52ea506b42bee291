"""A trial told step by step: which rules passed the order by, which nodes refused it, what was compared, the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from routing import sentences
from routing.choices import Choices
from routing.engine.explain import Fate
from routing.models import Order, OrderLine
from routing.rules import Criterion, parse_rule
from routing.trial import Candidate, Trial
from routing.words import sentence as words_of
from routing.working_copy import Data

MOST_BARS = 6
MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Passed:
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
class Bar:
    """A plan that was compared, with its cost in parts. `parts` are (key of the colour, minor units)."""

    nodes: str
    chosen: bool
    live: bool
    cost: int
    parts: Sequence[tuple[str, int]]
    told: str


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
    units: int
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Live:
    """What the live version would do with the same order now."""

    number: int
    same: bool
    nodes: str
    invoice: int
    difference: int
    all_served: bool


@dataclass(slots=True)
class Walk:
    """Everything that the page says of one trial; `refused` alone when there was none."""

    refused: str = ""
    order: Order | None = None
    lines: int = 0
    milliseconds: float = 0
    currency: str = "USD"
    outcome: str = ""
    outcome_words: str = ""
    passed: Sequence[Passed] = ()
    rule_number: int = 0
    rule_name: str = ""
    nodes: int = 0
    can_serve: int = 0
    refused_nodes: Sequence[RefusedNodes] = ()
    refused_count: int = 0
    bars: Sequence[Bar] = ()
    most: int = 0
    parcels: Sequence[Sent] = ()
    left: Sequence[Left] = ()
    why: str = ""
    invoice: int = 0
    approximate: bool = False
    live: Live | None = None
    parts: Sequence[str] = field(default=("freight", "handling", "late"))


def walk_of(
    order: Order, tried: Trial, by_live: Trial | None, rules: Sequence[Data], choices: Choices, live: Any
) -> Walk:
    rows = OrderLine.objects.filter(order=order).values_list("sku__code", "sku__name", "sku__category__code")
    lines = list(rows)
    named = {code: name for code, name, _category in lines}
    place = {rule["ref"]: number for number, rule in enumerate(rules, start=1)}
    node = choices.of["node"]
    refused = [one for one in tried.candidates if one.refusal and not one.in_plan]
    bars = _bars(tried, by_live, node)
    return Walk(
        order=order,
        lines=len(lines),
        milliseconds=sum(each.gather_ms + each.solve_ms for each in (tried, by_live) if each),
        currency=tried.currency,
        outcome=tried.outcome,
        outcome_words=_outcome(tried),
        passed=_passed(tried, rules, order, {category for *_rest, category in lines}, choices),
        rule_number=place.get(tried.rule_ref, 0),
        rule_name=tried.rule_name,
        nodes=len(tried.candidates),
        can_serve=sum(not one.refusal for one in tried.candidates),
        refused_nodes=_refused_nodes(refused, place, choices),
        refused_count=len(refused),
        bars=bars,
        most=max((bar.cost for bar in bars), default=0),
        parcels=[_sent(parcel, node, named) for parcel in tried.plan["parcels"]],
        left=[
            Left(
                row["units"],
                named.get(row["sku"], row["sku"]),
                words_of(row["code"], row["params"]) if "code" in row else "",
            )
            for row in tried.plan["left"]
        ],
        why=words_of(tried.plan["why"]["code"], tried.plan["why"]["params"]) if tried.plan["why"] else "",
        invoice=tried.invoice,
        approximate=tried.approximate,
        live=_live(tried, by_live, node, live),
    )


def _outcome(tried: Trial) -> str:
    parcels = len(tried.plan["parcels"])
    in_parcels = ngettext("%(n)s parcel", "%(n)s parcels", parcels) % {"n": parcels}
    if tried.outcome == "all":
        return _("Plan: all lines, %(parcels)s") % {"parcels": in_parcels}
    then = {"backorder": _("the rest is back-ordered"), "exception": _("a person decides")}.get(
        tried.plan["action"], ""
    )
    if tried.outcome == "part":
        return _("Plan: a part, %(parcels)s; %(then)s") % {"parcels": in_parcels, "then": then}
    if tried.plan["action"] == "backorder":
        return _("Plan: nothing finds a place; it is back-ordered")
    return _("Plan: nothing finds a place; a person decides")


# ── rules that did not decide ──


def _passed(
    tried: Trial, rules: Sequence[Data], order: Order, categories: set[str | None], choices: Choices
) -> list[Passed]:
    fates = {ref: fate for ref, _name, fate in tried.rules}
    names = sentences.Names(choices.of, choices.currency)
    told = []
    for number, rule in enumerate(rules, start=1):
        fate = fates.get(rule["ref"])
        if fate is None:
            why = _("is switched off")
        elif fate == Fate.NOT_SELECTED:
            why = _not_selected(rule, order, categories, names)
        elif fate == Fate.FELL_THROUGH:
            why = _("selects it, finds no place for it and passes it on")
        else:
            continue
        if tried.rule_ref and number > next(
            n for n, each in enumerate(rules, start=1) if each["ref"] == tried.rule_ref
        ):
            continue
        told.append(Passed(number, rule["name"], why))
    return told


def _not_selected(rule: Data, order: Order, categories: set[str | None], names: sentences.Names) -> str:
    """Which of the rule's criteria the order misses: the first of those that need no money, else the value."""
    criteria = parse_rule(rule).which_orders
    own: dict[str, set[str | None]] = {
        "channel": {order.channel.code},
        "method": {order.method},
        "region": {order.ship_to_region},
        "category": categories,
    }
    missed = next((each for each in criteria if each.field in own and not _holds(each, own[each.field])), None)
    missed = missed or next((each for each in criteria if each.field not in own), None)
    if missed is None:
        return _("does not select it")
    return _("asks for orders %(which)s") % {"which": sentences.order_phrase(missed, names)}


def _holds(criterion: Criterion, own: set[str | None]) -> bool:
    return bool(own & set(criterion.values)) != criterion.negate


# ── nodes ──


def _refused_nodes(refused: Sequence[Candidate], place: Mapping[str, int], choices: Choices) -> list[RefusedNodes]:
    groups: dict[str, list[str]] = {}
    for one in refused:
        assert one.refusal is not None
        groups.setdefault(_why(one.refusal, place, choices), []).append(choices.of["node"].get(one.node, one.node))
    found = [
        RefusedNodes(why, len(nodes), nodes[:MOST_NAMES], max(len(nodes) - MOST_NAMES, 0))
        for why, nodes in groups.items()
    ]
    return sorted(found, key=lambda group: (-group.count, group.why))


def _why(refusal: Any, place: Mapping[str, int], choices: Choices) -> str:
    """The refusal with the rule's number and names in place of refs and codes."""
    params = dict(refusal.params)
    if "rule" in params:
        params["rule"] = place.get(str(params["rule"]), params["rule"])
    known = choices.of.get(refusal.code.removeprefix("rule_"), {})
    if "values" in params:
        params["values"] = [known.get(code, code) for code in str(params["values"]).split(", ")]
    return words_of(refusal.code, params)


def _bars(tried: Trial, by_live: Trial | None, node: Mapping[str, str]) -> list[Bar]:
    """The plan, the live one, the next best, single nodes that have everything: each once, the cheapest first."""
    chosen, live = _nodes_of(tried), _nodes_of(by_live) if by_live else None
    seen: dict[tuple[str, ...], tuple[int, int, int]] = {}
    if chosen:
        seen[chosen] = _cost_of(tried)
    if by_live and live:
        seen.setdefault(live, _cost_of(by_live))
    for other in tried.alternatives:
        if not other["unfilled"]:
            seen.setdefault(tuple(sorted(other["nodes"])), (other["freight"], other["handling"], other["lateness"]))
    for one in tried.candidates:
        if one.freight is not None and one.handling is not None and one.lateness is not None and not one.refusal:
            seen.setdefault((one.node,), (one.freight, one.handling, one.lateness))
    ordered = sorted(seen.items(), key=lambda row: (row[0] not in (chosen, live), sum(row[1])))[:MOST_BARS]
    bars = []
    for nodes, (freight, handling, late) in sorted(ordered, key=lambda row: sum(row[1])):
        bars.append(
            Bar(
                nodes=" + ".join(node.get(code, code) for code in nodes),
                chosen=nodes == chosen,
                live=nodes == live,
                cost=freight + handling + late,
                parts=[("freight", freight), ("handling", handling), ("late", late)],
                told=_("Freight, handling and late days"),
            )
        )
    return bars


def _nodes_of(tried: Trial) -> tuple[str, ...]:
    return tuple(sorted(parcel["node"] for parcel in tried.plan["parcels"]))


def _cost_of(tried: Trial) -> tuple[int, int, int]:
    parcels = tried.plan["parcels"]
    freight, handling, late = (sum(row[part] for row in parcels) for part in ("freight", "handling", "lateness"))
    return freight, handling, late


# ── the plan ──


def _sent(parcel: Mapping[str, Any], node: Mapping[str, str], named: Mapping[str, str]) -> Sent:
    return Sent(
        node=node.get(parcel["node"], parcel["node"]),
        lines=[(line["units"], named.get(line["sku"], line["sku"])) for line in parcel["lines"]],
        service=parcel["service"],
        distance_km=parcel["distance_km"],
        ship_date=date.fromisoformat(parcel["ship_date"]),
        arrive_date=date.fromisoformat(parcel["arrive_date"]),
        cost=parcel["freight"] + parcel["handling"],
    )


def _live(tried: Trial, by_live: Trial | None, node: Mapping[str, str], live: Any) -> Live | None:
    if live is None:
        return None
    other = by_live or tried
    return Live(
        number=live.version.number,
        same=by_live is None or (tried.plan == other.plan),
        nodes=" + ".join(node.get(code, code) for code in _nodes_of(other)),
        invoice=other.invoice,
        difference=tried.invoice - other.invoice,
        all_served=other.outcome == "all",
    )
