"""What a strategy weighs beside the invoice: each part on or off, kept with every version of it."""

from collections.abc import Iterable
from typing import NamedTuple


class Weighing(NamedTuple):
    """The fields are columns of a strategy's version; a page carries the names of those that are on."""

    counts_no: bool = True  # the expected cost of a node saying no is a part of a plan's cost
    scarcity_prices: bool = False  # units and slots that later orders will lack have a price
    guarded: bool = True  # such a price may not leave a line that would be filled without it

    @classmethod
    def named(cls, on: Iterable[str]) -> "Weighing":
        """The parts with these names on, all others off; names that are no part are passed over."""
        wanted = set(on)
        return cls(**{part: part in wanted for part in PARTS})

    @property
    def on(self) -> tuple[str, ...]:
        """The names of the parts that are on."""
        return tuple(part for part in PARTS if getattr(self, part))

    def turned(self, part: str) -> "Weighing":
        """The same with one part switched; a name that is no part switches nothing."""
        return self._replace(**{part: not getattr(self, part)}) if part in PARTS else self


PARTS: tuple[str, ...] = Weighing._fields
