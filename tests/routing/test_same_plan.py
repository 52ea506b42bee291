"""Worker, test drive and a stored decision agree: on 60 random batches here, on 5,000 by `make same-plan`.

A batch of 1 to 50 orders is sourced by the worker. Its problem, read back from what was stored, is solved again. Where
orders are served in turn, the first is tried before the worker comes, and the last afterwards, when what is left for
it is what the worker saw: its own units are given back to it.
"""

import os
from datetime import timedelta

import numpy as np
import pytest
from django.db import transaction
from django.db.models.functions import Now

from inventory import capacity
from inventory.models import Node, NodeDay, Sku, StockLevel
from routing import decisions, pending, sourcing, strategies, trial
from routing.engine.plan import Mode
from routing.engine.solve import solve
from routing.engine.stored import from_bytes
from routing.models import Allocation, Decision, Order, OrderLine, Pending, PlanParcel, Problem
from tests import make

PROBLEMS = int(os.environ.get("SAME_PLANS", "60"))
PARTS = 4 if PROBLEMS < 1000 else 40
PLACES = [(38.58, -121.49, "CA"), (40.71, -74.01, "NY"), (29.76, -95.37, "TX"), (None, None, "WA")]
NODES = {
    "RENO": (39.52, -119.81, "dc", 150),
    "DENVER": (39.74, -104.99, "dc", 120),
    "NEWARK": (40.73, -74.17, "dc", 180),
    "AUSTIN": (30.27, -97.74, "store", 90),
    "FRESNO": (36.75, -119.77, "store", 260),
    "NOWHERE": (None, None, "store", 60),
}
SKUS = {"MUG": 400, "LAMP": 2500, "SOFA": 38_000, "CLOCK": 0, "BOOK": 700, "RUG": 9000, "PEN": 20, "DESK": 24_000}
STRATEGIES = [
    [make.rule("Any", max_parcels=4)],
    [make.rule("Whole", max_parcels=1, if_part="next_rule", if_none="next_rule"), make.rule("Split", max_parcels=3)],
    [make.rule("Near", rank="distance"), make.rule("Rest")],
    [make.rule("Soon", rank="delivery_day", max_parcels=3, if_part="exception", if_none="exception")],
    [
        make.rule("West", which_orders=[{"field": "region", "values": ["CA", "WA"]}], if_none="next_rule",
                  which_nodes=[{"field": "distance", "amount": 900}, {"field": "atp_left", "amount": 1}]),
        make.rule("DCs", which_nodes=[{"field": "kind", "values": ["dc"]}], if_part="exception"),
    ],
]  # fmt: skip


@pytest.fixture
def shop(db, clock):
    make.rate_card()
    for code, (latitude, longitude, kind, cost) in NODES.items():
        make.node(code, latitude=latitude, longitude=longitude, kind=kind, shipment_cost=cost)
    skus = [make.sku(code, weight_grams=grams, price=900 + 7 * grams) for code, grams in SKUS.items()]
    for node in Node.objects.order_by("code"):
        for sku in skus:
            make.stock(node, sku, 1)
    capacity.open_days(at=clock)
    return [make.strategy(*rules, code=f"s{place}") for place, rules in enumerate(STRATEGIES)]


def set_up(rng, versions, clock):
    """A strategy, stock and slots for one batch, and its orders, due."""
    strategies.activate(versions[rng.integers(len(versions))], at=clock, actor="user:1")
    levels = list(StockLevel.objects.order_by("id"))
    scarce = int(rng.integers(2, 12))
    for level in levels:
        level.on_hand = int(rng.integers(0, scarce) * (rng.random() < 0.8))
        level.safety_stock = int(rng.random() < 0.2)
    StockLevel.objects.bulk_update(levels, ["on_hand", "safety_stock"])
    days = list(NodeDay.objects.order_by("id"))
    for day in days:
        day.cap = day.taken + int(rng.integers(0, 8) if rng.random() < 0.7 else 40)
    NodeDay.objects.bulk_update(days, ["cap"])
    size = 1 + int(49 * rng.random() ** 3)
    nodes = {node.code: node for node in Node.objects.all()}
    skus = {sku.code: sku for sku in Sku.objects.all()}
    orders = [order_of(rng, place, clock, nodes) for place in range(size)]
    Order.objects.bulk_create(orders)
    lines = []
    for order in orders:
        wanted = rng.permutation(list(skus))[: min(1 + rng.geometric(0.45), len(skus))]
        lines += [line_of(rng, order, position, skus[str(code)]) for position, code in enumerate(wanted, start=1)]
    OrderLine.objects.bulk_create(lines)
    pending.add([order.id for order in orders], at=clock)
    Pending.objects.update(next_at=Now() - timedelta(days=1), lease_until=None)
    return orders


def order_of(rng, place, clock, nodes):
    latitude, longitude, region = PLACES[int(rng.choice(4, p=[0.4, 0.3, 0.25, 0.05]))]
    collected = bool(rng.random() < 0.15)
    promise_at = clock + timedelta(days=int(rng.integers(0, 7)))
    return Order(
        ref=f"R-{place}",
        order_ref=f"R-{place}",
        channel=make.channel(),
        body_hash=f"R-{place}",
        day=clock.date(),
        currency="USD",
        placed_at=clock,
        accepted_at=clock + timedelta(seconds=place),
        first_promise_at=promise_at,
        promise_at=promise_at,
        promise_source=Order.PromiseSource.CHANNEL,
        ship_to_region=region,
        ship_to_postcode="95814",
        ship_to_latitude=latitude,
        ship_to_longitude=longitude,
        ship_to_time_zone="America/Los_Angeles",
        priority=int(rng.integers(1, 4)),
        method="pickup" if collected else "ship",
        pickup_node=nodes[str(rng.choice(list(nodes)))] if collected else None,
        value=int(rng.integers(500, 90_000)),
    )


def line_of(rng, order, position, sku):
    units = int(rng.integers(1, 4) if rng.random() < 0.9 else rng.integers(4, 20))
    return OrderLine(
        order=order, position=position, line_ref=str(position), sku=sku, unit_price=sku.price, ordered=units,
        pending=units,
    )  # fmt: skip


def tried(order, clock):
    """The plan of the test drive under the live rules, without what counts from the batch's beginning."""
    rules = strategies.rules_of(strategies.live_version())
    return bare(trial.try_order(order.ref, rules, at=clock).trial)


def bare(found):
    """Outcome, costs, parcels, what is left: of a decision or a trial."""
    parcels = [
        {
            **{name: value for name, value in parcel.items() if name != "number"},
            "lines": [(line["line"], line["sku"], line["units"]) for line in parcel["lines"]],
        }
        for parcel in found.plan["parcels"]
    ]
    told = {name: value for name, value in found.plan.items() if name != "parcels"}
    return found.outcome, found.priced, found.invoice, parcels, told


def again(stored, hashes):
    """The stored problem solved again: the same plan, piece by piece, as was hashed and booked."""
    problem = from_bytes(bytes(stored.body))
    plan = solve(problem)
    assert (problem.hash(), plan.problem_hash, plan.hash()) == (stored.digest, stored.digest, hashes[stored.ref])
    for decision in Decision.objects.filter(problem_ref=stored.ref):
        order = problem.order_ref.item(decision.place)
        assert order == decision.order_id
        booked = Allocation.objects.filter(order_id=order).order_by("parcel", "line_id", "level_id")
        columns = ("parcel", "line_id", "level_id", "quantity", "node_id", "ship_date")
        parcels = plan.parcels(decision.place)
        assert list(booked.values_list(*columns)) == sorted(
            (
                choice.parcel + 1,
                problem.line_ref.item(choice.line),
                problem.level_ref.item(choice.entry),
                choice.units,
                problem.node_ref.item(choice.node),
                problem.decided_on + timedelta(days=parcels[choice.parcel].ship_day),
            )
            for choice in plan.choices(decision.place)
        )
        sent = PlanParcel.objects.filter(order_id=order).order_by("number").values_list("service", "freight_cost")
        names = (*problem.services, "")
        assert list(sent) == [(names[parcel.service], parcel.freight) for parcel in parcels]
        assert (decision.priced, decision.invoice) == (plan.priced[decision.place], plan.invoice[decision.place])
    return problem, plan


@pytest.mark.same_plan
@pytest.mark.parametrize("part", range(PARTS))
def test_worker_test_drive_and_stored_decision_agree(part, shop, clock, monkeypatch):
    hashes = {}

    def recorded(problem):
        plan = solve(problem)
        hashes[problem.id] = plan.hash()
        return plan

    monkeypatch.setattr(sourcing, "solve", recorded)
    modes = set()
    for seed in range(part, PROBLEMS, PARTS):
        with transaction.atomic():
            modes.add(same_plan(np.random.default_rng(seed), shop, clock, hashes))
            transaction.set_rollback(True)
    assert Mode.EXACT_FCFS in modes


def same_plan(rng, versions, clock, hashes):
    orders = {order.id: order for order in set_up(rng, versions, clock)}
    turn = list(Pending.objects.order_by("priority", "promise_at", "order_id").values_list("order_id", flat=True))
    sizes = {order_id: orders[order_id].lines.count() for order_id in turn}
    turn.sort(key=lambda order_id: sizes[order_id] > 6)  # long orders come last
    first = tried(orders[turn[0]], clock)
    assert sourcing.source_due(at=clock, owner="one").claimed == len(orders)
    (stored,) = Problem.objects.all()
    problem, plan = again(stored, hashes)
    assert problem.orders == len(orders)
    if plan.mode is Mode.EXACT_FCFS:  # one order tried alone is no batch that is planned together
        served = sorted(range(problem.orders), key=lambda place: int(plan.served[place]))
        assert [problem.order_ref.item(place) for place in served] == turn
        assert bare(decisions.of_order(turn[0])[0]) == first
        assert bare(decisions.of_order(turn[-1])[0]) == tried(orders[turn[-1]], clock)
    return plan.mode
