import pytest

from inventory.models import NodeDay, StockLevel
from routing import allocations, history, pending, sourcing, waiting, withdrawal
from routing.history import Kind
from routing.invariants import broken_rows
from routing.models import Allocation, OrderException, Pending
from routing.sourcing import Sourced
from tests import make

pytestmark = pytest.mark.usefixtures("network")


def cancelled(order) -> list[int]:
    return list(order.lines.order_by("position").values_list("cancelled", flat=True))


def tell(order, clock) -> None:
    history.record(Kind.CANCELLED, [(order.id, {})], actor="user:1", at=clock)
    order.refresh_from_db()


def test_an_order_nobody_looked_at_is_withdrawn_and_leaves_the_queue(clock):
    order = make.order(lines={"MUG": 2, "LAMP": 1})
    gone = withdrawal.withdraw(order.id, at=clock, actor="user:1")
    tell(order, clock)
    assert (gone.units, gone.released, order.state) == (3, [], "cancelled")
    assert not Pending.objects.exists()
    assert withdrawal.withdraw(order.id, at=clock, actor="user:1").units == 0
    assert broken_rows() == []


def test_a_routed_order_gives_its_units_and_its_slot_back(clock, route):
    order = make.order(lines={"MUG": 2})
    route()
    gone = withdrawal.withdraw(order.id, at=clock, actor="user:1")
    tell(order, clock)
    assert [row.quantity for row in gone.released] == [2]
    assert order.state == "cancelled"
    assert not StockLevel.objects.filter(allocated__gt=0).exists()
    assert not NodeDay.objects.filter(taken__gt=0).exists()
    assert broken_rows() == []


def test_what_the_floor_has_is_left_to_the_floor(clock, route):
    order = make.order(lines={"MUG": 2, "CLOCK": 11})
    route()
    allocations.mark_dispatched([order.id], at=clock)
    gone = withdrawal.withdraw(order.id, at=clock, actor="user:1")
    assert (list(gone.waited.values()), gone.released) == ([1], [])
    assert Allocation.objects.filter(state="open").count() == 2
    assert cancelled(order) == [0, 1]


def test_one_line_is_withdrawn_and_the_other_is_still_due_under_a_new_fence(clock):
    order = make.order(lines={"MUG": 2, "LAMP": 1})
    claim = pending.claim(10, "one")
    mug = order.lines.get(position=1)
    withdrawal.withdraw(order.id, [mug.id], at=clock, actor="user:1")
    tell(order, clock)
    assert cancelled(order) == [2, 0]
    assert pending.still_leased(claim) == frozenset()
    assert pending.claim(10, "two").order_ids == [order.id]
    assert order.state == "pending"


def test_withdrawing_from_an_order_in_exception_leaves_it_with_its_person(clock, route):
    make.strategy(make.rule(which_orders=[{"field": "region", "values": ["NV"]}]))
    order = make.order(lines={"MUG": 2, "LAMP": 1})
    route()
    withdrawal.withdraw(order.id, [order.lines.get(position=1).id], at=clock, actor="user:1")
    assert not Pending.objects.exists()
    assert OrderException.objects.filter(closed_at=None).count() == 1
    withdrawal.withdraw(order.id, at=clock, actor="user:1")
    assert OrderException.objects.get().closed_by == "user:1"
    assert waiting.reopen([order.id], at=clock) == frozenset()
    assert sourcing.source_due(at=clock, owner="one") == Sourced()
