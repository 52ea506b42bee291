"""The policies of each instance family: functions from a problem to a plan. A new one is a line in these lists."""

from collections.abc import Callable
from typing import NamedTuple

from benchmarks.yardsticks import baselines
from benchmarks.yardsticks.invoice import Assignment
from routing.engine.plan import Mode, Options, Plan
from routing.engine.problem import Problem
from routing.engine.solve import solve


class Policy(NamedTuple):
    key: str
    name: str
    run: Callable[[Problem], Plan | Assignment]


def exact_fcfs(problem: Problem) -> Plan:
    """Each order optimal at its turn, on what the orders before it left."""
    return solve(problem, Options(explain=False))


def batch(dual_steps: int) -> Policy:
    """All orders together, the prices of contested units moved so often."""

    def run(problem: Problem) -> Plan:
        return solve(problem, Options(mode=Mode.BATCH, dual_steps=dual_steps, explain=False))

    return Policy(f"batch_{dual_steps}", f"batch, {dual_steps} dual steps", run)


EXACT_FCFS = Policy("exact_fcfs", "exact first come, first served", exact_fcfs)
TOGETHER = [batch(steps) for steps in (0, 3, 8)]

DOM_US = [
    Policy("nearest", "nearest node", baselines.nearest),
    Policy("greedy", "greedy rule engine", baselines.greedy),
    EXACT_FCFS,
    *TOGETHER,
]
# the node "lost" has everything, so a rule engine would send every order there
JASIN_SINHA = [
    Policy("closest_carrying", "closest carrying centre (myopic)", baselines.closest_carrying),
    EXACT_FCFS,
    *TOGETHER,
]
