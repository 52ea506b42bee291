import pytest

from inventory.models import NodeDay, StockLevel
from routing.invariants import broken_rows
from routing.models import Allocation, Order, OrderEvent, OrderLine
from tests import make


@pytest.fixture
def routed(network, route):
    order = make.order("A", lines={"MUG": 2})
    route()
    assert broken_rows() == []
    return order


def broken() -> list[tuple[str, str]]:
    return [(row.invariant, row.told) for row in broken_rows()]


def test_an_allocation_that_the_level_does_not_know_is_found(routed):
    StockLevel.objects.filter(allocated=2).update(allocated=1)
    assert broken() == [("I2", "allocated 1, open allocations 2")]


def test_an_event_that_is_missing_is_found(routed):
    OrderEvent.objects.all().delete()
    assert broken() == [("I6", "last event 1, events 0, highest 0")]


def test_a_line_that_counts_other_units_than_its_allocations_is_found(routed):
    OrderLine.objects.update(allocated=1, shipped=1)
    assert {row.invariant for row in broken_rows()} == {"I9"}


def test_units_allocated_to_a_closed_line_are_found(routed):
    OrderLine.objects.update(allocated=0, cancelled=2)
    assert ("I7", "order A is routed") in broken()


def test_a_state_that_the_lines_contradict_is_found(routed):
    Order.objects.update(state="pending")
    assert broken() == [("I9", "is pending, its lines say routed")]


def test_a_slot_that_no_parcel_holds_is_found(routed):
    NodeDay.objects.filter(taken=1).update(taken=2)
    assert broken() == [("I10", "taken 2, live parcels 1")]


def test_a_parcel_on_a_day_that_does_not_exist_is_found(routed):
    Allocation.objects.update(ship_date="2030-01-01")
    assert ("I10", "taken 0, live parcels 1") in broken()
