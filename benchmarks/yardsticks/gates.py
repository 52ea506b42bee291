"""What must be reached (the gate) and what is aimed at (the target), judged from the figures of one run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from benchmarks.yardsticks.bounds import proven
from benchmarks.yardsticks.cases import LOOK_AHEAD
from benchmarks.yardsticks.measure import Row
from benchmarks.yardsticks.recorded import Prototype
from benchmarks.yardsticks.speed import Speed

SEEDS = 3  # means of fewer judge nothing

Results = Mapping[str, list[Row]]  # case → rows


@dataclass(frozen=True, slots=True)
class Gate:
    """`figure` is None where this run did not measure it; a limit is None where none is set."""

    what: str
    figure: float | None
    gate: float | None
    target: float | None
    unit: str
    more_is_better: bool = False

    def text(self) -> str:
        sign = "≥" if self.more_is_better else "≤"
        figure = "–" if self.figure is None else format(self.figure, ",.3f" if self.figure < 100 else ",.0f")
        gate, target = (
            "–" if limit is None else f"{sign} {limit:,g}: {self._word(limit)}" for limit in (self.gate, self.target)
        )
        return f"{self.what:<52}{figure:>9} {self.unit:<9} gate {gate:<24} target {target}"

    def _word(self, limit: float) -> str:
        if self.figure is None:
            return "not measured"
        return "met" if (self.figure >= limit if self.more_is_better else self.figure <= limit) else "MISSED"


def gates(results: Results, speed: Speed | None, n: int, prototype: Prototype) -> list[Gate]:
    """Those of the engine's speed and quality that this table can judge; costs only at the size they are set for."""
    single_ms, single_pass = (speed.single_ms, speed.single_pass) if speed else (None, None)
    judged = results if n == prototype.n else {}
    in_turn, at_prices = (_over_bound(judged, "jasin-sinha", key, prototype) for key in ("exact_fcfs", "ahead_5x3"))
    return [
        Gate("single order, 5 lines × 204 nodes, p50", single_ms, 1, 0.5, "ms"),
        Gate(
            "whole-batch single pass",
            single_pass,
            50_000,
            150_000,
            "orders/s",
            more_is_better=True,
        ),
        *_pair("DOM-US 1.3, 3 dual steps", judged, "1.3", "batch_3", prototype, (2, 1.2), (10_000, 30_000)),
        *_pair("slots bind, 3 dual steps", judged, "slots", "batch_3", prototype, (4, 2), (5_000, None)),
        *_pair("slots bind, quality", judged, "slots", "quality", prototype, (0.3, 0.15), (None, None)),
        *_pair("quality, ratio 1.3", judged, "1.3", "quality", prototype, (0.3, 0.15), (None, 3_000)),
        *_pair("quality, ratio 0.9", judged, "0.9", "quality", prototype, (0.3, 0.15), (None, 1_000)),
        *_pair("quality, ratio 0.6", judged, "0.6", "quality", prototype, (0.3, 0.15), (None, 500)),
        Gate("exact FCFS below the greedy rule engine, 1.3", _saved(judged), 1, None, "%", more_is_better=True),
        *(
            Gate(f"look-ahead, guard on, {word}: gap closed", _closed(judged, key, prototype), 25, 45, "%", True)
            for key, word in (("ahead", "in turn"), ("ahead_1000", "1,000 together"))
        ),
        Gate("Jasin–Sinha/Ma, exact FCFS ÷ clairvoyant LP", in_turn, 1.06, 1.05, ""),
        Gate("Jasin–Sinha/Ma, with prices 5 × 3 ÷ clairvoyant LP", at_prices, 1.03, 1.01, ""),
    ]


def told(judged: Sequence[Gate], n: int) -> str:
    """The gates that this run measured, a line each; without any, what it takes to measure them."""
    measured = [gate.text() for gate in judged if gate.figure is not None]
    return "\n".join(measured) or f"No gate is judged: that takes n {n:,} and {SEEDS} seeds of a case that has gates."


def _pair(
    what: str,
    results: Results,
    case: str,
    policy: str,
    prototype: Prototype,
    over: tuple[float, float],
    speed: tuple[float | None, float | None],
) -> list[Gate]:
    """How far over the bound, and at how many orders a second."""
    by_seed = [row.orders_per_second for row in results.get(case, []) if row.policy == policy and row.verdict == "ok"]
    ratio = _over_bound(results, case, policy, prototype)
    gap = Gate(f"{what}: gap to the bound", ratio and 100 * (ratio - 1), *over, "%")
    if speed == (None, None):
        return [gap]
    return [gap, Gate(f"{what}: speed", _mean(by_seed), *speed, "orders/s", more_is_better=True)]


def _saved(results: Results) -> float | None:
    """Per cent of the rule engine's cost that exact FCFS saves."""
    ours, greedy = (_costs(results, "1.3", policy) for policy in ("exact_fcfs", "greedy"))
    return _mean([100 * (1 - ours[seed] / greedy[seed]) for seed in ours.keys() & greedy.keys()])


def _over_bound(results: Results, case: str, policy: str, prototype: Prototype) -> float | None:
    """Cost ÷ bound."""
    costs = _costs(results, case, policy)
    bounds = _bounds(results, case, prototype)
    return _mean([costs[seed] / bounds[seed] for seed in costs.keys() & bounds.keys()])


def _closed(results: Results, policy: str, prototype: Prototype) -> float | None:
    """Per cent of the way from exact FCFS to the bound."""
    ours, in_turn = (_costs(results, LOOK_AHEAD, key) for key in (policy, "exact_fcfs"))
    bounds = _bounds(results, LOOK_AHEAD, prototype)
    seeds = ours.keys() & in_turn.keys() & bounds.keys()
    return _mean([100 * (in_turn[seed] - ours[seed]) / (in_turn[seed] - bounds[seed]) for seed in seeds])


def _bounds(results: Results, case: str, prototype: Prototype) -> dict[int, int]:
    return proven(results.get(case, []), case, prototype.n, prototype)


def _costs(results: Results, case: str, policy: str) -> dict[int, int]:
    return {row.seed: row.cost for row in results.get(case, []) if row.policy == policy and row.verdict == "ok"}


def _mean(by_seed: list[float]) -> float | None:
    return mean(by_seed) if len(by_seed) >= SEEDS else None
