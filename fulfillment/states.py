"""States of a shipment as a table. Drawn by the docs, walked by a property test; queue tabs are views of it."""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    TO_PICK = "to_pick"
    PICKING = "picking"
    PACKED = "packed"
    READY = "ready"  # for pickup: the customer may come
    SHIPPED = "shipped"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    LOST = "lost"
    RETURNED = "returned"


MOVES: Mapping[State, frozenset[State]] = {
    State.TO_PICK: frozenset({State.PICKING, State.CANCELLED}),
    State.PICKING: frozenset({State.TO_PICK, State.PACKED, State.CANCELLED}),
    State.PACKED: frozenset({State.PICKING, State.READY, State.SHIPPED, State.CANCELLED}),
    State.READY: frozenset({State.HANDED_OVER, State.CANCELLED}),
    State.HANDED_OVER: frozenset({State.RETURNED}),
    State.SHIPPED: frozenset({State.DELIVERED, State.RETURNED, State.LOST}),
    State.LOST: frozenset({State.DELIVERED, State.RETURNED}),  # lost ones turn up
    State.DELIVERED: frozenset({State.RETURNED}),
    State.RETURNED: frozenset(),
    State.CANCELLED: frozenset(),
}


class IllegalMove(Exception):
    def __init__(self, old: State, new: State) -> None:
        super().__init__(f"a shipment that is {old} can't become {new}")
        self.old, self.new = old, new


def check_move(old: State, new: State) -> None:
    """Raise IllegalMove unless the table allows it. The caller's UPDATE … WHERE state = old settles the race."""
    if new not in MOVES[old]:
        raise IllegalMove(old, new)
