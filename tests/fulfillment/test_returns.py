import pytest

from dom_project.lib.api_errors import BadInput, NotFound, Refused
from fulfillment import returns
from fulfillment.models import Return, Shipment
from fulfillment.returns import Back, Taken
from inventory.models import LedgerEntry
from routing.models import OrderEvent, OrderLine, Outbox
from tests import make
from tests.races import run_at_once

from .sold import AT, everything, figures, packed, shipped, sound, stock

pytestmark = pytest.mark.django_db
CLERK = "user:3"


@pytest.fixture
def reno():
    node = make.node("RENO")
    stock(node, MUG=10, TRAY=10)
    return node


def test_returned_units_can_be_sold_again_where_they_came_back(reno):
    order = shipped(reno, lines={"MUG": 3}).order
    shop = make.node("SHOP")
    taken = returns.take_back(order.ref, "1", 2, key="r1", node="SHOP", reason="too small", at=AT, actor=CLERK)
    assert taken == Taken("r1", repeated=False)
    assert figures(shop) == (2, 0, 0)
    assert figures(reno) == (7, 0, 0)
    line = OrderLine.objects.get()
    assert (line.shipped, line.returned) == (3, 2)
    entry = LedgerEntry.objects.get(verb="take_back")
    assert (entry.key, entry.day, entry.on_hand) == ("take_back:r1", order.day, 2)
    kept = Return.objects.get()
    assert (kept.node, kept.quantity, kept.disposition, kept.reason) == (shop, 2, "restock", "too small")
    assert Outbox.objects.get(topic="order.returned").payload["data"] == {
        "lines": [
            {
                "line_ref": "1",
                "sku": "MUG",
                "units": 2,
                "node": "SHOP",
                "disposition": "restock",
                "reason": "too small",
            }
        ],
        "movements": [{"key": "take_back:r1", "node": "SHOP", "sku": "MUG", "units": 2}],
    }
    assert Shipment.objects.get().state == "shipped"
    assert sound()


def test_scrap_comes_back_to_no_stock(reno):
    order = shipped(reno).order
    returns.take_back(order.ref, "1", 2, key="r1", node="RENO", disposition="scrap", at=AT, actor=CLERK)
    assert figures(reno) == (8, 0, 0)
    assert OrderEvent.objects.latest("seq").data["movements"] == []
    assert Shipment.objects.get().state == "returned"
    assert sound()


def test_the_same_return_twice_is_one(reno):
    order = shipped(reno).order
    back = Back("r1", order.ref, "1", 1, "RENO")
    assert returns.take_back_many([back, back], at=AT, actor=CLERK) == [Taken("r1", False), Taken("r1", True)]
    before = everything()
    assert returns.take_back_many([back], at=AT, actor=CLERK) == [Taken("r1", True)]
    assert everything() == before
    with pytest.raises(Refused) as refused:
        returns.take_back_many([back._replace(quantity=2)], at=AT, actor=CLERK)
    assert (refused.value.code, refused.value.status, refused.value.field) == ("other_body", 422, "key")
    assert everything() == before


@pytest.mark.parametrize(
    ("case", "change", "error", "code"),
    [
        ("more than was shipped", {"quantity": 3}, Refused, "more_than_shipped"),
        ("nothing", {"quantity": 0}, BadInput, "too_small"),
        ("a thousand million", {"quantity": 10**9}, BadInput, "too_large"),
        ("no such order", {"order_ref": "NOPE"}, NotFound, "unknown_order"),
        ("no such line", {"line_ref": "9"}, BadInput, "unknown_line"),
        ("no such node", {"node": "MOON"}, BadInput, "unknown_node"),
        ("no such disposition", {"disposition": "eaten"}, BadInput, "unknown_disposition"),
        ("no key", {"key": ""}, BadInput, "bad_text"),
    ],
)
def test_a_return_that_can_not_be_changes_nothing(reno, case, change, error, code):
    order = shipped(reno).order
    good, bad = Back("r1", order.ref, "1", 1, "RENO"), Back("r2", order.ref, "1", 2, "RENO")
    before = everything()
    with pytest.raises(error) as refused:
        returns.take_back_many([good, bad._replace(**{"quantity": 1} | change)], at=AT, actor=CLERK)
    assert (refused.value.code, refused.value.row) == (code, 1)
    assert everything() == before


def test_what_never_left_can_not_come_back(reno):
    order = packed(reno).order
    with pytest.raises(Refused, match="more_than_shipped"):
        returns.take_back(order.ref, "1", 1, key="r1", node="RENO", at=AT, actor=CLERK)


@pytest.mark.django_db(transaction=True)
def test_one_key_for_two_orders_at_once_is_one_return(reno):
    orders = [shipped(reno, number=number).order for number in ("TRK1", "TRK2")]

    def take(number: int) -> str:
        try:
            returns.take_back(orders[number].ref, "1", 1, key="r1", node="RENO", at=AT, actor=CLERK)
        except Refused as refused:
            return refused.code
        return "taken"

    assert sorted(run_at_once(2, take)) == ["other_body", "taken"]
    assert Return.objects.count() == 1
    assert figures(reno) == (7, 0, 0)
    assert sound()
