"""Why lines are left, why nodes were not taken, what would have been the next best: codes, never words."""

from dataclasses import dataclass

import numpy as np

from routing.engine import codes
from routing.engine.eligibility import Candidates, Eligibility
from routing.engine.masks import Codes
from routing.engine.offers import Picks
from routing.engine.problem import Bools, Int64
from routing.engine.verdicts import Pieces, Verdicts
from routing.rules import Rank


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """What one rule found for orders of one length: `places` among the rows of the verdicts."""

    places: Int64
    found: Candidates
    picks: Picks
    split: dict[int, Pieces]  # orders whose lines were cut
    left: Int64  # [order, line] units without a node
    assigned: Bools  # [order] the plan is taken
    goes_on: Bools  # [order] to the next rule


class Reasons:
    """Writes the reasons of an answer into the verdicts."""

    def __init__(self, eligibility: Eligibility, *, explain: bool) -> None:
        self.eligibility, self.explain = eligibility, explain

    def write(self, verdicts: Verdicts, answer: Answered, final: Bools) -> None:
        """Reasons, refusals and alternatives of the orders for which this answer is `final`."""
        found, picks = answer.found, answer.picks
        short = ((answer.left > 0) | (found.units <= 0)) & final[:, None]
        # written though it is the default: an earlier look at the order may have told another
        apart = found.wants[final & ~answer.assigned].ravel()
        verdicts.reasons.append((apart, np.full(len(apart), codes.ONLY_A_PART, np.int64)))
        if not self.explain and not short.any():
            return
        code = self.eligibility.codes(found)
        if short.any():
            self._of_lines(verdicts, answer, short, code)
        if not self.explain:
            return
        verdicts.refused[answer.places[final]] = self._first_refusals(answer, code)[final]
        comparable = final.copy()
        comparable[list(answer.split)] = False
        alternatives = found.others(picks, comparable)
        if alternatives is not None and picks.other is not None:
            verdicts.others.append(alternatives)
            shown = np.where(comparable[:, None], picks.other, -1)[final]
            verdicts.other_node[answer.places[final], : picks.other.shape[1]] = shown

    def _first_refusals(self, answer: Answered, code: Codes) -> Codes:
        """[order, node] the first refusal over the lines; 0 for the nodes of a plan that is taken."""
        first = code[:, -1].copy()
        for line in range(code.shape[1] - 2, -1, -1):
            np.copyto(first, code[:, line], where=code[:, line] != codes.MAY)
        beaten = codes.DEARER if answer.found.mask.rule.rank is Rank.COST else codes.OUTRANKED
        first[first == codes.MAY] = beaten
        used = np.where(answer.assigned, codes.NO_CODE, codes.ONLY_A_PART).astype(np.uint16)
        order, at = np.nonzero(answer.picks.node >= 0)
        first[order, answer.picks.node[order, at]] = used[order]
        for place, pieces in answer.split.items():
            first[place, pieces.node] = used[place]
        return first

    def _of_lines(self, verdicts: Verdicts, answer: Answered, short: Bools, code: Codes) -> None:
        """Per line left: what stood last in the way at the node that came nearest."""
        found = answer.found
        order, line = np.nonzero(short)
        units, left, cell = found.units[order, line], answer.left[order, line], code[order, line]
        full = np.array([_parcels(answer, place) for place in order.tolist()]) >= found.offers.max_parcels
        open_to = (cell == codes.MAY).any(1)
        reason = np.where(cell == codes.MAY, 0, cell).max(1, initial=codes.NOT_STOCKED)
        reason = np.where(open_to & full, codes.TOO_MANY_PARCELS, reason)
        for place in np.flatnonzero(open_to & ~full).tolist():
            nodes = np.flatnonzero(cell[place] == codes.MAY)
            weight = np.full(len(nodes), found.offers.grams[order[place], line[place]])
            price, _ = found.offers.tariff.parcel_at(found.offers.place[order[place], nodes], weight)
            reason[place] = codes.DEARER if np.isfinite(price).any() else codes.NO_RATE
        for place in np.flatnonzero((left > 0) & (left < units)).tolist():
            enough = found.room(int(order[place]))[line[place]].sum() >= units[place]
            reason[place] = codes.TOO_MANY_PARCELS if enough else codes.NO_ATP
        reason = np.where(units <= 0, codes.BAD_QUANTITY, reason)
        verdicts.reasons.append((found.wants[order, line], reason.astype(np.int64)))


def _parcels(answer: Answered, place: int) -> int:
    """Parcels of one order."""
    if place in answer.split:
        pieces = answer.split[place]
        return len(set(zip(pieces.node.tolist(), pieces.block.tolist(), strict=True)))
    node, block = answer.picks.node[place], answer.picks.block[place]
    return len({(at, held) for at, held in zip(node.tolist(), block.tolist(), strict=True) if at >= 0})
