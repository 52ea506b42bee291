from collections.abc import Sequence
from datetime import datetime

from inventory.models import LedgerEntry
from inventory.movements import Movement

from .moves import Step, move, positive


def release_many(movements: Sequence[Movement], *, at: datetime, actor: str) -> frozenset[str]:
    """Give allocated units back to the stock. Returns the keys that moved, refuses more than is allocated."""
    steps = [Step(movement, 0, -movement.units) for movement in positive(movements)]
    return move(LedgerEntry.Verb.RELEASE, steps, at=at, actor=actor, happened_at=None)
