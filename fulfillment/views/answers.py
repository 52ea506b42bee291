"""A stored decision in sentences, under the questions that people ask, and as the table of all nodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dom_project.templatetags.figures import duration, money
from dom_project.templatetags.moments import day
from fulfillment.dossier import Line, Parcel
from routing import words
from routing.decisions import Explained
from routing.models import Decision
from routing.seen import Seen

from .compared import Compared

NAMED = 3  # nearer nodes that are named before "and so many more"
COLUMNS = 4  # lines that get a column of their own
ADDRESS = frozenset({"no_address", "country_not_served"})


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node in the table. `stock` per line: units seen, None where it is not stocked; `cost` of the best plan."""

    code: str
    name: str
    kind: str
    distance_km: int
    stock: Sequence[int | None]
    enough: int
    outcome: str
    chosen: bool
    refused: bool
    cost: int | None
    no: int | None  # of it the expected cost of a no
    dearer_by: int | None


class Answers:
    """One decision, told to a reader. `nodes` gives codes their names; `parcels` are all that the order has."""

    def __init__(
        self,
        decision: Decision,
        told: Explained,
        seen: Seen | None,
        nodes: Mapping[str, str],
        lines: Sequence[Line],
        parcels: Sequence[Parcel],
    ) -> None:
        self.decision, self.told, self.seen, self.nodes = decision, told, seen, nodes
        self.names = {line.sku: line.name for line in lines}
        self.rules = seen.rules if seen else {}
        self.compared = Compared(decision, told, node=self.name, sku=self.sku)
        own = [parcel["number"] for parcel in told.parcels]
        self.is_of_a_part = bool(own) and any(not parcel.gone and parcel.number < min(own) for parcel in parcels)

    def name(self, code: str) -> str:
        return self.nodes.get(code, code)

    def sku(self, code: str) -> str:
        return self.names.get(code, code)

    def money(self, minor: int) -> str:
        return money(minor, self.decision.currency)

    def refusal(self, code: str, params: Mapping[str, Any]) -> str:
        """Why a node said no, with the rule's name for its ref."""
        rule = str(params.get("rule", ""))
        return words.sentence(code, {**params, "rule": f"“{self.rules.get(rule, rule)}”"})

    @property
    def rule(self) -> str:
        return self.rules.get(self.decision.rule_ref, self.decision.rule_ref)

    @property
    def is_kept_by_address(self) -> bool:
        """No node was the matter: the address is at fault."""
        return (self.told.why or {}).get("code") in ADDRESS

    def why_these(self) -> list[str]:
        if not self.told.parcels:
            why = self.told.why
            said = [words.sentence(why["code"], why["params"])] if why else []
            return said + [self._refused(row) for row in self.decision.refusals]
        said = [self._parcel(parcel) for parcel in self.told.parcels]
        if self.told.dearer_by is not None and self.told.dearer_by >= 0:
            limited = self.decision.approximate
            said.append(
                _("No cheaper plan was found.") if limited else _("No other plan that the rule allows costs less.")
            )
        elif not self.decision.alternatives:
            said.append(self.compared.no_other(_("Nobody else could send it.")))
        said += [
            _("%(what)s, %(units)s: no place was found.")
            % {"what": self.names.get(line["sku"], line["sku"]), "units": units_told(line["units"])}
            for line in self.told.left
        ]
        return said

    def _refused(self, row: Mapping[str, Any]) -> str:
        """How many nodes said no for one reason; a single one by its name."""
        reason, nodes = self.refusal(row["code"], row["params"]), row["nodes"]
        if len(nodes) == 1:
            return f"{self.name(nodes[0])} {reason}."
        return _("%(reason)s: %(count)s nodes.") % {"reason": reason[:1].upper() + reason[1:], "count": len(nodes)}

    def _parcel(self, parcel: Mapping[str, Any]) -> str:
        units = sum(line["units"] for line in parcel["lines"])
        params = {
            "node": self.name(parcel["node"]),
            "units": units_told(units),
            "cost": self.money(parcel["freight"] + parcel["handling"]),
            "day": day(date.fromisoformat(parcel["arrive_date"])),
            "km": f"{parcel['distance_km']:,}",
        }
        if not parcel["service"]:
            return _("%(node)s hands over %(units)s to the customer for %(cost)s, ready %(day)s.") % params
        return _("%(node)s, %(km)s km away, sends %(units)s for %(cost)s; they arrive %(day)s.") % params

    def why_split(self) -> list[str]:
        if not self.told.parcels:
            return []
        if not self.told.split:
            if self.is_of_a_part:
                return [_("What this decision is about goes in one parcel; the order has others.")]
            return [_("It was not split: everything that was routed goes in one parcel.")]
        if self.told.best_single:
            single = self.told.best_single
            return [
                _("One parcel from %(node)s would have cost %(cost)s.")
                % {"node": self.name(single["node"]), "cost": self.compared.beside(single)}
            ]
        lacked, beaten = len(self.told.partly), len(self.told.beaten)
        said = [self._beaten(beaten) if beaten else _("No single node could have sent all of it.")]
        if lacked:
            words = ngettext("%(count)s node lacked a part.", "%(count)s nodes lacked a part.", lacked)
            said.append(words % {"count": lacked})
        return said

    def _beaten(self, count: int) -> str:
        """Of nodes that could have sent all of it, though that is not the best plan with them."""
        if "outranked" in self.told.beaten.values():
            words = ngettext(
                "%(count)s other node could have sent all of it, and ranks lower.",
                "%(count)s other nodes could have sent all of it, and rank lower.",
                count,
            )
        else:
            words = ngettext(
                "%(count)s other node could have sent all of it, but not for less, with all that is weighed.",
                "%(count)s other nodes could have sent all of it, but not for less, with all that is weighed.",
                count,
            )
        return words % {"count": count}

    def why_not_nearer(self) -> list[str]:
        if not self.told.parcels:
            return []
        if not self.told.nearer:
            return [_("No open node is nearer to the customer.")]
        ties = {other["node"] for other in self.decision.alternatives if other["priced"] == self.decision.priced}
        said = [
            _("%(node)s, %(km)s km away, %(refusal)s.")
            % {
                "node": self.name(near.node),
                "km": f"{near.distance_km:,}",
                "refusal": _("would have cost the same")
                if near.code == "dearer" and near.node in ties
                else self.refusal(near.code, near.params),
            }
            for near in self.told.nearer[:NAMED]
        ]
        more = len(self.told.nearer) - NAMED
        if more > 0:
            text = ngettext("So it is with %(count)s more; see the table.", "%(count)s more are in the table.", more)
            said.append(text % {"count": more})
        return said

    def stock(self) -> list[str]:
        said = []
        for row in self.told.stock:
            age = row["minutes_old"]
            feed = (
                _("no feed has told of it yet")
                if age is None
                else _("its feed was less than a minute old")
                if age < 1
                else _("its feed was %(age)s old") % {"age": duration(age * 60)}
            )
            said.append(
                _("%(node)s could promise %(atp)s of %(what)s for the %(units)s wanted; %(feed)s.")
                % {
                    "node": self.name(row["node"]),
                    "atp": f"{row['atp']:,}",
                    "what": self.names.get(row["sku"], row["sku"]),
                    "units": f"{row['units']:,}",
                    "feed": feed,
                }
            )
        return said or [self._no_stock_taken()]

    def _no_stock_taken(self) -> str:
        """Whether stock was missing, or was there and could not be used."""
        why = self.told.why or {}
        if why.get("code") == "no_address":
            return _("Stock did not decide: the order has no usable address.")
        if why.get("code") == "country_not_served":
            return _("Stock did not decide: no rate serves %(country)s.") % why["params"]
        if any(row["code"] not in ("not_stocked", "no_atp") for row in self.decision.refusals):
            return _("Stock was there, but no node that has it could be used.")
        return _("No node had stock that could be promised for it.")

    def gaps(self) -> list[str]:
        """What the facts lacked. Decisions of earlier versions kept nothing of it."""
        return [
            words.gap(gap["code"], {name: self._named(name, value) for name, value in gap["params"].items()})
            for gap in self.decision.facts.get("data_gaps", [])
        ]

    def _named(self, name: str, value: Any) -> Any:
        if name == "sku":
            return self.names.get(value, value)
        if name == "nodes":
            return [self.name(code) for code in value]
        return self.name(value) if name == "node" else value

    def cost(self) -> list[str]:
        return self.compared.sentences()

    def table(self, kinds: Mapping[str, str], away: Mapping[str, int]) -> list[NodeRow]:
        """Every node that was looked at: the plan first, then by cost, then the refused ones by distance."""
        parcels: dict[str, list[int]] = {}
        for parcel in self.told.parcels:
            parcels.setdefault(parcel["node"], []).append(parcel["number"])
        others = {other["node"]: other for other in self.decision.alternatives}
        refused = {code: row for row in self.decision.refusals for code in row["nodes"]}
        wanted = self.seen.units if self.seen else []
        own_no: dict[str, int] = {}
        for each in self.told.noes:
            own_no[each.node] = own_no.get(each.node, 0) + each.cost
        rows = []
        for code in dict.fromkeys([*parcels, *others, *refused]):
            stock = self.seen.atp.get(code, []) if self.seen else []
            other, why = others.get(code), refused.get(code)
            # What a unit without a place is taken to cost steers the choice; nobody pays it.
            paid = other if other and not other["unfilled"] else None
            cost = self.decision.priced if code in parcels else paid["priced"] if paid else None
            rows.append(
                NodeRow(
                    code=code,
                    name=self.name(code),
                    kind=kinds.get(code, ""),
                    distance_km=self.seen.distance_km.get(code, -1) if self.seen else away.get(code, -1),
                    stock=stock,
                    enough=sum((have or 0) >= units for have, units in zip(stock, wanted, strict=False)),
                    outcome=self._outcome(parcels.get(code), other, why),
                    chosen=code in parcels,
                    refused=code not in parcels and not other,
                    cost=cost,
                    no=own_no.get(code, 0) if code in parcels else paid.get("rejection", 0) if paid else None,
                    dearer_by=None if code in parcels or cost is None else cost - self.decision.priced,
                )
            )
        far = 1 << 40
        return sorted(
            rows,
            key=lambda row: (
                not row.chosen,
                row.refused,
                row.cost is None,
                row.cost or 0,
                row.distance_km if row.distance_km >= 0 else far,
            ),
        )

    def _outcome(
        self, numbers: Sequence[int] | None, other: Mapping[str, Any] | None, why: Mapping[str, Any] | None
    ) -> str:
        if numbers:
            return ", ".join(_("Parcel %(number)s") % {"number": number} for number in numbers)
        if other:
            beside = [self.name(code) for code in dict.fromkeys(other["nodes"]) if code != other["node"]]
            if other["unfilled"]:
                return _("would leave units without a place")
            apart = other["priced"] - self.decision.priced
            said = (
                _("costs more") if apart > 0 else _("costs less, but ranks behind") if apart else _("costs the same")
            )
            return (
                _("%(said)s, together with %(nodes)s") % {"said": said, "nodes": ", ".join(beside)} if beside else said
            )
        return self.refusal(why["code"], why["params"]) if why else ""


def outcome(decision: Decision) -> str:
    """What came of a decision, in a few words."""
    nodes = len({parcel["node"] for parcel in decision.plan["parcels"]})
    if decision.outcome == "none":
        return _("No place was found")
    said = ngettext("Placed at %(count)s node", "Placed at %(count)s nodes", nodes) % {"count": nodes}
    return said if decision.outcome == "all" else _("%(said)s, a part was left") % {"said": said}


def units_told(units: int) -> str:
    """So many units in words."""
    return ngettext("%(units)s unit", "%(units)s units", units) % {"units": f"{units:,}"}
