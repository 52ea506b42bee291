"""The plan drawn up from what was granted."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.engine import codes, gaps
from routing.engine.alternatives import alternatives
from routing.engine.batch.giving_way import NOBODY, Displaced
from routing.engine.crowd import Crowd
from routing.engine.demand import Demand
from routing.engine.lines import split_back
from routing.engine.look import Look
from routing.engine.parcels import parcels_of
from routing.engine.plan import Options, Plan
from routing.engine.problem import Bits, Bools, Int16, Int32, Int64, Problem
from routing.engine.verdicts import Pieces, Verdicts, joined


def draw(
    problem: Problem,
    demand: Demand,
    look: Look,
    granted: list[Verdicts],
    options: Options,
    turns: list[Int64],
    looked_again: int,
    crowd: Crowd | None,
) -> Plan:
    """The plan of all that was granted, in claim order; `turns` are the orders that were served one by one."""
    m = problem.orders
    rows = np.concatenate([verdicts.rows for verdicts in granted]) if granted else np.zeros(0, np.int64)

    def ordered(name: str, kind: type[np.generic]) -> NDArray[Any]:
        column = np.zeros(m, kind)
        if granted:
            column[rows] = np.concatenate([getattr(verdicts, name) for verdicts in granted])
        return column

    pieces = joined([part for verdicts in granted for part in verdicts.pieces])
    parcels = parcels_of(problem, demand, look, pieces, pieces.order)
    lines = split_back(demand, pieces)
    owner = pieces.order[lines.piece]
    by_line = np.lexsort((parcels.of_piece[lines.piece], lines.line, owner))
    line, piece, units = lines.line[by_line], lines.piece[by_line], lines.units[by_line]
    parcel_ptr = _ptr(parcels.order, m)
    of_piece = parcels.of_piece[piece]
    node = pieces.node[piece]

    filled = np.zeros(problem.lines, np.int64)
    np.add.at(filled, line, units)
    left = demand.units.copy()
    np.subtract.at(left, pieces.want, pieces.units)
    each = np.where(look.too_large[demand.order], 0, demand.unfilled)
    priced = _sums(demand.order, left * each, m) + _sums(parcels.order, parcels.priced, m)

    piece_ptr = _ptr(owner, m)
    displaced = _still_so(problem, demand, crowd.displaced, pieces) if crowd else NOBODY
    counts = {"orders": m, "parcels": len(parcels.order), "pieces": len(line), "looked_again": looked_again}
    if crowd:
        counts |= {"together": len(crowd.rows), "evaluations": crowd.evaluations}
        counts |= {"displaced": len(displaced.loser), "completed": len(crowd.verdicts) - 1}
    return Plan(
        mode=options.mode,
        problem_hash=problem.hash(),
        piece_ptr=piece_ptr,
        line=line.astype(np.int32),
        node=node.astype(np.int16),
        entry=look.residual.entry_at(demand.sku[pieces.want[piece]], node),
        units=units.astype(np.int32),
        parcel=(of_piece - parcel_ptr[owner[by_line]]).astype(np.int16),
        service=parcels.service[of_piece],
        ship_day=parcels.ship_day[of_piece].astype(np.int16),
        parcel_ptr=parcel_ptr,
        parcel_node=parcels.node.astype(np.int16),
        parcel_service=parcels.service,
        parcel_ship_day=parcels.ship_day.astype(np.int16),
        arrive_day=parcels.arrive_day.astype(np.int16),
        grams=parcels.grams,
        freight=parcels.freight,
        handling=parcels.handling,
        lateness=parcels.lateness,
        outcome=ordered("outcome", np.int8),
        action=ordered("action", np.int8),
        rule=ordered("rule", np.int16),
        why=ordered("why", np.uint16),
        priced=priced,
        invoice=_sums(parcels.order, parcels.invoice, m),
        rejection=_sums(parcels.order, parcels.rejection, m),
        scarcity=_sums(parcels.order, parcels.scarcity, m),
        approximate=ordered("approximate", np.bool_),
        served=_served(turns, m),
        bound=_bound(crowd, priced, ordered("rule", np.int16), _in_parts(demand, pieces)),
        loser=displaced.loser.astype(np.int32),
        winner=displaced.winner.astype(np.int32),
        lost_line=displaced.line.astype(np.int32),
        lost_node=displaced.node.astype(np.int16),
        regret=displaced.regret,
        winner_regret=displaced.winner_regret,
        filled=filled.astype(np.int32),
        reason=_reasons(demand, granted, filled),
        refused=_refused(problem, granted, options),
        **alternatives(problem, demand, look, granted),
        refusals=codes.refusals_of(problem),
        data_gaps=(*demand.gaps, *gaps.of_problem(problem)),
        counts=counts,
    )


def _ptr(owner: Int64, m: int) -> Int32:
    ptr = np.zeros(m + 1, np.int32)
    np.cumsum(np.bincount(owner, minlength=m), out=ptr[1:])
    return ptr


def _bound(crowd: Crowd | None, priced: Int64, rule: Int16, in_parts: Bools) -> int | None:
    """The bound of those planned together, and what the others cost as they are.

    It is one of all plans in which the others stay as they are, lines are whole and each order keeps its rule. Where a
    line or an order of this plan does not, nothing is said.
    """
    if crowd is None or crowd.bound is None:
        return None
    another = (rule[crowd.rows] >= 0) & (rule[crowd.rows] != crowd.rule)
    if (another | in_parts[crowd.rows]).any():
        return None
    others = np.ones(len(priced), np.bool_)
    others[crowd.rows] = False
    return crowd.bound + int(priced[others].sum())


def _in_parts(demand: Demand, pieces: Pieces) -> Bools:
    """[order] some line of it comes from several nodes, or only a part of it does."""
    got = np.bincount(pieces.want, pieces.units, minlength=len(demand.units))
    parts = (got > 0) & ((got < demand.units) | (np.bincount(pieces.want, minlength=len(demand.units)) > 1))
    return np.bincount(demand.order[parts], minlength=len(demand.ptr) - 1) > 0


def _still_so(problem: Problem, demand: Demand, displaced: Displaced, pieces: Pieces) -> Displaced:
    """Without those who have units there after all, and those whose winner gave them up for something better."""

    def key(order: Int64, sku: Int32, node: Int64) -> Int64:
        return (order * len(problem.sku_ref) + sku) * problem.nodes + node

    uses = np.unique(key(pieces.order, demand.sku[pieces.want], pieces.node))
    sku = problem.sku[displaced.line]
    lost = ~np.isin(key(displaced.loser, sku, displaced.node), uses)
    kept = lost & np.isin(key(displaced.winner, sku, displaced.node), uses)
    return Displaced(*(part[kept] for part in displaced))


def _served(turns: list[Int64], m: int) -> Int32:
    served = np.zeros(m, np.int32)
    if turns:
        rows = np.concatenate(turns)
        served[rows] = np.arange(1, len(rows) + 1)
    return served


def _sums(owner: Int32 | Int64, values: Int64, m: int) -> Int64:
    total = np.zeros(m, np.int64)
    np.add.at(total, owner, values)
    return total


def _reasons(demand: Demand, granted: list[Verdicts], filled: Int64) -> Bits:
    """[line] why units of it are left; lines of an order that was not taken in part say so."""
    of_want = np.full(len(demand.units), codes.ONLY_A_PART, np.uint16)
    for verdicts in granted:
        for wants, reason in verdicts.reasons:
            of_want[wants] = reason
    lacking = (filled < demand.line_units) | (demand.line_units == 0)
    reason = np.where(demand.line_units == 0, codes.BAD_QUANTITY, of_want[demand.want_of_line])
    return np.where(lacking, reason, codes.NO_CODE).astype(np.uint16)


def _refused(problem: Problem, granted: list[Verdicts], options: Options) -> Bits:
    if not options.explain:
        return np.zeros((0, problem.nodes), np.uint16)
    refused = np.zeros((problem.orders, problem.nodes), np.uint16)
    for verdicts in granted:
        refused[verdicts.rows] = verdicts.refused
    return refused
