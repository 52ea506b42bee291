from collections.abc import Sequence
from datetime import datetime

from inventory.models import LedgerEntry
from inventory.movements import Movement

from .moves import Step, check, move


def adjust_many(
    movements: Sequence[Movement], *, at: datetime, actor: str, happened_at: datetime | None = None
) -> frozenset[str]:
    """Correct on_hand by signed units, each with its reason (lost, damaged, found). Returns the keys that moved.

    More lost than is there leaves 0 and a data issue; fewer than are allocated leaves a shortfall.
    """
    check((movement.units for movement in movements), "units")
    steps = [Step(movement, movement.units, 0) for movement in movements]
    return move(LedgerEntry.Verb.ADJUST, steps, at=at, actor=actor, happened_at=happened_at)
