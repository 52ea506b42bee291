"""Rank by full cost: the way of solving that fits the length of the orders."""

from routing.engine import dp, kernel, opening
from routing.engine.offers import Offers, Picks


def solve(offers: Offers, *, explain: bool) -> Picks:
    """The cheapest plans of orders of one length; above six lines the offers are of one order."""
    lines = offers.shape[1]
    if lines <= kernel.MOST_LINES:
        return kernel.solve(offers, explain=explain)
    if lines <= dp.MOST_LINES:
        return dp.solve(offers, explain=explain)
    return opening.solve(offers, explain=explain)


def is_exact(offers: Offers) -> bool:
    """False where the plan is good, but not proven best."""
    return offers.shape[1] <= dp.MOST_LINES


def beside(offers: Offers, picks: Picks) -> None:
    """Write into given plans of up to six lines the cheapest ones through nodes that they do not use."""
    kernel.beside(offers, picks)
