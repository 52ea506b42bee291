"""A batch: every order alone, dual steps on what is contested, repair by regret, exchanges."""

from typing import NamedTuple

import numpy as np

from routing.engine.batch.costs import costs
from routing.engine.batch.evaluate import evaluate
from routing.engine.batch.exchange import exchange
from routing.engine.batch.field import Field, Table
from routing.engine.batch.plans import Plans
from routing.engine.batch.repair import AT_ONCE, repair
from routing.engine.batch.standings import Standings
from routing.engine.batch.steps import Steps
from routing.engine.problem import Int64

ALSO_IN_TURN = 1000  # orders up to which first come, first served is tried too


class Together(NamedTuple):
    """The plans of a batch that fit, what each order would do alone, and the duals the search ended with (if kept)."""

    standings: Standings
    alone: Plans
    unit_duals: Table
    slot_duals: Table


def plan_together(field: Field, steps: int, rounds: int = 1, *, keep_seen: bool = False) -> Together:
    """Plans for all orders of the field that fit its stock and slots; they are taken from it."""
    everyone = np.arange(field.orders.count)
    standings = Standings(field, evaluate(field, everyone))
    standings.evaluations = len(everyone)
    alone = standings.plans.of(everyone)
    if keep_seen:
        standings.seen = [(everyone, alone)]
    search = Steps(standings)
    search.run(steps)
    duals = field.duals.copy() if keep_seen else field.duals, field.slot_duals.copy()
    # back to the prices that came with the problem; what a slot was worth still guides who looks again
    field.duals.ravel()[search.raised] = 0
    field.refresh(np.unique(search.raised // max(field.nodes, 1)))
    repair(standings)
    field.slot_duals[:] = 0
    field.rehead()
    tried = touching(standings, search)
    for _ in range(rounds):
        if not exchange(standings, tried, search.raised):
            break
    if not keep_seen and len(search.raised) and field.orders.count <= ALSO_IN_TURN:
        _take_turns_if_better(standings)
    return Together(standings, alone, *duals)


def _take_turns_if_better(standings: Standings) -> None:
    """Take the plans of first come, first served instead where they cost less in sum."""
    field, everyone = standings.field, np.arange(standings.orders.count)
    field.restore()
    turns = Standings(field, standings.plans.of(everyone))
    turns.serve(everyone, at_once=AT_ONCE)
    standings.evaluations += turns.evaluations
    if costs(field, everyone, turns.plans).sum() < costs(field, everyone, standings.plans).sum():
        standings.plans = turns.plans
        return
    field.restore()
    standings.take(everyone)


def touching(standings: Standings, search: Steps) -> Int64:
    """Orders that ask for something that was contested; all of them when slots were."""
    orders = standings.orders
    if search.slots_raised:
        return np.arange(orders.count)
    touched = np.zeros(orders.skus, np.bool_)
    touched[search.raised // max(standings.field.nodes, 1)] = True
    return np.unique(orders.order[touched[orders.sku]])
