"""Problems for tests: one from a few words, and random ones."""

from dataclasses import replace
from datetime import date

import numpy as np

from routing.engine.plan import nodes_of_runs
from routing.engine.problem import DAYS, Ability, Problem
from routing.rules import KINDS, parse_rules

EVERYTHING = Ability.SHIP | Ability.PICKUP | Ability.CURBSIDE | Ability.SAME_DAY
ANY = {
    "ref": "any",
    "name": "Any node",
    "rank": "cost",
    "max_parcels": 6,
    "if_part": "assign",
    "if_none": "backorder",
}


def rule(**changes):
    return {**ANY, **changes}


def problem(
    orders,
    stock,
    *,
    rules=(ANY,),
    nodes=None,
    rates=((500, 700, 900), (1500, 1800, 2500)),
    transit=(3, 1),
    late_per_day=400,
    grams=500,
    unfilled=100_000,
    **arrays,
):
    """A problem from words.

    orders: [{"lines": {sku: units} or [(sku, units)…], "slack": 9, "method": 0, …}]; stock: [{node: ATP}] per SKU;
    nodes: how many; rates[service][zone], the same in every band but 100 dearer each; zone = node modulo zones.
    """
    count = 1 + max((node for row in stock for node in row), default=0) if nodes is None else nodes
    lines = [list(order["lines"].items()) if isinstance(order["lines"], dict) else order["lines"] for order in orders]
    flat = [line for order in lines for line in order]
    zones = len(rates[0])
    base = {
        "id": "test",
        "decided_on": date(2026, 3, 2),
        "currency": "USD",
        "late_per_day": late_per_day,
        "rules": parse_rules([dict(row) for row in rules]),
        "order_ref": np.arange(len(orders)) + 1000,
        "dest": [order.get("dest", 0) for order in orders],
        "method": [order.get("method", 0) for order in orders],
        "pinned_node": [order.get("pinned_node", -1) for order in orders],
        "slack": [order.get("slack", 9) for order in orders],
        "channel": [order.get("channel", 0) for order in orders],
        "region": [order.get("region", 0) for order in orders],
        "value": [order.get("value", 1000) for order in orders],
        "ptr": np.cumsum([0, *map(len, lines)]),
        "line_ref": np.arange(len(flat)) + 5000,
        "sku": [sku for sku, _ in flat],
        "units": [units for _, units in flat],
        "grams": [units * grams for _, units in flat],
        "unfilled": [unfilled] * len(flat),
        "class_bits": [0] * len(flat),
        "category": [0] * len(flat),
        "forbid_ptr": [0] * (len(flat) + 1),
        "forbid_node": [],
        "sku_ref": np.arange(len(stock)) + 100,
        "sku_ptr": np.cumsum([0, *map(len, stock)]),
        "stock_node": [node for row in stock for node in sorted(row)],
        "free": [row[node] for row in stock for node in sorted(row)],
        "buffer": [0 for row in stock for _ in row],
        "level_ref": np.arange(sum(map(len, stock))) + 9000,
        "node_ref": np.arange(count) + 10,
        "kind": [1] * count,
        "group": [-1] * count,
        "slots_left": np.full((count, DAYS), 1000),
        "ship_day": np.tile(np.arange(DAYS), (count, 1)),
        "fix": [100] * count,
        "pick": [10] * count,
        "node_class_bits": [0] * count,
        "abilities": [int(EVERYTHING)] * count,
        "service_bits": [(1 << len(rates)) - 1] * count,
        "distance_km": [[100 * (node + 1) for node in range(count)]],
        "zone": [[node % zones for node in range(count)]],
        "rate": [[[price + 100 * band for band in range(3)] for price in row] for row in rates],
        "band_grams": [1000, 5000, 20_000],
        "per_kg_above": [[50] * zones for _ in rates],
        "transit": np.reshape([[days] * zones for days in transit], (-1, zones)),
        "channels": ("web", "app"),
        "regions": ("CA", "NY"),
        "categories": ("mugs", "sofas"),
        "groups": ("west",),
        "node_codes": tuple(f"N{node}" for node in range(count)),
        "services": tuple(f"service {place}" for place in range(len(rates))),
    }
    made = Problem(**{name: _array(value, name) for name, value in {**base, **arrays}.items()})
    made.validate()
    return made


def refused_nodes(plan, order):
    """Place in the plan's refusals → the nodes that it was the first to keep from this order."""
    return {number: nodes_of_runs(runs) for number, runs in plan.refused_runs(order).items()}


def _array(value, name):
    plain = {"id", "decided_on", "currency", "late_per_day", "rules", "versions", "seed", "resource_cost", "guarded"}
    names = {"channels", "regions", "categories", "groups", "node_codes", "services"}
    return value if name in plain | names else np.array(value, np.int64)


def random_problem(
    seed, *, orders=1, skus=4, nodes=3, lines=3, most_units=3, stock=4, days=2, slots=2, rules=(ANY,), plain=False
):
    """Everything at random: services, missing prices, zones, scarce stock and slots, promises already missed.

    `plain`: only stock, slots and prices stand in the way, so that plans of several parcels are common.
    """
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, lines + 1, orders)
    total = int(sizes.sum())
    sku = np.concatenate([rng.permutation(skus)[:size] for size in np.minimum(sizes, skus)])
    sizes = np.minimum(sizes, skus)
    total = int(sizes.sum())
    units = rng.integers(1, most_units + 1, total)
    carried = rng.random((skus, nodes)) < 0.75
    services, zones, bands = 3, 3, 3
    rate = np.sort(rng.integers(300, 3000, (services, zones, bands)), axis=2)
    rate[rng.random(rate.shape) < 0.05] = -1
    transit = rng.integers(0, 5, (services, zones))
    transit[rng.random(transit.shape) < 0.1] = -1
    forbids = (rng.random((total, nodes)) < 0.05) * 1
    if plain:
        rate, transit, forbids = np.abs(rate), np.abs(transit), forbids * 0
    made = Problem(
        id=f"random {seed}",
        decided_on=date(2026, 3, 2),
        currency="USD",
        late_per_day=int(rng.integers(0, 900)),
        rules=parse_rules([dict(row) for row in rules]),
        order_ref=np.arange(orders),
        dest=rng.integers(0, 2, orders),
        method=(rng.random(orders) < (0 if plain else 0.15)) * 1,
        pinned_node=rng.integers(0, nodes, orders),
        slack=rng.integers(-2, 8, orders),
        channel=rng.integers(0, 2, orders),
        region=rng.integers(0, 2, orders),
        value=rng.integers(0, 20_000, orders),
        ptr=np.cumsum([0, *sizes]),
        line_ref=np.arange(total),
        sku=sku,
        units=units,
        grams=units * rng.integers(1, 9000, total),
        unfilled=np.full(total, 1_000_000),
        class_bits=rng.choice([0, 0, 0, 1, 2], total) * (not plain),
        category=rng.integers(0, 2, total),
        forbid_ptr=np.cumsum([0, *forbids.sum(1)]),
        forbid_node=np.nonzero(forbids)[1],
        sku_ref=np.arange(skus),
        sku_ptr=np.cumsum([0, *carried.sum(1)]),
        stock_node=np.nonzero(carried)[1],
        free=rng.integers(0, stock + 1, int(carried.sum())),
        buffer=rng.integers(0, 2, int(carried.sum())),
        level_ref=np.arange(int(carried.sum())),
        node_ref=np.arange(nodes),
        kind=rng.integers(0, 5, nodes),
        group=rng.integers(-1, 2, nodes),
        slots_left=rng.integers(0 if plain else -1, slots + 1, (nodes, days)),
        ship_day=np.sort(
            rng.integers(0, 3, (nodes, 1)) + np.cumsum(rng.integers(1, 3, (nodes, days)), axis=1), axis=1
        ),
        fix=rng.integers(50, 400, nodes),
        pick=rng.integers(5, 90, nodes),
        node_class_bits=rng.choice([3, 3, 1], nodes),
        abilities=np.full(nodes, 3) if plain else rng.choice([3, 3, 3, 1, 2], nodes),
        service_bits=np.full(nodes, 7) if plain else rng.integers(1, 1 << services, nodes),
        distance_km=rng.integers(-1, 2000, (2, nodes)),
        zone=rng.integers(0 if plain else -1, zones, (2, nodes)),
        rate=rate,
        band_grams=np.array([1000, 5000, 20_000]),
        per_kg_above=rng.integers(-1, 120, (services, zones)),
        transit=transit,
        channels=("web", "app"),
        regions=("CA", "NY"),
        categories=("mugs", "sofas"),
        groups=("west", "east"),
        node_codes=tuple(f"N{node}" for node in range(nodes)),
        services=("ground", "air", "van"),
    )
    made.validate()
    return made


def steered(made, seed, *, prices=400, slot_prices=300, odds=4000, held=0.5, unfilled=None):
    """The same problem with prices of units and slots, odds of a no, and lines held where they may be."""
    rng = np.random.default_rng(seed)
    entries, m = len(made.stock_node), made.orders
    held_node = np.full(made.lines, -1)
    for order in np.flatnonzero(rng.random(m) < held).tolist():
        own = slice(made.ptr[order], made.ptr[order + 1])
        held_node[own] = rng.integers(0, made.nodes)
        if rng.random() < 0.4:
            held_node[own] = rng.integers(-(rng.random() < 0.2), made.nodes, made.ptr[order + 1] - made.ptr[order])
    again = replace(
        made,
        price=rng.integers(-prices // 8, prices + 1, entries) * (rng.random(entries) < 0.6),
        slot_price=rng.integers(-slot_prices // 8, slot_prices + 1, made.nodes),
        no_odds=rng.integers(-100, odds + 1, entries),
        resource_cost=int(rng.integers(0, 900)),
        inertia=rng.integers(0, 500, m) * (rng.random(m) < 0.7),
        held_node=held_node,
        guarded=bool(rng.integers(0, 2)),
        unfilled=made.unfilled if unfilled is None else rng.integers(0, unfilled, made.lines),
    )
    again.validate()
    return again


def random_rules(rng):
    """One to four rules of random criteria, ranks and ends."""
    return [_random_rule(rng, f"r{place}") for place in range(int(rng.integers(1, 5)))]


def _random_rule(rng, ref):
    def some(names):
        return [str(name) for name in rng.permutation(list(names))[: rng.integers(1, len(names) + 1)]]

    orders = {
        "channel": {"values": some(["web", "app"])},
        "region": {"values": some(["CA", "NY"])},
        "category": {"values": some(["mugs", "sofas"])},
        "method": {"values": some(["ship", "pickup"])},
        "value": {"amount": int(rng.integers(0, 20_000))},
    }
    nodes = {
        "kind": {"values": some(KINDS)},
        "group": {"values": some(["west", "east"])},
        "node": {"values": some(["N0", "N1", "N2"])},
        "distance": {"amount": int(rng.integers(0, 2000))},
        "atp_left": {"amount": int(rng.integers(0, 4))},
    }

    def criteria(of, most):
        fields = [str(name) for name in rng.permutation(list(of))[: rng.integers(0, most + 1)]]
        return [{"field": name, "negate": bool(rng.random() < 0.3), **of[name]} for name in fields]

    return {
        "ref": ref,
        "name": ref,
        "enabled": bool(rng.random() < 0.9),
        "which_orders": criteria(orders, 1),
        "which_nodes": criteria(nodes, 2),
        "rank": str(rng.choice(["cost", "cost", "cost", "distance", "delivery_day"])),
        "max_parcels": int(rng.integers(1, 5)),
        "if_part": str(rng.choice(["assign", "assign", "next_rule", "exception"])),
        "if_none": str(rng.choice(["next_rule", "backorder", "exception"])),
    }
