"""The promise at intake: the earliest day that stock, cut-offs and transit tables allow. It reserves nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dom_project.lib import db
from inventory import levels, network
from inventory.models import Node
from routing import rates
from routing.models import Order

Source = Order.PromiseSource
NEVER = 32_000
DAY_ENDS = time(23, 59, 59)

# A sum: the newest moment would hide a change that was committed after a later one.
MASTERS = "SELECT count(*), max(id), sum(extract(epoch FROM changed_at)) FROM inventory_node WHERE active"
CLASSES = "SELECT id, handling_classes FROM inventory_sku WHERE id = ANY(%s::bigint[]) AND handling_classes <> '{}'"


class Wish(NamedTuple):
    """What one order needs: (SKU id, units) with each SKU once, and where it goes. `pickup_node` 0 = shipped."""

    units: Sequence[tuple[int, int]]
    latitude: float | None
    longitude: float | None
    time_zone: str
    default_days: int
    pickup_node: int = 0


class Promise(NamedTuple):
    at: datetime
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """The active nodes of one moment, by id."""

    rows: tuple[Node, ...]
    calendars: tuple[network.Calendar, ...]
    ids: NDArray[np.int64]  # ascending
    place: Mapping[int, int]
    latitude: NDArray[np.float64]  # NaN for a node without a place
    longitude: NDArray[np.float64]
    ships: NDArray[np.bool_]
    hands_over: NDArray[np.bool_]
    classes: tuple[frozenset[str], ...]


def end_of_day(day: date, time_zone: str) -> datetime:
    """The last second of a local day as UTC instant: what a promised day means."""
    # An hour that comes twice is the later one.
    return datetime.combine(day, DAY_ENDS.replace(fold=1), ZoneInfo(time_zone)).astimezone(UTC)


def promises(wishes: Sequence[Wish], *, at: datetime, currency: str = "") -> list[Promise]:
    """One promise per wish, never none. Four queries with warm caches, whatever their number."""
    if not wishes:
        return []
    nodes = active_nodes()
    ptr = np.cumsum([0, *(len(wish.units) for wish in wishes)])
    skus = sorted({sku for wish in wishes for sku, _ in wish.units})
    may = _may_fill(wishes, skus, ptr, nodes)
    shipped = _ship_days(wishes, may, ptr, nodes, at=at, currency=currency)
    return [
        _picked_up(wish, may[ptr[i] : ptr[i + 1]], nodes, at) if wish.pickup_node else _day(wish, *shipped[i], at)
        for i, wish in enumerate(wishes)
    ]


def active_nodes() -> Nodes:
    """The nodes, read again whenever one of them has changed: one small query when none has."""
    return _nodes(*db.rows(MASTERS)[0])


def _day(wish: Wish, ahead: int, known: bool, at: datetime) -> Promise:
    """`ahead` counts from the UTC day of `at`: the latest day of the lines that somebody has, −1 for none."""
    first = at.astimezone(UTC).date()
    if known:
        return Promise(end_of_day(first + timedelta(days=ahead), wish.time_zone), Source.COMPUTED)
    default = at.astimezone(ZoneInfo(wish.time_zone)).date() + timedelta(days=wish.default_days)
    latest = max(default, first + timedelta(days=ahead)) if ahead >= 0 else default
    return Promise(end_of_day(latest, wish.time_zone), Source.DEFAULT)


def _picked_up(wish: Wish, may: NDArray[np.bool_], nodes: Nodes, at: datetime) -> Promise:
    place = nodes.place.get(wish.pickup_node)
    if place is not None and nodes.hands_over[place] and may[:, place].all():
        ready = network.pickup_ready_at(nodes.rows[place], at)
        if ready:
            return Promise(ready, Source.COMPUTED)
    return _day(wish, -1, False, at)


def _may_fill(wishes: Sequence[Wish], skus: Sequence[int], ptr: NDArray[np.int64], nodes: Nodes) -> NDArray[np.bool_]:
    """[line, node] True where the node has the units and takes the goods."""
    atp = np.zeros((len(skus), len(nodes.rows)), np.int64)
    row = {sku: i for i, sku in enumerate(skus)}
    sku_id, node_id, units = levels.atp_arrays(skus)
    active = np.isin(node_id, nodes.ids)
    atp[np.searchsorted(skus, sku_id[active]), np.searchsorted(nodes.ids, node_id[active])] = units[active]
    for sku, classes in db.rows(CLASSES, [skus]):
        atp[row[sku]] *= [accepted.issuperset(classes) for accepted in nodes.classes]
    lines = np.array([row[sku] for wish in wishes for sku, _ in wish.units], np.int64)
    wanted = np.array([units for wish in wishes for _, units in wish.units], np.int64)
    return atp[lines] >= wanted[:, None]


def _ship_days(
    wishes: Sequence[Wish],
    may: NDArray[np.bool_],
    ptr: NDArray[np.int64],
    nodes: Nodes,
    *,
    at: datetime,
    currency: str,
) -> list[tuple[int, bool]]:
    """Per wish the day of arrival, counted from the UTC day of `at`, and whether every line has one."""
    arrives = _arrivals(wishes, nodes, at=at, currency=currency)
    per_line = np.where(may, np.repeat(arrives, np.diff(ptr), axis=0), NEVER)
    earliest = per_line.min(axis=1, initial=NEVER)
    alone = np.maximum.reduceat(per_line, ptr[:-1], axis=0).min(axis=1, initial=NEVER)
    known = earliest < NEVER
    apart = np.maximum.reduceat(np.where(known, earliest, -1), ptr[:-1])
    all_known = np.logical_and.reduceat(known, ptr[:-1])
    return [
        (int(one), True) if one < NEVER else (int(latest), bool(every))
        for one, latest, every in zip(alone, apart, all_known, strict=True)
    ]


def _arrivals(wishes: Sequence[Wish], nodes: Nodes, *, at: datetime, currency: str) -> NDArray[np.int32]:
    """[wish, node] first ship date plus the fastest transit, in days from the UTC day of `at`."""
    never = np.full((len(wishes), len(nodes.rows)), NEVER, np.int32)
    card_id = rates.live_card_id(currency)
    if card_id is None or not nodes.rows:
        return never
    card = rates.tables(card_id)
    today = at.astimezone(UTC).date()
    dates = [network.next_ship_date(calendar, at) for calendar in nodes.calendars]
    ship_day = np.array([(day - today).days if day else NEVER for day in dates], np.int32)
    km = rates.distances(
        [wish.latitude for wish in wishes], [wish.longitude for wish in wishes], nodes.latitude, nodes.longitude
    )
    fastest = np.where(card.transit < 0, NEVER, card.transit.astype(np.int32)).min(axis=0)
    zone = rates.zones_of(km, card.zone_km)
    transit = np.where(zone < 0, NEVER, fastest[zone])
    return np.where(nodes.ships, np.minimum(ship_day + transit, NEVER), never)


@lru_cache(maxsize=2)
def _nodes(_count: int, _newest: int | None, _changed: Decimal | None) -> Nodes:
    rows = tuple(Node.objects.filter(active=True).order_by("pk"))
    return Nodes(
        rows=rows,
        calendars=tuple(network.calendar_of(node) for node in rows),
        ids=np.array([node.pk for node in rows], np.int64),
        place={node.pk: i for i, node in enumerate(rows)},
        latitude=np.array([node.latitude for node in rows], np.float64),
        longitude=np.array([node.longitude for node in rows], np.float64),
        ships=np.array([Order.Method.SHIP in node.abilities for node in rows], np.bool_),
        hands_over=np.array([Order.Method.PICKUP in node.abilities for node in rows], np.bool_),
        classes=tuple(frozenset(node.handling_classes) for node in rows),
    )
