"""A batch: every order alone, dual steps on what is contested, repair by regret, exchanges."""

from typing import NamedTuple

import numpy as np

from routing.engine.batch.costs import costs
from routing.engine.batch.evaluate import evaluate
from routing.engine.batch.exchange import exchange
from routing.engine.batch.field import Field, Table
from routing.engine.batch.repair import AT_ONCE, NOBODY, Displaced, repair
from routing.engine.batch.standings import Standings
from routing.engine.batch.steps import Steps
from routing.engine.problem import Int64

ALSO_IN_TURN = 1000  # orders up to which first come, first served is tried too


class Together(NamedTuple):
    """The plans of a batch that fit, who had to give way, and the duals that the search ended with (if kept)."""

    standings: Standings
    displaced: Displaced
    unit_duals: Table
    slot_duals: Table


def plan_together(field: Field, steps: int, rounds: int = 1, *, keep_seen: bool = False) -> Together:
    """Plans for all orders of the field that fit its stock and slots; they are taken from it."""
    everyone = np.arange(field.orders.count)
    standings = Standings(field, evaluate(field, everyone))
    standings.evaluations = len(everyone)
    if keep_seen:
        standings.seen = [(everyone, standings.plans.of(everyone))]
    search = Steps(standings)
    search.run(steps)
    duals = field.duals.copy() if keep_seen else field.duals, field.slot_duals.copy()
    # back to the prices that came with the problem; what a slot was worth still guides who looks again
    field.duals.ravel()[search.raised] = 0
    field.refresh(np.unique(search.raised // max(field.nodes, 1)))
    displaced = repair(standings)
    field.slot_duals[:] = 0
    field.rehead()
    tried = touching(standings, search)
    for _ in range(rounds):
        if not exchange(standings, tried, search.raised):
            break
    if not keep_seen and len(search.raised) and field.orders.count <= ALSO_IN_TURN:
        displaced = displaced if not _better_in_turn(standings) else NOBODY
    return Together(standings, displaced, *duals)


def _better_in_turn(standings: Standings) -> bool:
    """Take the plans of first come, first served instead where they cost less in sum: true when they do."""
    field, everyone = standings.field, np.arange(standings.orders.count)
    field.restore()
    turns = Standings(field, standings.plans.of(everyone))
    turns.serve(everyone, at_once=AT_ONCE)
    standings.evaluations += turns.evaluations
    if costs(field, everyone, turns.plans).sum() < costs(field, everyone, standings.plans).sum():
        standings.plans = turns.plans
        return True
    field.restore()
    standings.take(everyone)
    return False


def touching(standings: Standings, search: Steps) -> Int64:
    """Orders that ask for something that was contested; all of them when slots were."""
    orders = standings.orders
    if search.slots_raised:
        return np.arange(orders.count)
    touched = np.zeros(orders.skus, np.bool_)
    touched[search.raised // max(standings.field.nodes, 1)] = True
    return np.unique(orders.order[touched[orders.sku]])
