"""Rank by distance or delivery day: the best-ranked node that serves all, else node after node in rank order."""

import numpy as np

from routing.engine.offers import ALTERNATIVES, Offers, Picks, nothing, whole_orders
from routing.engine.problem import Int64, Problem
from routing.engine.tariff import CANNOT, Costs
from routing.rules import Rank

LAST = np.iinfo(np.int64).max


def solve(problem: Problem, offers: Offers, rank: Rank, *, explain: bool) -> Picks:
    """Plans of orders of one length by rank; ties go to the cheaper node, then to the first."""
    picks = nothing(offers)
    picks.block[:] = 1
    cost = whole_orders(offers)
    key = np.where(np.isfinite(cost), _keys(problem, offers, rank, offers.grams.sum(1)), LAST)
    chosen, found = _first(key, cost)
    rows = np.flatnonzero(found)
    picks.node[rows] = chosen[rows, None]
    picks.cost[rows] = cost[rows, chosen[rows]]
    for order in np.flatnonzero(~found).tolist():
        _in_turn(problem, offers.one(order), rank, picks, order)
    if explain:
        _next_ranked(key, cost, picks)
    return picks


def turns(problem: Problem, offers: Offers, rank: Rank) -> list[int]:
    """The open nodes of one order in rank order, ties by place."""
    key = _keys(problem, offers, rank, offers.grams.sum(1))[0]
    order = np.argsort(key, kind="stable")
    return [int(node) for node in order[np.isfinite(offers.head[0, order])]]


def _first(key: Int64, cost: Costs) -> tuple[Int64, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """(node, is there any) of each order's lowest key; among equals the cheapest, then the first."""
    best = key.min(1)
    node = np.where(key == best[:, None], cost, CANNOT).argmin(1)
    return node, best < LAST


def _keys(problem: Problem, offers: Offers, rank: Rank, grams: Int64) -> Int64:
    """[order, node] kilometres or day of arrival, for parcels of these weights [order] or [order, node]."""
    if rank is Rank.DISTANCE:
        away = problem.distance_km[offers.dest].astype(np.int64)
        return np.where(away < 0, LAST - 1, away)
    shape = offers.place.shape
    weights = np.broadcast_to(grams[:, None] if grams.ndim == 1 else grams, shape)
    _, service = offers.tariff.parcel_at(offers.place.ravel(), weights.ravel())
    ship_day = np.broadcast_to(offers.residual.first_ship, shape)
    zone = problem.zone[offers.dest].astype(np.int64)
    return offers.tariff.arrives(service.reshape(shape), zone, ship_day)


def _in_turn(problem: Problem, offers: Offers, rank: Rank, picks: Picks, order: int) -> None:
    """Nodes in rank order, each taking the lines it can, within the parcels allowed."""
    goods, grams = offers.goods[0], offers.grams[0]
    can = np.isfinite(goods)
    load = (can * grams[:, None]).sum(0)
    cost = _loaded(offers, load) + np.where(can, goods, 0).sum(0)
    usable = can.any(0) & np.isfinite(cost)
    key = np.where(usable, _keys(problem, offers, rank, load[None])[0], LAST)
    open_lines = np.ones(len(grams), np.bool_)
    parcels, spent = 0, 0.0
    for node in np.lexsort((np.where(usable, cost, 0), key)).tolist():
        takes = open_lines & can[:, node]
        if parcels == offers.max_parcels or not usable[node] or not open_lines.any():
            break
        if not takes.any():
            continue
        freight = offers.tariff.parcel_at(offers.place[0, [node]], grams[takes].sum(keepdims=True))[0][0]
        if not np.isfinite(freight):
            continue
        picks.node[order, takes] = node
        open_lines &= ~takes
        parcels += 1
        spent += float(freight + offers.head[0, node] + goods[takes, node].sum())
    picks.cost[order] = spent + float(offers.unfilled[0, open_lines].sum())


def _loaded(offers: Offers, load: Int64) -> Costs:
    """[node] cost of a parcel at each node, each of its own weight."""
    cost: Costs = offers.tariff.parcel_at(offers.place[0], load)[0] + offers.head[0]
    return cost


def _next_ranked(key: Int64, cost: Costs, picks: Picks) -> None:
    """The nodes that come next in rank and could serve the whole order."""
    orders, nodes = cost.shape
    count, lines = min(ALTERNATIVES, nodes), picks.node.shape[1]
    key, cost = key.copy(), cost.copy()
    rows, line = np.nonzero(picks.node >= 0)
    key[rows, picks.node[rows, line]] = LAST
    every = np.arange(orders)
    other = np.full((orders, count), -1, np.int32)
    for place in range(count):
        node, found = _first(key, cost)
        other[:, place] = np.where(found, node, -1)
        key[every, node] = LAST
    picks.other = other
    picks.other_node = np.repeat(other[:, :, None], lines, axis=2)
    picks.other_block = np.ones_like(picks.other_node)
