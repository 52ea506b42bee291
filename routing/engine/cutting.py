"""Lines that no node can fill whole: cut into pieces that several nodes fill together, as far as they can.

They ask for all there is, so scarcity prices would only keep units from them: none are counted here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.engine import cheapest, ranking
from routing.engine.eligibility import Candidates, Eligibility
from routing.engine.problem import Int64
from routing.engine.verdicts import Pieces
from routing.rules import Rank

ANY_NODE = -1


@dataclass(frozen=True, slots=True)
class Piece:
    """Units of one line. `kept` are nodes it may not go to, since other pieces of the line are there."""

    line: int
    units: int
    node: int  # the only node for it, or ANY_NODE
    kept: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A plan of the order and what it costs with what it leaves; the cost is 0 where rank alone decides."""

    cost: float
    pieces: Pieces


def solve(eligibility: Eligibility, found: Candidates, order: int) -> Pieces | None:
    """A good plan for one order with lines that fit whole nowhere; None when nothing of it can be served."""
    cutting = Cutting(eligibility, found, order)
    if found.mask.rule.rank is not Rank.COST:
        answers = [cutting.in_rank_order()]
    elif found.offers.max_parcels == 1:
        answers = [cutting.alone()]
    else:
        answers = [cutting.alone(), cutting.in_pieces()]
    served = [answer for answer in answers if answer.pieces.count]
    return min(served, key=lambda answer: answer.cost).pieces if served else None


def share(grams: NDArray[np.int64], units: NDArray[np.int64], of: NDArray[np.int64]) -> Int64:
    """Grams of `units` out of `of` units that weigh `grams`, rounded up."""
    of = np.maximum(of, 1)
    each, rest = grams // of, grams % of  # apart, so that no product is too large
    return each * units - (-rest * units // of)


class Cutting:
    """One order, its lines, and the units that each node may give to each."""

    def __init__(self, eligibility: Eligibility, found: Candidates, order: int) -> None:
        self.eligibility, self.found, self.order = eligibility, found, order
        self.offers = found.offers.some(np.array([order])).without_prices()
        self.units, self.wants = found.units[order], found.wants[order]
        self.room = found.room(order) * np.isfinite(self.offers.head[0])
        self.grams = self.offers.grams[0]
        self.each = eligibility.demand.unfilled[self.wants]
        self.pick = eligibility.problem.pick
        no = eligibility.no
        self.no = np.zeros_like(self.room) if no is None else no[found.sku[order]].astype(np.int64)
        self.first = eligibility.residual.first

    def alone(self) -> Answer:
        """The node that serves the order alone at the least cost, what it lacks being left."""
        given = np.minimum(self.room, self.units[:, None])
        weight = share(self.grams[:, None], given, self.units[:, None]).sum(0)
        freight, _ = self.offers.tariff.parcel_at(self.offers.place[0], weight)
        left = (self.units[:, None] - given) * self.each[:, None]
        cost = (given * self.pick + self.no * (given > 0) + left).sum(0) + freight + self.offers.head[0]
        cost = np.where(given.sum(0) > 0, cost, np.inf)
        node = int(cost.argmin())
        nothing = float((self.units * self.each).sum())
        if not cost[node] < nothing:
            return Answer(nothing, self.pieces(*np.zeros((4, 0), np.int64)))
        line = np.flatnonzero(given[:, node])
        return Answer(
            float(cost[node]),
            self.pieces(line, given[line, node], np.full(len(line), node), np.ones(len(line), np.int64)),
        )

    def in_rank_order(self) -> Answer:
        """Nodes in rank order, each giving what it can, within the parcels allowed."""
        rows: list[tuple[int, int, int, int]] = []
        left, parcels = self.units.copy(), 0
        whole = self.found.may[self.order].any(1)
        for node in ranking.turns(self.eligibility.problem, self.offers, self.found.mask.rule.rank):
            given = self.given(node, left)
            given[whole & (given < left)] = 0
            if parcels == self.offers.max_parcels or not left.any():
                break
            weight = share(self.grams, given, self.units).sum(keepdims=True)
            freight, _ = self.offers.tariff.parcel_at(self.offers.place[0, [node]], weight)
            if not given.any() or not np.isfinite(freight[0]):
                continue
            rows += [(line, int(given[line]), node, 1) for line in np.flatnonzero(given).tolist()]
            left, parcels = left - given, parcels + 1
        return Answer(0, self.pieces(*np.array(rows, np.int64).reshape(-1, 4).T))

    def given(self, node: int, wanted: Int64) -> Int64:
        """[line] units that the node gives of those wanted: all it may, or none where a rule wants its last ones."""
        given: Int64 = np.minimum(self.room[:, node], wanted)
        for criterion in self.found.mask.atp_left:
            if criterion.negate:
                given[self.found.left[self.order][:, node] - given >= criterion.amount] = 0
        return given

    def in_pieces(self) -> Answer:
        """Each piece a line of its own, solved like an order of so many lines."""
        cut = self._cut()
        line = np.array([piece.line for piece in cut], np.int64)
        units = np.array([piece.units for piece in cut], np.int64)
        may = self.found.allowed[self.order][line] & self.eligibility.fits(
            self.found.mask, units, self.found.left[self.order][line]
        )
        for place, piece in enumerate(cut):
            if piece.node != ANY_NODE:
                may[place, np.arange(may.shape[1]) != piece.node] = False
            may[place, list(piece.kept)] = False
        offers = self.eligibility.offers(
            self.found.rows[[self.order]],
            may[None],
            self.found.sku[[self.order]][:, line],
            units[None],
            share(self.grams[line], units, self.units[line])[None],
            (self.each[line] * units)[None],
            self.offers.max_parcels,
        )
        picks = cheapest.solve(offers.without_prices(), explain=False)
        served = np.flatnonzero(picks.node[0] >= 0)
        node, block = picks.node[0, served].astype(np.int64), picks.block[0, served].astype(np.int64)
        pieces = self.pieces(line[served], units[served], node, block)
        for (_, at, held), day in picks.later.items():
            pieces.day[(node == at) & (block == held)] = day
        return Answer(float(picks.cost[0]), pieces)

    def _cut(self) -> list[Piece]:
        """Nodes by most room, then least picking cost, then place, until a line is covered or all may give to it.

        The piece that completes the line may go to any node with room for it that gives nothing else to the line.
        """
        whole = self.found.may[self.order].any(1)
        pieces = []
        for line, wanted in enumerate(self.units.tolist()):
            left, givers = wanted, []
            if not whole[line]:
                for node in np.lexsort((self.pick, -self.room[line]))[: self.offers.max_parcels].tolist():
                    given = min(int(self.room[line, node]), left)
                    if given == left or not given:
                        break
                    pieces.append(Piece(line, given, node))
                    givers.append(node)
                    left -= given
            pieces.append(Piece(line, left, ANY_NODE, tuple(givers)))
        return pieces

    def pieces(self, line: Int64, units: Int64, node: Int64, block: Int64) -> Pieces:
        """Units of lines at nodes as pieces, each on its node's first day."""
        count = len(line)
        return Pieces(
            order=np.full(count, self.found.rows[self.order]),
            want=self.wants[line],
            units=units,
            node=node,
            block=block,
            day=self.first[node],
            spare=np.full(count, self.found.spare),
            place=np.zeros(count, np.int64),
        )
