"""Pure: the text of a cell -> a value, or the reason why not. Nothing is rounded and nothing guessed twice."""

import re
from datetime import datetime, time
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from inventory import moments
from inventory.currencies import exponent
from inventory.hours import is_zone

from .rows import Fault

MOST_UNITS = 10_000_000
MOST_MONEY = 2_000_000_000  # minor units
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")
_YES, _NO = frozenset({"1", "yes", "true", "y", "x"}), frozenset({"0", "no", "false", "n", ""})


class Wrong(Exception):  # noqa: N818  it reads as what happened
    """A cell that can't be taken."""

    def __init__(self, reason: str, **params: object) -> None:
        super().__init__(reason, params)
        self.reason, self.params = reason, params

    def at(self, line: int, field: str) -> Fault:
        return Fault(line, field, self.reason, self.params)


def text(cell: str, *, longest: int, required: bool = False) -> str:
    """The cell without surrounding blanks."""
    value = cell.strip()
    if required and not value:
        raise Wrong("missing")
    if len(value) > longest:
        raise Wrong("too_long", longest=longest)
    return value


def whole(cell: str, *, least: int = 0, most: int = MOST_UNITS) -> int:
    """A whole number; `12.0` is one, `1,234` is not: a sign that groups here parts decimals elsewhere."""
    value = cell.strip()
    if not value:
        raise Wrong("missing")
    if not _WHOLE.fullmatch(value):
        number = decimal(value)
        if number != number.to_integral_value():
            raise Wrong("not_whole")
        value = str(int(number))
    return _within(int(value), least, most)


def decimal(cell: str) -> Decimal:
    """A number with one decimal sign, dot or comma. Three places after a comma may be a grouping: refused."""
    value = cell.strip()
    if not value:
        raise Wrong("missing")
    if not _DECIMAL.fullmatch(value) or len(value) > 30:
        raise Wrong("not_a_number", value=value[:40])
    if re.fullmatch(r"-?[0-9]{1,3},[0-9]{3}", value):
        raise Wrong("grouping", value=value[:40])
    return Decimal(value.replace(",", "."))


def money(cell: str, currency: str, *, most: int = MOST_MONEY) -> int:
    """An amount in major units ("6.95") as whole minor units of the currency."""
    amount = decimal(cell).scaleb(exponent(currency))
    if amount != amount.to_integral_value():
        raise Wrong("too_fine", value=cell.strip()[:40], currency=currency)
    return _within(int(amount), 0, most)


def number(cell: str, *, least: float, most: float) -> float:
    """A coordinate or another measured number. NaN and infinity are none."""
    value = float(decimal(cell))
    if not least <= value <= most:
        raise Wrong("out_of_range", value=cell.strip()[:40], least=least, most=most)
    return value


def instant(cell: str, zone: str = "") -> datetime:
    """An instant in UTC. One without offset is local time of `zone`; without a zone it is refused."""
    value = cell.strip()
    if not value:
        raise Wrong("missing")
    try:
        return moments.instant(value, partial(local, zone=zone) if zone else None)
    except moments.NoInstant as wrong:
        raise Wrong(wrong.code) from None


def local(moment: datetime, zone: str) -> datetime:
    """A local time with its offset. Refuses one that a change of the clocks makes double or void."""
    there = moment.replace(tzinfo=ZoneInfo(zone))
    if there.utcoffset() != there.replace(fold=1).utcoffset():
        raise Wrong("clock_change", value=moment.isoformat(), zone=zone)
    return there


def time_of_day(cell: str) -> time:
    try:
        return time.fromisoformat(cell.strip().zfill(5) if ":" in cell else cell.strip())
    except ValueError:
        raise Wrong("not_a_time", value=cell.strip()[:40]) from None


def yes_or_no(cell: str) -> bool:
    value = cell.strip().casefold()
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise Wrong("not_yes_or_no", value=value[:40])


def codes(cell: str, *, longest: int = 24) -> list[str]:
    """Codes parted by blanks, commas, semicolons or bars, each once, in order."""
    found = list(dict.fromkeys(part for part in re.split(r"[\s,;|]+", cell.strip()) if part))
    if any(len(code) > longest for code in found):
        raise Wrong("too_long", longest=longest)
    return found


def one_of(cell: str, allowed: tuple[str, ...]) -> str:
    value = cell.strip().casefold().replace(" ", "_").replace("-", "_")
    if value not in allowed:
        raise Wrong("not_one_of", value=cell.strip()[:40], allowed=", ".join(allowed))
    return value


def currency(cell: str) -> str:
    value = cell.strip().upper()
    if not re.fullmatch("[A-Z]{3}", value):
        raise Wrong("not_a_currency", value=value[:40])
    return value


def country(cell: str) -> str:
    value = cell.strip().upper()
    if not re.fullmatch("[A-Z]{2}", value):
        raise Wrong("not_a_country", value=value[:40])
    return value


def zone(cell: str) -> str:
    value = cell.strip()
    if not is_zone(value):
        raise Wrong("not_a_time_zone", value=value[:40])
    return value


def slug(cell: str, *, longest: int = 50) -> str:
    """A code of letters, digits, - and _."""
    value = text(cell, longest=longest, required=True)
    if not re.fullmatch(r"[A-Za-z0-9_-]+", value):
        raise Wrong("not_a_code", value=value[:40])
    return value


def _within(value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise Wrong("out_of_range", value=value, least=least, most=most)
    return value
