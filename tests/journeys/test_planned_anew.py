"""Overnight a plan becomes a better one: near stock comes, the order moves there, and the saving is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from celery import Celery
from django.utils import timezone
from playwright.sync_api import Page, expect

from dom_project.accounts.models import Role
from inventory import capacity, ledger
from inventory.models import Node, Sku
from inventory.movements import Movement
from routing import intake
from routing.models import Allocation, Order, OrderEvent
from tests import make

from .conftest import eventually, two_stores, where_it_is

ComesIn = Callable[..., Page]


@pytest.fixture
def network(transactional_db: None) -> dict[str, Node]:
    """A store in Reno, near the customer, without a mug, and one in Denver, far away, with ten; trucks have left."""
    now = timezone.now()
    nodes = two_stores(where_it_is(17))
    make.stock(nodes["DENVER"], make.sku("MUG", name="Enamel mug"), 10)
    capacity.open_days(at=now)
    ledger.publish_atp(at=now)
    make.strategy(make.rule("Every order, cheapest first"))
    return nodes


def order_a_mug(ref: str) -> Order:
    now = timezone.now()
    promise_at = now + timedelta(days=9)
    intake.accept_orders(
        [make.request(ref, lines={"MUG": 1}, placed_at=now, promise_at=promise_at)], at=now, actor="demo"
    )
    return Order.objects.get(order_ref=ref)


def is_at(order: Order, code: str, *, on_the_floor: bool = False) -> bool:
    open_ones = Allocation.objects.filter(order=order, state="open", dispatched_at__isnull=not on_the_floor)
    return list(open_ones.values_list("node__code", flat=True)) == [code]


def receive(node: Node, units: int) -> None:
    now = timezone.now()
    level_id = ledger.open_levels_many([(node.pk, sku := Sku.objects.get().pk)])[node.pk, sku]
    ledger.receive_many([Movement(f"came:{now}", level_id, units, now.date())], at=now, actor="demo")


@pytest.fixture
def plan_anew(valkey_url: str) -> Callable[[], None]:
    """Rings what the schedule rings every three minutes."""

    def ring() -> None:
        with Celery(broker=valkey_url, set_as_current=False) as outside:
            outside.send_task("reoptimise", queue="report", ignore_result=True)

    return ring


def test_an_order_moves_to_stock_that_has_come_and_never_once_a_floor_has_it(
    network: dict[str, Node], house: str, comes_in: ComesIn, plan_anew: Callable[[], None]
) -> None:
    # In the evening Denver alone has mugs. The order is planned there, for tomorrow, and no floor has it.
    order = order_a_mug("W-1")
    eventually(lambda: is_at(order, "DENVER"))
    maya = comes_in("Maya Alvarez", Role.OPERATIONS_MANAGER, house)
    maya.goto(f"{house}/orders/{order.ref}/")
    expect(maya.get_by_text("Denver store will get the order to pick.")).to_be_visible()

    # Mugs come to Reno. Within minutes the order is planned anew, and its page tells by itself what that saves.
    receive(network["RENO"], 5)
    plan_anew()
    expect(maya.locator(".parcel-head").filter(has_text="Reno store")).to_be_visible()
    timeline = maya.get_by_role("region", name="Timeline")
    expect(timeline).to_contain_text("Moved from Denver store to Reno store")
    expect(timeline).to_contain_text("saves $1.50")
    why = maya.get_by_role("region", name="Why it was routed this way")
    expect(why).to_contain_text(
        "It took the place of an earlier plan from Denver store: saves $1.50 and arrives 1 day earlier."
    )
    assert is_at(order, "RENO")

    # The executive sees it as a figure.
    elena = comes_in("Elena Marsh", Role.EXECUTIVE, house)
    elena.goto(f"{house}/kpis/?days=1")
    figure = elena.get_by_role("region", name="Saved by planning anew")
    expect(figure.locator(".kpi-value")).to_have_text("$1.50")

    # The manager switches it off: the floor has the work at once, and from then on nothing moves.
    maya.goto(f"{house}/routing/")
    maya.get_by_role("link", name="Planning anew").click()
    expect(maya.get_by_role("row").filter(has_text="$1.50")).to_be_visible()
    maya.get_by_role("button", name="Switch off").click()
    expect(maya.get_by_role("dialog")).to_contain_text("Switch off and send 1 order to its floor?")
    maya.get_by_role("dialog").get_by_role("button", name="Switch off").click()
    expect(maya.get_by_text("Off: the floor gets everything within seconds")).to_be_visible()
    eventually(lambda: is_at(order, "RENO", on_the_floor=True))
    maya.get_by_role("button", name="Switch on").click()
    network["RENO"].shipment_cost += 5000
    network["RENO"].save()
    witness = order_a_mug("W-2")
    eventually(lambda: is_at(witness, "DENVER"))
    network["DENVER"].shipment_cost += 9000
    network["DENVER"].save()
    plan_anew()
    eventually(lambda: is_at(witness, "RENO"))
    assert is_at(order, "RENO", on_the_floor=True)
    assert OrderEvent.objects.filter(kind="replanned", order=order).count() == 1
