"""Serving at prices that are drawn anew as the day goes by: what units and slots were worth in sampled futures.

A future has the law of the orders and none of them: a perfect forecast of the law. Real forecasts will do worse.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context

import numpy as np

from benchmarks.yardsticks.invoice import Assignment
from routing.engine.plan import Mode, Options
from routing.engine.problem import OF_LINE, OF_ORDER, Int64, Problem
from routing.engine.scarcity import Worth, mean_worth, worth_of
from routing.engine.solve import solve

PROCESSES = 2  # futures worked out at a time; the figures are of CPU time in all of them
FEW = 2_000  # orders up to which they do not pay

Sample = Callable[[int, int], Problem]  # (orders still to come, number of the draw) → a future on the full stock


@dataclass(frozen=True, slots=True)
class LookAhead:
    """How often prices are replayed, and how orders are served at them: `batch` orders together, 0 = in turn."""

    replays: int
    samples: int
    batch: int = 0
    guarded: bool = True


@dataclass(frozen=True, slots=True)
class Served:
    """What was served, and the CPU seconds of it in all processes."""

    plan: Assignment
    seconds: float


class Shelf:
    """Units and slots that are left while parts of a problem are served, and where the lines went."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.free = problem.free.copy()
        self.slots = problem.slots_left.copy()
        self.node = np.full(problem.lines, -1, np.int64)
        self.block = np.zeros(problem.lines, np.int64)

    def serve(self, part: Problem, first_line: int, options: Options) -> None:
        """Plan these orders on what is left, and take what they use."""
        plan = solve(replace(part, free=self.free, slots_left=self.slots), options)
        np.subtract.at(self.free, plan.entry, plan.units)
        np.subtract.at(self.slots[:, 0], plan.parcel_node, 1)
        line = first_line + plan.line
        self.node[line], self.block[line] = plan.node, plan.parcel


def look_ahead(how: LookAhead, problem: Problem, sample: Sample, processes: int | None = None) -> Served:
    """Serve all orders; before each of `replays` parts of them prices are made from futures of what is left."""
    began, elsewhere = time.process_time(), 0.0
    processes = processes or (PROCESSES if problem.orders > FEW else 1)
    options = Options(mode=Mode.BATCH if how.batch else Mode.EXACT_FCFS, explain=False)
    shelf = Shelf(problem)
    with _workers(processes) as each:
        for replay, orders in enumerate(np.array_split(np.arange(problem.orders), how.replays)):
            left = problem.orders - int(orders[0])
            numbers = range(replay * how.samples, (replay + 1) * how.samples)
            drawn = list(each(partial(_worth, sample, left, shelf.free, shelf.slots), numbers))
            elsewhere += sum(seconds for _, seconds in drawn) if processes > 1 else 0
            unit, slot = mean_worth([worth for worth, _ in drawn])
            steered = replace(problem, price=unit, slot_price=slot, guarded=how.guarded)
            for some in np.array_split(orders, max(1, len(orders) // how.batch) if how.batch else 1):
                first, last = int(some[0]), int(some[-1]) + 1
                shelf.serve(part_of(steered, first, last), int(problem.ptr[first]), options)
    return Served(Assignment(shelf.node, shelf.block), time.process_time() - began + elsewhere)


def part_of(problem: Problem, first: int, last: int) -> Problem:
    """The orders from `first` on, before `last`, on the whole stock."""
    line = slice(int(problem.ptr[first]), int(problem.ptr[last]))
    forbid = slice(int(problem.forbid_ptr[line.start]), int(problem.forbid_ptr[line.stop]))
    return replace(
        problem,
        ptr=problem.ptr[first : last + 1] - line.start,
        forbid_ptr=problem.forbid_ptr[line.start : line.stop + 1] - forbid.start,
        forbid_node=problem.forbid_node[forbid],
        **{name: getattr(problem, name)[first:last] for name in OF_ORDER},
        **{name: getattr(problem, name)[line] for name in OF_LINE},
    )


def _worth(sample: Sample, left: int, free: Int64, slots: Int64, number: int) -> tuple[Worth, float]:
    """(what things are worth in one future of what is left, CPU seconds)."""
    began = time.process_time()
    future = replace(sample(left, number), free=free, slots_left=slots)
    return worth_of(future), time.process_time() - began


@contextmanager
def _workers(processes: int) -> Iterator[Callable[..., Iterator[tuple[Worth, float]]]]:
    """A map, over processes or here; the order of what it gives is that of what it was given."""
    if processes < 2:
        yield map
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        yield pool.map
