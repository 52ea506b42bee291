"""Which nodes may serve which lines of some orders under one rule, now, and what they ask for it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.engine import codes, dp, gaps
from routing.engine.demand import Demand
from routing.engine.masks import Codes, Masks, RuleMask
from routing.engine.offers import Offers, Picks
from routing.engine.problem import Bools, Int32, Int64, Problem
from routing.engine.residual import Residual
from routing.engine.steering import Steering
from routing.engine.tariff import CANNOT, Costs, Index, Tariff
from routing.engine.verdicts import Pieces
from routing.rules import Rank

Cells = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Orders of one length under one rule."""

    rows: Int64
    mask: RuleMask
    wants: Int64  # [order, line]
    sku: Int32  # [order, line]
    units: Int64  # [order, line]
    held_node: Int32  # [order, line] −1 = nowhere
    left: Cells  # [order, line, node] ATP now, −1 = not stocked
    allowed: Bools  # [order, line, node] nothing but the quantity may stand against it
    may: Bools  # [order, line, node] the whole line may come from there
    order_code: Codes  # [order, node]
    offers: Offers
    spare: int  # units that the rule wants left

    def room(self, order: int) -> Int64:
        """[line, node] units that each node may give to a line of this order."""
        left = self.left[order].astype(np.int64)
        room = np.where(self.allowed[order], np.maximum(left - self.spare, 0), 0)
        for criterion in self.mask.atp_left:
            if criterion.negate:
                given = np.minimum(left, self.units[order][:, None])
                room = np.where(left - given < criterion.amount, room, 0)
        return room

    def needs_cutting(self) -> Bools:
        """[order] some line fits whole nowhere, yet some node could give a part of it."""
        if not self.mask.rule.split_lines:
            return np.zeros(len(self.rows), np.bool_)
        nowhere = ~self.may.any(2) & (self.units > 0)
        orders = np.flatnonzero(nowhere.any(1))
        needs = np.zeros(len(self.rows), np.bool_)
        if len(orders):
            some = (self.allowed[orders] & (self.left[orders] > self.spare)).any(2) & nowhere[orders]
            needs[orders] = some.any(1)
        return needs

    def too_heavy(self) -> Bools:
        """[order] what a node may send of it weighs more than a parcel from there may.

        Of up to `dp.MOST_LINES` lines ranked by cost only where a line by itself is too heavy: all else is found.
        """
        heavy = np.zeros(len(self.rows), np.bool_)
        total = self.offers.grams.sum(1)
        for order in np.flatnonzero(total > self.offers.tariff.carried).tolist():
            limit = self.offers.tariff.heaviest(self.offers.place[order])
            may, grams = self.may[order], self.offers.grams[order][:, None]
            whole = may.any(1)[:, None]
            room = self.room(order) if self.mask.rule.split_lines else np.zeros(may.shape, np.int64)
            units = np.maximum(self.units[order][:, None], 1)
            weight = np.where(whole, np.where(may, grams, 0), -(-grams * np.minimum(room, units) // units))
            over = (weight > limit) & (limit >= 0)
            if self.mask.rule.rank is not Rank.COST or len(weight) > dp.MOST_LINES:
                heavy[order] = ((weight.sum(0) > limit) & (limit >= 0)).any()
            else:
                fits = may & (grams <= limit)
                heavy[order] = bool((over.any(1) & ~fits.any(1)).any())
        return heavy

    def pieces(self, picks: Picks, wanted: Bools) -> Pieces:
        """The pieces of these plans, for the wanted orders: each line that has a node is one."""
        order, line = np.nonzero((picks.node >= 0) & wanted[:, None])
        return self._pieces(picks, order, line, picks.node[order, line], picks.block[order, line], None)

    def others(self, picks: Picks, wanted: Bools) -> Pieces | None:
        """The pieces of the alternatives; node −1 for what an alternative leaves."""
        if picks.other is None or picks.other_node is None or picks.other_block is None:
            return None
        there = (picks.other >= 0) & wanted[:, None]
        order, place = np.nonzero(there)
        lines = picks.node.shape[1]
        order, place = np.repeat(order, lines), np.repeat(place, lines)
        line = np.tile(np.arange(lines), len(order) // max(lines, 1))
        node, block = picks.other_node[order, place, line], picks.other_block[order, place, line]
        return self._pieces(picks, order, line, node, block, place)

    def _pieces(
        self, picks: Picks, order: Int64, line: Int64, node: Int32, block: Int32, place: Int64 | None
    ) -> Pieces:
        day = self.offers.residual.first[node]
        if picks.later and place is None:
            for (row, at, held), later in picks.later.items():
                day[(order == row) & (node == at) & (block == held)] = later
        return Pieces(
            order=self.rows[order],
            want=self.wants[order, line],
            units=self.units[order, line],
            node=node.astype(np.int64),
            block=block.astype(np.int64),
            day=day,
            spare=np.full(len(order), self.spare),
            place=np.zeros(len(order), np.int64) if place is None else place,
        )


class Eligibility:
    """Lays rules over orders."""

    def __init__(self, problem: Problem, demand: Demand, masks: Masks, tariff: Tariff, residual: Residual) -> None:
        self.problem, self.demand, self.masks = problem, demand, masks
        self.tariff, self.residual = tariff, residual
        self.steering = Steering(problem)
        self.price = residual.spread(self.steering.price) if self.steering.prices_units else None
        self.no = residual.spread(self.steering.no) if self.steering.expects_no else None
        beyond = gaps.no_cost(problem)  # such nodes are refused: their figures must not spoil the others'
        self.pick: Costs = np.where(beyond, 0, problem.pick).astype(np.float64)
        self.fix: Int64 = np.where(beyond, 0, problem.fix) + self.steering.slot
        self.unfilled: Int64 = demand.unfilled * demand.units

    def candidates(self, rows: Int64, mask: RuleMask, parcels: int, own: Int32 | None = None) -> Candidates:
        """Orders of one length under a rule, each allowed this many parcels.

        own: [order, line] the node where the line has its units already, −1 = nowhere; they count as left there.
        """
        demand = self.demand
        size = int(demand.ptr[rows[0] + 1] - demand.ptr[rows[0]])
        wants = demand.ptr[rows].astype(np.int64)[:, None] + np.arange(size)
        units, sku = demand.units[wants], demand.sku[wants]
        left, order_code, allowed = self._allowed(rows, mask, wants)
        if own is not None:
            order, line = np.nonzero(own >= 0)
            left[order, line, own[order, line]] += units[order, line].astype(left.dtype)
        spare = mask.spare
        may = allowed & self.fits(mask, units, left)
        return Candidates(
            rows=rows,
            mask=mask,
            wants=wants,
            sku=sku,
            units=units,
            held_node=demand.held_node[wants],
            left=left,
            allowed=allowed,
            may=may,
            order_code=order_code,
            offers=self.offers(rows, may, sku, units, demand.grams[wants], self.unfilled[wants], parcels),
            spare=spare,
        )

    def _allowed(self, rows: Int64, mask: RuleMask, wants: Int64) -> tuple[Cells, Codes, Bools]:
        """(ATP now, first refusal of the order, nothing but the quantity stands against it), by line and node."""
        left = self.residual.atp[self.demand.sku[wants]]
        order_code = self.masks.codes_for(rows, mask, self.residual.open_slot)
        allowed = np.broadcast_to((order_code == codes.MAY)[:, None], left.shape)
        if self.masks.want_code is not None:
            allowed = allowed & (self.masks.want_code[wants] == codes.MAY)
        return left, order_code, allowed

    def may(self, rows: Int64, mask: RuleMask) -> tuple[Bools, Bools]:
        """([order, line, node] some units may come from there, the whole line may), orders of one length."""
        demand = self.demand
        size = int(demand.ptr[rows[0] + 1] - demand.ptr[rows[0]])
        wants = demand.ptr[rows].astype(np.int64)[:, None] + np.arange(size)
        left, _, allowed = self._allowed(rows, mask, wants)
        spare = mask.spare
        return allowed & (left > spare), allowed & self.fits(mask, demand.units[wants], left)

    def fits(self, mask: RuleMask, units: Int64, left: Cells) -> Bools:
        """[…, line, node] ATP covers the units, and leaves what the rule wants left."""
        fits: Bools = left >= np.maximum(units, 1)[..., None]
        for criterion in mask.atp_left:
            enough = left - units[..., None] >= criterion.amount
            fits &= enough != criterion.negate
        if (units <= 0).any():
            fits &= (units > 0)[..., None]
        return fits

    def offers(
        self, rows: Int64, may: Bools, sku: Int32, units: Int64, grams: Int64, unfilled: Int64, parcels: int
    ) -> Offers:
        """What the nodes ask for these lines of these orders."""
        goods = units[:, :, None] * self.pick
        steering, scarcity = self.steering, None
        if self.no is not None:
            goods += self.no[sku]
        if self.price is not None:
            scarcity = self.price[sku].astype(np.float64) * units[:, :, None]
            goods += scarcity
        goods[~may] = CANNOT
        place, head, slack, dest, collected = self._parcels(rows)
        return Offers(
            goods=goods,
            grams=grams,
            unfilled=unfilled.astype(np.float64),
            head=head,
            place=place,
            slack=slack,
            dest=dest,
            collected=collected,
            max_parcels=parcels,
            tariff=self.tariff,
            residual=self.residual,
            fix=self.fix,
            scarcity=scarcity,
            slot_price=steering.slot if steering.prices_slots else None,
        )

    def _parcels(self, rows: Int64) -> tuple[Index, Costs, Int64, Int64, Bools]:
        slack, dest = self.problem.slack[rows].astype(np.int64), self.problem.dest[rows].astype(np.int64)
        collected = self.masks.collected[rows]
        place, beyond = self.tariff.rows(slack, self.residual.first_ship, dest, collected)
        beyond += self.fix
        beyond[:, ~self.residual.open_slot] = CANNOT
        return place, beyond, slack, dest, collected

    def codes(self, found: Candidates) -> Codes:
        """[order, line, node] the first refusal, MAY = none."""
        code = np.where(found.left < 0, codes.NOT_STOCKED, codes.NO_ATP).astype(np.uint16)
        code[found.left >= found.units[:, :, None]] = codes.MAY
        np.minimum(code, found.order_code[:, None], out=code)
        if self.masks.want_code is not None:
            np.minimum(code, self.masks.want_code[found.wants], out=code)
        for criterion in found.mask.atp_left:
            enough = found.left - found.units[:, :, None] >= criterion.amount
            np.minimum(code, np.uint16(criterion.code), out=code, where=enough == criterion.negate)
        return code
