"""The best plans not taken, with what they would have cost."""

from typing import Any

import numpy as np

from routing.engine.demand import Demand
from routing.engine.look import Look
from routing.engine.offers import ALTERNATIVES
from routing.engine.parcels import parcels_of
from routing.engine.plan import Alternative
from routing.engine.problem import Problem
from routing.engine.verdicts import Verdicts, joined

PARTS = Alternative._fields[2:]  # of the cost


def alternatives(problem: Problem, demand: Demand, look: Look, granted: list[Verdicts]) -> dict[str, Any]:
    """The columns of a plan that tell its alternatives."""
    others = [part for verdicts in granted for part in verdicts.others]
    if not others:
        return _none(problem)
    about = np.full((problem.orders, ALTERNATIVES), -1, np.int64)
    for verdicts in granted:
        about[verdicts.rows] = verdicts.other_node
    order, place = np.nonzero(about >= 0)
    number = np.full(problem.orders * ALTERNATIVES, -1, np.int64)
    number[order * ALTERNATIVES + place] = np.arange(len(order))
    pieces = joined(others)
    number_of = number[pieces.order * ALTERNATIVES + pieces.place]
    served = (pieces.node >= 0) & (number_of >= 0)
    left = (pieces.node < 0) & (number_of >= 0)
    cost = np.zeros((len(order), len(PARTS)), np.int64)
    parcels = parcels_of(problem, demand, look, pieces.of(served), number_of[served])
    for column, part in enumerate(PARTS):
        if part != "unfilled":
            np.add.at(cost[:, column], parcels.key, getattr(parcels, part))
    want = pieces.want[left]
    np.add.at(cost[:, PARTS.index("unfilled")], number_of[left], demand.unfilled[want] * demand.units[want])
    ptr = np.zeros(problem.orders + 1, np.int32)
    np.cumsum(np.bincount(order, minlength=problem.orders), out=ptr[1:])
    nodes_ptr = np.zeros(len(order) + 1, np.int32)
    np.cumsum(np.bincount(parcels.key, minlength=len(order)), out=nodes_ptr[1:])
    return {
        "alternative_ptr": ptr,
        "alternative_node": about[order, place].astype(np.int16),
        "alternative_cost": cost,
        "alternative_nodes_ptr": nodes_ptr,
        "alternative_nodes": parcels.node.astype(np.int16),
    }


def _none(problem: Problem) -> dict[str, Any]:
    return {
        "alternative_ptr": np.zeros(problem.orders + 1, np.int32),
        "alternative_node": np.zeros(0, np.int16),
        "alternative_cost": np.zeros((0, len(PARTS)), np.int64),
        "alternative_nodes_ptr": np.zeros(1, np.int32),
        "alternative_nodes": np.zeros(0, np.int16),
    }
