"""What steers a plan and is never invoiced: scarcity prices, the expected cost of a "no", the price of a slot."""

from typing import TypeVar

import numpy as np

from routing.engine import gaps
from routing.engine.problem import Int64, Problem

ODDS = 10_000  # odds are told in 1/10,000
Figure = TypeVar("Figure", int, Int64)
MOST_ODDS = 5_000  # above, a rule should exclude the node; the cost of a line grows no further


def expected(odds: Figure, cost: int) -> Figure:
    """What a "no" of these odds (at most `MOST_ODDS`) is expected to cost, rounded half up."""
    return (odds * min(max(cost, 0), gaps.LARGEST) + ODDS // 2) // ODDS


class Steering:
    """Per stock entry and node, in whole minor units, none below 0."""

    def __init__(self, problem: Problem) -> None:
        price = np.where(gaps.no_price(problem), 0, problem.price)
        self.price: Int64 = np.maximum(price.astype(np.int64), 0)  # [entry] per unit
        odds = problem.no_odds.astype(np.int64).clip(0, MOST_ODDS)
        self.no: Int64 = expected(odds, problem.resource_cost)  # [entry] per line
        slot = np.where(problem.slot_price >= gaps.LARGEST, 0, problem.slot_price)
        self.slot: Int64 = np.maximum(slot.astype(np.int64), 0)  # [node] per parcel
        self.prices_units = bool(self.price.any())
        self.expects_no = bool(self.no.any())
        self.prices_slots = bool(self.slot.any())

    @property
    def has_prices(self) -> bool:
        """Some unit or slot costs more than its invoice says."""
        return self.prices_units or self.prices_slots
