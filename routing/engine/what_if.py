"""What would have to be different for a node to win an order: each change is solved again before it is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from routing.engine import codes, gaps, through
from routing.engine.alone import alone
from routing.engine.demand import merged
from routing.engine.eligibility import Candidates
from routing.engine.look import Look
from routing.engine.plan import Alternative, Options, Plan
from routing.engine.problem import Int64, Problem
from routing.engine.solve import solve
from routing.engine.through import Through
from routing.rules import MOST_PARCELS, Rank, Refusal

LONGEST = np.iinfo(np.int16).max
LATEST = 7  # days by which a promise is moved at the most
MOST_CUT = 5  # units fewer than the whole line that are tried, where it may be cut
QUIET = Options(explain=False)
Try = tuple[str, Mapping[str, Any], Problem]  # a change with what is told of it, and the facts with that change


class Change(NamedTuple):
    """One fact as it would have to be, and what the order's plan, with the node in it, would then be."""

    code: str
    params: Mapping[str, Any]
    nodes: tuple[int, ...]  # of the plan's parcels
    invoice: int
    priced: int


@dataclass(frozen=True, slots=True)
class Compared:
    """Plans beside the one that was taken. Costs as they are weighed, except `unpriced`: without scarcity prices."""

    candidates: tuple[Alternative, ...]  # the cheapest plan through each node, cheapest first
    single: Alternative | None  # the whole order in one parcel
    unpriced: Alternative | None  # None where no price played a part


class Case:
    """One decided order: what the rule that decided made of it, and what can be tried on it."""

    def __init__(self, problem: Problem, plan: Plan, order: int) -> None:
        self.stored = frozenset(plan.parcel_node[plan.parcel_ptr[order] : plan.parcel_ptr[order + 1]].tolist())
        self.problem = alone(problem, plan, order)
        self.plan = solve(self.problem, QUIET)
        self.look = Look(self.problem, merged(self.problem), QUIET)
        self.found = self._found()
        self.cost = int(self.plan.priced[0])

    def _found(self) -> Candidates | None:
        decided = self.plan.rule.item(0)
        mask = next((mask for mask in self.look.masks.rules if mask.place == decided), None)
        if mask is None or not self.look.length[0] or not self.problem.nodes or self.look.too_large[0]:
            return None
        parcels = 1 if self.look.masks.collected[0] else mask.rule.max_parcels
        return self.look.eligibility.candidates(np.array([0]), mask, parcels)

    @cached_property
    def ways(self) -> Through | None:
        """The cheapest plans through every node under the rule that decided; None where no rule looked at it."""
        return through.through(self.found) if self.found else None

    @cached_property
    def compared(self) -> Compared:
        if self.found is None or self.ways is None:
            return Compared((), None, None)
        single = through.best_single(self.found)
        told = None
        if single:
            node, line = single
            told = through.parts(
                self.look, self.found, np.array([node]), line[None], np.ones((1, len(line)), np.int32)
            )[0]
        return Compared(tuple(through.every(self.found, self.ways, self.look)), told, self._unpriced())

    def _unpriced(self) -> Alternative | None:
        if not self.look.eligibility.steering.has_prices:
            return None
        plan = self._solved_without_prices
        nodes = tuple(plan.parcel_node.tolist())
        lateness, rejection = int(plan.lateness.sum()), int(plan.rejection[0])
        return Alternative(
            node=nodes[0] if nodes else -1,
            nodes=nodes,
            freight=int(plan.freight.sum()),
            handling=int(plan.handling.sum()),
            lateness=lateness,
            unfilled=int(plan.priced[0] - plan.invoice[0]) - lateness - rejection,
            rejection=rejection,
        )

    @cached_property
    def _solved_without_prices(self) -> Plan:
        return solve(self._without_prices(), QUIET)

    def _without_prices(self) -> Problem:
        return replace(self.problem, price=np.zeros(0, np.int32), slot_price=np.zeros(0, np.int32))

    def refusal(self, node: int) -> Refusal | None:
        """What first kept the node from it under the rule that decided; None = it may serve all of it."""
        first = next((int(code) for code in self._codes(node) if code != codes.MAY), codes.MAY)
        return None if first == codes.MAY else self.plan.refusals[first]

    def _codes(self, node: int) -> Int64:
        """[line]"""
        if self.found is None:
            return np.array([codes.NO_RULE])
        return self.look.eligibility.codes(self.found)[0, :, node].astype(np.int64)

    def changes(self, node: int) -> list[Change]:
        """Every single fact that would bring the node into the order's plan, as little different as it may be.

        [] for a node of the stored plan, and where no one change does it.
        """
        if node in self.stored or not 0 <= node < self.problem.nodes:
            return []
        if node in self.plan.parcel_node:
            return [self._told("as_it_is", {}, self.plan)]
        return [change for tries in self._tries(node) if (change := self._first(node, tries)) is not None]

    def _first(self, node: int, tries: Iterator[Try]) -> Change | None:
        """The first of these that brings the node into the plan."""
        for code, params, problem in tries:
            plan = solve(problem, QUIET)
            if node in plan.parcel_node:
                return self._told(code, params, plan)
        return None

    def _told(self, code: str, params: Mapping[str, Any], plan: Plan) -> Change:
        return Change(code, params, tuple(plan.parcel_node.tolist()), int(plan.invoice[0]), int(plan.priced[0]))

    def _tries(self, node: int) -> Iterator[Iterator[Try]]:
        if self.found is not None:
            if self.found.mask.rule.rank is Rank.COST:
                yield self._cheaper(node, "pick")
                yield self._cheaper(node, "fix")
            else:
                yield self._rank_by_cost()
            yield self._buffer(node, self.found)
            yield self._stock(node, self.found)
            yield self._rule_off(node)
            yield self._more_parcels(self.found)
        yield self._slot(node)
        yield self._day_earlier(node)
        yield self._promise(node)
        yield self._steering(node)

    def _cheaper(self, node: int, name: str) -> Iterator[Try]:
        """Least first: from an equal cost, where the order of nodes decides, to what inertia asks on top."""
        ways = self.ways
        if ways is None or not np.isfinite(ways.best[node]):
            return
        each = np.maximum(ways.units[:, node], 1) if name == "pick" else 1
        gap = ways.cost[:, node] - self.cost
        most = self.problem.pick.item(node) if name == "pick" else self.problem.fix.item(node)
        inertia = max(self.problem.inertia.item(0), 0)
        over = sorted({0, 1, inertia, inertia + 1})
        lower = {int(np.ceil(np.min((gap + extra) / each))) for extra in over}
        for by in sorted(by for by in lower if 0 < by <= most):
            costs = getattr(self.problem, name).copy()
            costs[node] -= by
            yield f"{name}_lower", {"by": by, "now": most}, replace(self.problem, **{name: costs})

    def _lacks(self, node: int, found: Candidates) -> dict[int, int]:
        """Entries there → units without which it can't give its line, for lines that nothing else keeps from it."""
        short = found.units[0] + found.spare - np.maximum(found.left[0, :, node], 0)
        lines = np.flatnonzero(found.allowed[0, :, node] & (short > 0) & (found.left[0, :, node] >= 0))
        entries = self.look.residual.entry_at(found.sku[0, lines], np.full(len(lines), node))
        return {int(entry): int(short[line]) for entry, line in zip(entries, lines.tolist(), strict=True)}

    def _buffer(self, node: int, found: Candidates) -> Iterator[Try]:
        """One SKU's buffer at the node, the one that must fall least first; then all that lack something."""
        now = np.maximum(self.problem.buffer.astype(np.int64), 0)
        stock = self.problem.free.astype(np.int64)
        most = {
            # what lies under the buffer may be given too, as far as it is there
            entry: int(min(now[entry], stock[entry]) - short)
            for entry, short in self._lacks(node, found).items()
        }
        low = sorted((row for row in most.items() if row[1] >= 0), key=lambda row: (-row[1], row[0]))
        for entry, units in low:
            for enough in range(min(units + self._cut(found), int(now[entry]) - 1), units - 1, -1):
                buffer = self.problem.buffer.copy()
                buffer[entry] = enough
                params = {"most": enough, "now": int(now[entry]), "sku": self._sku(entry)}
                yield "buffer", params, replace(self.problem, buffer=buffer)
        if len(low) > 1:
            buffer, least = self.problem.buffer.copy(), min(units for _, units in low)
            places = [entry for entry, _ in low]
            buffer[places] = np.minimum(buffer[places], least)
            yield "buffers", {"most": least, "skus": len(low)}, replace(self.problem, buffer=buffer)

    def _stock(self, node: int, found: Candidates) -> Iterator[Try]:
        for entry, short in sorted(self._lacks(node, found).items(), key=lambda row: (row[1], row[0])):
            buffer = max(self.problem.buffer.item(entry), 0)
            left = max(self.problem.free.item(entry) - buffer, 0)
            for more in range(max(short - self._cut(found), 1), short + 1):
                free = self.problem.free.copy()
                free[entry] = min(buffer + left + more, gaps.LARGEST)
                params = {"more": more, "atp": left, "sku": self._sku(entry)}
                yield "stock", params, replace(self.problem, free=free)

    def _cut(self, found: Candidates) -> int:
        """By how many units less may do, where lines that fit nowhere whole are cut: as many as are tried."""
        nowhere = ~found.may[0].any(1) & (found.units[0] > 0)
        return MOST_CUT if found.mask.rule.split_lines and nowhere.any() else 0

    def _sku(self, entry: int) -> int:
        """Outside id of the SKU of an entry."""
        place = int(np.searchsorted(self.problem.sku_ptr, entry, side="right")) - 1
        return self.problem.sku_ref.item(place)

    def _rule_off(self, node: int) -> Iterator[Try]:
        first = next((int(code) for code in self._codes(node) if code != codes.MAY), codes.MAY)
        if first == codes.MAY or first < codes.FIRST_CRITERION:
            return
        params = self.plan.refusals[first].params
        rules = list(self.problem.rules)
        place = next(place for place, rule in enumerate(rules) if rule.ref == params["rule"])
        which = list(rules[place].which_nodes)
        criterion = which.pop(int(params["position"]))
        rules[place] = replace(rules[place], which_nodes=tuple(which))
        told = {"rule": rules[place].ref, "field": criterion.field, "refusal": self.plan.refusals[first].code}
        yield "rule_off", {**told, **params}, replace(self.problem, rules=tuple(rules))

    def _more_parcels(self, found: Candidates) -> Iterator[Try]:
        rule = found.mask.rule
        if self.look.masks.collected[0] or rule.max_parcels >= min(found.offers.shape[1], MOST_PARCELS):
            return
        yield (
            "parcels",
            {"most": rule.max_parcels + 1, "rule": rule.ref},
            self._ruled(max_parcels=rule.max_parcels + 1),
        )

    def _rank_by_cost(self) -> Iterator[Try]:
        decided = self.problem.rules[self.plan.rule.item(0)]
        yield "by_cost", {"rule": decided.ref}, self._ruled(rank=Rank.COST)

    def _ruled(self, **parts: Any) -> Problem:
        rules, decided = list(self.problem.rules), self.plan.rule.item(0)
        rules[decided] = replace(rules[decided], **parts)
        return replace(self.problem, rules=tuple(rules))

    def _slot(self, node: int) -> Iterator[Try]:
        """One slot more on its first day that is open and full, if that comes before the first with room."""
        days = self.problem.slots_left[node]
        first = self.look.residual.first.item(node)
        full = np.flatnonzero(days == 0)
        if not len(full) or (0 <= first < full[0]):
            return
        slots = self.problem.slots_left.copy()
        slots[node, full[0]] = 1
        yield "slot", {"day": self.problem.ship_day.item(node, full.item(0))}, replace(self.problem, slots_left=slots)

    def _day_earlier(self, node: int) -> Iterator[Try]:
        first = self.problem.ship_day.item(node, 0)
        if self.look.residual.first.item(node) != 0 or first < 1:
            return
        days = self.problem.ship_day.copy()
        days[node, 0] = first - 1
        yield "day_earlier", {"day": first - 1, "now": first}, replace(self.problem, ship_day=days)

    def _promise(self, node: int) -> Iterator[Try]:
        """A later promise lets slower services in: tried day by day where it helps at all."""
        if self.ways is None or not np.isfinite(self.ways.best[node]):
            return  # what keeps it away is no matter of cost
        if node not in solve(self._promised(LATEST), QUIET).parcel_node:
            return
        for days in range(1, LATEST + 1):
            yield "promise", {"days": days}, self._promised(days)

    def _promised(self, days: int) -> Problem:
        return replace(self.problem, slack=np.minimum(self.problem.slack, LONGEST - days) + np.int16(days))

    def _steering(self, node: int) -> Iterator[Try]:
        """Nothing weighed beside what is paid: no price for what others will lack, no odds of a no there."""
        if self.look.eligibility.steering.has_prices and node in self._solved_without_prices.parcel_node:
            yield "no_prices", {}, self._without_prices()
        entries = np.flatnonzero((self.problem.stock_node == node) & (self.look.eligibility.steering.no > 0))
        if len(entries):
            odds = self.problem.no_odds.copy()
            odds[entries] = 0
            yield "no_odds", {"odds": int(self.problem.no_odds[entries].max())}, replace(self.problem, no_odds=odds)
