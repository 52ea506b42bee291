"""DOM-US: four DCs and two hundred stores that serve the United States, all drawn from two seeded streams.

Tariffs have the shape of parcel tariffs but are no carrier's. One stream draws the network and its stock, the other
the orders: another `order_seed` is another day of demand for the same network and the same opening stock.
"""

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from benchmarks.yardsticks.distance import miles
from benchmarks.yardsticks.instance import Network, Orders, kinds, minor_units, problem_of
from routing.engine.problem import Int64, Problem

# the forty largest metropolitan areas: latitude, longitude, population in 100,000
METROS = np.array(
    [
        *((40.7, -74.0, 196), (34.05, -118.25, 129), (41.88, -87.63, 93), (32.78, -96.8, 79), (29.76, -95.37, 73)),
        *((38.9, -77.04, 63), (39.95, -75.17, 62), (33.75, -84.39, 62), (25.76, -80.19, 61), (33.45, -112.07, 50)),
        *((42.36, -71.06, 49), (33.95, -117.4, 46), (37.77, -122.42, 46), (42.33, -83.05, 43), (47.6, -122.33, 40)),
        *((44.98, -93.27, 37), (27.95, -82.46, 32), (32.72, -117.16, 33), (39.74, -104.99, 30), (39.29, -76.61, 28)),
        *((38.63, -90.2, 28), (28.54, -81.38, 27), (35.23, -80.84, 27), (29.42, -98.49, 26), (45.52, -122.68, 25)),
        *((38.58, -121.49, 24), (40.44, -80.0, 23), (30.27, -97.74, 24), (36.17, -115.14, 23), (39.1, -84.51, 23)),
        *((39.1, -94.58, 22), (39.96, -83.0, 22), (41.5, -81.69, 20), (39.77, -86.16, 21), (36.16, -86.78, 20)),
        *((37.34, -121.89, 20), (36.85, -75.98, 18), (41.82, -71.41, 17), (43.04, -87.91, 16), (30.33, -81.66, 16)),
    ]
)
DCS = np.array([(39.53, -119.81), (32.78, -96.80), (39.96, -83.00), (40.60, -75.49)])
DC_CODES = ("RENO", "DALLAS", "COLUMBUS", "ALLENTOWN")

ZONE_MILES = np.array([150, 300, 600, 1000, 1400, 1800])  # beyond the last: one zone more
FIRST_POUND = np.array([8.5, 9.0, 9.7, 10.4, 11.0, 11.7, 12.5])  # USD, by zone
NEXT_POUND = np.array([0.30, 0.36, 0.45, 0.58, 0.72, 0.88, 1.05])
TRANSIT_DAYS = np.array([1, 2, 2, 3, 4, 4, 5])
MOST_POUNDS = 70
PROMISE_DAYS = np.array([2, 3, 5])
PROMISE_SHARES = [0.15, 0.25, 0.60]
LATE_PER_DAY = 400  # cents
UNFILLED = 2500  # cents a unit
LINES_SHARES = [0.55, 0.22, 0.12, 0.07, 0.04]  # of 1 … 5 lines
UNITS_SHARES = [0.88, 0.09, 0.03]  # of 1 … 3 units
EXPECTED_LINES, EXPECTED_UNITS = 1.83, 1.15
SLOTS_PER_10_000 = 3300, 80  # parcels of a DC, of a store


def dom_us(
    orders: int = 10_000,
    *,
    ratio: float = 1.3,
    seed: int = 1,
    order_seed: int = 7,
    horizon: int | None = None,
    slots: float = 1.0,
    skus: int = 5_000,
    stores: int = 200,
    regions: int = 900,
) -> Problem:
    """One instance; equal arguments give equal bytes.

    ratio: units stocked in the DCs ÷ units that `horizon` orders (as many as `orders` by default) are expected to ask
    for. slots: factor on every node's parcels; at 0.4 there are about 1.2 an order, and they bind.
    """
    popularity, network = _network(
        Generator(PCG64(seed)), orders, ratio, horizon or orders, slots, (skus, stores, regions)
    )
    return problem_of(
        network,
        _orders(Generator(PCG64([seed, order_seed])), orders, popularity, regions),
        name=f"DOM-US {orders} orders, ratio {ratio}, slots × {slots}, seed {seed}/{order_seed}",
        late_per_day=LATE_PER_DAY,
        unfilled=UNFILLED,
        versions={"generator": "DOM-US"},
        seed=seed,
    )


def _network(
    rng: Generator, orders: int, ratio: float, horizon: int, slots: float, sizes: tuple[int, int, int]
) -> tuple[NDArray[np.float64], Network]:
    """(popularity of each SKU, network). The draws stand in the order that defines the instance."""
    skus, stores, regions = sizes
    region = _around_metros(rng, regions, 1.2)
    nodes = np.vstack([DCS, _around_metros(rng, stores, 0.5)])
    is_dc = np.arange(len(nodes)) < len(DCS)
    fix = np.where(is_dc, 1.2, 2.5) + np.where(is_dc, 0, rng.uniform(-0.5, 0.5, len(nodes)))
    popularity = 1 / np.arange(1, skus + 1) ** 0.9
    popularity /= popularity.sum()
    popularity = popularity[rng.permutation(skus)]
    pounds = np.clip(rng.lognormal(0.3, 0.8, skus), 0.1, 20)
    stock = _stock(rng, popularity, popularity * horizon * EXPECTED_LINES * EXPECTED_UNITS, ratio, stores)

    distance = miles(region, nodes)
    dc_slots, store_slots = (int(each * orders / 10_000) for each in SLOTS_PER_10_000)
    room = np.where(is_dc, dc_slots, max(4, store_slots))
    band = np.arange(MOST_POUNDS)  # pounds after the first
    return popularity, Network(
        stock=stock,
        slots=np.maximum(1, room * slots).astype(np.int64),
        kind=kinds(len(DCS), stores),
        codes=(*DC_CODES, *(f"STORE-{store}" for store in range(stores))),
        fix=minor_units(fix),
        pick=minor_units(np.where(is_dc, 0.35, 0.9)),
        distance=distance,
        zone=np.searchsorted(ZONE_MILES, distance),
        rate=minor_units(FIRST_POUND[:, None] + NEXT_POUND[:, None] * band),
        transit=TRANSIT_DAYS,
        weight=np.rint(pounds * 1000).astype(np.int64),
    )


def _around_metros(rng: Generator, count: int, spread: float) -> NDArray[np.float64]:
    """Places [count, 2] strewn around metropolitan areas by their population; spread in degrees."""
    metro = rng.choice(len(METROS), count, p=METROS[:, 2] / METROS[:, 2].sum())
    return METROS[metro, :2] + rng.normal(0, spread, (count, 2))


def _stock(
    rng: Generator, popularity: NDArray[np.float64], expected: NDArray[np.float64], ratio: float, stores: int
) -> Int64:
    """[SKU, node] DCs by expected demand, stores a few units of what sells; some SKUs and stores are switched off."""
    skus, dcs = len(popularity), len(DCS)
    covered = rng.random((skus, dcs)) < 0.8
    share = rng.dirichlet(np.ones(dcs) * 2, skus) * covered
    stock = np.zeros((skus, dcs + stores), np.int64)
    stock[:, :dcs] = rng.poisson(share * expected[:, None] * ratio + 0.3 * covered)
    carries = np.clip(0.12 * (popularity / popularity.mean()) ** 0.35, 0, 0.8)
    carried = rng.random((skus, stores)) < carries[:, None]
    stock[:, dcs:] = carried * rng.poisson(1.5, (skus, stores))
    dc_only = rng.random(skus) < 0.08
    switched_off = rng.random(stores) < 0.05
    stock[dc_only, dcs:] = 0
    stock[:, dcs:][:, switched_off] = 0
    return stock


def _orders(rng: Generator, count: int, popularity: NDArray[np.float64], regions: int) -> Orders:
    """Baskets of distinct SKUs by popularity. The draws stand in the order that defines the instance."""
    skus = len(popularity)
    lines = rng.choice(np.arange(1, len(LINES_SHARES) + 1), count, p=LINES_SHARES)
    ptr = np.concatenate([[0], np.cumsum(lines)])
    sku = rng.choice(skus, ptr[-1], p=popularity)
    order = np.repeat(np.arange(count), lines)
    for _ in range(50):
        again = np.ones(len(sku), np.bool_)
        again[np.unique(order * skus + sku, return_index=True)[1]] = False
        if not again.any():
            break
        sku[again] = rng.choice(skus, again.sum(), p=popularity)
    units = rng.choice(np.arange(1, len(UNITS_SHARES) + 1), len(sku), p=UNITS_SHARES)
    dest = rng.integers(0, regions, count)
    return Orders(
        ptr=ptr,
        dest=dest,
        slack=PROMISE_DAYS[rng.choice(len(PROMISE_DAYS), count, p=PROMISE_SHARES)],
        sku=sku,
        units=units,
    )
