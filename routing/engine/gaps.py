"""What the facts of a problem lack or can't mean: named, never filled in silently.

The repairs themselves are where the figures are used, always towards "cannot" and never towards "free": a missing
price is no price, a stock of nonsense is no stock. A weight is guessed, since goods without one still have to travel.
"""

from collections.abc import Iterator

import numpy as np

from routing.engine.problem import Bools, Int64, Problem
from routing.rules import Refusal

LARGEST = np.iinfo(np.int32).max  # a figure that was clipped to what can be held, or meant as "endless"
MOST_ODDS = 10_000
MOST_DAYS = 365  # on the road
MOST_GRAMS = 10**12  # of a line


def of_problem(problem: Problem) -> tuple[Refusal, ...]:
    """The gaps of nodes, places, stock, rates and prices; those of lines are found where they are merged."""
    return (*_terms(problem), *_places(problem), *_nodes(problem), *_stock(problem), *_rates(problem))


def no_stock(problem: Problem) -> Bools:
    """[entry] its figure can't be a stock: nothing is taken from there."""
    endless: Bools = (problem.free >= LARGEST) | (problem.buffer >= LARGEST)
    return endless


def no_price(problem: Problem) -> Bools:
    """[entry] its scarcity price is beyond what prices can be: it counts as none."""
    beyond: Bools = problem.price >= LARGEST
    return beyond


def no_cost(problem: Problem) -> Bools:
    """[node] what a parcel or a unit costs there is beyond what can be: it serves nobody."""
    beyond: Bools = _beyond(problem.fix) | _beyond(problem.pick)
    return beyond


def _beyond(cost: Int64) -> Bools:
    return (cost > LARGEST) | (cost < -LARGEST)


def _terms(problem: Problem) -> Iterator[Refusal]:
    for code, amount in (("bad_lateness", problem.late_per_day), ("bad_resource_cost", problem.resource_cost)):
        if not 0 <= amount <= LARGEST:
            yield Refusal(code, {"amount": amount})
    for order in np.flatnonzero(problem.inertia < 0).tolist():
        yield Refusal("negative_inertia", {"order": problem.order_ref.item(order)})


def _places(problem: Problem) -> Iterator[Refusal]:
    """Nodes and destinations without a zone anywhere: most likely without coordinates."""
    if not problem.zone.size:
        return
    nowhere = problem.zone < 0
    if not nowhere.any():
        return
    unknown = nowhere.all(1)
    # a node is judged by the destinations that are known: to an unknown one nobody has a zone
    if not unknown.all():
        for node in np.flatnonzero(nowhere[~unknown].all(0)).tolist():
            yield Refusal("node_without_zone", {"node": problem.node_codes[node]})
    for dest in np.flatnonzero(unknown).tolist():
        yield Refusal("destination_without_zone", {"destination": dest})


def _nodes(problem: Problem) -> Iterator[Refusal]:
    for code, wrong in (
        ("negative_node_cost", ((problem.fix < 0) | (problem.pick < 0)) & ~no_cost(problem)),
        ("absurd_node_cost", no_cost(problem)),
        ("no_service", (problem.service_bits == 0) & bool(problem.services)),
        ("bad_slot_price", (problem.slot_price < 0) | (problem.slot_price >= LARGEST)),
    ):
        for node in np.flatnonzero(wrong).tolist():
            yield Refusal(code, {"node": problem.node_codes[node]})


def _stock(problem: Problem) -> Iterator[Refusal]:
    for code, wrong, figure in (
        ("negative_stock", problem.free < 0, problem.free),
        ("absurd_stock", no_stock(problem), problem.free),
        ("negative_buffer", problem.buffer < 0, problem.buffer),
        ("bad_price", (problem.price < 0) | no_price(problem), problem.price),
        ("bad_odds", (problem.no_odds < 0) | (problem.no_odds > MOST_ODDS), problem.no_odds),
    ):
        if not wrong.any():
            continue
        for entry in np.flatnonzero(wrong).tolist():
            sku = int(np.searchsorted(problem.sku_ptr, entry, side="right")) - 1
            node = problem.node_codes[problem.stock_node[entry]]
            yield Refusal(code, {"sku": problem.sku_ref.item(sku), "node": node, "figure": figure.item(entry)})


def _rates(problem: Problem) -> Iterator[Refusal]:
    """Prices that are missing although the service runs there, that are nothing, and tables that fall."""
    rate, transit = problem.rate, problem.transit
    runs = (transit >= 0) & (transit <= MOST_DAYS)
    missing, above = rate < 0, problem.per_kg_above < 0
    beyond = rate > LARGEST
    dearer = np.where(missing | beyond, -1, rate)
    lighter = np.maximum.accumulate(dearer, axis=2)[:, :, :-1]
    nearer = np.maximum.accumulate(dearer, axis=1)[:, :-1]
    falls_by_zone = np.zeros(runs.shape, np.bool_)
    falls_by_zone[:, 1:] = ((dearer[:, 1:] < nearer) & (dearer[:, 1:] >= 0)).any(2)
    falls = ((dearer[:, :, 1:] < lighter) & (dearer[:, :, 1:] >= 0)).any(2)
    for code, wrong in (
        ("no_rate", runs & missing.any(2)),
        ("no_rate_above", runs & above),
        ("no_transit", (transit < 0) & ~missing.all(2)),
        ("absurd_transit", transit > MOST_DAYS),
        ("zero_rate", runs & (rate == 0).any(2)),
        ("absurd_rate", runs & (beyond.any(2) | (problem.per_kg_above > LARGEST))),
        ("rate_falls", runs & falls),
        ("rate_falls_by_zone", runs & falls_by_zone),
    ):
        if wrong.any():
            for service, zone in np.argwhere(wrong).tolist():
                yield Refusal(code, {"service": problem.services[service], "zone": zone})
