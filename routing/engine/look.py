"""One look at some orders: the rules from top to bottom, on what is left of stock and slots at this moment."""

import numpy as np

from routing.engine import cheapest, codes, cutting, kernel, packing, ranking, restraints, whole
from routing.engine.demand import Demand
from routing.engine.eligibility import Candidates, Eligibility
from routing.engine.masks import Masks, RuleMask
from routing.engine.offers import ALTERNATIVES, Picks, nothing
from routing.engine.plan import Action, Options, Outcome
from routing.engine.problem import Bools, Int64, Problem
from routing.engine.reasons import Answered, Reasons
from routing.engine.residual import Residual
from routing.engine.tariff import Tariff
from routing.engine.verdicts import Pieces, Verdicts, blank
from routing.rules import IfNone, IfPart, Rank, Rule

AFTER_PART = {IfPart.ASSIGN: Action.BACKORDER, IfPart.EXCEPTION: Action.EXCEPTION}
AFTER_NONE = {IfNone.BACKORDER: Action.BACKORDER, IfNone.EXCEPTION: Action.EXCEPTION}

LARGEST_AMOUNT = 2.0**52  # below, every cost is exact
LONGEST_DELAY = 2**17  # days that a parcel can be late


class Look:
    """The tables of one problem, and what is left of it."""

    def __init__(self, problem: Problem, demand: Demand, options: Options) -> None:
        self.problem, self.demand, self.options = problem, demand, options
        self.tariff = Tariff(problem)
        self.residual = Residual(problem)
        self.masks = Masks(problem, demand, self.tariff)
        self.eligibility = Eligibility(problem, demand, self.masks, self.tariff, self.residual)
        self.length = demand.length
        self.too_large = self._too_large()
        self.reasons = Reasons(self.eligibility, explain=options.explain)

    def at(self, rows: Int64) -> Verdicts:
        """The verdict on each of these orders as if it were alone."""
        verdicts = blank(rows, self.problem.nodes if self.options.explain else 0, ALTERNATIVES)
        waiting = self._without_empty(verdicts)
        postponed: list[Answered] = []  # explained only where no later rule has an answer
        for mask in self.masks.rules:
            if not len(waiting):
                break
            selected = mask.selects[rows[waiting]]
            again = [waiting[~selected]]
            for places, parcels in self._alike(rows, waiting[selected], mask):
                answer = self._answered(verdicts, places, mask, parcels)
                again.append(places[answer.goes_on])
                if answer.goes_on.all():
                    postponed.append(answer)
                else:
                    self.reasons.write(verdicts, answer, ~answer.goes_on)
            waiting = np.sort(np.concatenate(again))
        if len(waiting):
            for answer in postponed:
                self.reasons.write(verdicts, answer, np.isin(answer.places, waiting))
            self._no_rule_left(verdicts, waiting)
        return verdicts

    def _without_empty(self, verdicts: Verdicts) -> Int64:
        """The places of orders that ask for anything; the others are done."""
        empty = self.length[verdicts.rows] == 0
        verdicts.outcome[empty], verdicts.action[empty] = Outcome.ALL, Action.NONE
        too_large = self.too_large[verdicts.rows]
        if too_large.any():
            verdicts.why[too_large] = codes.AMOUNT_TOO_LARGE
            for row in verdicts.rows[too_large].tolist():
                self._all_lines(verdicts, row, codes.AMOUNT_TOO_LARGE)
        return np.flatnonzero(~(empty | too_large))

    def _too_large(self) -> Bools:
        """[order] its amounts may be more than whole numbers of this type tell apart: it is not tried."""
        demand, tariff, fix = self.demand, self.tariff, np.abs(self.eligibility.fix)
        steering = self.eligibility.steering
        unit = float(np.abs(self.eligibility.pick).max(initial=0)) + float(steering.price.max(initial=0))
        late = tariff.late * LONGEST_DELAY
        parcel = float(fix.max(initial=0)) + float(tariff.rate.max(initial=0)) + late
        line = parcel + float(steering.no.max(initial=0))
        each = np.maximum(demand.unfilled.astype(np.float64), unit)
        heavy = demand.grams / 1000 * float(tariff.per_kg_above.max(initial=0))
        bound = np.zeros(self.problem.orders)
        np.add.at(bound, demand.order, demand.units * each + heavy + line)
        too_large: Bools = bound >= LARGEST_AMOUNT
        return too_large

    def _all_lines(self, verdicts: Verdicts, row: int, code: int) -> None:
        wants = np.arange(self.demand.ptr[row], self.demand.ptr[row + 1], dtype=np.int64)
        verdicts.reasons.append((wants, np.full(len(wants), code)))

    def _no_rule_left(self, verdicts: Verdicts, places: Int64) -> None:
        tried = verdicts.rule[places] >= 0
        verdicts.action[places] = Action.EXCEPTION
        verdicts.why[places] = np.where(tried, codes.NO_RULE_LEFT, codes.NO_RULE)
        verdicts.fragile[places[verdicts.outcome[places] == Outcome.PART]] = True
        for row in verdicts.rows[places[~tried]].tolist():
            self._all_lines(verdicts, row, codes.NO_RULE)

    def _alike(self, rows: Int64, places: Int64, mask: RuleMask) -> list[tuple[Int64, int]]:
        """(places of orders of one length, the parcels each may take); what is collected goes as one."""
        length = self.length[rows[places]]
        single = self.masks.collected[rows[places]]
        groups = []
        for size in np.unique(length).tolist():
            for one in (False, True):
                group = places[(length == size) & (single == one)]
                if not len(group):
                    continue
                parcels = 1 if one else mask.rule.max_parcels
                if size > kernel.MOST_LINES:
                    groups += [(group[[i]], parcels) for i in range(len(group))]
                else:
                    groups.append((group, parcels))
        return groups

    def _answered(self, verdicts: Verdicts, places: Int64, mask: RuleMask, parcels: int) -> Answered:
        """What one rule finds for orders of one length, written into the verdicts."""
        found = self.eligibility.candidates(verdicts.rows[places], mask, parcels)
        picks, exact = self._solved(found, mask)
        served = picks.node >= 0
        outcome = np.where(served.all(1), Outcome.ALL, np.where(served.any(1), Outcome.PART, Outcome.NONE))
        left = np.where(served, 0, found.units)
        split: dict[int, Pieces] = {}
        heavy, uncut = found.too_heavy(), found.needs_cutting()
        for order in np.flatnonzero(uncut | heavy).tolist():
            exact[order] = False
            cut = packing.solve(self.eligibility, found, order, picks) if heavy[order] else None
            if cut is None and uncut[order]:
                cut = cutting.solve(self.eligibility, found, order)
            if cut is not None:
                split[order] = cut
                picks.node[order] = -1
                left[order] = found.units[order]
                np.subtract.at(left[order], cut.want - found.wants[order, 0], cut.units)
                complete = not left[order].any() and bool((found.units[order] > 0).all())
                outcome[order] = Outcome.ALL if complete else Outcome.PART
        rule, part, none = mask.rule, outcome == Outcome.PART, outcome == Outcome.NONE
        assigned: Bools = (outcome == Outcome.ALL) | (part & (rule.if_part is IfPart.ASSIGN))
        verdicts.pieces.append(found.pieces(picks, assigned))
        verdicts.pieces += [cut for order, cut in split.items() if assigned[order]]
        verdicts.rule[places], verdicts.outcome[places] = mask.place, outcome
        verdicts.approximate[places] = ~exact
        verdicts.fragile[places[uncut | heavy]] = True
        if picks.guarded is not None:  # with less stock, what must be filled may be less too
            verdicts.fragile[places[picks.guarded]] = True
        if self.options.explain:  # what is left is told as it was at the order's turn
            verdicts.fragile[places[outcome != Outcome.ALL]] = True
        if _parts_with(rule):
            verdicts.fragile[places[part]] = True
        if rule.rank is not Rank.COST:  # node after node: less stock at one may change whose turn it is
            single = served.all(1) & (picks.node == picks.node[:, :1]).all(1)
            verdicts.fragile[places[~single]] = True
        after_part = AFTER_PART.get(rule.if_part, Action.EXCEPTION)
        after_none = AFTER_NONE.get(rule.if_none, Action.EXCEPTION)
        verdicts.action[places] = np.where(part, after_part, np.where(none, after_none, Action.NONE))
        verdicts.why[places] = np.where(part, codes.ONLY_A_PART, np.where(none, codes.NOTHING_FOUND, 0))
        goes_on: Bools = (part & (rule.if_part is IfPart.NEXT_RULE)) | (none & (rule.if_none is IfNone.NEXT_RULE))
        return Answered(places, found, picks, split, left, assigned, goes_on)

    def _solved(self, found: Candidates, mask: RuleMask) -> tuple[Picks, Bools]:
        """(plans of whole lines, [order] True = proven best)."""
        orders = len(found.rows)
        rank, explain = mask.rule.rank, self.options.explain
        exact = np.ones(orders, np.bool_)
        if not self.problem.nodes:
            return nothing(found.offers), exact
        if rank is not Rank.COST:
            return ranking.solve(self.problem, found.offers, rank, explain=explain), exact
        one = found.offers.max_parcels == 1 and mask.rule.if_part is not IfPart.ASSIGN
        way = whole.solve if one else cheapest.solve
        inertia, guarded = self.problem.inertia[found.rows], self.problem.guarded
        picks = restraints.solve(way, found.offers, found.held_node, inertia, guarded=guarded, explain=explain)
        return picks, exact if one else exact & cheapest.is_exact(found.offers)


def _parts_with(rule: Rule) -> bool:
    """True when a part that shrinks to nothing would go another way."""
    if rule.if_part is IfPart.NEXT_RULE:
        return rule.if_none is not IfNone.NEXT_RULE
    return rule.if_part is IfPart.EXCEPTION
