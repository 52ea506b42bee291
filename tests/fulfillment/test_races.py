"""Rivals on one order: whoever has its lock first wins, the other is told so, and the books stay sound."""

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from dom_project.accounts.models import Role
from dom_project.lib.api_errors import Refused
from fulfillment import orders, shipments
from fulfillment.models import Shipment, ShipmentLine, Task
from inventory import capacity
from inventory.models import NodeDay
from routing import allocations, demand, intake, shortfalls, sourcing
from routing.models import Allocation, Order, OrderEvent, OrderLine, Pending
from routing.sourcing import Sourced
from tests import make
from tests.races import run_at_once, wait_for_locks

from .sold import AT, allocate, figures, on_the_floor, packed, picked, sold, sound, stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reno():
    node = make.node("RENO")
    stock(node, MUG=200, TRAY=200)
    return node


def in_this_order(order: Order, *verbs: Callable[[], Any]) -> list[Any]:
    """Let the verbs wait for the order's lock one behind the other; return what each returned or raised."""
    answers: list[Any] = [None] * len(verbs)

    def run(place: int) -> None:
        try:
            answers[place] = verbs[place]()
        except Refused as refused:
            answers[place] = refused.code
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(verbs))]
    with transaction.atomic():
        demand.lock_orders([order.id])
        for waiting, thread in enumerate(threads, start=1):
            thread.start()
            wait_for_locks(waiting)
    for thread in threads:
        thread.join()
    return answers


def cancel(order):
    return lambda: orders.cancel(order.ref, at=AT, actor="user:3").changed


def ship(shipment):
    return lambda: shipments.ship_many([(shipment.id, "TRK1")], at=AT, actor="user:7")


@pytest.mark.parametrize(("case", "kept"), [("kept", True), ("rolled back", False)])
def test_a_step_told_again_waits_for_the_first_and_believes_only_what_was_kept(reno, case, kept):
    shipment, told_again = picked(reno), make.user(Role.INTEGRATION)
    answers = []

    def again() -> None:
        client = APIClient()
        client.force_authenticate(told_again)
        answers.append(client.post(f"/api/v1/shipments/{shipment.ref}/pack/", {}, format="json"))
        connection.close()

    repeat = threading.Thread(target=again)
    with transaction.atomic():
        shipments.pack_many([shipment.id], at=AT, actor="user:7")
        repeat.start()
        wait_for_locks()
        transaction.set_rollback(not kept)
    repeat.join()
    [answer] = answers
    assert (answer.status_code, answer.json()["state"]) == (200, "packed"), case
    [actor] = OrderEvent.objects.filter(kind="packed").values_list("actor", flat=True)
    assert actor == ("user:7" if kept else f"user:{told_again.pk}")
    assert sound()


@pytest.fixture
def due(reno, clock) -> Order:
    """An order of two mugs that waits for a worker."""
    make.strategy()
    make.rate_card()
    make.channel()
    capacity.open_days(at=clock)
    intake.accept_orders([make.request("O-1", lines={"MUG": 2})], at=clock, actor="token:1")
    return Order.objects.get()


def commit(clock):
    return lambda: sourcing.source_due(at=clock, owner="worker")


def kinds(order):
    return list(order.events.order_by("seq").values_list("kind", flat=True))


@pytest.mark.races
def test_a_cancel_before_the_commit_leaves_the_worker_nothing_to_write(reno, due, clock):
    assert in_this_order(due, cancel(due), commit(clock)) == [True, Sourced(claimed=1, lost=1)]
    assert kinds(due) == ["accepted", "cancelled"]
    assert figures(reno) == (200, 0, 0)
    assert not Allocation.objects.exists()
    assert not Pending.objects.exists()
    assert sound()


@pytest.mark.races
def test_a_cancel_after_the_commit_gives_units_and_slot_back(reno, due, clock):
    assert in_this_order(due, commit(clock), cancel(due)) == [Sourced(claimed=1, routed=1), True]
    assert kinds(due) == ["accepted", "routed", "cancelled"]
    assert figures(reno) == (200, 0, 0)
    assert list(Allocation.objects.values_list("state", "quantity")) == [("released", 2)]
    assert not NodeDay.objects.filter(taken__gt=0).exists()
    assert not Pending.objects.exists()
    assert sound()


@pytest.mark.races
def test_a_cancel_before_the_carrier_stops_the_parcel(reno):
    shipment = packed(reno)
    assert in_this_order(shipment.order, cancel(shipment.order), ship(shipment)) == [True, "illegal_move"]
    assert Shipment.objects.get().state == "cancelled"
    assert figures(reno) == (200, 2, 0)
    assert Task.objects.count() == 1
    assert sound()


@pytest.mark.races
def test_a_cancel_after_the_carrier_is_refused(reno):
    shipment = packed(reno)
    assert in_this_order(shipment.order, ship(shipment), cancel(shipment.order)) == [[shipment.id], "already_shipped"]
    assert figures(reno) == (198, 0, 0)
    assert not Task.objects.exists()
    assert sound()


def test_two_cancels_at_once_are_one(reno):
    shipment = picked(reno)
    assert in_this_order(shipment.order, cancel(shipment.order), cancel(shipment.order)) == [True, False]
    assert OrderLine.objects.get().cancelled == 2
    assert sound()


def test_a_box_is_packed_or_its_line_is_short(reno):
    shipment = picked(reno)
    line = shipment.lines.get()

    def pack():
        return shipments.pack_many([shipment.id], at=AT, actor="user:7")

    def short():
        return shipments.report_short(line.id, 1, "missing", at=AT, actor="user:8").units

    assert in_this_order(shipment.order, pack, short) == [[shipment.id], "illegal_move"]
    assert sound()


def test_an_unpicked_line_is_recalled_or_picked(reno):
    shipment = on_the_floor(reno)
    line = shipment.lines.get()
    allocations.want_recall([line.allocation_id], at=AT)

    def pick():
        return shipments.pick_many([(line.id, 2)], at=AT, actor="user:7")

    def recall():
        return shipments.answer_recalls(at=AT)

    assert in_this_order(shipment.order, pick, recall) == [[line.id], 0]
    assert Allocation.objects.get().recall_wanted_at is None
    assert sound()


def test_two_dispatchers_make_each_shipment_once(reno):
    for _ in range(20):
        sold(reno)
    made = run_at_once(2, lambda _: shipments.dispatch_due(at=AT, actor="engine"))
    assert sum(made) == Shipment.objects.count() == 20
    assert sound()


def test_two_pickers_find_one_shelf_empty(reno):
    lines = [on_the_floor(reno, lines={"MUG": 3}).lines.get() for _ in range(4)]

    def short(number: int) -> int:
        return shipments.report_short(lines[number].id, number, "missing", at=AT, actor=f"user:{number}").units

    assert run_at_once(3, short) == [3, 2, 1]
    # 0, 1 and 2 were found; the fourth picker has not come yet.
    assert figures(reno) == (3, 6, 3)
    shortfalls.resolve_shortfalls(at=AT)
    assert shipments.answer_recalls(at=AT) == 1
    assert figures(reno) == (3, 3, 0)
    assert sound()


@pytest.mark.races
@pytest.mark.parametrize("allocated", ["before", "meanwhile"])
def test_what_goes_out_while_a_short_report_waits_is_counted_with_the_rest(reno, allocated):
    mine = on_the_floor(reno, lines={"MUG": 2})
    line = ShipmentLine.objects.get()
    other = make.order(lines={"MUG": 3})
    if allocated == "before":
        allocate(other, reno)
    picking, counted = threading.Event(), threading.Event()

    def report() -> None:
        shipments.report_short(line.id, 0, "missing", at=AT, actor="user:7")
        connection.close()

    def pick() -> None:
        if allocated == "meanwhile":
            allocate(other, reno)
        shipments.dispatch_due(at=AT, actor="engine")
        with transaction.atomic():
            shipments.pick_whole_many([Shipment.objects.get(order=other).id], at=AT, actor="user:8")
            picking.set()
            assert counted.wait(60)
        connection.close()

    reporter, picker = threading.Thread(target=report), threading.Thread(target=pick)
    with transaction.atomic():
        demand.lock_orders([mine.order_id])
        reporter.start()
        wait_for_locks()
        picker.start()
        assert picking.wait(60)
    wait_for_locks()
    counted.set()
    reporter.join()
    picker.join()
    assert figures(reno) == (3, 3, 0)
    assert sound()


def test_verbs_that_meet_on_the_same_orders_leave_sound_books(reno):
    refs = [sold(reno, lines={"MUG": 2, "TRAY": 1}).ref for _ in range(24)]

    def work(number: int) -> int:
        dice, refused = random.Random(number), 0
        for turn in range(30):
            ids = list(Shipment.objects.order_by("id").values_list("id", flat=True))
            some = dice.sample(ids, min(len(ids), 4))
            lines = list(ShipmentLine.objects.filter(shipment_id__in=some, closed_at=None).order_by("id"))
            line = dice.choice(lines) if lines else None
            verbs: list[Callable[[], Any]] = [
                lambda: shipments.dispatch_due(at=AT, actor="engine", limit=3),
                lambda some=some: shipments.pick_whole_many(some, at=AT, actor="user:7"),
                lambda some=some: shipments.pack_many(some[:1], at=AT, actor="user:7"),
                lambda some=some, turn=turn: shipments.ship_many(
                    [(i, f"TRK-{turn}") for i in some[:2]], at=AT, actor="user:7"
                ),
                lambda: orders.cancel(dice.choice(refs), line_refs=[dice.choice("12")], at=AT, actor="user:3"),
                lambda line=line: (
                    line
                    and shipments.report_short(line.id, 0, dice.choice(["missing", "damaged"]), at=AT, actor="user:8")
                ),
                lambda: shortfalls.resolve_shortfalls(at=AT),
                lambda: shipments.answer_recalls(at=AT),
                lambda: orders.put_back_done(Task.objects.values_list("id", flat=True), at=AT, actor="user:9"),
            ]
            try:
                dice.choice(verbs)()
            except Refused:
                refused += 1
        return refused

    refused = run_at_once(5, work)
    assert len(refused) == 5
    assert sound()
