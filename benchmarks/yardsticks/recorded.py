"""Figures kept beside the code: the reference prototype's, and those of earlier runs of this table."""

import json
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.yardsticks.measure import Row
from benchmarks.yardsticks.speed import SPEED, Speed

HERE = Path(__file__).resolve().parent
HISTORY = HERE.parent / "history" / "yardsticks.jsonl"


class Figures(NamedTuple):
    cost: int
    orders_per_second: float | None  # None where none was recorded


class Prototype:
    """What the reference prototype found on the same instances."""

    def __init__(self) -> None:
        data = json.loads((HERE / "prototype.json").read_text())
        self.n: int = data["n"]
        self.cases: dict[str, dict[str, Any]] = data["cases"]

    def bound(self, case: str, n: int, seed: int) -> int | None:
        """Certified lower bound in minor units on plans that cut no line; None where none is recorded."""
        found = self._seed(case, n, seed).get("bound")
        return None if found is None else int(found)

    def figures(self, case: str, n: int, seed: int, policy: str) -> Figures | None:
        """Its figures for this policy."""
        found = self._seed(case, n, seed).get("policies", {}).get(policy)
        return Figures(*found) if found else None

    def _seed(self, case: str, n: int, seed: int) -> dict[str, Any]:
        of_case = self.cases.get(case, {})
        found: dict[str, Any] = of_case.get(str(seed), {}) if n == of_case.get("n", self.n) else {}
        return found


class History:
    """Earlier runs, one line per run and case, the speed of the kernel being one."""

    def __init__(self, path: Path = HISTORY) -> None:
        self.path = path
        self.last: dict[tuple[str, int, str, int], Figures] = {}
        self.speeds: dict[int, Speed] = {}
        for line in path.read_text().splitlines() if path.exists() else ():
            entry = json.loads(line)
            for row in entry["rows"]:
                if entry["case"] == SPEED:
                    self.speeds[entry["n"]] = Speed(**row)
                else:
                    key = entry["case"], entry["n"], row["policy"], row["seed"]
                    self.last[key] = Figures(row["cost"], row["orders_per_second"])

    def figures(self, case: str, n: int, seed: int, policy: str) -> Figures | None:
        """Those of the last recorded run of the same row."""
        return self.last.get((case, n, policy, seed))

    def speed(self, n: int) -> Speed | None:
        """That of the last recorded run of this size."""
        return self.speeds.get(n)

    def record(self, case: str, n: int, rows: Sequence[Row | Speed]) -> None:
        """Add a run of one case to the file."""
        entry = {
            "date": datetime.now(UTC).date().isoformat(),
            "commit": _commit(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "case": case,
            "n": n,
            "rows": [{name: _short(value) for name, value in asdict(row).items()} for row in rows],
        }
        self.path.parent.mkdir(exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _short(value: float | str) -> float | str:
    """Floats to four figures: more is noise."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _commit() -> str:
    """The commit this runs from, with + when files differ from it; "" outside a repository."""
    shown = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"], capture_output=True, text=True, cwd=HERE
    )
    return shown.stdout.strip()
