from collections.abc import Sequence
from datetime import datetime

from inventory.models import LedgerEntry
from inventory.movements import Movement

from .moves import Step, move, positive


def ship_many(
    movements: Sequence[Movement], *, at: datetime, actor: str, happened_at: datetime | None = None
) -> frozenset[str]:
    """Take allocated units out of the node. Returns the keys that moved, refuses more than is allocated.

    Goods that left have left: what a count denied is adjusted in first, and a data issue keeps it.
    """
    steps = [Step(movement, -movement.units, -movement.units) for movement in positive(movements)]
    return move(LedgerEntry.Verb.SHIP, steps, at=at, actor=actor, happened_at=happened_at)
