"""The demo's network with deep stock, as large as is asked for, and orders for it: two lines each, by seed."""

import random
from copy import copy
from datetime import UTC, datetime

from django.db import transaction

from dom_project.demo.goods import make_skus
from dom_project.demo.network import make_channels, make_nodes
from inventory import capacity, ledger
from inventory.models import Node
from inventory.movements import Movement
from routing import rates, strategies
from routing.models import Strategy
from routing.requests import CustomerRequest, LineRequest, OrderRequest

POSTCODES = ("10012", "19103", "33131", "43217", "60611", "75212", "80202", "85004", "90015", "94103", "98101")
RULES = [
    {"name": "In one parcel", "rank": "cost", "max_parcels": 1, "if_part": "next_rule", "if_none": "next_rule"},
    {"name": "Split", "rank": "cost", "max_parcels": 4, "if_part": "assign", "if_none": "backorder"},
]


def build(*, at: datetime, units: int = 20_000, parcels: int = 30_000, nodes: int = 68) -> list[str]:
    """Make so many nodes that hold `units` of each of 600 SKUs; return the SKUs' codes."""
    make_channels()
    made = make_nodes((at.year, at.year + 1))
    made += Node.objects.bulk_create(_near(made[number % len(made)], number) for number in range(nodes - len(made)))
    skus = make_skus()
    Node.objects.update(daily_capacity=parcels)
    with transaction.atomic():
        levels = ledger.open_levels_many([(node.pk, sku.pk) for node in made for sku in skus])
        movements = [Movement(f"bench:{level}", level, units, at.date()) for level in levels.values()]
        ledger.receive_many(movements, at=at, actor="bench")
    ledger.publish_atp(at=at)
    capacity.open_days(at=at)
    rows = [
        rates.RateRow("fleet", service, zone, grams, factor * (base + 120 * zone), max(1, zone // factor), 90)
        for service, factor in (("ground", 1), ("express", 2))
        for zone in range(6)
        for grams, base in ((1000, 600), (5000, 900), (20_000, 1700))
    ]
    rates.save_card("bench", rows, name="Bench", currency="USD", zone_km=[250, 600, 1200, 2000, 3000], at=at)
    Strategy.objects.create(code="bench", name="Bench")
    rules = [{"enabled": True, "which_orders": [], "which_nodes": []} | rule for rule in RULES]
    version = strategies.save_version(rules, strategy="bench", author="bench", reason="To measure", at=at)
    strategies.activate(version, at=at, actor="bench")
    return [sku.code for sku in skus]


def _near(node: Node, number: int) -> Node:
    """Another node some kilometres from this one."""
    chance, twin = random.Random(number), copy(node)
    twin.pk, twin.code = None, f"{node.code}-{number}"
    twin.name = f"{node.name} {number}"
    twin.latitude = node.latitude + chance.uniform(-0.5, 0.5)
    twin.longitude = node.longitude + chance.uniform(-0.5, 0.5)
    return twin


def requests(codes: list[str], count: int, *, seed: int, at: datetime) -> list[OrderRequest]:
    """Orders of two different SKUs each; popular ones come more often."""
    chance = random.Random(seed)
    weights = [1 / (place + 1) ** 0.7 for place in range(len(codes))]
    found = []
    for number in range(count):
        picked: set[str] = set()
        while len(picked) < 2:
            picked |= set(chance.choices(codes, weights))
        lines = [LineRequest(sku=code, quantity=chance.choice((1, 1, 1, 2)), unit_price=1990) for code in picked]
        customer = CustomerRequest(name="Ada Field", postcode=chance.choice(POSTCODES), email=f"a{number}@example.org")
        ref = f"{seed}-{number}"
        found.append(OrderRequest(channel="web", order_ref=ref, placed_at=at, lines=lines, customer=customer))
    return found


def now() -> datetime:
    return datetime.now(UTC)
