"""Juniper & Finch as it stands before its first order: masters, people, stock, rules, rates, targets, connections."""

import os
from datetime import date, datetime
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from dom_project.accounts import tokens
from dom_project.accounts.models import ApiToken, Role, User
from inventory import capacity, ledger, safety
from inventory.models import Category, Connection, FeedScope, Node, NodeAccess, NodeGroup, Sku
from inventory.movements import Movement
from kpis.models import Target
from routing import strategies
from routing.models import Strategy, StrategyVersion, Subscriber

from . import RETAILER, chance
from .goods import make_skus
from .network import make_channels, make_nodes
from .rates import publish_rates
from .strategy import default_rules, opening_rules

PEOPLE = (
    # log-in, name, role, where
    ("manager", "Maya Lindqvist", Role.OPERATIONS_MANAGER, ()),
    ("picker", "Sam Okafor", Role.STORE_ASSOCIATE, ("CHICAGO",)),
    ("executive", "Elena Falk", Role.EXECUTIVE, ()),
    ("service", "Chris Winslow", Role.CUSTOMER_SERVICE, ()),
    ("admin", "Ada Moreau", Role.ADMINISTRATOR, ()),
    ("shop", "Web shop", Role.INTEGRATION, ()),
)
DC_UNITS, STORE_SHARE = 60, 0.42
LEAST = 3  # units that a shelf is thinned to; fewer could not be collected
# What sells well and comes late from its supplier: so scarce that later orders lack what earlier ones take.
SCARCE, SCARCE_PULL, SCARCE_NODES = 0.06, 1.2, 0.35
TARGETS = {
    "cost_per_order": Decimal("1475"),
    "on_time": Decimal("0.92"),
    "stock_out_rate": Decimal("0.02"),
    "csat": Decimal("0.85"),
    "order_to_ship_p50": Decimal("1200"),
}


def make_people(*, at: datetime) -> None:
    password = make_password(os.environ.get("DEMO_PASSWORD", "fairlead-demo"))
    for username, name, role, nodes in PEOPLE:
        first, _space, last = name.partition(" ")
        admin = role == Role.ADMINISTRATOR
        user, _made = User.objects.update_or_create(
            username=username,
            defaults={
                "first_name": first,
                "last_name": last,
                "role": role,
                "password": password,
                "is_staff": admin,
                "is_superuser": admin,
            },
        )
        for node in Node.objects.filter(code__in=nodes):
            NodeAccess.objects.get_or_create(user=user, node=node)
    key = os.environ.get("DEMO_API_TOKEN", "")
    if key and not ApiToken.objects.filter(digest=tokens.digest(key)).exists():
        tokens.make(User.objects.get(username="shop"), name="Demo shop", key=key, at=at)


def make_stock(nodes: list[Node], skus: list[Sku], *, at: datetime, share: float = 1) -> int:
    """Fill the shelves: DCs deep, stores and dark stores a few of what sells. Returns the number of levels.

    `share`: of what the demo usually has.
    """
    from .demand import Market

    running = Market.load().popularity
    weight = {code: running[i] - (running[i - 1] if i else 0) for i, (code, _price) in enumerate(Market.load().skus)}
    usual = sum(weight.values()) / len(weight)
    wanted: list[tuple[int, int, int]] = []
    for node in nodes:
        for sku in skus:
            if not set(sku.handling_classes) <= set(node.handling_classes):
                continue
            luck, pull = chance.of("stock", node.code, sku.code), weight[sku.code] / usual
            if pull > SCARCE_PULL and chance.share("scarce", sku.code) < SCARCE:
                units = luck.randint(1, 4 if node.kind == Node.Kind.DC else 2) if luck.random() < SCARCE_NODES else 0
            elif node.kind == Node.Kind.DC:
                units = round(DC_UNITS * pull**0.9 * luck.uniform(0.3, 1.5)) if luck.random() < 0.96 else 0
            else:
                units = (
                    luck.randint(2, 5 + round(3 * pull))
                    if luck.random() < STORE_SHARE * min(1.6, 0.5 + pull / 2)
                    else 0
                )
            if units:
                wanted.append((node.pk, sku.pk, max(round(units * share), min(units, LEAST))))
    levels = ledger.open_levels_many([(node, sku) for node, sku, _ in wanted])
    movements = [
        Movement(key=f"opening:{node}:{sku}", level_id=levels[node, sku], units=units, day=at.date())
        for node, sku, units in wanted
    ]
    for start in range(0, len(movements), 5_000):
        ledger.receive_many(movements[start : start + 5_000], at=at, actor="demo")
    return len(levels)


def make_rules(*, at: datetime) -> None:
    manager = User.objects.get(username="manager").actor
    strategy = Strategy.objects.get_or_create(code="main", defaults={"name": "Main"})[0]
    version = strategies.save_version(
        opening_rules(), strategy=strategy, author=manager, reason="Opening rules", at=at
    )
    strategies.activate(version, at=at, actor=manager, reason="Opening rules")
    electronics = Category.objects.get(code="electronics")
    for units, category, group in (
        (1, None, None),
        (2, electronics, None),
        (0, None, NodeGroup.objects.get(code="central")),
    ):
        safety.add_rule(units=units, category=category, group=group, at=at, actor=manager)


def change_rules(*, at: datetime) -> None:
    """The manager's second version, live at once, so that the KPIs show what a change does. Once only."""
    first = strategies.live_version()
    if first is None or StrategyVersion.objects.filter(strategy__code="main").count() > 1:
        return
    manager = User.objects.get(username="manager").actor
    today = {rule["name"]: rule for rule in default_rules()}
    rules = [today[rule["name"]] | {"ref": rule["ref"]} for rule in strategies.rules_of(first)]
    reason = "Freight has become dearer: let cost decide, not distance"
    version = strategies.save_version(rules, strategy="main", author=manager, reason=reason, at=at, based_on=first)
    strategies.activate(version, at=at, actor=manager, reason=reason)


def price_scarcity(*, at: datetime) -> None:
    """The manager's third version, live at once: scarce goods go where later orders will miss them least."""
    live = strategies.live_version()
    if live is None or live.weighing.scarcity_prices:
        return
    manager = User.objects.get(username="manager").actor
    reason = "Keep the last units of what sells well for those who are near them"
    version = strategies.save_version(
        strategies.rules_of(live),
        strategy="main",
        author=manager,
        reason=reason,
        at=at,
        based_on=live,
        weighing=live.weighing.turned("scarcity_prices"),
    )
    strategies.activate(version, at=at, actor=manager, reason=reason)


def connect(*, at: datetime) -> None:
    """Point the ERP's connection and the webhook at where the ERP listens today."""
    address = os.environ.get("DEMO_ERP_URL", "")
    if not address:
        return
    connection, _made = Connection.objects.update_or_create(
        ref="erp",
        defaults={
            "name": "Ledgerstone ERP and tills",
            "address": address,
            "token": os.environ["DEMO_ERP_TOKEN"],
            "schedule_seconds": 10,
        },
    )
    known = set(FeedScope.objects.values_list("node_id", flat=True))
    FeedScope.objects.bulk_create(
        FeedScope(node=node, connection=connection, source_ref=node.code, observed_at=at)
        for node in Node.objects.order_by("code")
        if node.pk not in known
    )
    Subscriber.objects.update_or_create(
        ref="erp",
        defaults={
            "name": "Ledgerstone ERP",
            "url": f"{address}/fairlead",
            "secret": os.environ["DEMO_WEBHOOK_SECRET"],
            "active": True,
        },
    )


def is_connected() -> bool:
    """Whether the shop was once opened and its history played to the end: connecting it comes last."""
    return Connection.objects.filter(ref="erp").exists()


def open_shop(*, at: datetime, years: tuple[int, ...], stock: float = 1) -> None:
    """Everything before the first order, with this share of the usual stock. Call once, on an empty database."""
    make_channels()
    nodes, skus = make_nodes(years), make_skus()
    publish_rates(at=at)
    make_people(at=at)
    capacity.open_days(at=at)
    make_stock(nodes, skus, at=at, share=stock)
    make_rules(at=at)
    for metric, value in TARGETS.items():
        Target.objects.get_or_create(metric=metric, from_date=date(2026, 1, 1), defaults={"value": value})


__all__ = ["RETAILER", "change_rules", "connect", "make_people", "open_shop", "price_scarcity"]
