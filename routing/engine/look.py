"""One look at some orders: the rules from top to bottom, on what is left of stock and slots at this moment."""

import numpy as np

from routing.engine import cheapest, codes, cutting, kernel, ranking, whole
from routing.engine.demand import Demand
from routing.engine.eligibility import Candidates, Eligibility
from routing.engine.explaining import Answered, Explaining
from routing.engine.masks import Masks, RuleMask
from routing.engine.offers import Picks
from routing.engine.plan import Action, Options, Outcome
from routing.engine.problem import Bools, Int64, Problem
from routing.engine.residual import Residual
from routing.engine.tariff import Tariff
from routing.engine.verdicts import Pieces, Verdicts, joined
from routing.rules import IfNone, IfPart, Rank

AFTER_PART = {IfPart.ASSIGN: Action.BACKORDER, IfPart.EXCEPTION: Action.EXCEPTION}
AFTER_NONE = {IfNone.BACKORDER: Action.BACKORDER, IfNone.EXCEPTION: Action.EXCEPTION}


class Look:
    """The tables of one problem, and what is left of it."""

    def __init__(self, problem: Problem, demand: Demand, options: Options) -> None:
        self.problem, self.demand, self.options = problem, demand, options
        self.tariff = Tariff(problem)
        self.residual = Residual(problem)
        self.masks = Masks(problem, demand, self.tariff)
        self.eligibility = Eligibility(problem, demand, self.masks, self.tariff, self.residual)
        self.length = demand.length
        self.explaining = Explaining(self.eligibility, explain=options.explain)

    def at(self, rows: Int64) -> Verdicts:
        """The verdict on each of these orders as if it were alone."""
        verdicts = self._blank(rows)
        waiting = np.arange(len(rows))
        empty = self.length[rows] == 0
        if empty.any():
            verdicts.outcome[empty], verdicts.action[empty], verdicts.why[empty] = Outcome.ALL, Action.NONE, 0
            waiting = waiting[~empty]
        pieces: list[Pieces] = []
        others: list[Pieces] = []
        postponed: list[Answered] = []  # explained only where no later rule has an answer
        for mask in self.masks.rules:
            if not len(waiting):
                break
            selected = mask.selects[rows[waiting]]
            mine = waiting[selected]
            if not len(mine):
                continue
            again = [waiting[~selected]]
            for places, parcels in self._alike(rows, mine, mask):
                goes_on = self._answered(verdicts, places, mask, parcels, pieces, others, postponed)
                again.append(places[goes_on])
            waiting = np.sort(np.concatenate(again))
        if len(waiting):
            for answer in postponed:
                self.explaining.write(verdicts, answer, np.isin(answer.places, waiting), others)
        untold = rows[waiting[verdicts.rule[waiting] < 0]]
        if len(untold):
            wants = np.concatenate([np.arange(self.demand.ptr[row], self.demand.ptr[row + 1]) for row in untold])
            verdicts.reason_want = np.concatenate([verdicts.reason_want, wants])
            verdicts.reason = np.concatenate([verdicts.reason, np.full(len(wants), codes.NO_RULE)])
        tried = verdicts.rule[waiting] >= 0
        verdicts.action[waiting] = Action.EXCEPTION
        verdicts.fragile[waiting[verdicts.outcome[waiting] == Outcome.PART]] = True
        verdicts.why[waiting] = np.where(tried, codes.NO_RULE_LEFT, codes.NO_RULE)
        verdicts.pieces, verdicts.others = _by_row(joined(pieces), rows), joined(others)
        return verdicts

    def _blank(self, rows: Int64) -> Verdicts:
        count = len(rows)
        none = np.zeros(0, np.int64)
        return Verdicts(
            rows=rows,
            outcome=np.full(count, Outcome.NONE, np.int8),
            action=np.full(count, Action.EXCEPTION, np.int8),
            rule=np.full(count, -1, np.int16),
            why=np.zeros(count, np.int64),
            approximate=np.zeros(count, np.bool_),
            fragile=np.zeros(count, np.bool_),
            refused=np.zeros((count, self.problem.nodes if self.options.explain else 0), np.uint16),
            pieces=joined([]),
            others=joined([]),
            other_node=np.full((count, kernel.ALTERNATIVES), -1, np.int32),
            reason_want=none,
            reason=none,
        )

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

    def _answered(
        self,
        verdicts: Verdicts,
        places: Int64,
        mask: RuleMask,
        parcels: int,
        pieces: list[Pieces],
        others: list[Pieces],
        postponed: list[Answered],
    ) -> Bools:
        """Write the verdicts of one rule on orders of one length; [order] True = goes on to the next rule."""
        found = self.eligibility.candidates(verdicts.rows[places], mask, parcels)
        picks, exact = self._solved(found, mask)
        served = picks.node >= 0
        outcome = np.where(served.all(1), Outcome.ALL, np.where(served.any(1), Outcome.PART, Outcome.NONE))
        left = np.where(served, 0, found.units)
        split: dict[int, Pieces] = {}
        for order in np.flatnonzero(found.needs_cutting()).tolist():
            answer = cutting.solve(self.eligibility, found, order)
            exact[order] = False
            verdicts.fragile[places[order]] = True
            if answer is None:
                continue
            split[order] = answer
            picks.node[order] = -1
            left[order] = found.units[order]
            np.subtract.at(left[order], answer.want - found.wants[order, 0], answer.units)
            complete = not left[order].any() and bool((found.units[order] > 0).all())
            outcome[order] = Outcome.ALL if complete else Outcome.PART
        rule = mask.rule
        part, none = outcome == Outcome.PART, outcome == Outcome.NONE
        goes_on = (part & (rule.if_part is IfPart.NEXT_RULE)) | (none & (rule.if_none is IfNone.NEXT_RULE))
        assigned = (outcome == Outcome.ALL) | (part & (rule.if_part is IfPart.ASSIGN))

        verdicts.rule[places], verdicts.outcome[places] = mask.place, outcome
        verdicts.approximate[places] = ~exact
        if rule.if_part is IfPart.EXCEPTION or (
            rule.if_part is IfPart.NEXT_RULE and rule.if_none is not IfNone.NEXT_RULE
        ):
            verdicts.fragile[places[part]] = True
        verdicts.action[places] = np.where(
            part,
            AFTER_PART.get(rule.if_part, Action.EXCEPTION),
            np.where(none, AFTER_NONE.get(rule.if_none, Action.EXCEPTION), Action.NONE),
        )
        verdicts.why[places] = np.where(part, codes.ONLY_A_PART, np.where(none, codes.NOTHING_FOUND, 0))
        pieces.append(found.pieces(picks, assigned))
        pieces += [answer for order, answer in split.items() if assigned[order]]
        answer_of = Answered(places, found, picks, split, left)
        if goes_on.all():
            postponed.append(answer_of)
        else:
            self.explaining.write(verdicts, answer_of, np.asarray(~goes_on, np.bool_), others)
        return np.asarray(goes_on, np.bool_)

    def _solved(self, found: Candidates, mask: RuleMask) -> tuple[Picks, Bools]:
        """(plans of whole lines, [order] True = proven best)."""
        orders = len(found.rows)
        rank, explain = mask.rule.rank, self.options.explain
        exact = np.ones(orders, np.bool_)
        if rank is not Rank.COST:
            return ranking.solve(self.problem, found.offers, rank, explain=explain), exact
        if found.offers.max_parcels == 1 and mask.rule.if_part is not IfPart.ASSIGN:
            return whole.solve(found.offers, explain=explain), exact
        return cheapest.solve(found.offers, explain=explain), exact & cheapest.is_exact(found.offers)


def _by_row(pieces: Pieces, rows: Int64) -> Pieces:
    """The pieces in the order of the rows, wants and units of one order as they came."""
    if len(rows) == 1:
        return pieces
    place = np.empty(int(rows.max(initial=0)) + 1, np.int64)
    place[rows] = np.arange(len(rows))
    return pieces.of(np.argsort(place[pieces.order], kind="stable"))
