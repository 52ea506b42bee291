"""What one look at some orders found, order by order, before it is taken from the stock."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from routing.engine.plan import Action, Outcome
from routing.engine.problem import Bools, Int8, Int16, Int32, Int64


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Units of wants at nodes; pieces of an order with the same node and block travel in one parcel."""

    order: Int64
    want: Int64
    units: Int64
    node: Int64
    block: Int64
    day: Int64  # place of the ship day
    spare: Int64  # units that a rule wants left there
    place: Int64  # of an alternative, 0 for the plan itself

    @property
    def count(self) -> int:
        return len(self.order)

    def of(self, mask: NDArray[np.bool_] | Int64) -> "Pieces":
        """Some of the pieces."""
        return Pieces(*(getattr(self, column.name)[mask] for column in fields(Pieces)))


def joined(parts: Sequence[Pieces]) -> Pieces:
    """All the pieces, one part after the other."""
    if not parts:
        return Pieces(*(np.zeros(0, np.int64) for _ in fields(Pieces)))
    return Pieces(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(Pieces)))


@dataclass(slots=True, eq=False)
class Verdicts:
    """Per order (by place in `rows`), with the pieces of all of them, written while the rules run."""

    rows: Int64
    outcome: Int8
    action: Int8
    rule: Int16
    why: Int64
    approximate: Bools
    fragile: Bools  # less stock may change the verdict although its pieces still fit
    refused: NDArray[np.uint16]  # [row, node]
    other_node: Int32  # [row, 3] the node an alternative is about, −1 = none
    pieces: list[Pieces] = field(default_factory=list)
    others: list[Pieces] = field(default_factory=list)  # of the alternatives
    reasons: list[tuple[Int64, Int64]] = field(default_factory=list)  # (wants, codes); later ones win

    def by_row(self) -> Pieces:
        """The pieces in the order of the rows, those of one order as they were written."""
        pieces = joined(self.pieces)
        if len(self.rows) == 1:
            return pieces
        place = np.empty(int(self.rows.max(initial=0)) + 1, np.int64)
        place[self.rows] = np.arange(len(self.rows))
        return pieces.of(np.argsort(place[pieces.order], kind="stable"))


def blank(rows: Int64, nodes: int, alternatives: int) -> Verdicts:
    """No order looked at yet: all are exceptions of no rule."""
    count = len(rows)
    return Verdicts(
        rows=rows,
        outcome=np.full(count, Outcome.NONE, np.int8),
        action=np.full(count, Action.EXCEPTION, np.int8),
        rule=np.full(count, -1, np.int16),
        why=np.zeros(count, np.int64),
        approximate=np.zeros(count, np.bool_),
        fragile=np.zeros(count, np.bool_),
        refused=np.zeros((count, nodes), np.uint16),
        other_node=np.full((count, alternatives), -1, np.int32),
    )


def kept(verdicts: Verdicts, mask: Bools) -> Verdicts:
    """The verdicts of some rows only."""
    if mask.all():
        return verdicts
    rows = verdicts.rows[mask]
    pieces, others = joined(verdicts.pieces), joined(verdicts.others)
    return Verdicts(
        rows=rows,
        outcome=verdicts.outcome[mask],
        action=verdicts.action[mask],
        rule=verdicts.rule[mask],
        why=verdicts.why[mask],
        approximate=verdicts.approximate[mask],
        fragile=verdicts.fragile[mask],
        refused=verdicts.refused[mask],
        other_node=verdicts.other_node[mask],
        pieces=[pieces.of(np.isin(pieces.order, rows))],
        others=[others.of(np.isin(others.order, rows))],
        reasons=verdicts.reasons,
    )
