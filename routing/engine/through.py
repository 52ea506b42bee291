"""The cheapest plans of one order through each of the nodes, and what the parts of any plan of it cost."""

from dataclasses import dataclass

import numpy as np

from routing.engine import dp, opening
from routing.engine.demand import Demand
from routing.engine.eligibility import Candidates
from routing.engine.look import Look
from routing.engine.offers import whole_orders
from routing.engine.parcels import parcels_of
from routing.engine.plan import Alternative
from routing.engine.problem import Int32, Int64, Problem
from routing.engine.sets import lines_of
from routing.engine.tariff import CANNOT, Costs
from routing.engine.verdicts import Pieces


@dataclass(frozen=True, slots=True, eq=False)
class Through:
    """The cheapest plan that uses each node, +inf = none; exact for up to `dp.MOST_LINES` lines.

    `cost` and `units` tell every way of giving the node one parcel: by set of lines, or the only one that was tried.
    """

    best: Costs  # [node]
    node: Int32  # [node, line] −1 = left
    block: Int32  # [node, line]
    cost: Costs  # [way, node]
    units: Int64  # [way, node] in the parcel there


def through(found: Candidates) -> Through:
    """The plans of one order, under the rule and on the stock of its candidates."""
    offers, units = found.offers, found.units[0].astype(np.int64)
    lines, nodes = offers.shape[1], offers.shape[2]
    if lines > dp.MOST_LINES:
        return _opened(found, units)
    tables, _, _ = dp.settled(offers)
    cost = dp.through(tables)
    held = cost.argmin(0)
    best = cost[held, np.arange(nodes)]
    node, block = np.full((nodes, lines), -1, np.int32), np.zeros((nodes, lines), np.int32)
    beside: dict[int, list[tuple[int, int, int | None]]] = {}
    for at in np.flatnonzero(np.isfinite(best)).tolist():
        part = int(held[at])
        if part not in beside:
            _, count, shipped = tables.cheapest(tables.parcels - 1, len(cost) - 1 ^ part)
            beside[part] = tables.read(count, shipped)
        for inner, where, _ in [(part, at, None), *beside[part]]:
            own = lines_of(inner)
            node[at, own], block[at, own] = where, inner
    sets = np.arange(len(cost))[:, None] >> np.arange(lines) & 1
    return Through(best, node, block, cost, np.repeat((sets @ units)[:, None], nodes, axis=1))


def _opened(found: Candidates, units: Int64) -> Through:
    best, node = opening.through(found.offers)
    there = (node == np.arange(len(best))[:, None]) @ units
    return Through(best, node, np.ones_like(node), best[None], there[None])


def best_single(found: Candidates) -> tuple[int, Int32] | None:
    """(node, [line] that node) of the cheapest single parcel that holds the whole order; None = nobody has it all."""
    cost = whole_orders(found.offers)[0]
    if not len(cost) or not np.isfinite(cost.min()):
        return None
    node = int(cost.argmin())
    return node, np.full(found.offers.shape[1], node, np.int32)


def parts(look: Look, found: Candidates, about: Int64, node: Int32, block: Int32) -> list[Alternative]:
    """What these plans cost; plan i is told as one through about[i], its lines are at node[i] in parcels block[i]."""
    problem, demand = look.problem, look.demand
    plan, line = np.nonzero(node >= 0)
    at = node[plan, line].astype(np.int64)
    pieces = Pieces(
        order=found.rows[np.zeros(len(plan), np.int64)],
        want=found.wants[0, line],
        units=found.units[0, line],
        node=at,
        block=block[plan, line].astype(np.int64),
        day=look.residual.first[at],
        spare=np.zeros(len(plan), np.int64),
        place=np.zeros(len(plan), np.int64),
    )
    made = _sums(problem, demand, look, pieces, plan, len(about))
    left = np.where(node < 0, look.eligibility.unfilled[found.wants[0]], 0).sum(1)
    return [
        Alternative(about.item(i), tuple(nodes), freight, handling, lateness, left.item(i), rejection, scarcity)
        for i, (nodes, (freight, handling, lateness, rejection, scarcity)) in enumerate(made)
    ]


def _sums(
    problem: Problem, demand: Demand, look: Look, pieces: Pieces, key: Int64, count: int
) -> list[tuple[list[int], list[int]]]:
    """Per key: (nodes of its parcels, freight, handling, lateness, rejection, scarcity)."""
    parcels = parcels_of(problem, demand, look, pieces, key)
    columns = np.stack(
        [parcels.freight, parcels.handling, parcels.lateness, parcels.rejection, parcels.scarcity], axis=1
    )
    total = np.zeros((count, columns.shape[1]), np.int64)
    np.add.at(total, parcels.key, columns)
    nodes: list[list[int]] = [[] for _ in range(count)]
    for owner, at in zip(parcels.key.tolist(), parcels.node.tolist(), strict=True):
        nodes[owner].append(at)
    return list(zip(nodes, total.tolist(), strict=True))


def every(found: Candidates, ways: Through, look: Look) -> list[Alternative]:
    """The cheapest plan through each node that has one, cheapest first, ties by node."""
    about = np.flatnonzero(ways.best < CANNOT)
    return sorted(
        parts(look, found, about, ways.node[about], ways.block[about]), key=lambda plan: (plan.priced, plan.node)
    )
