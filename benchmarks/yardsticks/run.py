"""The one table: every policy of every case on every seed, with the gates below it."""

import argparse
import sys

from benchmarks.yardsticks.cases import CASES, LOOK_AHEAD, Case
from benchmarks.yardsticks.gates import Results, gates, told
from benchmarks.yardsticks.measure import Row, measured
from benchmarks.yardsticks.recorded import History, Prototype
from benchmarks.yardsticks.speed import SPEED, speed
from benchmarks.yardsticks.table import Table

QUICK = 2_000


def main(arguments: list[str] | None = None) -> None:
    """Measure and print. Exits with 1 when a plan has a fault or does not repeat; never for a figure."""
    asked = _asked(arguments)
    only = asked.only or [*(case.key for case in CASES if not asked.quick or case.key != LOOK_AHEAD), SPEED]
    prototype, history = Prototype(), History()
    results: dict[str, list[Row]] = {}
    measured_speed = None
    if SPEED in only:
        measured_speed = speed(asked.n)
        _print(measured_speed.text(history.speed(asked.n)))
        if asked.record:
            history.record(SPEED, asked.n, [measured_speed])
    for case in CASES:
        if case.key in only:
            n = case.size(asked.n)
            results[case.key] = _rows(case, n, asked.seeds, ahead=not asked.quick)
            _print(Table(case, n, prototype, history).text(results[case.key]))
            if asked.record:
                history.record(case.key, n, results[case.key])
    _print(told(gates(results, measured_speed, asked.n, prototype), prototype.n))
    if not _sound(results):
        raise SystemExit(1)


def _asked(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.yardsticks", description=__doc__)
    keys = [case.key for case in CASES] + [SPEED]
    parser.add_argument("--seeds", type=_seeds, default=[1, 2, 3], help="1,2,3")
    parser.add_argument("--n", type=int, default=10_000, help="orders an instance; compare equal n only")
    parser.add_argument("--only", type=lambda text: text.split(","), help=f"some of {','.join(keys)}")
    parser.add_argument("--quick", action="store_true", help=f"one seed, n {QUICK:,}, no look-ahead")
    parser.add_argument("--record", action="store_true", help="add the figures to the history")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.only or ()) - set(keys):
        parser.error(f"--only: {', '.join(sorted(unknown))} is none of {', '.join(keys)}")
    if asked.n < 1:
        parser.error("--n: at least one order")
    if asked.quick:
        asked.seeds, asked.n = asked.seeds[:1], min(asked.n, QUICK)
    return asked


def _seeds(text: str) -> list[int]:
    return [int(seed) for seed in text.split(",")]


def _rows(case: Case, n: int, seeds: list[int], *, ahead: bool) -> list[Row]:
    by_seed = []
    for seed in seeds:
        problem = case.make(n, seed)
        problem.validate()
        sample = case.sample(n, seed, problem.orders)
        policies = [*case.policies, *(each.with_samples(sample) for each in case.ahead if sample and ahead)]
        by_seed.append([measured(policy, problem, seed) for policy in policies])
    return [row for of_policy in zip(*by_seed, strict=True) for row in of_policy]


def _sound(results: Results) -> bool:
    return all(row.verdict == "ok" for rows in results.values() for row in rows)


def _print(text: str) -> None:
    print(text, end="\n\n")
    sys.stdout.flush()
