"""Names and rows as the dense, sorted places that the arrays of a problem are made of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.engine.problem import DAYS

# One stock level; node: its place.
STOCK = [("id", "i8"), ("node", "i2"), ("sku", "i8"), ("free", "i4"), ("buffer", "i4"), ("on_hand", "i4")]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Units and slots that the facts shall hold as if they were free: (level, units), (node, day)."""

    units: Sequence[tuple[int, int]] = ()
    slots: Sequence[tuple[int, date]] = ()


def bits_of(names: Sequence[str] | frozenset[str], known: Sequence[str]) -> int:
    """One bit per name at its place among the known ones; others have none."""
    return sum(1 << place for place, name in enumerate(known) if name in names)


def places_of(names: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int16]]:
    """The distinct names, sorted, and each one's place among them; −1 for an empty one."""
    known = tuple(sorted(set(names) - {""}))
    place = {name: i for i, name in enumerate(known)} | {"": -1}
    return known, np.array([place[name] for name in names], np.int16)


def pointer(rows: NDArray[Any], count: int) -> NDArray[np.int32]:
    """Where each of `count` groups begins among ascending group numbers, and where the last one ends."""
    return np.searchsorted(rows, np.arange(count + 1)).astype(np.int32)


def node_days(
    days: Sequence[tuple[Any, ...]], today: date, given_back: GivenBack
) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    """[node, day] the open days ahead, counted from today, and the slots left on them; −1 where there is no day."""
    ship_day = np.arange(DAYS, dtype=np.int16)[None, :].repeat(len(days), 0)
    slots_left = np.full(ship_day.shape, -1, np.int32)
    more: dict[tuple[int, int], int] = {}
    for node_id, ship_date in given_back.slots:
        key = node_id, (ship_date - today).days
        more[key] = more.get(key, 0) + 1
    for place, (node_id, _, offsets, left, *_) in enumerate(days):
        count = min(len(offsets or ()), DAYS)
        if not count:
            continue
        ship_day[place, :count] = offsets[:count]
        ship_day[place, count:] = ship_day[place, count - 1] + np.arange(1, DAYS - count + 1)
        slots_left[place, :count] = left[:count]
        for day in range(count if more else 0):
            slots_left[place, day] += more.get((node_id, int(offsets[day])), 0)
    return ship_day, slots_left


def stock_in_place(stock: Array, sku_ids: Iterable[int]) -> Array:
    """The levels of these SKUs, each with the SKU's place, by SKU and node."""
    ids = np.fromiter(sku_ids, np.int64)
    order = np.argsort(ids)
    at = np.searchsorted(ids[order], stock["sku"]).clip(0, len(ids) - 1)
    known = ids[order][at] == stock["sku"]
    placed = np.empty(int(known.sum()), [*STOCK, ("place", "i4")])
    for name, _ in STOCK:
        placed[name] = stock[name][known]
    placed["place"] = order[at[known]]
    return placed[np.lexsort((placed["node"], placed["place"]))]


def with_units(stock: Array, units: Sequence[tuple[int, int]]) -> Array:
    """The same levels with these units free again."""
    stock = stock.copy()
    if not len(stock):
        return stock
    level, quantity = np.array(units, np.int64).reshape(-1, 2).T
    order = np.argsort(stock["id"])
    place = order[np.searchsorted(stock["id"], level, sorter=order).clip(0, len(stock) - 1)]
    known = stock["id"][place] == level
    np.add.at(stock["free"], place[known], quantity[known])  # a level may be given back to more than once
    return stock
