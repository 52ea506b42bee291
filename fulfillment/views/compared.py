"""What a plan cost and what the next best would have, with what steered the choice and nobody pays."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dom_project.templatetags.figures import money, percent
from routing.decisions import Explained, NoExpected
from routing.models import Decision

NAMED = 3  # lines whose expected cost of a no is told one by one
STEERS = ("lateness", "rejection", "scarcity")
UNPRICED = ("lateness", "rejection")


class Compared:
    """One decision's cost in sentences. `node` and `sku` give codes their names."""

    def __init__(
        self, decision: Decision, told: Explained, *, node: Callable[[str], str], sku: Callable[[str], str]
    ) -> None:
        self.decision, self.told, self.node, self.sku = decision, told, node, sku

    def money(self, minor: int) -> str:
        return money(minor, self.decision.currency)

    @property
    def unfilled(self) -> int:
        """What is weighed for the decision's own units without a place."""
        cost = self.told.cost
        return cost["priced"] - sum(cost[part] for part in ("freight", "handling", *STEERS))

    def sentences(self) -> list[str]:
        if not self.told.parcels:
            return []
        cost = self.told.cost
        said = [
            _("%(invoice)s: %(freight)s freight and %(handling)s handling.")
            % {part: self.money(cost[part]) for part in ("invoice", "freight", "handling")}
        ]
        if cost["lateness"]:
            said.append(
                _("%(late)s for lateness steered the choice; nobody pays it.") % {"late": self.money(cost["lateness"])}
            )
        said += self._noes()
        if cost["scarcity"]:
            said.append(
                _("%(scarce)s for stock that others will lack steered the choice; nobody pays it.")
                % {"scarce": self.money(cost["scarcity"])}
            )
        return said + self._next_best()

    def _noes(self) -> list[str]:
        """“expected cost of a no: 4 % × $6.10 = $0.24” for each line that may not be found."""
        noes = self.told.noes
        said = [self._no(each) for each in noes[:NAMED]]
        more = noes[NAMED:]
        if more:
            text = ngettext(
                "For %(count)s more line the expected cost of a no is %(cost)s.",
                "For %(count)s more lines the expected cost of a no is %(cost)s together.",
                len(more),
            )
            said.append(text % {"count": len(more), "cost": self.money(sum(each.cost for each in more))})
        if noes:
            said[-1] += " " + _("It is only weighed; nobody pays it.")
        return said

    def _no(self, expected: NoExpected) -> str:
        return _("%(node)s, %(what)s: expected cost of a no: %(odds)s × %(again)s = %(cost)s.") % {
            "node": self.node(expected.node),
            "what": self.sku(expected.sku),
            "odds": odds_told(expected.odds),
            "again": self.money(self.told.resource_cost),
            "cost": self.money(expected.cost),
        }

    def _next_best(self) -> list[str]:
        best = self.told.next_best
        if best is None or self.told.dearer_by is None:
            return [self.no_other(_("There was no other plan."))]
        params = {
            "nodes": _(" and ").join(self.node(code) for code in dict.fromkeys(best["nodes"])),
            "cost": self.beside(best),
        }
        if best["unfilled"]:
            return [_("The next best, %(nodes)s, would have left units without a place.") % params]
        if self.told.dearer_by < 0:
            return [_("Cheaper would be %(nodes)s: %(cost)s; the rule ranks by something else.") % params]
        said = [_("The next best is %(nodes)s: %(cost)s.") % params]
        return said if self.told.dearer_by else [*said, self._tie(best)]

    def no_other(self, certain: str) -> str:
        """That there is no alternative: `certain` only where every plan was looked at."""
        return _("No other plan was found.") if self.decision.approximate else certain

    def beside(self, other: Mapping[str, Any]) -> str:
        """What another plan costs beside this one: what steers is in both sums or in neither."""
        return self._beside(other, STEERS)

    def unpriced(self, other: Mapping[str, Any]) -> str:
        """What a plan made without scarcity prices costs beside this one: they are in neither sum."""
        return self._beside(other, UNPRICED)

    def _beside(self, other: Mapping[str, Any], steers: Sequence[str]) -> str:
        own = self.told.cost
        paid, own_paid = other["freight"] + other["handling"], own["freight"] + own["handling"]
        parts = {part: other.get(part, 0) for part in steers if other.get(part, 0) or own[part]}
        if other["unfilled"] != self.unfilled:
            parts["unfilled"] = other["unfilled"]
        whole = paid + sum(parts.values())
        own_whole = own_paid + sum(self.unfilled if part == "unfilled" else own[part] for part in parts)
        apart = whole - own_whole
        sums = {"paid": paid, "sum": whole, "own": own_whole, "apart": abs(apart)}
        params = {name: self.money(amount) for name, amount in sums.items()}
        told = "%(paid)s"
        if parts:
            params["parts"] = _(" and ").join(self._part(part, amount) for part, amount in parts.items())
            told = _("%(paid)s, with %(parts)s that is %(sum)s against %(own)s")
        elif apart and "scarcity" not in steers:
            told = _("%(paid)s against %(own)s")
        told += _(", %(apart)s more") if apart > 0 else _(", %(apart)s less") if apart else _(", the same")
        return told % params

    def _part(self, part: str, amount: int) -> str:
        text = {
            "lateness": _("%(amount)s for lateness"),
            "rejection": _("%(amount)s for a possible no"),
            "scarcity": _("%(amount)s for scarce stock"),
            "unfilled": _("%(amount)s for units without a place"),
        }[part]
        return text % {"amount": self.money(amount)}

    def _tie(self, other: Mapping[str, Any]) -> str:
        """What decided between two plans of one cost, as far as the engine's order of nodes tells."""
        own = [parcel["node"] for parcel in self.told.parcels]
        if len(set(own)) == len(set(other["nodes"])) == 1 and own[0] < other["nodes"][0]:
            return _("It is a tie: at the same cost the node whose code comes first is taken.")
        return _("It is a tie: either would have done.")


def odds_told(odds: int) -> str:
    """Odds in 1/10,000 as a percentage, without a digit that says nothing: 4 %, 4.2 %."""
    return percent(odds / 10_000, 0 if odds % 100 == 0 else 1)
