"""Orders by the thousand for two nodes, and what must be true once workers have had them."""

from datetime import datetime

from django.db.models import Sum

from inventory import capacity
from inventory.models import Node
from routing import intake, sourcing
from routing.models import Allocation, Decision, Order, OrderEvent, Pending
from routing.sourcing import Sourced
from tests import make


def shop(clock: datetime, *codes: str, parcels: int) -> list[Node]:
    """Nodes with 20,000 mugs and 20,000 lamps each, which send so many parcels a day."""
    make.channel()
    make.strategy()
    make.rate_card()
    nodes = [make.node(code, daily_capacity=parcels) for code in codes]
    for code in ("MUG", "LAMP"):
        sku = make.sku(code)
        for node in nodes:
            make.stock(node, sku, 20_000)
    capacity.open_days(at=clock)
    return nodes


def accept(count: int, at: datetime) -> None:
    """So many orders of a mug and a lamp, due at once."""
    wanted = [make.request(f"O-{number}", lines={"MUG": 1, "LAMP": 1}) for number in range(count)]
    for start in range(0, count, 1000):
        intake.accept_orders(wanted[start : start + 1000], at=at, actor="token:1")


def drain(at: datetime, owner: str, limit: int) -> Sourced:
    done = Sourced()
    while (more := sourcing.source_due(at=at, owner=owner, limit=limit)).claimed:
        done += more
    return done


def all_routed_once(count: int) -> None:
    assert Order.objects.filter(state="routed").count() == count
    assert OrderEvent.objects.filter(kind="routed").count() == count
    assert Decision.objects.count() == count
    assert Allocation.objects.aggregate(units=Sum("quantity"))["units"] == 2 * count
    assert not Pending.objects.exists()
