import pytest

from dom_project.lib import db
from fulfillment import invariants, orders, returns
from tests import make

from .sold import AT, on_the_floor, packed, shipped, stock

pytestmark = pytest.mark.django_db
SHIPMENT, LINE, ORDER_LINE = "fulfillment_shipment", "fulfillment_shipmentline", "routing_orderline"


@pytest.fixture
def books():
    """A floor in full swing: to pick, packed, put back, shipped, returned."""
    reno = make.node("RENO")
    stock(reno, MUG=20)
    on_the_floor(reno)
    packed(reno)
    orders.cancel(packed(reno).order.ref, at=AT, actor="user:3")
    returns.take_back(shipped(reno).order.ref, "1", 1, key="r", node="RENO", at=AT, actor="user:3")
    assert invariants.broken_rows() == []


@pytest.mark.parametrize(
    ("case", "fault", "told"),
    [
        ("a line lost", f"DELETE FROM {LINE} WHERE shipment_id = (SELECT min(id) FROM {SHIPMENT})", "on no shipment"),
        (
            "closed by hand",
            f"UPDATE {LINE} SET closed_at = now(), close_reason = 'cancelled'",
            "is closed (cancelled)",
        ),
        ("another quantity", f"UPDATE {LINE} SET quantity = quantity + 1", "quantity 3, allocation 2 (open), open"),
        ("packed unpicked", f"UPDATE {LINE} SET picked = 0", "is packed with 1 open, 1 unpicked"),
        ("set back", f"UPDATE {SHIPMENT} SET state = 'to_pick' WHERE state = 'shipped'", "is to_pick with 0 open"),
        (
            "delivered by hand",
            f"UPDATE {ORDER_LINE} SET delivered = 1 WHERE shipped = 2",
            "delivered 1, returned 1;",
        ),
        ("put back twice", "UPDATE fulfillment_task SET quantity = 1", "to put back 1, its allocation has 2"),
    ],
)
def test_a_planted_fault_is_found(books, case, fault, told):
    assert db.execute(fault) > 0
    found = invariants.broken_rows()
    assert any(told in str(row) for row in found), [str(row) for row in found]
