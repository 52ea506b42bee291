"""Which mode a problem is solved in: from its own facts, never from a clock, so that it can be told again."""

import numpy as np

from routing.engine.plan import Mode, Options
from routing.engine.problem import Problem

FEW = 20  # orders up to here each have their best in turn
SHORT = 0.5  # share of lines in want of a SKU whose stock is short, from which a batch takes more steps
CUT_OFF_MINUTES = 30  # before a cut-off the last plan before the floor is worth more time
MANY = 5_000  # orders above which the proof would take too long


def options_for(problem: Problem) -> Options:
    """How to solve this problem: in turn, together, or as well as can be proven."""
    if problem.orders <= FEW:
        return Options(mode=Mode.EXACT_FCFS)
    if problem.orders <= MANY and (problem.unhurried or 0 <= problem.cut_off_minutes <= CUT_OFF_MINUTES):
        return Options(mode=Mode.QUALITY)
    return Options(mode=Mode.BATCH, dual_steps=8 if short_share(problem) > SHORT else 3)


def short_share(problem: Problem) -> float:
    """Share of lines that want a SKU of which the orders together ask for more than there is."""
    if not problem.lines:
        return 0.0
    skus = len(problem.sku_ref)
    asked = np.bincount(problem.sku, np.maximum(problem.units, 0), minlength=skus)
    entry_sku = np.repeat(np.arange(skus), np.diff(problem.sku_ptr))
    left = np.maximum(problem.free.astype(np.int64) - np.maximum(problem.buffer, 0), 0)
    there = np.bincount(entry_sku, left, minlength=skus)
    return float((asked > there)[problem.sku].mean())
