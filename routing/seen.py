"""The facts that a stored decision stood on, read back: each node's distance and stock as its batch saw them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from dom_project.lib import db
from routing.engine.problem import ProblemRefused
from routing.engine.stored import from_bytes
from routing.models import Decision

BODY = "SELECT body FROM routing_problem WHERE ref = %s AND day BETWEEN %s AND %s"


@dataclass(frozen=True, slots=True)
class Seen:
    """`atp` by node code: units that could be promised for each of `lines`, None where it is not stocked."""

    lines: Sequence[int]  # ids of the order's lines, as they were asked for
    units: Sequence[int]
    atp: Mapping[str, Sequence[int | None]]
    distance_km: Mapping[str, int]  # −1 = unknown
    rules: Mapping[str, str]  # ref → name


def facts_of(decision: Decision) -> Seen | None:
    """What was seen when this was decided, before any order of its batch took units. None if not kept any more."""
    day, near = decision.decided_at.date(), timedelta(days=1)
    blob = db.value(BODY, [decision.problem_ref, day - near, day + near])
    if blob is None:
        return None
    try:
        problem = from_bytes(bytes(blob))
    except ProblemRefused:
        return None
    lines = range(problem.ptr.item(decision.place), problem.ptr.item(decision.place + 1))
    away = problem.distance_km[problem.dest.item(decision.place)].tolist()
    atp = np.full((len(problem.node_codes), len(lines)), -1, dtype=np.int64)
    for place, line in enumerate(lines):
        sku = problem.sku.item(line)
        own = slice(problem.sku_ptr.item(sku), problem.sku_ptr.item(sku + 1))
        atp[problem.stock_node[own], place] = np.maximum(problem.free[own] - problem.buffer[own], 0)
    return Seen(
        lines=[problem.line_ref.item(line) for line in lines],
        units=[problem.units.item(line) for line in lines],
        atp={
            code: [units if units >= 0 else None for units in row]
            for code, row in zip(problem.node_codes, atp.tolist(), strict=True)
        },
        distance_km=dict(zip(problem.node_codes, away, strict=True)),
        rules={rule.ref: rule.name for rule in problem.rules},
    )
