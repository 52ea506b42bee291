"""What is known when orders are sourced: flat, read-only arrays of one instant."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import IntEnum, IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.rules import KINDS, METHODS, Rule, rule_data

ENGINE_VERSION = "3"
DAYS = 14  # ship days a node offers

Int8 = NDArray[np.int8]
Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bits = NDArray[np.uint16]
Bools = NDArray[np.bool_]


class Method(IntEnum):
    """Code of a delivery method; its text is METHODS[code]."""

    SHIP = METHODS.index("ship")
    PICKUP = METHODS.index("pickup")
    CURBSIDE = METHODS.index("curbside")
    SAME_DAY = METHODS.index("same_day")


class Kind(IntEnum):
    """Code of a node's kind; its text is KINDS[code]."""

    DC = KINDS.index("dc")
    STORE = KINDS.index("store")
    DARK_STORE = KINDS.index("dark_store")
    THIRD_PARTY = KINDS.index("third_party")
    VENDOR = KINDS.index("vendor")


class Ability(IntFlag):
    """What a node may do: one bit for each Method, at its code."""

    SHIP = 1
    PICKUP = 2
    CURBSIDE = 4
    SAME_DAY = 8


class ProblemRefused(ValueError):
    """The arrays of a problem do not fit together: `field` names the array, `reason` what is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def _nothing() -> NDArray[Any]:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Indices are dense and local; `…_ref` arrays hold the outside ids. Days count from `decided_on`.

    Money is in minor units of `currency`, weight in grams. Every array is made read-only and brought to its type.
    """

    id: str
    decided_on: date
    currency: str
    late_per_day: int  # cost of one parcel arriving one day after the promise
    rules: tuple[Rule, ...]

    # [order], in claim order: who comes first is served first
    order_ref: Int64
    dest: Int32  # row of distance_km and zone
    method: Int8  # Method
    pinned_node: Int16  # the pickup node, −1 = none
    slack: Int16  # promised local day − decided_on
    channel: Int16  # place in channels, −1 = none
    region: Int16  # place in regions, −1 = none
    value: Int64
    ptr: Int32  # [order + 1] order i has the lines ptr[i] … ptr[i + 1] − 1

    # [line]
    line_ref: Int64
    sku: Int32  # row of sku_ref and sku_ptr
    units: Int32
    grams: Int64  # of the whole line; 0 or less = weight unknown
    unfilled: Int64  # cost of leaving one unit without a node
    class_bits: Bits  # handling classes the goods need
    category: Int16  # place in categories, −1 = none
    forbid_ptr: Int32  # [line + 1] into forbid_node
    forbid_node: Int16  # nodes that refused this line before

    # [SKU], and its stock entries by (SKU, node)
    sku_ref: Int64
    sku_ptr: Int32  # [SKU + 1]
    stock_node: Int16  # ascending within a SKU
    free: Int32  # on hand − allocated − external, 0 while a shortfall is open
    buffer: Int32  # safety stock
    level_ref: Int64

    # [node]
    node_ref: Int64
    kind: Int8  # Kind
    group: Int16  # place in groups, −1 = none
    slots_left: Int32  # [node, day] parcels that may still be sent
    ship_day: Int16  # [node, day] ascending, cut-off and calendar already inside
    fix: Int64  # cost per shipment
    pick: Int64  # cost per unit picked
    node_class_bits: Bits  # handling classes the node accepts
    abilities: Bits  # Ability
    service_bits: Bits  # bit s = services[s] collects here

    # [destination, node]
    distance_km: Int32  # −1 = unknown
    zone: Int8  # −1 = none

    # rates
    rate: Int64  # [service, zone, band]; −1 = no price
    band_grams: Int64  # [band] heaviest parcel of the band, ascending
    per_kg_above: Int64  # [service, zone] each started kg above the last band; −1 = no price
    transit: Int16  # [service, zone] days; −1 = unusable

    # names
    channels: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    node_codes: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)  # strategy, rates, engine …
    seed: int = 0

    # what steers and is never invoiced; an empty array stands for zeros (held_node: for −1)
    price: Int32 = field(default_factory=_nothing)  # [entry] of one unit, for what later orders will lack
    no_odds: Int16 = field(default_factory=_nothing)  # [entry] of a short pick, in 1/10,000
    slot_price: Int32 = field(default_factory=_nothing)  # [node] of one parcel slot
    inertia: Int32 = field(default_factory=_nothing)  # [order] what a plan other than the held one must save
    held_node: Int16 = field(default_factory=_nothing)  # [line] where all its units are held, −1 = nowhere
    likely_grams: Int64 = field(default_factory=_nothing)  # [line] what counts where grams are unknown, 0 = no idea
    cut_off_minutes: int = -1  # until the next cut-off of an open node, −1 = unknown
    unhurried: bool = False  # nobody waits for the plan: the best that can be proven
    resource_cost: int = 0  # of sourcing a line again after a no
    guarded: bool = True  # a price may not leave a line that would be filled without it

    def __post_init__(self) -> None:
        lengths = {
            "price": len(self.stock_node),
            "no_odds": len(self.stock_node),
            "slot_price": len(self.node_ref),
            "inertia": len(self.order_ref),
            "held_node": len(self.sku),
            "likely_grams": len(self.sku),
        }
        for name, kind in ARRAYS.items():
            array = np.asarray(getattr(self, name))
            if name in lengths and not len(array):
                array = np.full(lengths[name], -1 if name == "held_node" else 0)
            array = _fitted(array, np.dtype(kind))
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def orders(self) -> int:
        return len(self.order_ref)

    @property
    def lines(self) -> int:
        return len(self.sku)

    @property
    def nodes(self) -> int:
        return len(self.node_ref)

    def validate(self) -> None:
        """Raise ProblemRefused where arrays do not fit together. A missing rate or place is none of these."""
        m, lines, nodes, skus = self.orders, self.lines, self.nodes, len(self.sku_ref)
        entries, (services, zones, bands) = len(self.stock_node), _three(self.rate)
        shapes: dict[str, tuple[int, ...]] = {
            **dict.fromkeys(OF_ORDER, (m,)),
            **dict.fromkeys(OF_LINE, (lines,)),
            **dict.fromkeys(OF_ENTRY, (entries,)),
            **dict.fromkeys(OF_NODE, (nodes,)),
            "slots_left": self.ship_day.shape,
            "zone": self.distance_km.shape,
            "band_grams": (bands,),
            "per_kg_above": (services, zones),
            "transit": (services, zones),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ProblemRefused(name, f"has the shape {getattr(self, name).shape}, not {shape}")
        for name, table, rows in (("ship_day", self.ship_day, nodes), ("distance_km", self.distance_km.T, nodes)):
            if table.ndim != 2 or len(table) != rows:
                raise ProblemRefused(name, f"does not have {rows} nodes")
        if not self.ship_day.shape[1]:
            raise ProblemRefused("ship_day", "has no day")
        for name, names, count in (("node_codes", self.node_codes, nodes), ("services", self.services, services)):
            if len(names) != count:
                raise ProblemRefused(name, f"has {len(names)} names for {count}")
        for name, pointer, rows, end in (
            ("ptr", self.ptr, m, lines),
            ("forbid_ptr", self.forbid_ptr, lines, len(self.forbid_node)),
            ("sku_ptr", self.sku_ptr, skus, entries),
        ):
            if len(pointer) != rows + 1 or pointer[0] != 0 or pointer[-1] != end or (np.diff(pointer) < 0).any():
                raise ProblemRefused(name, f"must rise from 0 to {end} in {rows + 1} steps")
        for name, index, end in (
            ("dest", self.dest, len(self.zone)),
            ("sku", self.sku, skus),
            ("stock_node", self.stock_node, nodes),
            ("forbid_node", self.forbid_node, nodes),
            ("method", self.method, len(METHODS)),
            ("kind", self.kind, len(KINDS)),
        ):
            if len(index) and not (index.min() >= 0 and index.max() < end):
                raise ProblemRefused(name, f"points outside 0 … {end - 1}")
        for name, place, end in (
            ("pinned_node", self.pinned_node, nodes),
            ("held_node", self.held_node, nodes),
            ("channel", self.channel, len(self.channels)),
            ("region", self.region, len(self.regions)),
            ("category", self.category, len(self.categories)),
            ("group", self.group, len(self.groups)),
            ("zone", self.zone, zones),
        ):
            if place.size and not (place.min() >= -1 and place.max() < end):
                raise ProblemRefused(name, f"points outside −1 … {end - 1}")
        if (np.diff(self.stock_node.astype(np.int64) + self._sku_of_entry() * max(nodes, 1)) <= 0).any():
            raise ProblemRefused("stock_node", "must rise within each SKU")

    def _sku_of_entry(self) -> Int64:
        return np.repeat(np.arange(len(self.sku_ref), dtype=np.int64), np.diff(self.sku_ptr))

    def hash(self) -> str:
        """sha256 over every array (name, type, shape, bytes) and the rest as canonical JSON; no float is in it."""
        shapes = {name: (kind, getattr(self, name).shape) for name, kind in ARRAYS.items()}
        digest = hashlib.sha256(canonical({**self.head(), "arrays": shapes}))
        for name in ARRAYS:
            digest.update(getattr(self, name).tobytes())
        return digest.hexdigest()

    def head(self) -> dict[str, Any]:
        """All that is no array, as plain data."""
        return {
            "id": self.id,
            "decided_on": self.decided_on.isoformat(),
            "currency": self.currency,
            "late_per_day": self.late_per_day,
            "rules": [rule_data(rule) for rule in self.rules],
            "versions": dict(self.versions),
            "seed": self.seed,
            "cut_off_minutes": self.cut_off_minutes,
            "unhurried": self.unhurried,
            "resource_cost": self.resource_cost,
            "guarded": self.guarded,
            **{name: list(getattr(self, name)) for name in NAMES},
        }


# The arrays that have one row for each order, line, stock entry or node.
OF_ORDER = ("order_ref", "dest", "method", "pinned_node", "slack", "channel", "region", "value", "inertia")
OF_LINE = ("line_ref", "sku", "units", "grams", "unfilled", "class_bits", "category", "held_node", "likely_grams")
OF_ENTRY = ("stock_node", "free", "buffer", "level_ref", "price", "no_odds")
OF_NODE = ("node_ref", "kind", "group", "fix", "pick", "node_class_bits", "abilities", "service_bits", "slot_price")
NAMES = ("channels", "regions", "categories", "groups", "node_codes", "services")
_TYPES = {id(Int8): "<i1", id(Int16): "<i2", id(Int32): "<i4", id(Int64): "<i8", id(Bits): "<u2"}
ARRAYS: Mapping[str, str] = {part.name: _TYPES[id(part.type)] for part in fields(Problem) if id(part.type) in _TYPES}


def _fitted(array: NDArray[Any], kind: np.dtype[Any]) -> NDArray[Any]:
    """The array in this type; a figure beyond its range becomes the nearest it can hold, not a wrapped one.

    What is not a number becomes −1: no stock, no price, no zone.
    """
    if array.dtype.kind == "f":
        limits = np.iinfo(kind)
        whole = np.where(np.isnan(array), -1 if limits.min else 0, array).clip(limits.min, limits.max)
        beyond = whole >= float(limits.max)  # the float next to the largest int64 is one more
        array = np.where(beyond, 0, whole).astype(np.int64)
        array[beyond] = limits.max
    elif array.dtype.kind in "iuO" and not np.can_cast(array.dtype, kind):  # O: integers beyond every type
        limits = np.iinfo(kind)
        array = array.clip(limits.min, limits.max)
    # what could still be written elsewhere is copied
    return np.array(array, dtype=kind, order="C", copy=True if array.flags.writeable else None)


def _three(array: Int64) -> tuple[int, int, int]:
    if array.ndim != 3:
        raise ProblemRefused("rate", "must be [service, zone, band]")
    return array.shape[0], array.shape[1], array.shape[2]


def canonical(data: Mapping[str, Any]) -> bytes:
    """JSON that is the same bytes for equal data."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
