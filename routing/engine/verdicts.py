"""What one look at some orders found, order by order, before it is taken from the stock."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

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
    """Per order (by place in `rows`), and the pieces of all of them in the order of the rows."""

    rows: Int64
    outcome: Int8
    action: Int8
    rule: Int16
    why: Int64
    approximate: Bools
    fragile: Bools  # less stock may change the verdict although its pieces still fit
    refused: NDArray[np.uint16]  # [row, node]
    pieces: Pieces
    others: Pieces
    other_node: Int32  # [row, 3] the node an alternative is about, −1 = none
    reason_want: Int64
    reason: Int64


def kept(verdicts: Verdicts, mask: Bools) -> Verdicts:
    """The verdicts of some rows only."""
    if mask.all():
        return verdicts
    rows = verdicts.rows[mask]
    return Verdicts(
        rows=rows,
        outcome=verdicts.outcome[mask],
        action=verdicts.action[mask],
        rule=verdicts.rule[mask],
        why=verdicts.why[mask],
        approximate=verdicts.approximate[mask],
        fragile=verdicts.fragile[mask],
        refused=verdicts.refused[mask],
        pieces=verdicts.pieces.of(np.isin(verdicts.pieces.order, rows)),
        others=verdicts.others.of(np.isin(verdicts.others.order, rows)),
        other_node=verdicts.other_node[mask],
        reason_want=verdicts.reason_want,
        reason=verdicts.reason,
    )
