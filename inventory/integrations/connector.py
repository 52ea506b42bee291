"""What a connector is to the frame: canonical facts, faults and failures, and the two calls that it answers. Pure."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple


class StockFact(NamedTuple):
    """What the source says of one level. Codes are folded; `changed_at` None: true as of the whole read."""

    node: str
    sku: str
    on_hand: int
    reserved: int
    changed_at: datetime | None
    version: int
    clamped: bool


class Fault(NamedTuple):
    """Why a row can't be believed: reason code, the field as the source names it, the value as it came."""

    reason: str
    path: str
    value: str
    node: str
    sku: str
    raw: Any


class Page(NamedTuple):
    """One page of a read. `as_of` None: the source does not say it. `skew` = its clock minus ours, in seconds."""

    facts: Sequence[StockFact]
    faults: Sequence[Fault]
    as_of: datetime | None
    complete: bool
    announced: int | None  # rows of the whole read
    next: str | None
    skew: int = 0


class ReadFailed(Exception):  # noqa: N818  it reads as what happened
    """Nothing of this read may count. `code` and `params` are stored and worded at the edge."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code, self.params = code, params


class Source(NamedTuple):
    """What a connector needs to know of its connection."""

    address: str
    token: str
    mapping: Mapping[str, Any]


@dataclass(frozen=True)
class Connector:
    name: str
    title: str
    pull: Callable[[Source, datetime | None, Callable[[], datetime]], Iterator[Page]]  # since: None = everything
    check: Callable[[Source, Callable[[], datetime]], Page]
    check_mapping: Callable[[Mapping[str, Any]], None]


@lru_cache(maxsize=1)
def connectors() -> Mapping[str, Connector]:
    """Every folder beside this file that holds a CONNECTOR, by name."""
    package = importlib.import_module(__package__)
    found = (importlib.import_module(f"{__package__}.{each.name}") for each in pkgutil.iter_modules(package.__path__))
    return {module.CONNECTOR.name: module.CONNECTOR for module in found if hasattr(module, "CONNECTOR")}


def fold(code: str) -> str:
    """The form in which codes are compared."""
    return code.strip().casefold()
