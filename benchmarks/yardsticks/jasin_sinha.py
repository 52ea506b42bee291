"""The instance family of Jasin and Sinha (2015) and Ma (2023), small network, from the published parameters.

Ten cities, five fulfilment centres, twenty items; an order is empty or one of a few random item sets; at most one
order a period. A sixth node with endless stock stands for "lost": an item there costs twice what the farthest centre
would. Every (city, node) is a zone of its own.
"""

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from benchmarks.yardsticks.distance import miles
from benchmarks.yardsticks.instance import WEIGHT_UNIT, Network, Orders, kinds, minor_units, problem_of
from routing.engine.problem import Int64, Problem

CITIES = np.array(  # latitude, longitude, population
    [
        (40.6943, -73.9249, 18680025),
        (34.1141, -118.4068, 12531334),
        (41.8375, -87.6866, 8586888),
        (25.784, -80.2101, 6076316),
        (32.7935, -96.7667, 5910669),
        (29.786, -95.3885, 5724418),
        (40.0077, -75.1339, 5540199),
        (33.7628, -84.422, 5151496),
        (38.9047, -77.0163, 5066973),
        (42.3188, -71.0852, 4465966),
    ]
)
CENTRES = np.array(
    [(37.7448, -121.3985), (39.9797, -86.3833), (41.2776, -75.4973), (33.9114, -81.0501), (32.9709, -97.3348)]
)
CENTRE_CODES = ("OAK4", "IND1", "AVP3", "CAE1", "DFW7")
LOST = "LOST"
LOST_MILES, ENDLESS_STOCK, ENDLESS_SLOTS = 4000, 10**8, 10**9
MILES_PER_MILE = 1.609 / 1.61  # a conversion there and back, kept so that costs agree with earlier measurements

PER_PARCEL, PER_ITEM, PER_ITEM_MILE = 8.759, 0.423, 0.000541  # USD
UNFILLED = 90_000  # cents: dearer than "lost" in any case
LARGEST_ORDER, SETS_PER_SIZE = 5, 5
CARRIED, SAFETY = 0.75, 0.5  # odds that a centre carries an item; standard deviations of demand on top of its mean


def jasin_sinha(
    periods: int = 10_000, *, seed: int = 1, sequence: int = 0, items: int = 20, horizon: int | None = None
) -> Problem:
    """One instance: `seed` draws network, item sets and stock, (seed, sequence) the orders, fewer than `periods`.

    horizon: the periods that the stock is made for, as many as `periods` by default.
    """
    rng, demand = default_rng([seed, 1]), default_rng([seed, 2, sequence])
    sets, odds = _item_sets(rng, items)
    distance = miles(CITIES[:, :2], CENTRES) * MILES_PER_MILE
    stock = _stock(rng, sets, odds, distance, horizon or periods, items)
    return problem_of(
        _network(stock, distance),
        _orders(demand, sets, odds, periods),
        name=f"Jasin–Sinha/Ma {periods} periods, seed {seed}/{sequence}",
        late_per_day=0,
        unfilled=UNFILLED,
        versions={"generator": "Jasin–Sinha/Ma"},
        seed=seed,
    )


def _item_sets(rng: Generator, items: int) -> tuple[list[Int64], NDArray[np.float64]]:
    """(item sets, the empty one first; odds [set, city] of an order of each)."""
    sets = [np.zeros(0, np.int64)]
    for size in range(1, LARGEST_ORDER + 1):
        sets += [rng.permutation(items)[:size] for _ in range(SETS_PER_SIZE)]
    empty, sizes = rng.random(), rng.random(LARGEST_ORDER)
    total = empty + sizes.sum()
    odds = [np.array([empty / total])]
    for size in sizes:
        share = rng.random(SETS_PER_SIZE)
        odds.append(size / total * share / share.sum())
    return sets, np.concatenate(odds)[:, None] * (CITIES[:, 2] / CITIES[:, 2].sum())


def _stock(
    rng: Generator,
    sets: list[Int64],
    odds: NDArray[np.float64],
    distance: NDArray[np.float64],
    periods: int,
    items: int,
) -> Int64:
    """[item, centre] each city draws on the closest centre that carries the item: mean demand and some safety."""
    stock = np.zeros((items, len(CENTRES)), np.int64)
    for item in range(items):
        carried = rng.random(len(CENTRES)) < CARRIED
        if not carried.any():
            continue
        closest = np.where(carried, distance, np.inf).argmin(1)
        by_city = odds[[item in wanted for wanted in sets]].sum(0)
        chance = np.zeros(len(CENTRES))
        np.add.at(chance, closest, by_city)
        stock[item] = np.round(periods * chance + SAFETY * np.sqrt(periods * chance * (1 - chance)))
    return stock


def _network(stock: Int64, distance: NDArray[np.float64]) -> Network:
    per_item = PER_ITEM + PER_ITEM_MILE * distance
    lost = 2 * (PER_ITEM + PER_ITEM_MILE * distance.max(1))
    first = np.append(np.full(len(CENTRES), PER_PARCEL), 2 * PER_PARCEL)
    each = np.c_[per_item, lost]
    cities, nodes = each.shape
    rate = first[:, None] + each[:, :, None] * np.arange(1, LARGEST_ORDER + 1)
    return Network(
        stock=np.c_[stock, np.full(len(stock), ENDLESS_STOCK)],
        slots=np.full(nodes, ENDLESS_SLOTS),
        kind=kinds(nodes, 0),
        codes=(*CENTRE_CODES, LOST),
        fix=np.zeros(nodes, np.int64),
        pick=np.zeros(nodes, np.int64),
        distance=np.c_[distance, np.full(cities, LOST_MILES)],
        zone=np.arange(cities * nodes).reshape(cities, nodes),
        rate=minor_units(rate).reshape(cities * nodes, LARGEST_ORDER),
        transit=np.zeros(cities * nodes, np.int64),
        weight=np.full(len(stock), WEIGHT_UNIT),
    )


def _orders(rng: Generator, sets: list[Int64], odds: NDArray[np.float64], periods: int) -> Orders:
    drawn = rng.choice(odds.size, periods, p=odds.ravel())
    kind, city = drawn // len(CITIES), drawn % len(CITIES)
    city, kind = city[kind > 0], kind[kind > 0]
    sku = np.concatenate([sets[each] for each in kind])
    return Orders(
        ptr=np.concatenate([[0], np.cumsum([len(sets[each]) for each in kind])]),
        dest=city,
        slack=np.zeros(len(kind), np.int64),
        sku=sku,
        units=np.ones(len(sku), np.int64),
    )
