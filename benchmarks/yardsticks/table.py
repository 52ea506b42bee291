"""The rows of one case as text: every seed, their mean and spread, the prototype beside them, and what has changed."""

from collections.abc import Callable
from statistics import mean

from benchmarks.yardsticks.bounds import proven
from benchmarks.yardsticks.cases import Case
from benchmarks.yardsticks.instance import MONEY_UNIT
from benchmarks.yardsticks.measure import Row
from benchmarks.yardsticks.recorded import Figures, History, Prototype

HEAD = (
    f"{'policy':<32}{'seed':>6}{'USD/order':>11}{'% over':>8}{'splits %':>10}{'unfilled':>10}{'cut':>6}"
    f"{'orders/s':>10}  {'audit':<8}│{'prototype: % over':>18}{'orders/s':>10} │{'since: cost %':>14}{'speed %':>9}"
)
BLANK = "–"


class Table:
    """Prints one case. % over is over the bound, our own before the prototype's; without one it stays blank."""

    def __init__(self, case: Case, n: int, prototype: Prototype, history: History) -> None:
        self.case, self.n, self.prototype, self.history = case, n, prototype, history
        self.names = {policy.key: policy.name for policy in [*case.policies, *case.ahead]}
        self.bounds: dict[int, int] = {}

    def text(self, rows: list[Row]) -> str:
        self.bounds = proven(rows, self.case.key, self.n, self.prototype)
        lines = [f"{self.case.title}: {self._bounds(rows)}", HEAD]
        for policy in dict.fromkeys(row.policy for row in rows):
            own = [row for row in rows if row.policy == policy]
            cells = [self._cells(row) for row in own]
            lines += [self._line(row, cell) for row, cell in zip(own, cells, strict=True)]
            if len(own) > 1:
                lines += [
                    _line(f"  {word}", "", [_over_seeds(column, over) for column in zip(*cells, strict=True)], "")
                    for word, over in (("mean", mean), ("spread", lambda found: max(found) - min(found)))
                ]
        return "\n".join(lines)

    def over_bound(self, row: Row, cost: int | None = None) -> float | None:
        """Per cent over the bound, of this row's cost or another one of the same instance."""
        bound = self.bounds.get(row.seed)
        return None if not bound else 100 * ((row.cost if cost is None else cost) / bound - 1)

    def _bounds(self, rows: list[Row]) -> str:
        bounds = [
            f"seed {seed}: {self.bounds[seed] / orders / MONEY_UNIT:.3f}{self._beside(seed, orders)}"
            for seed, orders in dict.fromkeys((row.seed, row.orders) for row in rows)
            if seed in self.bounds
        ]
        return "bound in USD/order, plans without cut lines – " + ", ".join(bounds) if bounds else "no bound"

    def _beside(self, seed: int, orders: int) -> str:
        theirs = self.prototype.bound(self.case.key, self.n, seed)
        return f" (prototype {theirs / orders / MONEY_UNIT:.3f})" if theirs else ""

    def _cells(self, row: Row) -> list[float | None]:
        ours = Figures(row.cost, row.orders_per_second)
        theirs = self.prototype.figures(self.case.key, self.n, row.seed, row.policy)
        before = self.history.figures(self.case.key, self.n, row.seed, row.policy)
        return [
            row.cost / row.orders / MONEY_UNIT,
            self.over_bound(row),
            100 * row.split_orders / row.orders,
            row.units_unfilled,
            row.lines_cut,
            row.orders_per_second,
            self.over_bound(row, theirs.cost) if theirs else None,
            theirs.orders_per_second if theirs else None,
            *(_change(now, then) for now, then in zip(ours, before or (None, None), strict=True)),
        ]

    def _line(self, row: Row, cells: list[float | None]) -> str:
        return _line(self.names[row.policy], str(row.seed), cells, row.verdict)


def _change(now: float | None, then: float | None) -> float | None:
    """Per cent; None where there is nothing to compare."""
    return 100 * (now / then - 1) if now and then else None


def _over_seeds(column: tuple[float | None, ...], over: Callable[[list[float]], float]) -> float | None:
    found = [value for value in column if value is not None]
    return over(found) if len(found) == len(column) else None


def _line(name: str, seed: str, cells: list[float | None], verdict: str) -> str:
    shapes = ("11.3f", "8.2f", "10.1f", "10,.0f", "6,.0f", "10,.0f", "18.2f", "10,.0f", "+14.2f", "+9.0f")
    widths = (11, 8, 10, 10, 6, 10, 18, 10, 14, 9)
    text = [
        f"{BLANK:>{width}}" if value is None else format(value, shape)
        for value, shape, width in zip(cells, shapes, widths, strict=True)
    ]
    return f"{name:<32}{seed:>6}{''.join(text[:6])}  {verdict:<8}│{''.join(text[6:8])} │{''.join(text[8:])}"
