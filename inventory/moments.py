"""Moments as others tell them: read in one way, and how far one may lie from ours. Pure."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

AHEAD = timedelta(minutes=5)  # another clock may be that far before ours
FIRST = datetime(1970, 1, 1, tzinfo=UTC)  # nothing that we are told of is older


class NoInstant(ValueError):
    """What was told is no instant: `code` is not_an_instant or no_offset."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def instant(told: object, local: Callable[[datetime], datetime] | None = None) -> datetime:
    """The instant in UTC. `local` says where a time without an offset is; without it that is refused.

    Raises NoInstant, and what `local` raises.
    """
    try:
        moment = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise NoInstant("not_an_instant")
    if moment.tzinfo is None:
        if local is None:
            raise NoInstant("no_offset")
        moment = local(moment)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise NoInstant("not_an_instant") from None
