from dataclasses import replace
from datetime import timedelta

import pytest

from inventory import ledger
from inventory.models import LevelObservation, StockLevel
from inventory.movements import Movement
from routing import allocations, shortfalls
from routing.invariants import broken_rows
from routing.models import Allocation, OrderEvent, Pending, ShortfallCase
from routing.shortfalls import Resolved
from routing.sourcing import Sourced
from tests import make

MINUTE = timedelta(minutes=1)


@pytest.fixture
def five_orders(network, route, clock):
    """Five orders of one mug each from Reno, each promised a day later than the one before."""
    orders = [
        make.order(f"O{day}", lines={"MUG": 1}, promise_at=clock + timedelta(days=3 + day)) for day in range(1, 6)
    ]
    assert route() == Sourced(claimed=5, routed=5)
    return orders


def reno() -> StockLevel:
    return StockLevel.objects.get(node__code="RENO", sku__code="MUG")


def counted(on_hand: int, at) -> None:
    """The shelf has lost all mugs but so many; what was seen there is certain."""
    level = reno()
    lost = Movement(f"lost:{at}", level.id, on_hand - level.on_hand, at.date(), "loss")
    ledger.adjust_many([lost], at=at, actor="user:1")


def doubted(monkeypatch) -> None:
    """As if a source had said so instead: to be seen twice before it is believed."""
    short = shortfalls.levels.short
    monkeypatch.setattr(
        shortfalls.levels,
        "short",
        lambda: [replace(one, certain=False, seen_again=False) for one in short()],
    )


def waiting() -> list[str]:
    return sorted(Pending.objects.values_list("order__ref", flat=True))


def test_the_least_urgent_units_of_a_short_level_are_sourced_anew(five_orders, clock, route):
    counted(3, clock + MINUTE)
    assert shortfalls.resolve_shortfalls(at=clock + MINUTE) == Resolved(moved=2)
    assert waiting() == ["O4", "O5"]
    assert (reno().allocated, reno().shortfall) == (3, 0)
    released = OrderEvent.objects.filter(kind="released").order_by("order_id").values_list("order__ref", "data")
    assert list(released) == [("O4", {"units": 1, "reason": "shortfall"}), ("O5", {"units": 1, "reason": "shortfall"})]
    assert shortfalls.resolve_shortfalls(at=clock + 2 * MINUTE) == Resolved()
    assert route(at=clock + 2 * MINUTE) == Sourced(claimed=2, routed=2)
    assert set(Allocation.objects.filter(state="open", order__ref__in=["O4", "O5"]).values_list("node__code")) == {
        ("DENVER",)
    }
    assert broken_rows() == []


def test_what_a_source_says_once_is_waited_for(five_orders, clock, monkeypatch):
    counted(3, clock + MINUTE)
    doubted(monkeypatch)
    assert shortfalls.resolve_shortfalls(at=clock + 10 * MINUTE) == Resolved()
    assert waiting() == []
    assert shortfalls.resolve_shortfalls(at=clock + 11 * MINUTE) == Resolved(moved=2)


def test_units_on_a_floor_are_only_asked_back_and_once(five_orders, clock):
    allocations.mark_dispatched([order.id for order in five_orders], at=clock)
    counted(3, clock + MINUTE)
    assert shortfalls.resolve_shortfalls(at=clock + MINUTE) == Resolved(recalls=2)
    wanted = Allocation.objects.filter(recall_wanted_at=clock + MINUTE)
    assert sorted(wanted.values_list("order__ref", flat=True)) == ["O4", "O5"]
    assert Allocation.objects.filter(state="open").count() == 5
    assert shortfalls.resolve_shortfalls(at=clock + 2 * MINUTE) == Resolved()
    allocations.clear_recall([row.id for row in wanted.filter(order__ref="O5")])
    assert shortfalls.resolve_shortfalls(at=clock + 3 * MINUTE) == Resolved(recalls=1)
    refs = Allocation.objects.filter(recall_wanted_at__isnull=False).values_list("order__ref", flat=True)
    assert sorted(refs) == ["O3", "O4"]


def test_undispatched_units_go_before_those_on_a_floor(five_orders, clock):
    allocations.mark_dispatched([order.id for order in five_orders[1:]], at=clock)
    counted(4, clock + MINUTE)
    assert shortfalls.resolve_shortfalls(at=clock + MINUTE) == Resolved(moved=1)
    assert waiting() == ["O1"]


@pytest.fixture
def one_is_too_many(monkeypatch):
    monkeypatch.setattr(shortfalls, "LEAST", 1)


@pytest.mark.usefixtures("one_is_too_many")
def test_more_than_one_order_in_a_hundred_is_not_moved_before_a_person_says_so(five_orders, clock, monkeypatch):
    counted(3, clock + MINUTE)
    doubted(monkeypatch)
    late = clock + 20 * MINUTE
    assert shortfalls.resolve_shortfalls(at=late) == Resolved(asked=2)
    assert shortfalls.resolve_shortfalls(at=late) == Resolved(asked=2)
    case = shortfalls.open_case()
    assert case.params == {"levels": 1, "units": 2, "orders": 2, "most": 1}
    assert waiting() == []
    assert shortfalls.answer(case.id, "go_on", at=late, actor="user:1") == 1
    assert shortfalls.resolve_shortfalls(at=late + MINUTE) == Resolved(moved=1)
    assert shortfalls.resolve_shortfalls(at=late + 2 * MINUTE) == Resolved(moved=1)
    assert waiting() == ["O4", "O5"]
    assert reno().shortfall == 0


@pytest.mark.usefixtures("one_is_too_many")
def test_a_person_may_leave_them_where_they_are(five_orders, clock, monkeypatch):
    counted(3, clock + MINUTE)
    doubted(monkeypatch)
    late = clock + 20 * MINUTE
    shortfalls.resolve_shortfalls(at=late)
    shortfalls.answer(ShortfallCase.objects.get().id, "leave", at=late, actor="user:1")
    assert shortfalls.resolve_shortfalls(at=late + MINUTE) == Resolved()
    assert not ShortfallCase.objects.filter(closed_at=None).exists()
    assert waiting() == []


@pytest.mark.usefixtures("one_is_too_many")
def test_a_file_that_is_mended_closes_the_case_and_moves_nothing(five_orders, clock, monkeypatch):
    counted(3, clock + MINUTE)
    doubted(monkeypatch)
    shortfalls.resolve_shortfalls(at=clock + 20 * MINUTE)
    counted(10, clock + 21 * MINUTE)
    assert shortfalls.resolve_shortfalls(at=clock + 22 * MINUTE) == Resolved()
    assert ShortfallCase.objects.values_list("verdict", "closed_by").get() == ("gone", "engine")
    assert waiting() == []


@pytest.mark.usefixtures("one_is_too_many")
def test_what_the_floor_saw_never_waits_for_a_person(five_orders, clock):
    counted(3, clock + MINUTE)
    assert shortfalls.resolve_shortfalls(at=clock + MINUTE) == Resolved(moved=1)
    assert shortfalls.resolve_shortfalls(at=clock + MINUTE) == Resolved(moved=1)
    assert not ShortfallCase.objects.exists()
    assert not LevelObservation.objects.exists()
