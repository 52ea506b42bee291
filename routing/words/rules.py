"""Rules and their changes as sentences, in the reader's language, with names in place of codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dom_project.templatetags.figures import money
from routing import rules as formats
from routing.differences import Change
from routing.models import Order, Rule
from routing.reach import Unreached
from routing.weighing import PARTS as PARTS_WEIGHED
from routing.weighing import Weighing
from routing.words import sentence as words_of


@dataclass(frozen=True, slots=True)
class Names:
    """What the codes of rules are called; a code without a name shows itself."""

    of: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    currency: str = "USD"

    def each(self, criterion: formats.Criterion) -> list[str]:
        known = self.of.get(criterion.field, {})
        return [known.get(code, code) for code in criterion.values]


def sentence(rule: formats.Rule | Mapping[str, Any], names: Names | None = None) -> str:
    """One rule: “Orders of Web shop → stores within 80 km, nearest first, in one parcel → otherwise next rule”."""
    return " → ".join(in_parts(rule, names or Names()))


def in_parts(rule: formats.Rule | Mapping[str, Any], names: Names) -> tuple[str, str, str]:
    """A rule's sentence in three parts: which orders, which nodes and how, what else."""
    rule = _rule(rule)
    how = [nodes(rule, names), ranked(rule), parcels(rule)]
    if not rule.split_lines:
        how.append(_("no line split"))
    return orders(rule, names), ", ".join(how), outcome(rule)


def orders(rule: formats.Rule, names: Names) -> str:
    """Which orders a rule is for."""
    if not rule.which_orders:
        return _("Every order")
    return _("Orders %(which)s") % {"which": ", ".join(order_phrase(each, names) for each in rule.which_orders)}


def nodes(rule: formats.Rule, names: Names) -> str:
    """Which nodes a rule lets ship."""
    kinds = [criterion for criterion in rule.which_nodes if criterion.field == "kind" and not criterion.negate]
    others = [criterion for criterion in rule.which_nodes if criterion not in kinds]
    first = " ".join(node_phrase(each, names) for each in kinds) or _("any node")
    return " ".join((first, ", ".join(node_phrase(each, names) for each in others))).strip()


def ranked(rule: formats.Rule) -> str:
    """What a rule prefers."""
    return {
        formats.Rank.COST: _("cheapest first"),
        formats.Rank.DISTANCE: _("nearest first"),
        formats.Rank.DELIVERY_DAY: _("earliest delivery first"),
    }[rule.rank]


def parcels(rule: formats.Rule) -> str:
    """How far a rule splits."""
    if rule.max_parcels == 1:
        return _("in one parcel")
    return ngettext("at most %(n)s parcel", "at most %(n)s parcels", rule.max_parcels) % {"n": rule.max_parcels}


def outcome(rule: formats.Rule) -> str:
    """What follows when not everything finds a place."""
    if_none = {
        formats.IfNone.NEXT_RULE: _("next rule"),
        formats.IfNone.BACKORDER: _("back-order"),
        formats.IfNone.EXCEPTION: _("a person decides"),
    }[rule.if_none]
    if_part = {
        formats.IfPart.ASSIGN: _("assign it and back-order the rest"),
        formats.IfPart.NEXT_RULE: _("next rule"),
        formats.IfPart.EXCEPTION: _("a person decides"),
    }[rule.if_part]
    if if_part == if_none:
        return _("otherwise %(then)s") % {"then": if_none}
    return _("if only a part finds a place: %(part)s; if nothing: %(none)s") % {"part": if_part, "none": if_none}


def never_reached(found: Unreached | None) -> str:
    """“Rules 3–8 will never be reached: rule 2 takes every order.”, or "" where every rule may be."""
    if found is None:
        return ""
    text = ngettext(
        "Rule %(places)s will never be reached: rule %(taker)s takes every order.",
        "Rules %(places)s will never be reached: rule %(taker)s takes every order.",
        len(found.places),
    )
    return text % {"places": _spans(found.places), "taker": found.taker}


def _spans(places: Sequence[int]) -> str:
    """3–5, 8."""
    spans: list[list[int]] = []
    for place in places:
        if spans and place == spans[-1][1] + 1:
            spans[-1][1] = place
        else:
            spans.append([place, place])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)


def phrase(part: str, data: Mapping[str, Any], names: Names) -> str:
    """One condition of a part (which_orders or which_nodes)."""
    return (order_phrase if part == "which_orders" else node_phrase)(_criterion(data), names)


def order_phrase(criterion: formats.Criterion, names: Names) -> str:
    """One condition on orders, to follow the word “orders”."""
    listed, no = any_of(names.each(criterion)), criterion.negate
    if criterion.field == "method":
        listed = any_of([str(Order.Method(code).label).lower() for code in criterion.values])
        return (_("not by %(list)s") if no else _("by %(list)s")) % {"list": listed}
    if criterion.field == "value":
        amount = money(criterion.amount, names.currency)
        return (_("worth less than %(amount)s") if no else _("worth %(amount)s or more")) % {"amount": amount}
    text = {
        ("channel", False): _("of %(list)s"),
        ("channel", True): _("not of %(list)s"),
        ("category", False): _("with goods of %(list)s"),
        ("category", True): _("without goods of %(list)s"),
        ("region", False): _("to %(list)s"),
        ("region", True): _("not to %(list)s"),
    }[criterion.field, no]
    return text % {"list": listed}


def node_phrase(criterion: formats.Criterion, names: Names) -> str:
    """One condition on nodes, to follow the word “nodes”."""
    no = criterion.negate
    if criterion.field == "kind":
        listed = any_of(_kinds(criterion))
        return _("but no %(list)s") % {"list": listed} if no else listed
    text = {
        ("group", False): _("in %(list)s"),
        ("group", True): _("not in %(list)s"),
        ("node", False): _("only %(list)s"),
        ("node", True): _("but not %(list)s"),
        ("distance", False): _("within %(amount)s km"),
        ("distance", True): _("farther than %(amount)s km"),
        ("atp_left", False): _("keeping at least %(amount)s of each"),
        ("atp_left", True): _("keeping fewer than %(amount)s of each"),
    }[criterion.field, no]
    return text % {"list": any_of(names.each(criterion)), "amount": f"{criterion.amount:,}"}


def _kinds(criterion: formats.Criterion) -> list[str]:
    plural = {
        "dc": _("DCs"),
        "store": _("stores"),
        "dark_store": _("dark stores"),
        "third_party": _("third parties"),
        "vendor": _("vendors"),
    }
    return [plural[code] for code in criterion.values]


def any_of(listed: Sequence[str]) -> str:
    """A, B or C."""
    if len(listed) < 2:
        return "".join(listed)
    return _("%(first)s or %(last)s") % {"first": ", ".join(listed[:-1]), "last": listed[-1]}


class Weighed(NamedTuple):
    """One part of what a strategy weighs beside the invoice, in words."""

    part: str
    on: bool
    name: str
    does: str


def weighed(weighing: Weighing) -> list[Weighed]:
    """Every part, on or off."""
    return [Weighed(part, getattr(weighing, part), words_of(part), words_of(f"{part}_does")) for part in PARTS_WEIGHED]


def change(changed: Change, names: Names | None = None) -> str:
    """One difference between two versions."""
    names = names or Names()
    return words_of(changed.code, {key: _shown(changed, key, value, names) for key, value in changed.params.items()})


def _shown(changed: Change, key: str, value: Any, names: Names) -> Any:
    if key not in ("old", "new"):
        return value
    if isinstance(value, Mapping):
        return _criterion_shown(changed.params["part"], value, names)
    labels: Any = {"rank_changed": Rule.Rank, "if_part_changed": Rule.IfPart, "if_none_changed": Rule.IfNone}
    return labels[changed.code](value).label if changed.code in labels else value


def _criterion_shown(part: str, data: Mapping[str, Any], names: Names) -> str:
    """One condition on its own: “orders to CA”, “stores”, “nodes other than Reno DC”."""
    if part == "which_orders":
        return _("orders %(which)s") % {"which": phrase(part, data, names)}
    if data["field"] not in ("kind", "node"):
        return _("nodes %(which)s") % {"which": phrase(part, data, names)}
    read = _criterion(data)
    listed = any_of(_kinds(read) if read.field == "kind" else names.each(read))
    return _("nodes other than %(list)s") % {"list": listed} if read.negate else listed


def _criterion(data: Mapping[str, Any]) -> formats.Criterion:
    return formats.Criterion(
        data["field"], tuple(data.get("values", ())), data.get("amount", 0), data.get("negate", False)
    )


def _rule(rule: formats.Rule | Mapping[str, Any]) -> formats.Rule:
    return rule if isinstance(rule, formats.Rule) else formats.parse_rule({"ref": "new", **rule})
