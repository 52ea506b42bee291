"""Orders too heavy for one parcel: what a node sends goes in several, first fit, heaviest first.

Orders of up to ten lines by cost need this only for a line that is too heavy by itself: the exact ways find all else.
The plan is good, not proven best. Scarcity prices don't count, as with lines that are cut between nodes.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from routing.engine import ranking
from routing.engine.cutting import Cutting, share
from routing.engine.eligibility import Candidates, Eligibility
from routing.engine.offers import Picks
from routing.engine.problem import Int64
from routing.engine.verdicts import Pieces
from routing.rules import Rank

STARTS = 6  # first nodes to begin with


class Row(NamedTuple):
    """Units of a line in one parcel; `day` is the place of its ship day."""

    line: int
    units: int
    node: int
    block: int
    day: int


class Packed(NamedTuple):
    """What one node sends, in how many parcels, and what these cost."""

    rows: list[Row]
    parcels: int
    cost: float


def solve(eligibility: Eligibility, found: Candidates, order: int, picks: Picks) -> Pieces | None:
    """A plan of one order that leaves less than `picks` do, or as much at a lower cost; None when there is none."""
    packing = Packing(eligibility, found, order)
    units = packing.cutting.units
    if found.mask.rule.rank is Rank.COST:
        plans = [packing.from_node(node) for node in packing.promising(units)[:STARTS]]
    else:
        plans = [packing.ranked()]
    plan = min(plans, key=packing.worth, default=[])
    served = picks.node[order] >= 0
    now = (float((units * packing.cutting.each)[~served].sum()), float(picks.cost[order]))
    return packing.pieces(plan) if plan and packing.worth(plan) < now else None


class Packing:
    """One order and the heaviest parcel that each node can send to it."""

    def __init__(self, eligibility: Eligibility, found: Candidates, order: int) -> None:
        self.cutting = Cutting(eligibility, found, order)
        self.offers = self.cutting.offers
        self.residual = eligibility.residual
        self.limit = self.offers.tariff.heaviest(self.offers.place[0])
        self.most = self.offers.max_parcels
        may = found.may[order]
        room = self.cutting.room if found.mask.rule.split_lines else np.zeros_like(self.cutting.room)
        units = self.cutting.units[:, None]
        # a line stays whole at one node while any can fill it
        self.room: Int64 = np.where(may.any(1)[:, None], np.where(may, units, 0), room)

    def worth(self, plan: list[Packed]) -> tuple[float, float]:
        """(cost of what is left, cost of all): less is better."""
        left = self.cutting.units - self._sent(plan)
        unfilled = float((left * self.cutting.each).sum())
        return unfilled, unfilled + sum(part.cost for part in plan)

    def promising(self, left: Int64) -> list[int]:
        """Nodes that can send some of what is left, the cheapest first as far as it shows without packing."""
        cutting, tariff = self.cutting, self.offers.tariff
        given = np.minimum(self.room, left[:, None])
        weight = share(cutting.grams[:, None], given, cutting.units[:, None]).sum(0)
        limit = np.maximum(self.limit, 1)
        parcels = np.clip(-(-weight // limit), 1, self.most)
        freight, _ = tariff.parcel_at(self.offers.place[0], np.minimum(weight, limit))
        goods = given * cutting.pick + cutting.no * (given > 0) + (left[:, None] - given) * cutting.each[:, None]
        cost = np.where(
            given.any(0) & (self.limit >= 0), parcels * (freight + self.offers.head[0]) + goods.sum(0), np.inf
        )
        order = np.argsort(cost, kind="stable")
        return [int(node) for node in order[np.isfinite(cost[order])]]

    def from_node(self, node: int) -> list[Packed]:
        """What this node sends, then the most promising ones for what it leaves, while that saves."""
        plan = [self.packed(node, self.cutting.units, self.most)]
        while True:
            best = self.worth(plan)
            used = {row.node for part in plan for row in part.rows}
            left, room = self._left(plan), self.most - sum(part.parcels for part in plan)
            if room < 1 or not left.any():
                return plan
            more = (self.packed(other, left, room) for other in self.promising(left) if other not in used)
            part = next((part for part in more if self.worth([*plan, part]) < best), None)
            if part is None:
                return plan
            plan.append(part)

    def ranked(self) -> list[Packed]:
        """The best-ranked node that can send all of it, else node after node in rank order."""
        units = self.cutting.units
        turns = ranking.turns(self.cutting.eligibility.problem, self.offers, self.cutting.found.mask.rule.rank)
        for node in turns:
            if (self.room[:, node] >= units).all():
                whole = [self.packed(node, units, self.most)]
                if (self._sent(whole) == units).all():
                    return whole
        plan: list[Packed] = []
        for node in turns:
            left, room = self._left(plan), self.most - sum(part.parcels for part in plan)
            part = self.packed(node, left, room)
            if part.rows:
                plan.append(part)
        return plan

    def packed(self, node: int, wanted: Int64, most: int) -> Packed:
        """What the node sends of the wanted units, in at most so many parcels."""
        given = np.minimum(self.cutting.given(node, wanted), self.room[:, node])
        while True:
            part = self._packed(node, given, most)
            sent = self._sent([part])
            allowed = self.cutting.given(node, sent) == sent  # a rule may want its last units or none
            if allowed.all():
                return part
            given = np.where(allowed, given, 0)

    def _packed(self, node: int, given: Int64, most: int) -> Packed:
        cutting, days = self.cutting, self.residual.days(node, most)
        loads: list[int] = []
        bins: list[dict[int, int]] = []
        for line, units, grams in sorted(self._items(node, given, len(days)), key=lambda item: (-item[2], item[0])):
            place = next((i for i, load in enumerate(loads) if load + grams <= self.limit[node]), len(bins))
            if place == len(days):
                continue
            if place == len(bins):
                loads.append(0)
                bins.append({})
            loads[place] += grams
            bins[place][line] = bins[place].get(line, 0) + units
        rows: list[Row] = []
        cost, parcels = 0.0, 0
        for load, held, day in zip(loads, bins, days, strict=False):
            price = self._price(node, day, load)
            if not np.isfinite(price):  # a gap in the price list
                continue
            parcels += 1
            cost += price + sum(
                units * int(cutting.pick[node]) + int(cutting.no[line, node]) for line, units in held.items()
            )
            rows += [Row(line, units, node, parcels, day) for line, units in held.items()]
        return Packed(rows, parcels, cost)

    def _items(self, node: int, given: Int64, most: int) -> Iterator[tuple[int, int, int]]:
        """(line, units, grams) that each fit into a parcel; of a line too heavy for one, as few as can be."""
        units, grams, limit = self.cutting.units, self.cutting.grams, int(self.limit[node])
        for line in np.flatnonzero(given).tolist():
            left, all_of_it = int(given[line]), int(units[line])
            at_once = limit * all_of_it // max(int(grams[line]), 1)
            for _ in range(most if at_once > 0 else 0):
                count = min(left, at_once)
                if count:
                    yield line, count, -(-int(grams[line]) * count // all_of_it)
                left -= count

    def _price(self, node: int, day: int, grams: int) -> float:
        place, head = self.offers.later(node, day)
        freight, _ = self.offers.tariff.parcel_at(place[0], np.array([grams], np.int64))
        return float(freight[0] + head[0, 0])

    def _left(self, plan: list[Packed]) -> Int64:
        """[line] units that another node may still send."""
        sent = self._sent(plan)
        left: Int64 = self.cutting.units - sent
        return left if self.cutting.found.mask.rule.split_lines else np.where(sent > 0, 0, left)

    def _sent(self, plan: list[Packed]) -> Int64:
        sent: Int64 = np.zeros_like(self.cutting.units)
        for part in plan:
            for row in part.rows:
                sent[row.line] += row.units
        return sent

    def pieces(self, plan: list[Packed]) -> Pieces | None:
        """The plan as pieces; None when it is empty."""
        rows = [row for part in plan for row in part.rows]
        if not rows:
            return None
        line, units, node, block, day = np.array(rows, np.int64).T
        pieces = self.cutting.pieces(line, units, node, block)
        pieces.day[:] = day
        return pieces
