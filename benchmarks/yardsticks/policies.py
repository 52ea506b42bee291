"""The policies of each instance family: functions from a problem to a plan. A new one is a line in these lists."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from benchmarks.yardsticks import baselines
from benchmarks.yardsticks.invoice import Assignment
from benchmarks.yardsticks.look_ahead import LookAhead, Sample, Served, look_ahead
from routing.engine.plan import Mode, Options, Plan
from routing.engine.problem import Problem
from routing.engine.solve import solve


class Policy(NamedTuple):
    key: str
    name: str
    run: Callable[[Problem], Plan | Assignment | Served]
    once: bool = False  # too slow to be run again


class Ahead(NamedTuple):
    """A policy that looks at samples of what is to come."""

    key: str
    name: str
    how: LookAhead

    def with_samples(self, sample: Sample) -> Policy:
        """The policy of one instance, which these are the futures of."""
        return Policy(self.key, self.name, partial(look_ahead, self.how, sample=sample), once=True)


def exact_fcfs(problem: Problem) -> Plan:
    """Each order optimal at its turn, on what the orders before it left."""
    return solve(problem, Options(explain=False))


def batch(dual_steps: int) -> Policy:
    """All orders together, the prices of contested units moved so often."""

    def run(problem: Problem) -> Plan:
        return solve(problem, Options(mode=Mode.BATCH, dual_steps=dual_steps, explain=False))

    return Policy(f"batch_{dual_steps}", f"batch, {dual_steps} dual steps", run)


def quality(problem: Problem) -> Plan:
    """All orders together, with a proof of how cheap a plan could be at the most."""
    return solve(problem, Options(mode=Mode.QUALITY, explain=False))


EXACT_FCFS = Policy("exact_fcfs", "exact first come, first served", exact_fcfs)
TOGETHER = [batch(steps) for steps in (0, 3, 8)]
QUALITY = Policy("quality", "quality", quality)

DOM_US = [
    Policy("nearest", "nearest node", baselines.nearest),
    Policy("greedy", "greedy rule engine", baselines.greedy),
    EXACT_FCFS,
    *TOGETHER,
    QUALITY,
]
# the node "lost" has everything, so a rule engine would send every order there
JASIN_SINHA = [
    Policy("closest_carrying", "closest carrying centre (myopic)", baselines.closest_carrying),
    EXACT_FCFS,
    *TOGETHER,
    QUALITY,
]
STREAM = [EXACT_FCFS, QUALITY]
AHEAD = [
    Ahead("ahead", "prices, guarded, in turn", LookAhead(replays=8, samples=8)),
    Ahead("ahead_200", "prices, guarded, 200 together", LookAhead(replays=8, samples=8, batch=200)),
    Ahead("ahead_1000", "prices, guarded, 1,000 together", LookAhead(replays=8, samples=8, batch=1000)),
    Ahead("ahead_free", "prices, no guard, in turn", LookAhead(replays=8, samples=8, guarded=False)),
]
# nothing is ever left unfilled there, so nothing is to be guarded
JASIN_SINHA_AHEAD = [
    Ahead("ahead_1x3", "prices, 1 replay × 3 samples", LookAhead(replays=1, samples=3)),
    Ahead("ahead_5x3", "prices, 5 replays × 3 samples", LookAhead(replays=5, samples=3)),
]
