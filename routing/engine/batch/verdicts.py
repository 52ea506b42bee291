"""The plans of a batch as verdicts: pieces, outcomes, and why not otherwise on what all the others left."""

from collections.abc import Iterator

import numpy as np

from routing.engine import cheapest, codes
from routing.engine.batch.standings import Standings
from routing.engine.look import AFTER_PART, Look
from routing.engine.offers import ALTERNATIVES, Picks
from routing.engine.plan import Action, Outcome
from routing.engine.problem import Int64
from routing.engine.reasons import Answered
from routing.engine.verdicts import Pieces, Verdicts, blank

AT_ONCE = 256  # orders explained together


def verdicts_of(look: Look, standings: Standings) -> Verdicts:
    """The verdicts on the orders that got something; what they use is taken from the look. The others wait.

    Approximate is a plan that was displaced or tried for an exchange: good, but others might share better with it.
    """
    orders = standings.orders
    served = np.bincount(orders.order[standings.columns() >= 0], minlength=orders.count)
    index = np.flatnonzero(served > 0)
    verdicts = blank(orders.row[index], look.problem.nodes if look.options.explain else 0, ALTERNATIVES)
    whole = served[index] == orders.length[index]
    verdicts.outcome[:] = np.where(whole, Outcome.ALL, Outcome.PART)
    verdicts.rule[:] = np.array([mask.place for mask in orders.rules], np.int16)[orders.home[index]]
    after = np.array([AFTER_PART.get(mask.rule.if_part, Action.EXCEPTION) for mask in orders.rules])
    verdicts.action[:] = np.where(whole, Action.NONE, after[orders.home[index]])
    verdicts.why[:] = np.where(whole, 0, codes.ONLY_A_PART)
    verdicts.pieces.append(_pieces(standings))
    take_slots(look, verdicts.pieces[0])  # its units are taken from the field, which is the look's own stock
    told = np.arange(len(index)) if look.options.explain else np.flatnonzero(~whole)
    for places, own in alike(standings, verdicts, told):
        _explain(look, standings, verdicts, own, places)
    verdicts.approximate[:] = standings.shared[index]
    return verdicts


def alike(standings: Standings, verdicts: Verdicts, places: Int64) -> Iterator[tuple[Int64, Int64]]:
    """Some of these places of the verdicts, with theirs in the batch: of one rule, one length, as many parcels."""
    orders = standings.orders
    index = np.searchsorted(orders.row, verdicts.rows[places])
    key = (orders.home[index] * 64 + orders.length[index]) * 64 + orders.most[index]
    for each in np.unique(key).tolist():
        same = np.flatnonzero(key == each)
        for start in range(0, len(same), AT_ONCE):
            part = same[start : start + AT_ONCE]
            yield places[part], index[part]


def _pieces(standings: Standings) -> Pieces:
    field, orders = standings.field, standings.orders
    column = standings.columns()
    line = np.flatnonzero(column >= 0)
    return Pieces(
        order=orders.row[orders.order[line]],
        want=orders.want[line],
        units=orders.units[line],
        node=field.node[column[line]],
        block=standings.plans.block[orders.order[line], orders.position[line]].astype(np.int64),
        day=field.day[column[line]],
        spare=orders.need[line] - orders.units[line],
        place=np.zeros(len(line), np.int64),
    )


def take(look: Look, pieces: Pieces, sign: int = 1) -> None:
    """Take units and slots of the pieces from the look; −1: give them back."""
    residual = look.residual
    units = (sign * pieces.units).astype(np.int32)
    np.subtract.at(residual.atp, (look.demand.sku[pieces.want], pieces.node), units)
    take_slots(look, pieces, sign)


def take_slots(look: Look, pieces: Pieces, sign: int = 1) -> None:
    """Take a slot for each parcel of the pieces; −1: give them back."""
    residual = look.residual
    parcels = np.unique(np.stack([pieces.node, pieces.day, pieces.order, pieces.block]), axis=1)
    for node, day in parcels[:2].T.tolist():
        if sign > 0:
            residual.take_slot(node, day)
        else:
            residual.give_back_slot(node, day)


def _explain(look: Look, standings: Standings, verdicts: Verdicts, own: Int64, places: Int64) -> None:
    """Reasons, refusals and next best plans, on what is left with the order's own units given back."""
    orders, field = standings.orders, standings.field
    size = int(orders.length[own[0]])
    column = standings.plans.column[own, :size]
    node = np.where(column >= 0, field.node[column], -1).astype(np.int32)
    mask = orders.rules[int(orders.home[own[0]])]
    found = look.eligibility.candidates(orders.row[own], mask, int(orders.most[own[0]]), own=node)
    block = np.where(node >= 0, standings.plans.block[own, :size], 0).astype(np.int32)
    picks = Picks(standings.plans.cost[own].copy(), node, block)
    if look.options.explain:
        cheapest.beside(found.offers, picks)
    left = np.where(node >= 0, 0, found.units)
    every = np.ones(len(places), np.bool_)
    look.reasons.write(verdicts, Answered(places, found, picks, {}, left, every, ~every), every)
