"""One parcel or not at all: the cheapest node that serves the whole order."""

import numpy as np

from routing.engine.offers import Offers, Picks, nothing, whole_orders
from routing.engine.tariff import CANNOT

ALTERNATIVES = 3


def solve(offers: Offers, *, explain: bool) -> Picks:
    """Plans of orders of one length; an order that no node serves whole shows the node that comes nearest."""
    picks = nothing(offers)
    picks.block[:] = 1
    cost = whole_orders(offers)
    node = cost.argmin(1)
    every = np.arange(len(cost))
    found = np.isfinite(cost[every, node])
    picks.node[found] = node[found, None]
    picks.cost[found] = cost[every, node][found]
    if not found.all():
        _nearest(offers, np.flatnonzero(~found), picks)
    if explain:
        cost[every, node] = CANNOT
        count = min(ALTERNATIVES, cost.shape[1])
        order = np.argsort(cost, axis=1, kind="stable")[:, :count]
        other = np.where(np.isfinite(np.take_along_axis(cost, order, 1)), order, -1).astype(np.int32)
        picks.other = other
        picks.other_node = np.repeat(other[:, :, None], offers.shape[1], axis=2)
        picks.other_block = np.ones_like(picks.other_node)
    return picks


def _nearest(offers: Offers, rows: np.ndarray[tuple[int], np.dtype[np.intp]], picks: Picks) -> None:
    """The node that leaves the least behind, for orders that none serves whole."""
    goods, unfilled = offers.goods[rows], offers.unfilled[rows]
    can = np.isfinite(goods) & np.isfinite(offers.head[rows])[:, None]
    left = np.where(can, 0, unfilled[:, :, None]).sum(1)
    node = left.argmin(1)
    every = np.arange(len(rows))
    served = can[every, :, node]
    grams = (offers.grams[rows] * served).sum(1)
    freight, _ = offers.tariff.parcel_at(offers.place[rows, node], grams)
    served &= np.isfinite(freight)[:, None]
    picks.node[rows] = np.where(served, node[:, None], -1)
    spent = np.where(served, goods[every, :, node], unfilled).sum(1)
    parcel = np.where(served.any(1), freight + offers.head[rows, node], 0)
    picks.cost[rows] = spent + parcel
