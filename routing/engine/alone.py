"""One order of a problem as a problem of its own, on what the others of its plan left: facts to try changes on."""

from dataclasses import replace

import numpy as np

from routing.engine.plan import Plan
from routing.engine.problem import OF_ENTRY, OF_LINE, OF_ORDER, Bools, Int32, Int64, Problem


def alone(problem: Problem, plan: Plan, order: int) -> Problem:
    """The order with its SKUs, and stock and slots as they were at its turn.

    Where each had its turn, solving it gives the order's plan again. Of those planned together each sees what all the
    others took; what is best for one there need not be best for all.
    """
    free, slots = _left(problem, _before(plan, order), plan)
    lines = np.arange(problem.ptr[order], problem.ptr[order + 1])
    skus, sku = np.unique(problem.sku[lines], return_inverse=True)
    sizes = np.diff(problem.sku_ptr)[skus]
    entries = _ranges(problem.sku_ptr[skus].astype(np.int64), sizes)
    forbids = np.diff(problem.forbid_ptr)[lines]
    forbidden = _ranges(problem.forbid_ptr[lines].astype(np.int64), forbids)
    dest = problem.dest[[order]]
    facts = {
        **{name: getattr(problem, name)[[order]] for name in OF_ORDER},
        **{name: getattr(problem, name)[lines] for name in OF_LINE},
        **{name: getattr(problem, name)[entries] for name in OF_ENTRY},
        "dest": np.zeros(1, np.int32),
        "distance_km": problem.distance_km[dest],
        "zone": problem.zone[dest],
        "ptr": np.array([0, len(lines)]),
        "sku": sku,
        "forbid_ptr": np.concatenate([[0], np.cumsum(forbids)]),
        "forbid_node": problem.forbid_node[forbidden],
        "sku_ref": problem.sku_ref[skus],
        "sku_ptr": np.concatenate([[0], np.cumsum(sizes)]),
        "free": free[entries],
        "slots_left": slots,
    }
    return replace(problem, **facts)


def _before(plan: Plan, order: int) -> Bools:
    """[order] who took before this one; of those planned together all the others."""
    if plan.served[order]:
        earlier: Bools = plan.served < plan.served[order]
        return earlier
    together: Bools = (plan.served == 0) & (np.arange(len(plan.served)) != order)
    return together


def _left(problem: Problem, before: Bools, plan: Plan) -> tuple[Int32, Int32]:
    """(units by entry, slots by node and day) that these orders left."""
    free = problem.free.copy()
    taken = before[plan.piece_order]
    np.subtract.at(free, plan.entry[taken], plan.units[taken])
    slots = problem.slots_left.copy()
    sent = before[plan.parcel_order]
    node = plan.parcel_node[sent]
    day = (problem.ship_day[node] == plan.parcel_ship_day[sent][:, None]).argmax(1)
    np.subtract.at(slots, (node, day), 1)
    return free, slots


def _ranges(start: Int64, size: Int64) -> Int64:
    """The places start[i] … start[i] + size[i] − 1, one range after the other."""
    before = np.cumsum(size) - size
    return np.repeat(start - before, size) + np.arange(int(size.sum()))
