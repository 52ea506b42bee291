"""The orders that a batch plans together: those that one rule ranks by cost, with lines that fit whole somewhere."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.engine import codes
from routing.engine.kernel import MOST_LINES
from routing.engine.look import Look
from routing.engine.masks import RuleMask
from routing.engine.problem import Bools, Int64
from routing.rules import IfNone, IfPart, Rank

LOOKED_AT_ONCE = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Indices are local: orders in claim order, lines by order. A line is a want of the demand."""

    row: Int64  # [order] its place in the problem
    ptr: Int64  # [order + 1]
    length: Int64  # [order] lines
    home: Int64  # [order] place among `rules` of the rule that plans it
    most: Int64  # [order] parcels
    partial: Bools  # [order] a part of it may be assigned
    whole: Bools  # [order] all of it in one parcel or nothing, whatever leaving it would cost
    order: Int64  # [line]
    position: Int64  # [line] within its order
    want: Int64  # [line]
    sku: Int64  # [line] row of the stock tables, the problem's own
    units: Int64  # [line]
    need: Int64  # [line] units that must be there: with those the rule wants left
    grams: Int64  # [line]
    unfilled: Int64  # [line] cost of leaving it
    held: Int64  # [line] −1 = nowhere
    inertia: Int64  # [order] none below 0
    barred_ptr: Int64  # [line + 1] into barred
    barred: Int64  # nodes that a line may not use
    skus: int  # rows of the stock tables
    rules: tuple[RuleMask, ...]

    @property
    def count(self) -> int:
        return len(self.row)

    def line_of(self, order: Int64, lines: int) -> NDArray[np.int64]:
        """[order, line] places of the lines of orders that have so many."""
        return self.ptr[order][:, None] + np.arange(lines)


def together(look: Look) -> Orders:
    """The orders of a look that can be planned together; the others keep their turn."""
    homes = _homes(look)
    return of_rows(look, np.flatnonzero(homes >= 0), homes)


def of_rows(look: Look, row: Int64, homes: Int64) -> Orders:
    """These rows of the problem, each under its home rule."""
    demand, problem = look.demand, look.problem
    length = demand.length[row].astype(np.int64)
    ptr = np.zeros(len(row) + 1, np.int64)
    np.cumsum(length, out=ptr[1:])
    order = np.repeat(np.arange(len(row)), length)
    position = np.arange(ptr[-1]) - ptr[order]
    want = demand.ptr[row].astype(np.int64)[order] + position
    units = demand.units[want]
    spare = np.array([mask.spare for mask in look.masks.rules] or [0], np.int64)
    barred_ptr, barred = _barred(look, want)
    collected = look.masks.collected[row]
    most = np.array([mask.rule.max_parcels for mask in look.masks.rules] or [1], np.int64)[homes[row]]
    most = np.where(collected, 1, most)
    partial = np.array([mask.rule.if_part is IfPart.ASSIGN for mask in look.masks.rules] or [True])[homes[row]]
    return Orders(
        row=row,
        ptr=ptr,
        length=length,
        home=homes[row],
        most=np.minimum(most, np.maximum(length, 1)),
        partial=partial,
        whole=(most == 1) & ~partial,
        order=order,
        position=position,
        want=want,
        sku=demand.sku[want].astype(np.int64),
        units=units,
        need=units + spare[homes[row]][order],
        grams=demand.grams[want],
        unfilled=look.eligibility.unfilled[want],
        held=demand.held_node[want].astype(np.int64),
        inertia=np.maximum(problem.inertia[row].astype(np.int64), 0),
        barred_ptr=barred_ptr,
        barred=barred,
        skus=len(problem.sku_ref),
        rules=look.masks.rules,
    )


def _homes(look: Look) -> Int64:
    """[row of the problem] place among the rules of the one that plans it in the batch, −1 = it keeps its turn.

    That is the first rule that selects the order and has an answer on the opening stock, so far as it ranks by cost.
    """
    demand = look.demand
    homes = np.full(look.problem.orders, -1, np.int64)
    whole = np.bincount(demand.order[demand.units <= 0], minlength=look.problem.orders) == 0
    grams = np.bincount(demand.order, demand.grams.astype(np.float64), look.problem.orders)
    light = grams <= look.tariff.carried  # what is too heavy for a parcel is packed, one order after the other
    waiting = np.flatnonzero((look.length > 0) & (look.length <= MOST_LINES) & whole & ~look.too_large & light)
    for place, mask in enumerate(look.masks.rules):
        selected = mask.selects[waiting]
        mine, waiting = waiting[selected], waiting[~selected]
        if mask.rule.rank is not Rank.COST or mask.shrinking_helps() or not len(mine):
            continue
        answers, goes_on = _answers(look, mine, mask)
        homes[mine[answers]] = place
        waiting = np.sort(np.concatenate([waiting, mine[goes_on]]))
    return homes


def _answers(look: Look, rows: Int64, mask: RuleMask) -> tuple[Bools, Bools]:
    """(the rule has an answer in whole lines, it has none at all and the next rule is asked)."""
    answers = np.zeros(len(rows), np.bool_)
    goes_on = np.zeros(len(rows), np.bool_)
    rule = mask.rule
    onward = rule.if_part is IfPart.NEXT_RULE and rule.if_none is IfNone.NEXT_RULE
    for size in np.unique(look.length[rows]).tolist():
        group = np.flatnonzero(look.length[rows] == size)
        for start in range(0, len(group), LOOKED_AT_ONCE):
            part = group[start : start + LOOKED_AT_ONCE]
            some, may = look.eligibility.may(rows[part], mask)
            fits: Bools = np.asarray(may.any(2))
            if rule.if_part is IfPart.ASSIGN:  # a line that fits whole nowhere may be cut: not here
                cut = ~fits & np.asarray(some.any(2)) & rule.split_lines
                answers[part] = fits.any(1) & ~cut.any(1)
                continue
            single = look.masks.collected[rows[part]] | (rule.max_parcels == 1)
            at_one: Bools = np.asarray(np.asarray(may.all(1)).any(1))
            answers[part] = np.where(single, at_one, fits.all(1))
            goes_on[part] = onward & ~answers[part]
    return answers, goes_on


def _barred(look: Look, want: Int64) -> tuple[Int64, Int64]:
    """(pointer by line, nodes that the line's goods may not use)."""
    code = look.masks.want_code
    if code is None:
        return np.zeros(len(want) + 1, np.int64), np.zeros(0, np.int64)
    line, node = np.nonzero(code[want] != codes.MAY)
    return np.searchsorted(line, np.arange(len(want) + 1)).astype(np.int64), node.astype(np.int64)
