from datetime import date

import pytest

from inventory.models import LedgerEntry, NodeDay, StockLevel
from routing import allocations, history, pending
from routing.history import Kind
from routing.invariants import broken_rows
from routing.models import Allocation, Order, OrderLine, Pending
from tests import make

pytestmark = pytest.mark.usefixtures("network")
TUESDAY = date(2026, 11, 10)


@pytest.fixture
def routed(route):
    """Two mugs and a lamp in one parcel from Reno."""
    order = make.order("A", lines={"MUG": 2, "LAMP": 1})
    route()
    return order


def open_ids(order: Order) -> list[int]:
    return list(Allocation.objects.filter(order=order, state="open").order_by("id").values_list("id", flat=True))


def tell(order: Order, clock) -> None:
    history.record(Kind.RELEASED, [(order.id, {})], actor="engine", at=clock)


def counters(order: Order) -> list[tuple[int, ...]]:
    columns = ("pending", "allocated", "shipped", "cancelled", "backordered")
    return list(order.lines.order_by("position").values_list(*columns))


def reno_slots() -> int:
    return NodeDay.objects.get(node__code="RENO", ship_date=TUESDAY).taken


def reno_allocated(sku: str) -> int:
    return StockLevel.objects.get(node__code="RENO", sku__code=sku).allocated


def test_every_ledger_entry_is_named_after_its_allocation(routed):
    keys = LedgerEntry.objects.filter(verb="allocate").order_by("id").values_list("key", "day")
    assert list(keys) == [(f"alloc:{allocation_id}", routed.day) for allocation_id in open_ids(routed)]


def test_released_units_are_free_again_and_the_line_is_due_under_a_new_fence(routed, clock):
    mugs, _ = open_ids(routed)
    freed = allocations.release([mugs], to="pending", at=clock, actor="user:1")
    tell(routed, clock)
    assert [(row.id, row.quantity, row.parcel) for row in freed] == [(mugs, 2, 1)]
    assert counters(routed) == [(2, 0, 0, 0, 0), (0, 1, 0, 0, 0)]
    assert (reno_allocated("MUG"), reno_allocated("LAMP")) == (0, 1)
    assert (Pending.objects.get().fence, Pending.objects.get().looks) == (0, 0)
    assert reno_slots() == 1  # the lamp still travels in the parcel
    routed.refresh_from_db()
    assert routed.state == "partly_routed"
    assert broken_rows() == []


def test_the_slot_comes_back_with_the_last_allocation_of_its_parcel(routed, clock):
    mugs, lamp = open_ids(routed)
    allocations.release([mugs], to="cancelled", at=clock, actor="user:1")
    assert reno_slots() == 1
    allocations.release([lamp], to="backordered", at=clock, actor="user:1")
    tell(routed, clock)
    assert reno_slots() == 0
    assert counters(routed) == [(0, 0, 0, 2, 0), (0, 0, 0, 0, 1)]
    assert not Pending.objects.exists()
    assert broken_rows() == []


def test_releasing_twice_releases_once(routed, clock):
    ids = open_ids(routed)
    assert len(allocations.release(ids, to="pending", at=clock, actor="user:1")) == 2
    assert allocations.release(ids, to="pending", at=clock, actor="user:1") == []
    assert counters(routed) == [(2, 0, 0, 0, 0), (1, 0, 0, 0, 0)]
    assert LedgerEntry.objects.filter(verb="release").count() == 2


def test_dispatched_allocations_are_handed_over_once_and_by_parcel(routed, clock):
    ids = open_ids(routed)
    assert [row.id for row in allocations.mark_dispatched([routed.id], at=clock)] == ids
    assert allocations.mark_dispatched([routed.id], at=clock) == []
    assert set(Allocation.objects.values_list("dispatched_at", flat=True)) == {clock}


def test_a_held_order_is_not_dispatched(routed, clock):
    Order.objects.update(held_reason="fraud check")
    assert allocations.mark_dispatched([routed.id], at=clock) == []


def test_shipped_units_leave_the_stock_and_keep_their_slot(routed, clock):
    ids = open_ids(routed)
    allocations.mark_dispatched([routed.id], at=clock)
    gone = allocations.ship(ids, at=clock, actor="user:1")
    tell(routed, clock)
    assert [row.id for row in gone] == ids
    assert allocations.ship(ids, at=clock, actor="user:1") == []
    assert counters(routed) == [(0, 0, 2, 0, 0), (0, 0, 1, 0, 0)]
    level = StockLevel.objects.get(node__code="RENO", sku__code="MUG")
    assert (level.on_hand, level.allocated) == (8, 0)
    assert reno_slots() == 1
    routed.refresh_from_db()
    assert routed.state == "shipped"
    assert allocations.release(ids, to="pending", at=clock, actor="user:1") == []
    assert broken_rows() == []


def test_a_split_cuts_one_allocation_in_two_without_moving_stock(routed, clock):
    mugs, lamp = open_ids(routed)
    allocations.mark_dispatched([routed.id], at=clock)
    cut = allocations.split(mugs, 1)
    columns = ("line_id", "level_id", "node_id", "ship_date", "parcel", "quantity", "dispatched_at", "state")
    assert Allocation.objects.values_list(*columns).get(id=mugs) == Allocation.objects.values_list(*columns).get(
        id=cut
    )
    assert reno_allocated("MUG") == 2
    assert allocations.split(mugs, 1) is None  # one unit can't be cut
    assert allocations.split(lamp, 5) is None
    assert Allocation.objects.count() == 3
    assert broken_rows() == []


def test_a_wish_that_the_floor_refused_is_remembered(routed, clock):
    mugs, lamp = open_ids(routed)
    assert allocations.want_recall([mugs, lamp], at=clock) == 0  # not on a floor
    allocations.mark_dispatched([routed.id], at=clock)
    assert allocations.want_recall([mugs], at=clock) == 1
    assert allocations.want_recall([mugs], at=clock) == 0
    assert allocations.clear_recall([mugs, lamp]) == 1
    assert Allocation.objects.values_list("recall_wanted_at", "recall_refused_at").get(id=mugs) == (None, clock)


def test_a_recalled_allocation_is_routings_again(routed, clock):
    ids = open_ids(routed)
    allocations.mark_dispatched([routed.id], at=clock)
    assert [row.id for row in allocations.mark_recalled(ids)] == ids
    assert not Allocation.objects.filter(dispatched_at__isnull=False).exists()


def test_work_on_an_order_in_hand_is_taken_away_by_a_release(routed, clock):
    OrderLine.objects.filter(order=routed, position=2).update(allocated=0, backordered=1)
    pending.add([routed.id], at=clock)
    claim = pending.claim(10, "one")
    allocations.release(open_ids(routed)[:1], to="pending", at=clock, actor="user:1")
    assert pending.still_leased(claim) == frozenset()
