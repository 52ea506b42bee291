"""Each mode gives one plan, again and again, with 1 and 2 threads: `python -m benchmarks.same_hash [PYTHON …]`.

And the same on every other Python that is named.
"""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.yardsticks.dom_us import dom_us
from routing.engine.plan import Mode, Options
from routing.engine.problem import Problem
from routing.engine.scarcity import mean_worth, worth_of
from routing.engine.solve import solve

ROOT = Path(__file__).resolve().parents[1]
THREADS, RUNS = (1, 2), 2
VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
ORDERS = 600


def digests(orders: int = ORDERS) -> dict[str, str]:
    """What each mode makes of a problem of short stock and slots: the hash of its plan; and of the prices of one."""
    problem = dom_us(orders, ratio=0.6, slots=0.4, skus=400, stores=60, regions=120)
    prices = mean_worth([worth_of(problem)])
    steered = replace(problem, price=prices[0], slot_price=prices[1])
    of: Mapping[str, Callable[[], str]] = {
        "exact_fcfs": lambda: _plan(problem, Mode.EXACT_FCFS),
        "batch": lambda: _plan(problem, Mode.BATCH),
        "quality": lambda: _plan(problem, Mode.QUALITY),
        "batch at prices": lambda: _plan(steered, Mode.BATCH),
        "prices": lambda: hashlib.sha256(b"".join(each.tobytes() for each in prices)).hexdigest(),
    }
    return {name: digest() for name, digest in of.items()}


def _plan(problem: Problem, mode: Mode) -> str:
    return solve(problem, Options(mode=mode)).hash()


def main(arguments: list[str] | None = None) -> None:
    """Print each run's hashes; exit with 1 when two differ."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.same_hash", description=__doc__)
    parser.add_argument("python", nargs="*", help="other interpreters, with numpy, highspy and msgspec")
    parser.add_argument("--here", action="store_true", help="print those of this process alone, as JSON")
    asked = parser.parse_args(arguments)
    if asked.here:
        about = f"Python {platform.python_version()}, numpy {np.__version__}"
        print(json.dumps({"about": about, "digests": digests()}))
        return
    seen: dict[str, set[str]] = {}
    for python in [sys.executable, *asked.python]:
        for threads in THREADS:
            for _ in range(RUNS):
                found = _elsewhere(python, threads)
                shown = "  ".join(f"{name} {digest[:12]}" for name, digest in found["digests"].items())
                print(f"{found['about']}, {threads} thread{'s' * (threads > 1)}:  {shown}", flush=True)
                for name, digest in found["digests"].items():
                    seen.setdefault(name, set()).add(digest)
    differing = [name for name, found in seen.items() if len(found) > 1]
    print(f"DIFFERENT: {', '.join(differing)}" if differing else "the same everywhere")
    if differing:
        raise SystemExit(1)


def _elsewhere(python: str, threads: int) -> dict[str, dict[str, str]]:
    command = [python, "-m", "benchmarks.same_hash", "--here"]
    environment = {**os.environ, **dict.fromkeys(VARIABLES, str(threads))}
    shown = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    found: dict[str, dict[str, str]] = json.loads(shown.stdout)
    return found


if __name__ == "__main__":
    main()
