"""What the plans of an instance cost at the least: proven by the run itself, else recorded of the prototype."""

from collections.abc import Iterable

from benchmarks.yardsticks.measure import Row
from benchmarks.yardsticks.recorded import Prototype


def proven(rows: Iterable[Row], case: str, n: int, prototype: Prototype) -> dict[int, int]:
    """Seed → bound in minor units, for the seeds that have one."""
    found = {}
    for row in rows:
        own = row.bound if row.verdict == "ok" else None
        bound = prototype.bound(case, n, row.seed) if own is None else own
        if bound and (own is not None or row.seed not in found):
            found[row.seed] = bound
    return found
