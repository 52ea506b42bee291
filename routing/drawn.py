"""One order's part of a plan, read with the facts it was made of: what will be written, told or tried."""

from datetime import date, timedelta
from typing import Any

from msgspec import json

from routing.engine.plan import Action, Outcome, Parcel, Plan, nodes_of_runs
from routing.engine.steering import MOST_ODDS, expected
from routing.facts import Facts
from routing.gaps import Gaps
from routing.rules import Refusal
from routing.together import Together

# What a node is told to lack for an order whose address is at fault.
AT_NODES = {"no_address": "address_unknown", "country_not_served": "no_rate_abroad"}


class Drawn:
    """One order's part of a plan, with the facts to read it by."""

    def __init__(
        self, facts: Facts, plan: Plan, place: int, gaps: Gaps | None = None, together: Together | None = None
    ) -> None:
        self.facts, self.plan, self.place = facts, plan, place
        self.gaps = gaps or Gaps(facts, plan)
        self.together = together or Together(facts, plan)
        self.order = facts.orders[place]
        self.parcels = plan.parcels(place)
        self.choices = plan.choices(place)
        self.outcome = Outcome(plan.outcome.item(place))
        self.fault = self.order.fault if self.outcome is Outcome.NONE else None
        # Neither stock nor a rule helps then: that needs a person.
        self.dead_end = self.fault or self._refused_where_collected()
        self.action = Action.EXCEPTION if self.dead_end else Action(plan.action.item(place))

    def _refused_where_collected(self) -> Refusal | None:
        """The one node that may hand over what is left has refused it; None while others may, or it has not."""
        left = (line for line in self.lines if self.plan.reason_of(line))
        return Refusal("refused_where_collected", {}) if any(map(self._refused_by_its_node, left)) else None

    def _refused_by_its_node(self, line: int) -> bool:
        return self.order.pickup_node_id in (self.facts.lines[line].refused or ())

    @property
    def lines(self) -> range:
        """Places of the order's lines."""
        return range(self.facts.problem.ptr.item(self.place), self.facts.problem.ptr.item(self.place + 1))

    @property
    def rule_ref(self) -> str:
        """The rule that decided, "" when none selected the order."""
        rule = self.plan.rule.item(self.place)
        return self.facts.problem.rules[rule].ref if rule >= 0 else ""

    @property
    def why(self) -> Refusal:
        """Why units are left."""
        why = self.plan.why_of(self.place) or Refusal("nothing_found", {})
        if why.code == "no_rule" and not self.facts.problem.rules:
            return Refusal("no_strategy", {})
        if why.code == "nothing_found" and self.order.method == "ship" and not self.facts.problem.services:
            return Refusal("no_rate_card", {})
        return self.dead_end or why

    def refusal(self, code: int) -> Refusal:
        """One of the plan's refusals; of a place without a zone what is wrong with the address."""
        found = self.plan.refusals[code]
        if self.fault and found.code == "no_zone":
            return Refusal(AT_NODES[self.fault.code], self.fault.params)
        return found

    def date(self, day: int) -> date:
        """The day that is so many days from the one it was decided on."""
        return self.facts.problem.decided_on + timedelta(days=day)

    def service(self, parcel: Parcel) -> str:
        """The carrier's service, "" for what is collected."""
        return self.facts.problem.services[parcel.service] if parcel.service >= 0 else ""

    def zone(self, node: int) -> int:
        """The rate zone from that node, −1 when unknown."""
        return self.facts.problem.zone.item(self.facts.problem.dest.item(self.place), node)

    def distance_km(self, node: int) -> int:
        """Kilometres from that node, −1 when unknown."""
        return self.facts.problem.distance_km.item(self.facts.problem.dest.item(self.place), node)

    def left(self, line: int, units: int) -> dict[str, Any]:
        """Units of a line that found no place, with the reason."""
        row, reason = self.facts.lines[line], self.fault or self.plan.reason_of(line)
        if self._refused_by_its_node(line):
            reason = Refusal("refused_before", {})
        found = {"line": row.ref, "sku": row.sku, "units": units}
        return found | ({"code": reason.code, "params": dict(reason.params)} if reason else {})

    def told(self, *, look: int, briefly: bool = False) -> dict[str, Any]:
        """The part of the decision that is stored as documents: plan, alternatives, refusals, facts.

        Briefly: refusals name runs of places among the problem's nodes, not the nodes' codes.
        """
        problem, plan = self.facts.problem, self.plan
        code = problem.node_codes
        pieces: dict[int, list[dict[str, Any]]] = {}
        filled: dict[int, int] = {}
        looked: set[tuple[int, int]] = set()
        for choice in self.choices:
            line = self.facts.lines[choice.line]
            filled[choice.line] = filled.get(choice.line, 0) + choice.units
            atp = max(problem.free.item(choice.entry) - problem.buffer.item(choice.entry), 0)
            piece = {"line": line.ref, "sku": line.sku, "units": choice.units, "atp": atp}
            # Lines of one SKU in one parcel are one look at the shelf: the first of them bears its cost.
            odds = min(problem.no_odds.item(choice.entry), MOST_ODDS)
            no_cost = expected(odds, problem.resource_cost)
            if no_cost and (choice.parcel, choice.entry) not in looked:
                looked.add((choice.parcel, choice.entry))
                piece |= {"on_hand": self.facts.on_hand.item(choice.entry), "odds": odds, "no_cost": no_cost}
            pieces.setdefault(choice.parcel, []).append(piece)
        parcels = [
            {
                "number": self.order.parcels + 1 + parcel.number,
                "node": code[parcel.node],
                "service": self.service(parcel),
                "ship_date": self.date(parcel.ship_day).isoformat(),
                "arrive_date": self.date(parcel.arrive_day).isoformat(),
                "distance_km": self.distance_km(parcel.node),
                "zone": self.zone(parcel.node),
                "grams": parcel.grams,
                "freight": parcel.freight,
                "handling": parcel.handling,
                "lateness": parcel.lateness,
                "lines": pieces.get(parcel.number, []),
            }
            for parcel in self.parcels
        ]
        left = [
            self.left(place, short)
            for place in self.lines
            if (short := self.facts.lines[place].units - filled.get(place, 0)) > 0
        ]
        why = self.why if left else None
        others = plan.alternatives(self.place)
        alternatives = [
            {
                "node": code[other.node],
                "nodes": [code[node] for node in other.nodes],
                "freight": other.freight,
                "handling": other.handling,
                "lateness": other.lateness,
                "unfilled": other.unfilled,
                "rejection": other.rejection,
                "scarcity": other.scarcity,
                "priced": other.priced,
            }
            for other in others
        ]
        refusals = [
            {
                "code": (told := self.refusal(number)).code,
                "params": dict(told.params),
                **({"runs": runs} if briefly else {"nodes": [code[node] for node in nodes_of_runs(runs)]}),
            }
            for number, runs in plan.refused_runs(self.place).items()
        ]
        seen = {parcel.node for parcel in self.parcels} | {other.node for other in others}
        return {
            "plan": {
                "parcels": parcels,
                "left": left,
                "action": self.action.name.lower(),
                "why": {"code": why.code, "params": dict(why.params)} if why else None,
                "rejection": plan.rejection.item(self.place),
                "scarcity": plan.scarcity.item(self.place),
                **self._unpriced(),
            },
            "alternatives": alternatives,
            "refusals": refusals,
            "facts": {
                "observed_at": {code[node]: self.facts.observed_at[node] for node in sorted(seen)},
                "versions": dict(problem.versions),
                "resource_cost": problem.resource_cost,
                "data_gaps": self.gaps.of(self.place),
                "solved": self.together.of(self.place),
                "look": look,
            },
        }

    def _unpriced(self) -> dict[str, Any]:
        """What the order would cost, and from where it would come, if scarcity prices did not move it."""
        found = self.together.unpriced.get(self.place)
        if found is None:
            return {}
        nodes = [self.facts.problem.node_codes[node] for node in found.nodes]
        return {"unpriced": {"invoice": found.invoice, "nodes": nodes}}

    def body(self, *, look: int) -> str:
        """The same as JSON, as it is stored."""
        return json.encode(self.told(look=look, briefly=True)).decode()
