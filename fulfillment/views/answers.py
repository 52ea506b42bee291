"""A stored decision in sentences, under the questions that people ask."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

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
OF_A_PART = {
    "not_stocked": gettext_lazy("does not stock all of it"),
    "no_atp": gettext_lazy("has too few units of a part"),
}
ADDRESS = frozenset({"no_address", "country_not_served"})


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
        pieces = [*(line for parcel in told.parcels for line in parcel["lines"]), *told.left]
        self.has_lines = len({line["line"] for line in pieces}) > 1
        own = [parcel["number"] for parcel in told.parcels]
        self.is_of_a_part = bool(own) and any(not parcel.gone and parcel.number < min(own) for parcel in parcels)

    def name(self, code: str) -> str:
        return self.nodes.get(code, code)

    def sku(self, code: str) -> str:
        return self.names.get(code, code)

    def money(self, minor: int) -> str:
        return money(minor, self.decision.currency)

    def refusal(self, code: str, params: Mapping[str, Any]) -> str:
        """Why a node said no, with the rule's name for its ref.

        It is the first refusal over the lines: of several lines the node may have some.
        """
        if self.has_lines and code in OF_A_PART:
            return str(OF_A_PART[code])
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
