"""The linear programme over the pool: one plan for every order, within units and slots; its duals are prices."""

from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from routing.engine.batch.evaluate import evaluate
from routing.engine.batch.field import Table
from routing.engine.batch.plans import Asked, Plans
from routing.engine.kernel import MOST_LINES
from routing.engine.problem import Int64
from routing.engine.quality.pool import Pool

PARTS = 16  # duals are told in sixteenths of a minor unit: every sum of a plan is exact then, and a bound is a proof
SMOOTH = 0.6  # share of the best prices so far in the next ones
ENOUGH = 50  # new plans that make a round worth while
PRIMAL = 4  # of the simplex strategies of HiGHS
NO_INDEX, NO_VALUE = np.zeros(0, np.int32), np.zeros(0)


def solver() -> highspy.Highs:
    """HiGHS without a word, on one thread and with a fixed seed: the same figures every time."""
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    highs.silent()
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("random_seed", 0)
    return highs


class Prices(NamedTuple):
    """What a unit and a slot are worth, none below 0."""

    unit: NDArray[np.float64]  # [stock key]
    slot: NDArray[np.float64]  # [column of the field]

    @classmethod
    def of(cls, units: Table, slots: Table) -> "Prices":
        """The duals of a field as prices."""
        return cls(units.ravel().astype(np.float64), slots.astype(np.float64))

    def between(self, other: "Prices", share: float) -> "Prices":
        """A share of the other's and the rest of one's own."""
        return Prices(share * other.unit + (1 - share) * self.unit, share * other.slot + (1 - share) * self.slot)


class Master:
    """The linear programme over a pool that grows."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.orders = pool, pool.field.orders.count
        self.highs = solver()
        self.rows = self.plans = 0
        self.value = np.inf
        self.best_bound = -np.inf
        self.best: Prices | None = None
        self.evaluations = 0
        orders = pool.field.orders
        self.nothing = np.bincount(orders.order, orders.unfilled.astype(np.float64), self.orders)
        self._add_rows(np.ones(self.orders), np.ones(self.orders))

    def _add_rows(self, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> None:
        self.highs.addRows(len(upper), lower, upper, 0, NO_INDEX, NO_INDEX, NO_VALUE)
        self.rows += len(upper)

    def solve(self) -> tuple[Prices, NDArray[np.float64]]:
        """(prices, share of each plan of the pool); `value` is what the programme costs."""
        pool = self.pool
        if pool.rows > self.rows:
            upper = pool.limits()[self.rows - self.orders :]
            self._add_rows(np.full(len(upper), -highspy.kHighsInf), upper)
        if pool.plans > self.plans:
            begin, row, amount = pool.matrix(self.plans)
            count = pool.plans - self.plans
            endless = np.full(count, highspy.kHighsInf)
            self.highs.addCols(count, pool.cost[self.plans :], np.zeros(count), endless, len(row), begin, row, amount)
            self.plans = pool.plans
        self.highs.run()
        # from the second time on the plans of the last answer still fit: the primal simplex goes on from them
        self.highs.setOptionValue("simplex_strategy", PRIMAL)
        self.value = self.highs.getInfo().objective_function_value
        solution = self.highs.getSolution()
        dual = np.maximum(0, -np.array(solution.row_dual))
        unit = np.zeros(len(pool.row_of))
        keys = pool.stock_keys
        unit[keys] = dual[pool.row_of[keys]]
        return Prices(unit, dual[self.orders : pool.first_stock]), np.array(solution.col_value)

    def bound(self, prices: Prices) -> tuple[float, Plans]:
        """(a cost that no plans can be under, the plans that are best at these prices).

        Lagrange: the sum of every order's best priced plan, less the price of all units and slots there are. True at
        any prices that are not negative, rounded or not.
        """
        field = self.pool.field
        unit: Table = np.rint(PARTS * prices.unit).astype(np.float32) / np.float32(PARTS)
        slot: Table = np.rint(PARTS * prices.slot).astype(np.float32) / np.float32(PARTS)
        field.duals[:] = unit.reshape(field.duals.shape)
        field.slot_duals = slot
        field.refresh(np.arange(len(field.duals)))
        field.rehead()
        wide, field.wide = field.wide, field.too_wide(PARTS)
        plans = evaluate(field, np.arange(self.orders), Asked(guarded=False))
        self._all_or_nothing(plans)
        field.wide = wide
        self.evaluations += self.orders
        used = np.flatnonzero(unit)
        slots = np.maximum(field.slots, 0)
        rent = unit[used].astype(np.float64) @ field.atp.ravel()[used] + slot.astype(np.float64) @ slots
        return float(np.minimum(plans.cost, self.nothing).sum() - rent), plans

    def _all_or_nothing(self, plans: Plans) -> None:
        """Orders that are not taken in part get nothing where leaving a line is cheapest: here all of it may win."""
        orders = self.pool.field.orders
        inside = np.arange(MOST_LINES) < orders.length[:, None]
        left = np.flatnonzero(~orders.partial & ((plans.column < 0) & inside).any(1))
        if len(left):
            whole = evaluate(self.pool.field, left, Asked(must=inside[left], guarded=False))
            better = np.flatnonzero(whole.cost < plans.cost[left])
            plans.put(left[better], whole.of(better))

    def start(self, prices: Prices) -> None:
        """Begin with these prices, and with the plans that are best at them."""
        self.best = prices
        self.best_bound, plans = self.bound(prices)
        self.pool.add(np.arange(self.orders), plans)

    def generate(self, rounds: int, tolerance: float) -> None:
        """Add plans until value and bound meet within the tolerance, or the rounds are over.

        Prices are drawn towards those of the best bound so far: by themselves they swing from round to round.
        """
        everyone: Int64 = np.arange(self.orders)
        for _ in range(rounds):
            prices, _ = self.solve()
            added = 0
            for share in (SMOOTH, 0.0):
                trial = prices.between(self.best or prices, share)
                value, plans = self.bound(trial)
                if value > self.best_bound:
                    self.best_bound, self.best = value, trial
                added += self.pool.add(everyone, plans)
                if added > ENOUGH:
                    break
            if self.value - self.best_bound < tolerance * self.value or not added:
                break
