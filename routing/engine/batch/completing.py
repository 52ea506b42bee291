"""What a batch left although a node has units for it: those orders look again, each on its own.

A line may be cut into pieces there, or wait for a later day: a batch does neither by itself.
"""

import numpy as np

from routing.engine import codes
from routing.engine.batch.standings import Standings
from routing.engine.batch.verdicts import alike, take
from routing.engine.look import Look
from routing.engine.plan import Outcome
from routing.engine.problem import Bools, Int64
from routing.engine.verdicts import Verdicts, joined, kept


def completed(look: Look, standings: Standings, verdicts: Verdicts) -> list[Verdicts]:
    """The same verdicts, but an order with such a line has a new one: on what all the others left, and its own."""
    again = np.zeros(len(verdicts.rows), np.bool_)
    for places, index in alike(standings, verdicts, np.flatnonzero(verdicts.outcome == Outcome.PART)):
        again[places] = _may_gain(look, standings, index)
    pieces, found = joined(verdicts.pieces), []
    for place in np.flatnonzero(again).tolist():
        row = verdicts.rows[[place]]
        take(look, pieces.of(pieces.order == row), -1)
        found.append(look.at(row))
        found[-1].approximate |= verdicts.approximate[place]
        take(look, found[-1].by_row())
    return [kept(verdicts, ~again), *found]


def _may_gain(look: Look, standings: Standings, index: Int64) -> Bools:
    """[order] a node that may send the order has units of a line that it left; orders of one rule and length."""
    orders = standings.orders
    mask, size = orders.rules[int(orders.home[index[0]])], int(orders.length[index[0]])
    line = orders.line_of(index, size)
    column = standings.plans.column[index, :size]
    used = np.zeros((len(index), look.problem.nodes), np.bool_)
    order, place = np.nonzero(column >= 0)
    used[order, standings.field.node[column[order, place]]] = True
    every = np.ones(look.problem.nodes, np.bool_)
    allowed = look.masks.codes_for(orders.row[index], mask, every) == codes.MAY
    allowed &= used | look.residual.open_slot
    there = look.residual.atp[look.demand.sku[orders.want[line]]]
    least = orders.need[line] - orders.units[line] + 1 if mask.rule.split_lines else orders.need[line]
    gains = allowed[:, None] & (there >= least[:, :, None])
    if look.masks.want_code is not None:
        gains &= look.masks.want_code[orders.want[line]] == codes.MAY
    found: Bools = (gains.any(2) & (column < 0)).any(1)
    return found
