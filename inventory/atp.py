"""What can be promised, as pages explain it. The database computes the same in `StockLevel.atp`."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """The terms of one level, in units."""

    on_hand: int
    allocated: int
    shortfall: int = 0
    external: int = 0
    safety_stock: int = 0


def available_to_promise(position: Position) -> int:
    """Units that can be promised now: never below 0, and 0 while a shortfall is open."""
    if position.shortfall > 0:
        return 0
    return max(position.on_hand - position.allocated - position.external - position.safety_stock, 0)


def network_atp(positions: Iterable[Position]) -> int:
    """Units of one SKU that the network can promise. What one node lacks takes nothing from another."""
    return sum(available_to_promise(position) for position in positions)
