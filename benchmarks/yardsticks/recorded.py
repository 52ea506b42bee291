"""Figures kept beside the code: the reference prototype's, and those of earlier runs of this table."""

import json
import platform
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.yardsticks.measure import Row

HERE = Path(__file__).resolve().parent
HISTORY = HERE.parent / "history" / "yardsticks.jsonl"


class Figures(NamedTuple):
    cost: int
    orders_per_second: float


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
        found: dict[str, Any] = self.cases.get(case, {}).get(str(seed), {}) if n == self.n else {}
        return found


class History:
    """Earlier runs, one line per case and run."""

    def __init__(self, path: Path = HISTORY) -> None:
        self.path = path
        text = path.read_text() if path.exists() else ""
        self.last: dict[tuple[str, int, str, int], Figures] = {}
        for line in text.splitlines():
            entry = json.loads(line)
            for row in entry["rows"]:
                key = entry["case"], entry["n"], row["policy"], row["seed"]
                self.last[key] = Figures(row["cost"], row["orders_per_second"])

    def figures(self, case: str, n: int, seed: int, policy: str) -> Figures | None:
        """Those of the last recorded run of the same row."""
        return self.last.get((case, n, policy, seed))

    def record(self, case: str, n: int, rows: list[Row], loop: float) -> None:
        """Add a run of one case to the file."""
        entry = {
            "date": datetime.now(UTC).date().isoformat(),
            "commit": _commit(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "loop": round(loop, 1),
            "case": case,
            "n": n,
            "rows": [asdict(row) | {"orders_per_second": round(row.orders_per_second)} for row in rows],
        }
        self.path.parent.mkdir(exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _commit() -> str:
    """The commit this runs from, with + when files differ from it; "" outside a repository."""
    shown = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"], capture_output=True, text=True, cwd=HERE
    )
    return shown.stdout.strip()
