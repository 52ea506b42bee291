"""The orders of a problem that are planned together, in the mode that is asked for."""

from dataclasses import dataclass

import numpy as np

from routing.engine.batch.completing import completed
from routing.engine.batch.field import Field
from routing.engine.batch.giving_way import NOBODY, Displaced, gave_way
from routing.engine.batch.orders import Orders, together
from routing.engine.batch.plan import plan_together
from routing.engine.batch.verdicts import verdicts_of
from routing.engine.look import Look
from routing.engine.plan import Mode, Options
from routing.engine.problem import Int64
from routing.engine.verdicts import Verdicts


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """What became of them. Orders and lines by their places in the problem."""

    rows: Int64  # all that were planned together; those that got nothing are not among the verdicts
    rule: Int64  # [row] the rule it was planned by
    verdicts: list[Verdicts]  # after the first: those who looked again on their own
    displaced: Displaced  # where the plan is to be explained; who looked again later may have given it back
    evaluations: int
    bound: int | None  # what all rows must cost at the least, None = not asked for


def plan_crowd(look: Look, options: Options) -> Crowd:
    """Plan together whom it is possible for; what they use is taken from the look."""
    orders = together(look)
    field = Field(look, orders)
    bound = None
    if options.mode is Mode.QUALITY and orders.count:
        from routing.engine.quality.plan import plan_well  # noqa: PLC0415  the solver is loaded where it is used

        standings, alone, bound = plan_well(field, options.pricing_rounds, options.search_nodes)
        bound -= int(orders.inertia.sum())
    else:
        standings, alone, *_ = plan_together(field, options.dual_steps, options.rounds)
    displaced = _in_problem(look, orders, gave_way(standings, alone)) if options.explain else NOBODY
    verdicts = completed(look, standings, verdicts_of(look, standings))
    rule = np.array([mask.place for mask in orders.rules], np.int64)[orders.home]
    return Crowd(orders.row, rule, verdicts, displaced, standings.evaluations, bound)


def _in_problem(look: Look, orders: Orders, displaced: Displaced) -> Displaced:
    demand = look.demand
    line = demand.line[demand.line_ptr[orders.want[displaced.line]]] if len(displaced.line) else displaced.line
    return displaced._replace(
        loser=orders.row[displaced.loser], winner=orders.row[displaced.winner], line=line.astype(np.int64)
    )
