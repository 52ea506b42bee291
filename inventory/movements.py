"""What a caller asks of the ledger: plain facts, one per movement."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Movement:
    """Units of one level that move. The same key on the same day is the same movement, however often it is asked.

    `units` is positive except for `adjust_many`, where it is signed. `day` comes from the key's own origin (the
    order's or the file's day), so that a late repeat meets its first copy. `booked_at`: when the owning system booked.
    """

    key: str
    level_id: int
    units: int
    day: date
    reason: str = ""
    booked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of one level for one order, which is granted whole or not at all."""

    key: str
    day: date
    order_id: int
    level_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Count:
    """What somebody says is there. `external` is what others reserved in the owning system, ours taken off already."""

    level_id: int
    quantity: int
    external: int = 0
    observed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many levels a count changed, how many of its rows came too late, how many the floor had overruled."""

    changed: int = 0
    stale: int = 0
    drift: int = 0

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(self.changed + other.changed, self.stale + other.stale, self.drift + other.drift)
