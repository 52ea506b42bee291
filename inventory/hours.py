"""Opening hours as they are written in a node's row: {"0": ["09:00", "21:00"]}, "0" = Monday."""

from collections.abc import Mapping, Sequence
from datetime import time
from functools import lru_cache
from zoneinfo import available_timezones

Hours = tuple[time, time]


def week_of(written: Mapping[str, Sequence[str]]) -> tuple[Hours | None, ...]:
    """Opening and closing time from Monday to Sunday, None for a closed day. "24:00" is the end of the day.

    Raises ValueError if it can't be read.
    """
    if not isinstance(written, Mapping) or not set(written) <= set("0123456"):
        raise ValueError("weekdays are named 0 to 6")
    return tuple(_hours(written.get(str(weekday))) for weekday in range(7))


def _hours(written: Sequence[str] | None) -> Hours | None:
    if not written:
        return None
    if isinstance(written, str) or len(written) != 2 or not all(isinstance(each, str) for each in written):
        raise ValueError("a day has an opening and a closing time")
    return _time(written[0]), _time(written[1])


def last_closing(week: Sequence[Hours | None]) -> time | None:
    """The latest closing time of the week. None if it opens on no day, or stays open to the end of one."""
    days = [hours for hours in week if hours]
    if not days or any(closes <= opens for opens, closes in days):
        return None
    return max(closes for _opens, closes in days)


def is_zone(name: str) -> bool:
    """Whether this is the name of a time zone, as calendars can be made of it."""
    return name in _zones()


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=1000)
def _time(written: str) -> time:
    return time(0) if written == "24:00" else time.fromisoformat(written)
