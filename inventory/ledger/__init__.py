"""The only writer of stock levels. Each verb appends entries and changes the level in one transaction.

Every verb locks its levels in (node, SKU) order and decides in a second statement, whose snapshot shows what the
rivals it waited for have done. Locking and updating in one statement would test the CHECKs on figures that are no
longer true.
"""

from .adjust import adjust_many
from .allocate import allocate_many
from .booked import mark_booked
from .count import count_chunk, count_levels
from .floor import floor_count
from .moves import lock_many
from .open_levels import open_levels_many
from .publish import publish_atp
from .receive import receive_many
from .release import release_many
from .safety import set_safety_many
from .scopes import begin_snapshot, complete_snapshot
from .ship import ship_many
from .take_back import take_back_many

__all__ = [
    "adjust_many",
    "allocate_many",
    "begin_snapshot",
    "complete_snapshot",
    "count_chunk",
    "count_levels",
    "floor_count",
    "lock_many",
    "mark_booked",
    "open_levels_many",
    "publish_atp",
    "receive_many",
    "release_many",
    "set_safety_many",
    "ship_many",
    "take_back_many",
]
