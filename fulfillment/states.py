"""States of a shipment as a table. Drawn by the docs, walked by a property test; queue tabs are views of it."""

from collections.abc import Mapping
from enum import StrEnum

from dom_project.lib.api_errors import Refused


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
# Nothing has been taken out of the shelf for good: the work can still be taken back without a walk.
ON_THE_FLOOR = frozenset({State.TO_PICK, State.PICKING})
# Packed goods wait in the node: to cancel them somebody has to put them back.
WAITING = frozenset({State.PACKED, State.READY})
LEFT = frozenset({State.SHIPPED, State.HANDED_OVER, State.DELIVERED, State.LOST, State.RETURNED})


class IllegalMove(Refused):
    def __init__(self, old: State, new: State, shipment: str = "") -> None:
        super().__init__("illegal_move", {"shipment": shipment, "old": str(old), "new": str(new)})
        self.old, self.new = old, new


def check_move(old: State, new: State, shipment: str = "") -> None:
    """Raise IllegalMove unless the table allows it. The caller's UPDATE … WHERE state = old settles the race."""
    if new not in MOVES[old]:
        raise IllegalMove(old, new, shipment)
