"""What a price may not do, and what a move must earn: the guard and the inertia around a way of solving."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from routing.engine import dp, opening
from routing.engine.offers import Offers, Picks
from routing.engine.problem import Int32, Int64
from routing.engine.tariff import CANNOT

Way = Callable[..., Picks]  # (offers, *, explain)


def solve(way: Way, offers: Offers, held_node: Int32, inertia: Int32, *, guarded: bool, explain: bool) -> Picks:
    """Plans at these prices, each at its held nodes unless leaving them saves at least the inertia."""
    picks = way(offers, explain=explain)
    if guarded and (offers.scarcity is not None or offers.slot_price is not None):
        _guard(way, offers, picks)
    rows = np.flatnonzero((inertia > 0) & (held_node >= 0).all(1))
    if len(rows):
        _stay(way, offers, picks, rows, held_node[rows], inertia[rows])
    return picks


def _guard(way: Way, offers: Offers, picks: Picks) -> None:
    """A price may move a line to another node; it may not leave one that would be filled without it."""
    starved = np.flatnonzero((picks.node < 0).any(1))
    if not len(starved):
        return
    own = offers.some(starved)
    picks.guarded = starved
    filled = way(own.without_prices(), explain=False)
    if offers.shape[1] <= dp.MOST_LINES:  # the search over open nodes can't do without a price for what it leaves
        must = np.where(filled.node >= 0, CANNOT, own.unfilled)
        filled = way(replace(own, unfilled=must), explain=False)
    _put(picks, starved, filled, np.arange(len(starved)))
    _forget(picks, starved)


def _forget(picks: Picks, rows: Int64) -> None:
    """The next best go through nodes that the plan does not use: those of a plan that was put in are struck."""
    if picks.other is not None:
        used = (picks.other[rows][:, :, None] == picks.node[rows][:, None]).any(2)
        picks.other[rows] = np.where(used, -1, picks.other[rows])


def _stay(way: Way, offers: Offers, picks: Picks, rows: Int64, node: Int32, inertia: Int32) -> None:
    own = offers.some(rows)
    if offers.shape[1] > dp.MOST_LINES:
        held = opening.at(own, node[0])
    else:
        elsewhere = np.arange(offers.shape[2]) != node[:, :, None]
        goods, unfilled = np.where(elsewhere, CANNOT, own.goods), np.full_like(own.unfilled, CANNOT)
        held = way(replace(own, goods=goods, unfilled=unfilled), explain=False)
    stays = np.flatnonzero((held.node == node).all(1) & (held.cost < picks.cost[rows] + inertia))
    if picks.other is not None and picks.other_node is not None and picks.other_block is not None:
        for place in stays.tolist():
            _tell_better(picks, int(rows[place]), set(node[place].tolist()))
    _put(picks, rows[stays], held, stays)


def _tell_better(picks: Picks, row: int, held: set[int]) -> None:
    """Among the next best of an order that stays: the plan it did not move to, in place of its own nodes."""
    assert picks.other is not None
    assert picks.other_node is not None
    assert picks.other_block is not None
    better = [node for node in picks.node[row].tolist() if node >= 0 and node not in held]
    for place, node in enumerate(picks.other[row].tolist()):
        if node not in held:
            continue
        picks.other[row, place] = better[0] if better else -1
        picks.other_node[row, place], picks.other_block[row, place] = picks.node[row], picks.block[row]
        better = []


def _put(picks: Picks, rows: Int64, other: Picks, places: Int64) -> None:
    """Write the plans of `other` at `places` over those at `rows`; the next best stay as they were found."""
    picks.cost[rows], picks.node[rows], picks.block[rows] = other.cost[places], other.node[places], other.block[places]
    row_of = dict(zip(places.tolist(), rows.tolist(), strict=True))
    gone = set(rows.tolist())
    for key in [key for key in picks.later if key[0] in gone]:
        del picks.later[key]
    for (order, node, block), day in other.later.items():
        if order in row_of:
            picks.later[row_of[order], node, block] = day
