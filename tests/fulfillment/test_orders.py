import pytest

from dom_project.lib.api_errors import BadInput, NotFound, Refused
from fulfillment import orders, shipments
from fulfillment.models import Shipment, Task
from fulfillment.orders import LineOutcome, cancel
from fulfillment.states import IllegalMove
from inventory.models import NodeDay
from routing.models import Order, OrderEvent, OrderLine, Pending
from tests import make

from .sold import AT, allocate, everything, figures, on_the_floor, packed, picked, shipped, sold, sound, stock

pytestmark = pytest.mark.django_db
CLERK = "user:3"


@pytest.fixture
def reno():
    node = make.node("RENO")
    stock(node, MUG=10, TRAY=10)
    return node


@pytest.fixture(autouse=True)
def books():
    yield
    assert sound()


def the_order():
    return Order.objects.get()


def last_event():
    event = OrderEvent.objects.latest("seq")
    return event.kind, event.data


def taken_slots():
    return sum(NodeDay.objects.values_list("taken", flat=True))


def test_an_order_that_waits_is_cancelled_at_once():
    order = make.order(lines={"MUG": 2})
    done = cancel(order.ref, at=AT, actor=CLERK)
    assert done.changed
    assert done.whole
    assert done.lines == [LineOutcome("1", "MUG", 2, 2, 0, 0)]
    assert the_order().state == "cancelled"
    assert not Pending.objects.exists()
    assert last_event() == ("cancelled", {"lines": [{"line_ref": "1", "sku": "MUG", "units": 2, "put_back": 0}]})


@pytest.mark.parametrize("stage", [sold, on_the_floor, picked])
def test_what_is_not_packed_is_free_at_once(reno, stage):
    stage(reno)
    assert cancel(the_order().ref, at=AT, actor=CLERK).whole
    assert figures(reno) == (10, 0, 0)
    assert taken_slots() == 0
    assert the_order().state == "cancelled"
    assert list(Shipment.objects.values_list("state", "cancel_reason")) in ([], [("cancelled", "cancelled")])
    assert not Task.objects.exists()


@pytest.mark.parametrize("stage", [on_the_floor, picked])
def test_the_picker_meets_a_stop_sign(reno, stage):
    shipment = stage(reno)
    line = shipment.lines.get()
    cancel(the_order().ref, at=AT, actor=CLERK)
    line.refresh_from_db()
    assert (line.close_reason, line.closed_at) == ("cancelled", AT)
    with pytest.raises(Refused, match="line_closed"):
        shipments.pick_many([(line.id, 2)], at=AT, actor="user:7")


@pytest.mark.parametrize("ready", [False, True])
def test_what_is_packed_is_put_back_first(reno, ready):
    shipment = packed(reno, method="pickup", pickup_node=reno)
    if ready:
        shipments.make_ready_many([shipment.id], at=AT, actor="user:7")
    done = cancel(the_order().ref, at=AT, actor=CLERK)
    assert done.lines == [LineOutcome("1", "MUG", 2, 0, 2, 0)]
    assert not done.whole
    assert figures(reno) == (10, 2, 0)
    shipment.refresh_from_db()
    assert shipment.state == "cancelled"
    with pytest.raises(IllegalMove):
        shipments.hand_over_many([shipment.id], at=AT, actor="user:7")
    task = Task.objects.get()
    assert (task.kind, task.node, task.quantity, task.done_at) == ("put_back", reno, 2, None)

    assert orders.put_back_done([task.id], at=AT, actor="user:7") == [task.id]
    assert figures(reno) == (10, 0, 0)
    assert the_order().state == "cancelled"
    assert last_event()[0] == "put_back"
    before = everything()
    assert orders.put_back_done([task.id], at=AT, actor="user:7") == []
    assert everything() == before


def test_what_has_left_stays_as_it_is(reno):
    shipped(reno)
    before = everything()
    with pytest.raises(Refused) as refused:
        cancel(the_order().ref, at=AT, actor=CLERK)
    assert (refused.value.code, refused.value.params["lines"]) == ("already_shipped", ["1"])
    assert everything() == before


def test_cancelling_again_changes_nothing(reno):
    packed(reno)
    first = cancel(the_order().ref, at=AT, actor=CLERK)
    before = everything()
    again = cancel(the_order().ref, at=AT, actor=CLERK)
    assert not again.changed
    assert again.lines == first.lines
    assert everything() == before


def test_one_line_is_cancelled_and_the_others_go_on(reno):
    shipment = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1})
    done = cancel(the_order().ref, line_refs=["2"], at=AT, actor=CLERK)
    assert done.lines == [LineOutcome("2", "TRAY", 1, 1, 0, 0)]
    assert (figures(reno), figures(reno, "TRAY")) == ((10, 2, 0), (10, 0, 0))
    assert taken_slots() == 1
    shipments.pick_whole_many([shipment.id], at=AT, actor="user:7")
    shipments.pack_many([shipment.id], at=AT, actor="user:7")
    shipments.ship_many([(shipment.id, "TRK1")], at=AT, actor="user:7")
    assert the_order().state == "shipped"
    assert Shipment.objects.get().handling_cost == 150 + 2 * 40


def test_one_line_of_a_packed_box_is_taken_out_and_the_box_leaves(reno):
    shipment = packed(reno, lines={"MUG": 2, "TRAY": 1})
    cancel(the_order().ref, line_refs=["2"], at=AT, actor=CLERK)
    shipments.ship_many([(shipment.id, "TRK1")], at=AT, actor="user:7")
    assert figures(reno, "TRAY") == (10, 1, 0)
    assert the_order().state == "partly_shipped"
    orders.put_back_done([Task.objects.get().id], at=AT, actor="user:7")
    assert figures(reno, "TRAY") == (10, 0, 0)
    assert the_order().state == "shipped"


def test_each_unit_is_cancelled_where_it_is(reno):
    denver = make.node("DENVER")
    stock(denver, MUG=10)
    order = make.order(lines={"MUG": 9})
    allocate(order, reno, {"MUG": 2})
    shipments.dispatch_due(at=AT, actor="engine")
    gone = Shipment.objects.get()
    shipments.pick_whole_many([gone.id], at=AT, actor="user:7")
    shipments.pack_many([gone.id], at=AT, actor="user:7")
    shipments.ship_many([(gone.id, "TRK1")], at=AT, actor="user:7")
    allocate(order, denver, {"MUG": 3})
    shipments.dispatch_due(at=AT, actor="engine")
    allocate(order, reno, {"MUG": 1})
    done = cancel(order.ref, at=AT, actor=CLERK)
    assert done.lines == [LineOutcome("1", "MUG", 9, 7, 0, 2)]
    assert figures(denver) == (10, 0, 0)
    assert figures(reno) == (8, 0, 0)
    assert the_order().state == "shipped"
    line = OrderLine.objects.get()
    assert (line.pending, line.allocated, line.shipped, line.cancelled) == (0, 0, 2, 7)


def test_unknown_orders_and_lines_are_named(reno):
    on_the_floor(reno)
    before = everything()
    with pytest.raises(NotFound, match="unknown_order"):
        cancel("NOPE", at=AT, actor=CLERK)
    for lines, code in (["1", "9"], "unknown_line"), ([], "no_lines"):
        with pytest.raises(BadInput, match=code):
            cancel(the_order().ref, line_refs=lines, at=AT, actor=CLERK)
    with pytest.raises(NotFound, match="unknown_task"):
        orders.put_back_done([10**9], at=AT, actor=CLERK)
    assert everything() == before
