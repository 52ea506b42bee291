"""The kernel's speed on DOM-US: one order of five lines by 204 nodes, and all orders in one pass."""

import time
from dataclasses import dataclass
from statistics import median

import numpy as np

from benchmarks.kernel import loop_probe
from benchmarks.yardsticks.dom_us import dom_us
from routing.engine.batch.evaluate import evaluate
from routing.engine.batch.field import Field
from routing.engine.batch.orders import together
from routing.engine.demand import merged
from routing.engine.look import Look
from routing.engine.plan import Options

SPEED = "speed"
LINES, WARM_UP, COUNT = 5, 20, 400


@dataclass(frozen=True, slots=True)
class Speed:
    single_ms: float  # p50, rules laid over and solved, the problem's tables built
    nodes: int
    single_pass: float  # orders per CPU second, each as if it were alone, the batch's tables built
    with_tables: float  # the same with building them
    with_rules: float  # the same one look at a time, as orders are served in turn
    loop: float  # million steps a second of a plain Python loop

    def text(self, before: "Speed | None") -> str:
        """For people, with what has changed since an earlier run."""
        changes = [
            f" ({100 * (getattr(self, name) / getattr(before, name) - 1):+.0f} %)" if before else ""
            for name in ("single_ms", "single_pass", "with_tables", "with_rules")
        ]
        return (
            f"one core; plain Python loop {self.loop:.1f} million steps/s in this run\n"
            f"one order of {LINES} lines × {self.nodes} nodes, tables built: p50 {self.single_ms:.3f} ms{changes[0]}\n"
            f"all orders in one pass, each as if alone: {self.single_pass:,.0f} orders/s{changes[1]}, "
            f"with building the tables {self.with_tables:,.0f}{changes[2]}, "
            f"through the looks of orders in turn {self.with_rules:,.0f}{changes[3]}"
        )


def speed(orders: int) -> Speed:
    """Measured on one instance of so many orders; medians."""
    problem, options = dom_us(orders), Options(explain=False)
    passes, whole, looks = [], [], []
    for _ in range(5):
        began = time.process_time()
        look = Look(problem, merged(problem), options)
        looked = time.process_time()
        for start in range(0, orders, options.chunk):
            look.at(np.arange(start, min(start + options.chunk, orders)))
        looks.append(orders / (time.process_time() - looked))
        building = time.process_time()
        field = Field(look, together(look))
        built = time.process_time()
        evaluate(field, np.arange(field.orders.count))
        done = time.process_time()
        passes.append(field.orders.count / (done - built))
        whole.append(field.orders.count / (done - building + looked - began))
    times = []
    for order in np.resize(np.flatnonzero(np.diff(problem.ptr) == LINES), WARM_UP + COUNT):
        one = np.array([order])
        at = time.perf_counter()
        look.at(one)
        times.append((time.perf_counter() - at) * 1000)
    return Speed(
        single_ms=median(times[WARM_UP:]),
        nodes=problem.nodes,
        single_pass=median(passes),
        with_tables=median(whole),
        with_rules=median(looks),
        loop=loop_probe(),
    )
