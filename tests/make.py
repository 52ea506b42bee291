"""Plain makers of rows with sensible defaults. Each returns what it made."""

import itertools
from datetime import UTC, datetime, time
from typing import Any

from dom_project.accounts.models import Role, User
from inventory import ledger
from inventory.models import Category, Channel, Node, NodeAccess, NodeGroup, SafetyRule, Sku, StockLevel
from inventory.movements import Movement
from routing import pending, rates, strategies
from routing.models import Order, OrderLine, RateCard, Strategy, StrategyVersion
from routing.requests import CustomerRequest, LineRequest, OrderRequest

MADE_AT = datetime(2026, 11, 1, 6, tzinfo=UTC)

_number = itertools.count(1)


def channel(code: str = "web", **fields: Any) -> Channel:
    defaults = {"name": code.title(), "currency": "USD", "time_zone": "America/Chicago"}
    return Channel.objects.get_or_create(code=code, defaults=defaults | fields)[0]


def group(code: str = "west") -> NodeGroup:
    return NodeGroup.objects.get_or_create(code=code, defaults={"name": code.title()})[0]


def node(code: str = "", **fields: Any) -> Node:
    """A DC in Reno that is open all days, sends 100 parcels a day until 15:00 and offers pickup too."""
    code = code or f"NODE-{next(_number)}"
    defaults: dict[str, Any] = {
        "name": code.title(),
        "kind": Node.Kind.DC,
        "city": "Reno",
        "region": "NV",
        "postcode": "89502",
        "latitude": 39.52,
        "longitude": -119.81,
        "time_zone": "America/Los_Angeles",
        "hours": {str(day): ["08:00", "20:00"] for day in range(7)},
        "cut_off": time(15),
        "daily_capacity": 100,
        "abilities": ["ship", "pickup"],
        "shipment_cost": 150,
        "unit_cost": 40,
    }
    return Node.objects.create(code=code, **(defaults | fields))


def category(code: str = "kitchen") -> Category:
    return Category.objects.get_or_create(code=code, defaults={"name": code.title()})[0]


def sku(code: str = "", **fields: Any) -> Sku:
    code = code or f"SKU-{next(_number)}"
    defaults: dict[str, Any] = {
        "name": code.title(),
        "category": category(),
        "weight_grams": 400,
        "price": 1990,
        "cost": 700,
    }
    return Sku.objects.create(code=code, **(defaults | fields))


def user(role: str = Role.OPERATIONS_MANAGER, *, nodes: tuple[Node, ...] = (), **fields: Any) -> User:
    made = User.objects.create_user(username=fields.pop("username", f"person-{next(_number)}"), role=role, **fields)
    NodeAccess.objects.bulk_create([NodeAccess(user=made, node=at) for at in nodes])
    return made


def stock(node: Node, sku: Sku, on_hand: int = 10) -> StockLevel:
    """The level of this SKU at this node after it received so many units through the ledger."""
    level_id = ledger.open_levels_many([(node.pk, sku.pk)])[node.pk, sku.pk]
    if on_hand:
        came = Movement(f"make:{next(_number)}", level_id, on_hand, MADE_AT.date())
        ledger.receive_many([came], at=MADE_AT, actor="make")
    return StockLevel.objects.get(pk=level_id)


def level(on_hand: int = 10, *, keep: int = 0) -> StockLevel:
    """A level of a new SKU at a new node; `keep` units are its safety stock."""
    at, of = node(), sku()
    if keep:
        SafetyRule.objects.create(sku=of, node=at, units=keep, created_at=MADE_AT, created_by="make")
    return stock(at, of, on_hand)


def rate_card(code: str = "standard", **fields: Any) -> RateCard:
    """Two services of one carrier over three zones: ground in 2, 3, 5 days, express in 1, 1, 2 at twice the price."""
    defaults: dict[str, Any] = {"name": code.title(), "currency": "USD", "zone_km": [300, 1500]}
    rows = fields.pop("rows", None) or [
        rates.RateRow("fleet", service, zone, grams, factor * (base + 150 * zone), days[zone], factor * 60)
        for service, factor, days in (("ground", 1, (2, 3, 5)), ("express", 2, (1, 1, 2)))
        for zone in range(3)
        for grams, base in ((1000, 600), (5000, 900), (20000, 1500))
    ]
    at = fields.pop("at", datetime(2026, 11, 1, tzinfo=UTC))
    return rates.save_card(code, rows, at=at, **(defaults | fields))


def rule(name: str = "Everything", **parts: Any) -> dict[str, Any]:
    """A rule for every order over every node: by cost, at most two parcels, a part is assigned."""
    defaults = {"enabled": True, "which_orders": [], "which_nodes": [], "rank": "cost", "max_parcels": 2}
    ends = {"split_lines": True, "if_part": "assign", "if_none": "backorder"}
    return {"name": name, **defaults, **ends, **parts}


def strategy(*rules_: dict[str, Any], code: str = "main", at: datetime = MADE_AT) -> StrategyVersion:
    """A strategy whose version with these rules (one for everything without any) is live."""
    Strategy.objects.get_or_create(code=code, defaults={"name": code.title()})
    rules = list(rules_) or [rule()]
    saved = strategies.save_version(rules, strategy=code, author="user:1", reason="Made for a test", at=at)
    strategies.activate(saved, at=at, actor="user:1")
    return saved


def request(ref: str = "", *, lines: dict[str, int] | list[LineRequest] | None = None, **fields: Any) -> OrderRequest:
    """What the web channel sends for two mugs to Sacramento. `lines` maps SKU codes to units; nothing is made."""
    wanted = lines or {"MUG": 2}
    if isinstance(wanted, dict):
        wanted = [LineRequest(sku=code, quantity=units, unit_price=1990) for code, units in wanted.items()]
    defaults: dict[str, Any] = {
        "channel": "web",
        "order_ref": ref or f"O-{next(_number)}",
        "placed_at": datetime(2026, 11, 10, 15, tzinfo=UTC),
        "lines": wanted,
        "customer": CustomerRequest(name="Ada Field", postcode="95814", city="Sacramento"),
    }
    return OrderRequest(**(defaults | fields))


def order(ref: str = "", *, lines: dict[str, int] | None = None, due: bool = True, **fields: Any) -> Order:
    """An order of two mugs for Sacramento, placed on the Tuesday of the clock, promised for the Friday; to be sourced.

    `lines` maps SKU codes to units; a code that is not there yet is made. `due=False` leaves its pending row out.
    """
    ref = ref or f"O-{next(_number)}"
    placed_at = fields.pop("placed_at", datetime(2026, 11, 10, 15, tzinfo=UTC))
    promise_at = fields.pop("promise_at", datetime(2026, 11, 14, 8, tzinfo=UTC))
    defaults: dict[str, Any] = {
        "channel": fields.pop("channel", None) or channel(),
        "order_ref": ref,
        "body_hash": ref,
        "day": placed_at.date(),
        "currency": "USD",
        "placed_at": placed_at,
        "accepted_at": placed_at,
        "first_promise_at": promise_at,
        "promise_at": promise_at,
        "promise_source": Order.PromiseSource.CHANNEL,
        "ship_to_region": "CA",
        "ship_to_postcode": "95814",
        "ship_to_latitude": 38.58,
        "ship_to_longitude": -121.49,
        "ship_to_time_zone": "America/Los_Angeles",
    }
    wanted = lines or {"MUG": 2}
    skus = {code: Sku.objects.filter(code=code).first() or sku(code) for code in wanted}
    value = sum(skus[code].price * units for code, units in wanted.items())
    made = Order.objects.create(ref=ref, **(defaults | {"value": value} | fields))
    OrderLine.objects.bulk_create(
        OrderLine(
            order=made,
            position=position,
            line_ref=str(position),
            sku=skus[code],
            unit_price=skus[code].price,
            ordered=units,
            pending=units,
        )
        for position, (code, units) in enumerate(wanted.items(), start=1)
    )
    if due:
        pending.add([made.id], at=placed_at)
    return made
