"""The routing engine alone: `python -m benchmarks.kernel`. No database; times of this machine beside a plain loop."""

import time
from datetime import date
from statistics import median

import numpy as np

from routing.engine import cheapest
from routing.engine.demand import merged
from routing.engine.look import Look
from routing.engine.plan import Options
from routing.engine.problem import DAYS, Problem
from routing.engine.solve import solve
from routing.rules import parse_rules

STRATEGY = (
    {
        "ref": "whole",
        "name": "One parcel from a node near by",
        "which_nodes": [{"field": "distance", "amount": 1500}, {"field": "atp_left", "amount": 1}],
        "rank": "cost",
        "max_parcels": 1,
        "if_part": "next_rule",
        "if_none": "next_rule",
    },
    {
        "ref": "split",
        "name": "Everything else",
        "rank": "cost",
        "max_parcels": 4,
        "if_part": "assign",
        "if_none": "backorder",
    },
)


def network(
    *, orders: int, lines: int, nodes: int, skus: int, seed: int, cover: float = 0.35, stock: int = 6
) -> Problem:
    """Orders of so many lines each; four DCs with deep stock, stores with a few units of some SKUs."""
    rng = np.random.default_rng(seed)
    popular = 1 / np.arange(1, skus + 1) ** 0.7
    popular /= popular.sum()
    sku = np.concatenate([rng.choice(skus, lines, replace=False, p=popular) for _ in range(orders)])
    units = 1 + (rng.random(orders * lines) < 0.1)
    dests = 300
    node_at, dest_at = rng.random((nodes, 2)) * [4200, 2500], rng.random((dests, 2)) * [4200, 2500]
    away = np.hypot(*(dest_at[:, None] - node_at).transpose(2, 0, 1)).astype(int)
    carried = rng.random((skus, nodes)) < cover
    carried[:, :4] = rng.random((skus, 4)) < 0.8
    free = rng.integers(0, stock, (skus, nodes))
    free[:, :4] = rng.integers(0, 400, (skus, 4))
    zone = np.searchsorted([250, 500, 1000, 1600, 2200, 3000], away)
    base = 600 + 90 * np.arange(7)[:, None] + 60 * np.arange(12)
    count = int(carried.sum())
    return Problem(
        id="benchmark",
        decided_on=date(2026, 3, 2),
        currency="USD",
        late_per_day=400,
        rules=parse_rules([dict(rule) for rule in STRATEGY]),
        order_ref=np.arange(orders),
        dest=rng.integers(0, dests, orders),
        method=np.zeros(orders),
        pinned_node=np.full(orders, -1),
        slack=rng.integers(2, 7, orders),
        channel=np.zeros(orders),
        region=np.zeros(orders),
        value=np.full(orders, 5000),
        ptr=np.arange(orders + 1) * lines,
        line_ref=np.arange(orders * lines),
        sku=sku,
        units=units,
        grams=units * rng.integers(100, 3000, skus)[sku],
        unfilled=np.full(orders * lines, 100_000),
        class_bits=np.zeros(orders * lines),
        category=np.zeros(orders * lines),
        forbid_ptr=np.zeros(orders * lines + 1),
        forbid_node=np.zeros(0),
        sku_ref=np.arange(skus),
        sku_ptr=np.concatenate([[0], np.cumsum(carried.sum(1))]),
        stock_node=np.nonzero(carried)[1],
        free=free[carried],
        buffer=np.zeros(count),
        level_ref=np.arange(count),
        node_ref=np.arange(nodes),
        kind=np.arange(nodes) >= 4,
        group=np.full(nodes, -1),
        slots_left=np.where(np.arange(nodes)[:, None] < 4, 3000, 80) * np.ones(DAYS, int),
        ship_day=np.tile(np.arange(DAYS), (nodes, 1)),
        fix=np.where(np.arange(nodes) < 4, 120, 250),
        pick=np.where(np.arange(nodes) < 4, 35, 90),
        node_class_bits=np.zeros(nodes),
        abilities=np.full(nodes, 15),
        service_bits=np.full(nodes, 7),
        distance_km=away,
        zone=zone,
        rate=np.stack([base, base + 700, base * 2 + 900]),
        band_grams=np.array([250, 500, 1000, 2000, 3000, 5000, 7500, 10_000, 15_000, 20_000, 30_000, 40_000]),
        per_kg_above=np.full((3, 7), 90),
        transit=np.stack([1 + np.arange(7) // 2 + 1, 1 + np.arange(7) // 3, np.ones(7, int)]),
        channels=("web",),
        regions=("CA",),
        categories=("all",),
        groups=(),
        node_codes=tuple(f"N{node}" for node in range(nodes)),
        services=("ground", "express", "overnight"),
    )


def loop_probe() -> float:
    """Million steps a second of a plain Python loop in this run: the yardstick for the figures beside it."""
    start = time.perf_counter()
    total = 0
    for step in range(2_000_000):
        total += step & 7
    return 2 / (time.perf_counter() - start)


def single(problems: list[Problem], options: Options | None = None) -> float:
    """p50 in milliseconds of solving problems of one order each."""
    times = []
    for problem in problems:
        start = time.perf_counter()
        solve(problem, options)
        times.append((time.perf_counter() - start) * 1000)
    return median(times[len(times) // 5 :])


def one_look(problem: Problem, rounds: int = 300) -> tuple[float, float]:
    """p50 in milliseconds of one order, tables built: (the kernel alone, the whole look through the rules)."""
    look = Look(problem, merged(problem), Options())
    mask = look.masks.rules[-1]
    kernel, whole = [], []
    for round_ in range(rounds):
        row = np.array([round_ % problem.orders])
        offers = look.eligibility.candidates(row, mask, mask.rule.max_parcels).offers
        start = time.perf_counter()
        cheapest.solve(offers, explain=False)
        solved = time.perf_counter()
        look.at(row)
        kernel.append((solved - start) * 1000)
        whole.append((time.perf_counter() - solved) * 1000)
    return median(kernel), median(whole)


def bulk(problem: Problem, options: Options | None = None, rounds: int = 5) -> float:
    """CPU milliseconds an order, best of the rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        solve(problem, options)
        best = min(best, (time.process_time() - start) * 1000 / problem.orders)
    return best


def main() -> None:
    print(f"plain Python loop           {loop_probe():6.1f} million steps/s")
    problem = network(orders=50, lines=5, nodes=200, skus=600, seed=2)
    kernel, look = one_look(problem)
    print(f"one order, 5 lines x 200 nodes   kernel p50 {kernel:.3f} ms, with rules and reasons p50 {look:.3f} ms")
    problems = [network(orders=1, lines=5, nodes=200, skus=30, seed=seed) for seed in range(60)]
    print(f"the same with its own tables, plan and next best drawn up   p50 {single(problems):.3f} ms")
    for size in (1, 10, 100, 1000):
        cost = bulk(network(orders=size, lines=2, nodes=68, skus=600, seed=3))
        print(f"{size:5} orders, 2 lines x 68 nodes   {cost:.4f} ms CPU/order  {1000 / cost:8.0f} orders/s")
    for lines in (8, 10, 20, 100, 400):
        cost = bulk(network(orders=12, lines=lines, nodes=68, skus=3000, seed=4), rounds=1)
        print(f"{lines:4} lines x 68 nodes   {cost:7.2f} ms CPU/order")


if __name__ == "__main__":
    main()
