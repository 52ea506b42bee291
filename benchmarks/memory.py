"""Memory of a process that routes with 500 nodes × 50,000 SKUs in play: `python -m benchmarks memory`."""

import resource
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.kernel import network
from routing.engine.plan import Mode, Options
from routing.engine.problem import Problem
from routing.engine.solve import solve
from routing.engine.stored import from_bytes, to_bytes

NODES, SKUS, LINES = 500, 50_000, 5
FILL = 0.1  # share of the nodes that stock a SKU


def in_play() -> Problem:
    """Orders that together ask for every SKU, with the odds of a no on every level."""
    made = network(orders=SKUS // LINES, lines=1, nodes=NODES, skus=SKUS, seed=1, cover=FILL)
    sku = np.random.default_rng(2).permutation(SKUS)
    return replace(
        made,
        ptr=np.arange(made.orders + 1) * LINES,
        line_ref=np.arange(SKUS),
        sku=sku,
        units=np.ones(SKUS),
        grams=np.full(SKUS, 700),
        forbid_ptr=np.zeros(SKUS + 1),
        held_node=np.full(SKUS, -1),
        likely_grams=np.zeros(SKUS),
        no_odds=np.full(len(made.stock_node), 200),
        resource_cost=600,
        unfilled=np.repeat(made.unfilled, LINES),
        class_bits=np.repeat(made.class_bits, LINES),
        category=np.repeat(made.category, LINES),
    )


def write(path: str) -> None:
    """Store such a problem in a file."""
    Path(path).write_bytes(to_bytes(in_play()))


def peak() -> float:
    """Most memory this process has had until now, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    import django

    django.setup()
    import routing.sourcing  # noqa: F401, PLC0415  what a worker has loaded

    print(f"loaded                                     {peak():7.0f} MB")
    with tempfile.NamedTemporaryFile() as file:  # made elsewhere: what making it takes is not the worker's
        maker = f"from benchmarks.memory import write; write({file.name!r})"
        subprocess.run([sys.executable, "-c", maker], check=True)
        problem = from_bytes(Path(file.name).read_bytes())
    print(f"{problem.orders:,} orders, {len(problem.stock_node):,} levels read   {peak():7.0f} MB")
    for mode in (Mode.EXACT_FCFS, Mode.BATCH):
        plan = solve(problem, Options(mode))
        print(f"solved {mode.value:<20} {len(plan.line):,} pieces   {peak():7.0f} MB   (goal: 600, target 350)")


if __name__ == "__main__":
    main()
