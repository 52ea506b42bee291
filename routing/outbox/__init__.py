"""Tell the outside world: each event once accepted, in order per order, signed, tried again, kept when all fails."""

from .kept import Backlog, DeadLetter, backlog, count_as_told, dead_letters, forget_sent, replay
from .sending import Drained, drain
from .teller import sign

__all__ = [
    "Backlog",
    "DeadLetter",
    "Drained",
    "backlog",
    "count_as_told",
    "dead_letters",
    "drain",
    "forget_sent",
    "replay",
    "sign",
]
