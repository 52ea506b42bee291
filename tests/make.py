"""Plain makers of rows with sensible defaults. Each returns what it made."""

import itertools
from datetime import time
from typing import Any

from dom_project.accounts.models import Role, User
from inventory.models import Category, Channel, Node, NodeAccess, NodeGroup, Sku

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
