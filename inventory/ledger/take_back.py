from collections.abc import Sequence
from datetime import datetime

from inventory.models import LedgerEntry
from inventory.movements import Movement

from .moves import Step, move, positive


def take_back_many(
    movements: Sequence[Movement], *, at: datetime, actor: str, happened_at: datetime | None = None
) -> frozenset[str]:
    """Book returned units that can be sold again. Returns the keys that moved, refuses units below one."""
    steps = [Step(movement, movement.units, 0) for movement in positive(movements)]
    return move(LedgerEntry.Verb.TAKE_BACK, steps, at=at, actor=actor, happened_at=happened_at)
