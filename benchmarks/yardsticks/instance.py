"""An instance of the yardsticks as a Problem: one service, one rule, one ship day, nothing but costs to decide by."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from routing.engine.problem import DAYS, Ability, Int64, Kind, Problem
from routing.rules import MOST_PARCELS, parse_rules

WEIGHT_UNIT = 1000  # `grams` holds thousandths of a pound (DOM-US) or of an item (Jasin–Sinha/Ma)
DISTANCE_UNIT = 500_000  # `distance_km` holds that part of a mile: rounding makes no two nodes equally far
MONEY_UNIT = 100

CHEAPEST = {
    "ref": "cheapest",
    "name": "Cheapest",
    "rank": "cost",
    "max_parcels": MOST_PARCELS,
    "split_lines": False,  # the bound knows no cut lines
    "if_part": "assign",
    "if_none": "backorder",
}


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """A stream of orders in claim order; order i has the lines ptr[i] … ptr[i + 1] − 1."""

    ptr: Int64
    dest: Int64
    slack: Int64  # days until the promise
    sku: Int64  # [line]
    units: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Nodes, their stock, and what it costs to send from them, in minor units."""

    stock: Int64  # [SKU, node]
    slots: Int64  # [node] parcels
    kind: NDArray[np.int8]
    codes: tuple[str, ...]
    fix: Int64
    pick: Int64
    distance: NDArray[np.float64]  # [destination, node] miles
    zone: Int64
    rate: Int64  # [zone, band] for 1, 2, 3 … whole weight units
    transit: Int64  # [zone]
    weight: Int64  # [SKU] of one unit


def minor_units(amount: object) -> Int64:
    """Whole minor units of amounts in the currency."""
    return np.rint(np.asarray(amount) * MONEY_UNIT).astype(np.int64)


def problem_of(
    network: Network,
    orders: Orders,
    *,
    name: str,
    late_per_day: int,
    unfilled: int,
    versions: dict[str, str],
    seed: int,
) -> Problem:
    """The problem: every order ships today or not at all; weights above the last band cost what the last band does."""
    count, lines, (skus, nodes) = len(orders.dest), len(orders.sku), network.stock.shape
    zones, bands = network.rate.shape
    sku, node = np.nonzero(network.stock > 0)
    slots = np.zeros((nodes, DAYS), np.int64)
    slots[:, 0] = network.slots
    return Problem(
        id=name,
        decided_on=date(2026, 3, 2),
        currency="USD",
        late_per_day=late_per_day,
        rules=parse_rules([CHEAPEST]),
        order_ref=np.arange(count),
        dest=orders.dest,
        method=np.zeros(count),
        pinned_node=np.full(count, -1),
        slack=orders.slack,
        channel=np.full(count, -1),
        region=np.full(count, -1),
        value=np.zeros(count),
        ptr=orders.ptr,
        line_ref=np.arange(lines),
        sku=orders.sku,
        units=orders.units,
        grams=network.weight[orders.sku] * orders.units,
        unfilled=np.full(lines, unfilled),
        class_bits=np.zeros(lines),
        category=np.full(lines, -1),
        forbid_ptr=np.zeros(lines + 1),
        forbid_node=np.zeros(0),
        sku_ref=np.arange(skus),
        sku_ptr=np.searchsorted(sku, np.arange(skus + 1)),
        stock_node=node,
        free=network.stock[sku, node],
        buffer=np.zeros(len(sku)),
        level_ref=np.arange(len(sku)),
        node_ref=np.arange(nodes),
        kind=network.kind,
        group=np.full(nodes, -1),
        slots_left=slots,
        ship_day=np.tile(np.arange(DAYS), (nodes, 1)),
        fix=network.fix,
        pick=network.pick,
        node_class_bits=np.zeros(nodes),
        abilities=np.full(nodes, Ability.SHIP),
        service_bits=np.ones(nodes),
        distance_km=np.rint(network.distance * DISTANCE_UNIT).astype(np.int64),
        zone=network.zone,
        rate=network.rate[None],
        band_grams=WEIGHT_UNIT * np.arange(1, bands + 1),
        per_kg_above=np.zeros((1, zones)),
        transit=network.transit[None],
        node_codes=network.codes,
        services=("ground",),
        versions=versions,
        seed=seed,
    )


def kinds(dcs: int, others: int) -> NDArray[np.int8]:
    """[node] kind: so many DCs, then stores."""
    return np.repeat(np.array([Kind.DC, Kind.STORE], np.int8), [dcs, others])


def stock_table(problem: Problem) -> Int64:
    """[SKU, node] units that may be promised."""
    table = np.zeros((len(problem.sku_ref), problem.nodes), np.int64)
    sku = np.repeat(np.arange(len(problem.sku_ref)), np.diff(problem.sku_ptr))
    table[sku, problem.stock_node] = np.maximum(problem.free.astype(np.int64) - problem.buffer, 0)
    return table
