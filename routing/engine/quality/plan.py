"""A batch planned as well as can be proven: pool, linear programme, a small choice; kept only when it is cheaper."""

from math import ceil
from typing import NamedTuple

import numpy as np

from routing.engine.batch.costs import costs
from routing.engine.batch.exchange import exchange
from routing.engine.batch.field import Field
from routing.engine.batch.plan import plan_together
from routing.engine.batch.plans import Plans
from routing.engine.batch.repair import repair
from routing.engine.batch.standings import Standings
from routing.engine.problem import Int64
from routing.engine.quality.choice import choose
from routing.engine.quality.master import Master, Prices
from routing.engine.quality.pool import Pool

FAST_STEPS, FAST_ROUNDS = 8, 2  # of the batch that comes first
TOLERANCE = 1e-4  # the linear programme and its bound may lie so far apart
LAST_ROUNDS = 4  # of exchanges in the end
POSITIVE = 1e-4


class Proven(NamedTuple):
    """Plans that are taken from the field, what each order would do alone, and a cost that no plans can be under."""

    standings: Standings
    alone: Plans
    bound: int


def plan_well(field: Field, pricing_rounds: int, search_nodes: int) -> Proven:
    """The cheapest plans found for all orders of the field, with the proof of how cheap they could be at the most."""
    open_days(field)
    fast = plan_together(field, FAST_STEPS, FAST_ROUNDS, keep_seen=True)
    everyone = np.arange(field.orders.count)
    master = priced(field, fast.standings, Prices.of(fast.unit_duals, fast.slot_duals), pricing_rounds, TOLERANCE)
    prices, shares = master.solve()
    field.restore()
    chosen = choose(master.pool, prices, shares, search_nodes)
    contested = np.flatnonzero(prices.unit > POSITIVE)
    if chosen is None:
        standings = Standings(field, _likeliest(master.pool, shares))
        repair(standings)
    else:
        standings = Standings(field, master.pool.chosen(chosen))
        standings.take(everyone)
    for _ in range(LAST_ROUNDS):
        if not exchange(standings, everyone, contested):
            break
    standings.evaluations += fast.standings.evaluations + master.evaluations
    if costs(field, everyone, fast.standings.plans).sum() < costs(field, everyone, standings.plans).sum():
        field.restore()
        standings.plans = fast.standings.plans
        standings.take(everyone)
    return Proven(standings, fast.alone, ceil(master.best_bound - POSITIVE))


def open_days(field: Field) -> None:
    """Bring in further days of every node whose parcels could be more than its slots: a bound must know them."""
    orders = field.orders
    lines = np.bincount(orders.sku, minlength=orders.skus)
    most = lines @ (field.atp > 0)
    while True:
        room = np.bincount(field.node, field.slots, field.nodes)
        if not field.open_days(np.flatnonzero(most > room)):
            return


def priced(field: Field, seen: Standings, start: Prices, rounds: int, tolerance: float) -> Master:
    """The linear programme over every plan seen, with those that its prices bring in. The field is full again."""
    field.restore()
    everyone = np.arange(field.orders.count)
    pool = Pool(field)
    for index, plans in seen.seen or []:
        pool.add(index, plans)
    pool.add(everyone, seen.plans)
    nothing = np.full_like(seen.plans.column, -1)
    pool.add(everyone, seen.plans._replace(column=nothing))  # so that the programme always has an answer
    master = Master(pool)
    master.start(start)
    master.generate(rounds, tolerance)
    return master


def _likeliest(pool: Pool, shares: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Plans:
    """Of each order the plan with the largest share, ties to the cheaper and then to the earlier one."""
    best = np.lexsort((pool.cost, -np.round(shares, 4), pool.order))
    first: Int64 = best[np.diff(pool.order[best], prepend=-1) > 0]
    return pool.chosen(first)
