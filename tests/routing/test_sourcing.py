from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from inventory import capacity, ledger
from inventory.models import Node, NodeDay, Sku, StockLevel
from inventory.movements import Wanted
from routing import decisions, rates, sourcing, waiting, withdrawal
from routing.engine.solve import solve
from routing.invariants import broken_rows
from routing.models import (
    Allocation,
    Decision,
    LineRefusal,
    OrderEvent,
    OrderLine,
    Outbox,
    Pending,
    PlanParcel,
    Problem,
)
from routing.sourcing import Sourced
from tests import make

from .outcomes import counters, kinds

pytestmark = pytest.mark.usefixtures("network")
AT = datetime(2026, 11, 10, 15, tzinfo=UTC)


def test_an_order_is_routed_to_the_nearest_node_that_has_all_of_it(clock, route):
    order = make.order(lines={"MUG": 2, "LAMP": 1})
    assert route() == Sourced(claimed=1, routed=1)
    order.refresh_from_db()
    assert (order.state, order.routed_at) == ("routed", clock)
    assert counters(order) == [(0, 2, 0), (0, 1, 0)]
    parcel = PlanParcel.objects.get()
    assert (parcel.number, parcel.node.code, parcel.ship_date) == (1, "RENO", date(2026, 11, 10))
    assert (parcel.service, parcel.zone, parcel.grams) == ("fleet/ground", 0, 1200)
    assert (parcel.freight_cost, parcel.handling_cost, parcel.lateness_cost) == (900, 150 + 3 * 40, 0)
    assert (parcel.transit_days, parcel.arrive_date) == (2, date(2026, 11, 12))
    rows = Allocation.objects.values_list("node__code", "parcel", "quantity", "ship_date", "state", "level__sku__code")
    assert set(rows) == {
        ("RENO", 1, 2, date(2026, 11, 10), "open", "MUG"),
        ("RENO", 1, 1, date(2026, 11, 10), "open", "LAMP"),
    }
    assert sorted(StockLevel.objects.values_list("node__code", "sku__code", "allocated").filter(allocated__gt=0)) == [
        ("RENO", "LAMP", 1),
        ("RENO", "MUG", 2),
    ]
    assert NodeDay.objects.get(node__code="RENO", ship_date=date(2026, 11, 10)).taken == 1
    assert kinds(order) == ["routed"]
    assert Outbox.objects.get().topic == "order.routed"
    assert not Pending.objects.exists()
    assert not OrderLine.objects.exclude(first_looked_at=clock, last_looked_at=clock, stocked_out=False).exists()
    assert broken_rows() == []


def test_an_order_is_split_when_no_node_has_all_of_it_and_each_parcel_takes_a_slot(route):
    order = make.order(lines={"MUG": 10, "CLOCK": 1, "LAMP": 1})
    make.order("first", lines={"LAMP": 10, "MUG": 1}, priority=1)
    assert route() == Sourced(claimed=2, routed=2)
    parcels = PlanParcel.objects.filter(order=order).order_by("number").values_list("number", "node__code")
    assert list(parcels) == [(1, "DENVER")]
    assert NodeDay.objects.filter(taken=1).count() == 2


def test_what_is_too_heavy_for_one_parcel_leaves_in_several_from_one_node_each_with_its_slot(route):
    rows = [rates.RateRow("fleet", "ground", zone, 2000, 900 + zone, 2, None) for zone in range(3)]
    make.rate_card(rows=rows)
    order = make.order(lines={"MUG": 9})
    assert route() == Sourced(claimed=1, routed=1)
    sent = PlanParcel.objects.filter(order=order).order_by("number").values_list("number", "node__code", "grams")
    assert list(sent) == [(1, "RENO", 2000), (2, "RENO", 1600)]
    booked = Allocation.objects.order_by("parcel").values_list("parcel", "quantity")
    assert list(booked) == [(1, 5), (2, 4)]
    assert NodeDay.objects.get(node__code="RENO", ship_date=date(2026, 11, 10)).taken == 2
    assert broken_rows() == []


def test_what_nobody_has_is_back_ordered_and_the_rest_is_sent(clock, route):
    order = make.order(lines={"MUG": 2, "CLOCK": 11})
    assert route() == Sourced(claimed=1, part=1)
    order.refresh_from_db()
    assert order.state == "backordered"
    assert counters(order) == [(0, 2, 0), (0, 10, 1)]
    assert kinds(order) == ["partly_routed", "backordered"]
    told = OrderEvent.objects.get(order=order, kind="backordered").data
    assert told["lines"] == [{"line": "2", "sku": "CLOCK", "units": 1, "code": "no_atp", "params": {}}]
    assert list(order.lines.order_by("position").values_list("stocked_out", flat=True)) == [False, True]
    assert broken_rows() == []


def test_parcels_of_a_later_look_are_numbered_after_the_earlier_ones(route, network, clock):
    order = make.order(lines={"CLOCK": 11})
    route()
    make.stock(network["RENO"], Sku.objects.get(code="CLOCK"), 5)
    waiting.reopen([order.id], at=clock)
    assert route() == Sourced(claimed=1, routed=1)
    parcels = PlanParcel.objects.order_by("number").values_list("number", "node__code")
    assert list(parcels) == [(1, "DENVER"), (2, "RENO")]
    assert kinds(order) == ["partly_routed", "backordered", "woken", "routed"]
    assert list(Decision.objects.order_by("id").values_list("outcome", "look")) == [("part", 1), ("all", 1)]


def test_what_a_rival_took_after_the_facts_were_gathered_is_refused_whole_and_looked_at_again(
    route, clock, monkeypatch
):
    order = make.order(lines={"MUG": 6, "LAMP": 1})
    rival = make.order("rival", due=False)
    level = StockLevel.objects.get(node__code="RENO", sku__code="MUG")

    def slow_solve(problem):
        ledger.allocate_many([Wanted("rival", rival.day, rival.id, level.id, 5)], at=clock)
        return solve(problem)

    monkeypatch.setattr(sourcing, "solve", slow_solve)
    assert route() == Sourced(claimed=1, refused=1)
    assert counters(order) == [(6, 0, 0), (1, 0, 0)]
    assert [rows.objects.count() for rows in (Allocation, PlanParcel, Decision, OrderEvent)] == [0, 0, 0, 0]
    assert not NodeDay.objects.filter(taken__gt=0).exists()
    assert Pending.objects.get().looks == 1
    monkeypatch.undo()
    assert route() == Sourced(claimed=1, routed=1)
    assert PlanParcel.objects.get().node.code == "DENVER"
    assert Decision.objects.get().look == 2


def test_a_day_that_filled_up_meanwhile_refuses_and_the_next_look_takes_the_next_day(
    route, network, clock, monkeypatch
):
    make.order()

    def slow_solve(problem):
        for node in network.values():
            capacity.set_cap(node.id, date(2026, 11, 10), 0, at=clock, actor="user:1")
        return solve(problem)

    monkeypatch.setattr(sourcing, "solve", slow_solve)
    assert route() == Sourced(claimed=1, refused=1)
    assert not StockLevel.objects.filter(allocated__gt=0).exists()
    monkeypatch.undo()
    assert route() == Sourced(claimed=1, routed=1)
    assert PlanParcel.objects.get().ship_date == date(2026, 11, 11)


def test_the_third_look_solves_on_what_it_has_locked(route, monkeypatch):
    order = make.order()
    Pending.objects.update(looks=2)
    assert route() == Sourced(claimed=1, routed=1)
    assert Decision.objects.get().look == 3
    assert Problem.objects.get().ref.endswith(f"-{order.id}-last")


def test_a_missed_cut_off_moves_the_ship_day(route, clock):
    make.order(promise_at=clock + timedelta(days=9))
    route(at=clock.replace(hour=23, minute=30))  # 15:30 in Reno, 16:30 in Denver
    assert PlanParcel.objects.get().ship_date == date(2026, 11, 11)


def test_a_node_that_refused_a_line_is_not_asked_again(route, network, clock):
    order = make.order()
    LineRefusal.objects.create(line=order.lines.get(), node=network["RENO"], reason="missing", at=clock)
    route()
    assert PlanParcel.objects.get().node.code == "DENVER"
    refusals = {row["code"]: row["nodes"] for row in decisions.of_order(Decision.objects.get().order_id)[0].refusals}
    assert refusals == {"refused_before": ["RENO"]}


def test_goods_of_a_handling_class_go_only_where_it_is_taken(route):
    Sku.objects.filter(code="MUG").update(handling_classes=["frozen"])
    Node.objects.filter(code="DENVER").update(handling_classes=["frozen"], changed_at=Now())
    make.order()
    route()
    assert PlanParcel.objects.get().node.code == "DENVER"


def test_a_pickup_goes_to_its_node_without_freight(route, network):
    order = make.order(method="pickup", pickup_node=network["DENVER"])
    assert route() == Sourced(claimed=1, routed=1)
    parcel = PlanParcel.objects.get(order=order)
    assert (parcel.node.code, parcel.service, parcel.freight_cost) == ("DENVER", "", 0)


def test_an_order_with_nothing_left_to_source_leaves_the_queue_without_a_word(route):
    order = make.order()
    OrderLine.objects.update(pending=0, cancelled=2)
    assert route() == Sourced(claimed=1)
    assert not Pending.objects.exists()
    assert kinds(order) == []


def test_nothing_due_changes_nothing(route):
    assert route() == Sourced()


def test_a_commit_without_the_lease_writes_nothing(clock, monkeypatch):
    order = make.order()

    def cancelled_meanwhile(problem):
        withdrawal.withdraw(order.id, at=clock, actor="user:1")
        return solve(problem)

    monkeypatch.setattr(sourcing, "solve", cancelled_meanwhile)
    assert sourcing.source_due(at=clock, owner="one") == Sourced(claimed=1, lost=1)
    assert list(order.lines.values_list("cancelled", "allocated")) == [(2, 0)]
    assert not Allocation.objects.exists()
    assert not Decision.objects.exists()
    assert broken_rows() == []


def statements(count: int) -> int:
    for _ in range(count):
        make.order(lines={"MUG": 1, "LAMP": 1})
    with CaptureQueriesContext(connection) as asked:
        assert sourcing.source_due(at=AT, owner="one") == Sourced(claimed=count, routed=count)
    return len(asked.captured_queries)


def test_a_batch_of_five_takes_no_more_statements_than_one_order():
    statements(1)  # fills the caches
    assert statements(1) == statements(5)
