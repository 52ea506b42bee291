"""One policy on one instance: its costs, its speed on one core, whether its plan holds and repeats."""

import hashlib
import time
from dataclasses import dataclass
from statistics import median

from benchmarks.yardsticks.invoice import Assignment, Infeasible, charged, pieces_of
from benchmarks.yardsticks.look_ahead import Served
from benchmarks.yardsticks.policies import Policy
from routing.engine.audit import AuditError, audit
from routing.engine.plan import Plan
from routing.engine.problem import Problem

SLOW = 5.0  # CPU seconds of a run, from which two runs must do instead of three


@dataclass(frozen=True, slots=True)
class Row:
    """`cost` is of all orders, in minor units, with lateness and what is unfilled; prices that steer are not in it."""

    policy: str
    seed: int
    orders: int
    cost: int
    split_orders: int
    units_unfilled: int
    lines_cut: int  # lines filled by more than one node
    orders_per_second: float  # of CPU time, median of the runs
    verdict: str
    digest: str
    bound: int | None = None  # proven for all orders by the plan itself


def measured(policy: Policy, problem: Problem, seed: int) -> Row:
    """The row of this policy. A plan that can't be carried out has its fault as the verdict."""
    plan, digest, seconds = _timed(policy, problem)
    digests, times = {digest}, [seconds]
    for _ in range(0 if policy.once else 1 if seconds > SLOW else 2):
        _, digest, seconds = _timed(policy, problem)
        digests.add(digest)
        times.append(seconds)
    verdict = "ok" if len(digests) == 1 else "NOT REPEATED"
    pieces = pieces_of(problem, plan)
    cost = splits = unfilled = cut = 0
    try:
        charges = charged(problem, pieces)
        if isinstance(plan, Plan):
            audit(problem, plan)
        cost, splits = int(charges.priced.sum()), int((charges.parcels > 1).sum())
        unfilled = int(charges.units_unfilled.sum())
        cut = len(pieces.line) - len(set(pieces.line.tolist()))
    except (Infeasible, AuditError) as fault:
        verdict = f"FAULT: {fault}"
    return Row(
        policy=policy.key,
        seed=seed,
        orders=problem.orders,
        cost=cost,
        split_orders=splits,
        units_unfilled=unfilled,
        lines_cut=cut,
        orders_per_second=problem.orders / median(times),
        verdict=verdict,
        digest=min(digests),
        bound=plan.bound if isinstance(plan, Plan) else None,
    )


def _timed(policy: Policy, problem: Problem) -> tuple[Plan | Assignment, str, float]:
    """(plan, its hash, CPU seconds)."""
    began = time.process_time()
    plan = policy.run(problem)
    seconds = time.process_time() - began
    if isinstance(plan, Served):
        plan, seconds = plan.plan, plan.seconds
    if isinstance(plan, Plan):
        return plan, plan.hash()[:12], seconds
    return plan, hashlib.sha256(plan.node.tobytes() + plan.block.tobytes()).hexdigest()[:12], seconds
