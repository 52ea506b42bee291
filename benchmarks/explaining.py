"""A stored decision explained again: `python -m benchmarks.explaining`. No database; CPU time beside a plain loop.

Of each batch ten orders have the lines that are told, the others two. `again` is once per batch: the stored bytes read
and solved; then it is kept. `compare` opens an order's section: its candidates by cost, the best single node, the best
plan without prices. `node` asks what would have to be different for one of its three next best nodes. `open` is what
a reader waits for once the batch is kept: compare and the first node.
"""

import time
from dataclasses import replace

import numpy as np

from benchmarks.kernel import loop_probe, network
from routing.engine.plan import Plan
from routing.engine.problem import OF_LINE, Problem
from routing.engine.solve import solve
from routing.engine.stored import from_bytes, to_bytes
from routing.engine.what_if import Case

ASKED = 10  # orders of each batch


def batch(orders: int, lines: int) -> Problem:
    """A batch of which the first orders have so many lines and the others two."""
    full = network(orders=orders, lines=lines, nodes=204, skus=4000, seed=7)
    size = np.where(np.arange(orders) < ASKED, lines, min(lines, 2))
    kept = np.concatenate([start + np.arange(count) for start, count in zip(full.ptr[:-1], size, strict=True)])
    return replace(
        full,
        **{name: getattr(full, name)[kept] for name in OF_LINE},
        ptr=np.concatenate([[0], np.cumsum(size)]).astype(np.int32),
        forbid_ptr=np.zeros(len(kept) + 1, np.int32),
        price=np.random.default_rng(7).integers(0, 60, len(full.stock_node)).astype(np.int32),
    )


def asked(problem: Problem, plan: Plan) -> dict[str, list[float]]:
    """Milliseconds by question."""
    times: dict[str, list[float]] = {"compare": [], "node": [], "open": []}
    for order in range(min(ASKED, problem.orders)):
        start = time.process_time()
        case = Case(problem, plan, order)
        candidates = case.compared.candidates
        compared = (time.process_time() - start) * 1000
        others = [each.node for each in candidates if each.node not in case.stored][:3]
        nodes = []
        for node in others:
            start = time.process_time()
            case.changes(node)
            nodes.append((time.process_time() - start) * 1000)
        times["compare"].append(compared)
        times["node"] += nodes
        times["open"].append(compared + sum(nodes[:1]))
    return times


def main() -> None:
    print(f"loop probe: {loop_probe():.1f} M steps/s")
    solve(batch(1, 5))  # tables that every process makes once
    print(
        f"{'orders':>7} {'lines':>6} {'again':>9}   p50 / p95 ms of "
        + " ".join(f"{n:>17}" for n in ("compare", "node", "open"))
    )
    for orders in (1, 100, 1000):
        for lines in (5, 10, 40):
            stored = to_bytes(batch(orders, lines))
            start = time.process_time()
            problem = from_bytes(stored)
            problem.hash()
            plan = solve(problem)
            again = (time.process_time() - start) * 1000
            repeats = [asked(problem, plan) for _ in range(1 if orders > 1 else 10)]
            told = []
            for name in ("compare", "node", "open"):
                values = [value for each in repeats for value in each[name]] or [0.0]
                told.append(f"{np.percentile(values, 50):7.1f} / {np.percentile(values, 95):7.1f}")
            print(f"{orders:7} {lines:6} {again:6.0f} ms {'':17}" + " ".join(told))


if __name__ == "__main__":
    main()
