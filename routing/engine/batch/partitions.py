"""Every way to cut an order of a few lines into parcels, as constant matrices."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from routing.engine.kernel import cuts_of
from routing.engine.problem import Int32


@dataclass(frozen=True, slots=True, eq=False)
class Partitions:
    """Set partitions of n lines, fewest blocks first; a block is a bit mask of lines."""

    member: NDArray[np.float32]  # [set, partition] 1 where the set is a block of it
    member64: NDArray[np.float64]
    block_of: Int32  # [partition, line] the block that holds the line


@cache
def partitions_of(lines: int) -> Partitions:
    """1, 2, 5, 15, 52, 203 partitions of 1 to 6 lines: all cuts that leave no line."""
    cuts = cuts_of(lines, lines)
    whole = np.flatnonzero(cuts.left == 0)
    member = np.zeros((1 << lines, len(whole)), np.float32)
    for place, cut in enumerate(whole.tolist()):
        member[cuts.blocks[cut][cuts.blocks[cut] > 0], place] = 1
    return Partitions(member, member.astype(np.float64), cuts.block_of[whole])
