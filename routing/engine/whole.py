"""One parcel or not at all: the cheapest node that serves the whole order."""

import numpy as np

from routing.engine import cheapest
from routing.engine.offers import ALTERNATIVES, Offers, Picks, nothing, whole_orders
from routing.engine.tariff import CANNOT


def solve(offers: Offers, *, explain: bool) -> Picks:
    """Plans of orders of one length; for an order that no node serves whole, what could be served of it."""
    picks = nothing(offers)
    picks.block[:] = 1
    cost = whole_orders(offers)
    node = cost.argmin(1)
    every = np.arange(len(cost))
    found = np.isfinite(cost[every, node])
    picks.node[found] = node[found, None]
    picks.cost[found] = cost[every, node][found]
    rows = np.flatnonzero(~found)
    if len(rows):
        part = cheapest.solve(offers.some(rows), explain=False)
        picks.cost[rows], picks.node[rows], picks.block[rows] = part.cost, part.node, part.block
    if explain:
        cost[every, node] = CANNOT
        count = min(ALTERNATIVES, cost.shape[1])
        order = np.argsort(cost, axis=1, kind="stable")[:, :count]
        other = np.where(np.isfinite(np.take_along_axis(cost, order, 1)), order, -1).astype(np.int32)
        picks.other = other
        picks.other_node = np.repeat(other[:, :, None], offers.shape[1], axis=2)
        picks.other_block = np.ones_like(picks.other_node)
    return picks
