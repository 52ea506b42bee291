"""Plans made anew until the floor gets them. Reno is near the customer, Denver far; it is after the cut-offs."""

from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded

import inventory.invariants
import routing.invariants
from inventory import capacity
from inventory.models import Node, NodeDay, StockLevel
from routing import exchange, history, in_hand
from routing import reoptimise as replanning
from routing.models import Allocation, Decision, Order, OrderEvent, OrderLine, Reoptimisation
from routing.reoptimise import Reoptimised, reoptimise
from tests import make

from .evening import EVENING, LATER, everything, lose, mug_from_denver, nodes_of, receive


@pytest.fixture(autouse=True)
def _books_are_sound(db):
    yield
    assert routing.invariants.broken_rows() + inventory.invariants.broken_rows() == []


@pytest.fixture
def clock_from_denver(network, route):
    """An order of one clock, which Denver alone keeps: from there it costs 13.40 and arrives on Friday."""
    order = make.order("FAR", lines={"CLOCK": 1}, placed_at=EVENING)
    route(at=EVENING)
    assert nodes_of(order) == [("DENVER", 1)]
    return order


def again(at=LATER, **more):
    return reoptimise(at=at, actor="engine", **more)


def taken(code: str) -> dict[str, int]:
    return dict(NodeDay.objects.filter(node__code=code, taken__gt=0).values_list("ship_date", "taken"))


def test_an_order_moves_to_the_near_node_once_it_has_the_stock(clock_from_denver, network):
    receive(network["RENO"], "CLOCK", 5)
    done = again()
    assert done == Reoptimised(considered=1, moved=1, saved={"USD": 900})
    assert nodes_of(clock_from_denver) == [("RENO", 1)]
    levels = dict(StockLevel.objects.filter(sku__code="CLOCK").values_list("node__code", "allocated"))
    assert levels == {"RENO": 1, "DENVER": 0}
    assert (sum(taken("RENO").values()), sum(taken("DENVER").values())) == (1, 0)
    line = OrderLine.objects.get(order=clock_from_denver)
    assert (line.ordered, line.allocated, line.pending) == (1, 1, 0)


def test_a_move_is_told_and_its_decision_kept(clock_from_denver, network):
    before = Order.objects.get(pk=clock_from_denver.pk)
    receive(network["RENO"], "CLOCK", 5)
    again()
    event = OrderEvent.objects.get(order=clock_from_denver, kind="replanned")
    assert event.data["from"] == ["DENVER"]
    assert [parcel["node"] for parcel in event.data["parcels"]] == ["RENO"]
    assert (event.data["saved"], event.data["currency"], event.data["look"]) == (900, "USD", 2)
    first, second = Decision.objects.filter(order_id=clock_from_denver.pk).order_by("id")
    assert (first.look, second.look) == (1, 2)
    assert first.invoice - second.invoice == 900
    assert second.facts["replaced"]["from"] == ["DENVER"]
    after = Order.objects.get(pk=clock_from_denver.pk)
    assert (after.promise_at, after.state, after.routed_at) == (before.promise_at, before.state, before.routed_at)
    run = Reoptimisation.objects.get()
    assert (run.considered, run.moved, run.refused, run.saved, run.currency) == (1, 1, 0, 900, "USD")


def test_the_same_run_told_twice_moves_once(clock_from_denver, network):
    receive(network["RENO"], "CLOCK", 5)
    again()
    rows = everything()
    assert again() == Reoptimised(considered=1, stayed={"best": 1})
    assert everything() == rows


def test_inertia_keeps_an_order_where_less_is_saved(network, route):
    order = mug_from_denver(route)
    dearer(network["RENO"], 126)
    rows = everything()
    assert again() == Reoptimised(considered=1, stayed={"best": 1})
    assert everything() == rows
    dearer(network["RENO"], 125)
    assert again() == Reoptimised(considered=1, moved=1, saved={"USD": 25})
    assert nodes_of(order) == [("RENO", 1)]


def test_in_its_first_two_minutes_an_order_moves_for_a_cent(network, route):
    order = mug_from_denver(route)
    dearer(network["RENO"], 149)
    assert again(at=EVENING + timedelta(seconds=119)) == Reoptimised(considered=1, moved=1, saved={"USD": 1})
    assert nodes_of(order) == [("RENO", 1)]


def dearer(node: Node, cents: int) -> None:
    """Than all nodes are, by so much a parcel."""
    node.shipment_cost = 150 + cents
    node.save()


def test_what_the_floor_may_have_is_never_moved(clock_from_denver, network):
    receive(network["RENO"], "CLOCK", 5)
    Allocation.objects.update(dispatched_at=LATER)
    rows = everything()
    assert again() == Reoptimised()
    assert everything() == rows


def test_a_run_whose_time_is_up_ends_there_with_every_row_as_it_was(clock_from_denver, network, monkeypatch):
    receive(network["RENO"], "CLOCK", 5)
    calls = []

    def time_is_up(_problem):
        calls.append(1)
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(replanning, "solve", time_is_up)
    rows = everything()
    with pytest.raises(SoftTimeLimitExceeded):
        again()
    assert len(calls) == 1
    assert everything() == rows


def test_switched_off_nothing_is_planned_anew(clock_from_denver, network):
    receive(network["RENO"], "CLOCK", 5)
    assert in_hand.switch(False, at=EVENING, actor="user:1")
    assert again() == Reoptimised()
    assert nodes_of(clock_from_denver) == [("DENVER", 1)]
    in_hand.switch(True, at=LATER, actor="user:1")
    assert again().moved == 1


@pytest.mark.parametrize(
    ("why", "fields"), [("held", {"held_reason": "fraud check"}), ("collected", {"method": "pickup"})]
)
def test_an_order_in_other_hands_stays(clock_from_denver, network, why, fields):
    receive(network["RENO"], "CLOCK", 5)
    Order.objects.update(**fields)
    assert again() == Reoptimised(stayed={why: 1})
    Order.objects.update(held_reason="", method="ship")


def test_an_order_that_moved_five_times_stays(clock_from_denver, network):
    receive(network["RENO"], "CLOCK", 5)
    history.record(history.Kind.REPLANNED, [(clock_from_denver.pk, {})] * 5, actor="engine", at=EVENING)
    assert again() == Reoptimised(stayed={"moved_often": 1})


def test_a_refused_exchange_leaves_every_row_as_it_was_and_lets_the_others_through(network, route, monkeypatch):
    orders = [make.order(f"FAR{number}", lines={"CLOCK": 1}, placed_at=EVENING) for number in range(3)]
    route(at=EVENING)
    receive(network["RENO"], "CLOCK", 3)
    lock = exchange.demand.lock_orders

    def somebody_was_faster(order_ids):
        lose("CLOCK", 2, of="RENO")
        return lock(order_ids)

    monkeypatch.setattr(exchange.demand, "lock_orders", somebody_was_faster)
    before = {order.pk: rows_of(order) for order in orders}
    done = again()
    assert (done.considered, done.moved, done.refused, done.saved) == (3, 1, 2, {"USD": 900})
    assert [nodes_of(order) for order in orders] == [[("RENO", 1)], [("DENVER", 1)], [("DENVER", 1)]]
    assert all(rows_of(order) == before[order.pk] for order in orders[1:])


def rows_of(order: Order) -> list[object]:
    return [
        sorted(map(str, model.objects.filter(**{key: order.pk}).values_list()))
        for model, key in ((Allocation, "order"), (OrderLine, "order"), (OrderEvent, "order"), (Decision, "order_id"))
    ]


@pytest.fixture
def crossed(network, route):
    """Reno's one clock is held for Denver, and Denver's last one for Sacramento."""
    lose("CLOCK", 9, of="DENVER", at=EVENING)
    near_reno = make.order("SAC", lines={"CLOCK": 1}, placed_at=EVENING)
    route(at=EVENING)
    receive(network["RENO"], "CLOCK", 1)
    near_denver = make.order(
        "DEN", lines={"CLOCK": 1}, placed_at=EVENING, ship_to_latitude=39.7, ship_to_longitude=-104.9
    )
    route(at=EVENING)
    assert (nodes_of(near_reno), nodes_of(near_denver)) == ([("DENVER", 1)], [("RENO", 1)])
    return near_reno, near_denver


def test_two_orders_change_places_where_only_both_together_can(crossed):
    assert again() == Reoptimised(considered=2, moved=2, saved={"USD": 1800})
    assert [nodes_of(order) for order in crossed] == [[("RENO", 1)], [("DENVER", 1)]]


def test_of_two_that_would_change_places_none_moves_if_one_is_refused(crossed, monkeypatch):
    full(monkeypatch, "DENVER")
    rows = everything()
    assert again() == Reoptimised(considered=2, refused=2)
    assert everything() == rows


def full(monkeypatch, code: str) -> None:
    """The node's days are full for whoever asks from now on."""
    grant, node_id = exchange.capacity.grant_many, Node.objects.get(code=code).id
    refuse = lambda slots: grant(slots) | {slot.order_id for slot in slots if slot.node_id == node_id}  # noqa: E731
    monkeypatch.setattr(exchange.capacity, "grant_many", refuse)


def test_an_order_never_comes_later_than_promised_by_moving(network, route):
    """Express from Denver keeps the promise of two days; cheap ground from Reno with a full tomorrow would not."""
    order = make.order("SOON", lines={"CLOCK": 1}, placed_at=EVENING, promise_at=EVENING + timedelta(days=2, hours=7))
    route(at=EVENING)
    receive(network["RENO"], "CLOCK", 5)
    capacity.set_cap(network["RENO"].id, LATER.date(), 0, at=LATER, actor="user:1")
    capacity.set_cap(network["RENO"].id, LATER.date() + timedelta(days=1), 0, at=LATER, actor="user:1")
    done = again()
    assert done.moved == 0
    assert nodes_of(order) == [("DENVER", 1)]


def test_of_an_order_on_its_way_the_rest_may_move(network, route):
    lose("MUG", 10, of="DENVER", at=EVENING)
    order = make.order("TWO", lines={"MUG": 1, "CLOCK": 1}, placed_at=EVENING)
    route(at=EVENING)
    assert nodes_of(order) == [("DENVER", 1), ("RENO", 1)]
    Allocation.objects.filter(node__code="RENO").update(dispatched_at=EVENING)
    receive(network["RENO"], "CLOCK", 5)
    assert again() == Reoptimised(considered=1, moved=1, saved={"USD": 900})
    assert nodes_of(order) == [("RENO", 1), ("RENO", 1)]


def test_a_line_in_pieces_at_several_nodes_stays(network, route):
    order = make.order("MANY", lines={"MUG": 12}, placed_at=EVENING)
    route(at=EVENING)
    assert nodes_of(order) == [("DENVER", 10), ("RENO", 2)]
    assert again() == Reoptimised(stayed={"pieces": 1})


def test_no_more_orders_are_planned_than_asked_for(network, route):
    for number in range(3):
        make.order(f"FAR{number}", lines={"CLOCK": 1}, placed_at=EVENING)
    route(at=EVENING)
    receive(network["RENO"], "CLOCK", 5)
    assert again(limit=2) == Reoptimised(considered=2, moved=2, saved={"USD": 1800}, stayed={"next_time": 1})
    # each run begins with what the floor is to have first: the two stay, and the third waits for its turn
    assert again(limit=3) == Reoptimised(considered=3, moved=1, saved={"USD": 900}, stayed={"best": 2})


def test_who_leans_on_an_order_that_may_not_leave_gets_another_plan(network, route):
    """Reno's one slot is held by an order that would be late from Denver; who wants it gets what else is better."""
    capacity.set_cap(network["RENO"].id, LATER.date(), 1, at=EVENING, actor="user:1")
    soon = make.order("SOON", lines={"MUG": 1}, placed_at=EVENING, promise_at=EVENING + timedelta(days=2, hours=7))
    route(at=EVENING)
    late = make.order("LATE", lines={"CLOCK": 1}, placed_at=EVENING, promise_at=EVENING + timedelta(days=9))
    route(at=EVENING)
    assert (nodes_of(soon), nodes_of(late)) == ([("RENO", 1)], [("DENVER", 1)])
    receive(network["RENO"], "CLOCK", 5)
    done = again()
    assert (done.moved, done.refused) == (1, 0)
    assert (nodes_of(soon), nodes_of(late)) == ([("RENO", 1)], [("RENO", 1)])
    assert taken("RENO") == {LATER.date(): 1, LATER.date() + timedelta(days=1): 1}
