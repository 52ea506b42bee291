"""An evening after the cut-offs: what is routed now leaves tomorrow, so it is kept in hand until then."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dom_project.lib import db
from inventory import ledger
from inventory.models import Node, Sku, StockLevel
from inventory.movements import Movement
from routing.models import Allocation, Order
from tests import make

EVENING = datetime(2026, 11, 11, 1, tzinfo=UTC)  # 17:00 in Reno, 18:00 in Denver
LATER = EVENING + timedelta(minutes=5)
MORNING = datetime(2026, 11, 11, 8, tzinfo=UTC)  # midnight in Reno, 1:00 in Denver


def receive(node: Node, code: str, units: int, *, at: datetime = LATER) -> None:
    """Goods arrive at the node."""
    sku_id = Sku.objects.get(code=code).id
    level_id = ledger.open_levels_many([(node.id, sku_id)])[node.id, sku_id]
    ledger.receive_many([Movement(f"came:{node.code}:{code}:{at}", level_id, units, at.date())], at=at, actor="demo")


def lose(code: str, units: int, *, of: str, at: datetime = LATER) -> None:
    """A node finds that it has so many units less."""
    level = StockLevel.objects.get(node__code=of, sku__code=code)
    lost = Movement(f"lost:{of}:{code}:{at}", level.id, -units, at.date(), "loss")
    ledger.adjust_many([lost], at=at, actor="user:1")


def mug_from_denver(route: Callable[..., object]) -> Order:
    """An order that Denver holds, for which Reno has ten mugs again: its parcel is 1.50 cheaper from there."""
    lose("MUG", 10, of="RENO", at=EVENING)
    order = make.order("MUGS", lines={"MUG": 1}, placed_at=EVENING, promise_at=EVENING + timedelta(days=9))
    route(at=EVENING)
    receive(Node.objects.get(code="RENO"), "MUG", 10, at=EVENING)
    return order


def nodes_of(order: Order) -> list[tuple[str, int]]:
    """Where the order's open units are."""
    return sorted(Allocation.objects.filter(order=order, state="open").values_list("node__code", "quantity"))


def everything() -> dict[str, list[str]]:
    """Every row that an exchange could write, to say that nothing changed."""
    tables = [
        "routing_allocation", "routing_planparcel", "routing_order", "routing_orderline", "routing_orderevent",
        "routing_outbox", "routing_pending", "routing_decision", "routing_problem", "inventory_stocklevel",
        "inventory_ledgerentry", "inventory_nodeday",
    ]  # fmt: skip
    return {table: sorted(map(str, db.rows(f"SELECT t::text FROM {table} t"))) for table in tables}
