"""The prices of a run in the problems of the worker."""

from datetime import timedelta

import numpy as np
import pytest

from inventory.models import Sku
from routing.engine.solve import solve
from routing.facts import under
from routing.gather import gather
from routing.models import Decision, ScarcityPrice
from routing.money import Money
from routing.scarcity import prices, runs
from routing.weighing import Weighing
from tests import make
from tests.routing.test_gather import asked, forget, selects

pytestmark = pytest.mark.usefixtures("learned")
HOUR = timedelta(hours=1)


def facts_of(order, *, at, **options):
    (found,) = gather([order.id], at=at, name="test", **options)
    return found.problem


def by_node(problem):
    codes = [problem.node_codes[node] for node in problem.stock_node.tolist()]
    return dict(zip(codes, problem.price.tolist(), strict=True))


@pytest.mark.usefixtures("counted")
def test_they_lie_beside_the_stock_and_the_problem_names_the_run(clock, learned):
    problem = facts_of(make.order(lines={"MUG": 1}), at=clock)
    assert by_node(problem) == {"DENVER": 0, "RENO": 100}
    assert problem.slot_price.tolist() == [0, 25]
    assert problem.versions["prices"] == str(learned.pk)
    plan = solve(problem)
    assert (plan.scarcity.tolist(), plan.invoice.tolist()) == ([125], [plan.priced.item(0) - 125])


def test_a_strategy_that_does_not_count_them_has_none(clock):
    problem = facts_of(make.order(lines={"MUG": 1}), at=clock)
    assert (problem.price.tolist(), problem.slot_price.tolist()) == ([0, 0], [0, 0])
    assert problem.versions["prices"] == ""


def test_rules_that_are_tried_weigh_what_they_say(clock):
    order = make.order(lines={"MUG": 1})
    on = facts_of(order, at=clock, rules=(), weighing=Weighing(scarcity_prices=True))
    assert by_node(on) == {"DENVER": 0, "RENO": 100}
    off = under(on, on.rules, Weighing())
    assert (off.price.tolist(), off.slot_price.tolist()) == ([0, 0], [0, 0])


@pytest.mark.usefixtures("counted")
def test_after_a_day_what_was_consumed_counts(clock, learned):
    order = make.order(lines={"MUG": 1})
    assert by_node(facts_of(order, at=clock + 22 * HOUR))["RENO"] == 100
    late = facts_of(order, at=clock + 23 * HOUR)
    assert by_node(late) == {"DENVER": 0, "RENO": 40}
    assert late.slot_price.tolist() == [0, 0]
    assert late.versions["prices"] == f"{learned.pk}-expired"


@pytest.mark.usefixtures("counted")
def test_the_newest_run_that_is_done_counts(clock, learned):
    asked_for = runs.ask(at=clock, actor="user:1")
    order = make.order(lines={"MUG": 1})
    assert facts_of(order, at=clock).versions["prices"] == str(learned.pk)
    runs.begin(asked_for, at=clock)
    runs.finish(asked_for, runs.Made.nothing())
    problem = facts_of(order, at=clock)
    assert problem.versions["prices"] == str(asked_for.pk)
    assert by_node(problem) == {"DENVER": 0, "RENO": 0}


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("count", [1, 40])
def test_they_cost_no_query_once_a_process_has_read_them(clock, monkeypatch, count):
    orders = [make.order(lines={"MUG": 1, "LAMP": 2}).id for _ in range(count)]
    forget()
    prices.of_run.cache_clear()
    with asked(monkeypatch) as cold:
        gather(orders, at=clock, name="cold")
    with asked(monkeypatch) as warm:
        gather(orders, at=clock, name="warm")
    assert (selects(cold), selects(warm)) == (10, 5)


def test_prices_of_another_currency_are_exchanged_or_none(clock, learned):
    found = prices.of_run(learned.pk, 0)
    price = ScarcityPrice.objects.get()
    where = np.array([price.sku_id]), np.array([price.node_id])
    assert found.of_units(*where, Money("CAD", {"USDCAD": 1.5}), at=clock).tolist() == [150]
    assert found.of_units(*where, Money("CAD", {}), at=clock).tolist() == [0]
    assert found.of_slots(where[1], Money("CAD", {"USDCAD": 1.5}), at=clock).tolist() == [38]


def test_what_a_run_does_not_know_has_no_price(clock, learned):
    found = prices.of_run(learned.pk, 0)
    price, usd = ScarcityPrice.objects.get(), Money("USD", {})
    lamp = Sku.objects.get(code="LAMP").pk
    skus, nodes = np.array([lamp, price.sku_id, price.sku_id]), np.array([price.node_id, 10**9, 1])
    assert found.of_units(skus, nodes, usd, at=clock).tolist() == [0, 0, 0]
    assert found.of_slots(np.array([10**9]), usd, at=clock).tolist() == [0]


@pytest.mark.usefixtures("counted")
def test_a_price_never_leaves_a_line_that_a_node_can_fill(clock, network, route):
    """Only Reno has the mug, and it is worth more there than leaving the line costs."""
    ScarcityPrice.objects.update(price=10_000_000)
    Sku.objects.get(code="MUG").levels.filter(node=network["DENVER"]).update(on_hand=0)
    order = make.order(lines={"MUG": 1})
    assert route().routed == 1
    order.refresh_from_db()
    assert order.state == "routed"
    decision = order_decision(order)
    assert [parcel["node"] for parcel in decision.plan["parcels"]] == ["RENO"]
    assert decision.plan["scarcity"] == 10_000_025


@pytest.mark.usefixtures("counted")
def test_an_order_goes_where_a_unit_is_worth_less(clock, network, route):
    ScarcityPrice.objects.update(price=5_000)
    order = make.order(lines={"MUG": 1})
    route()
    decision = order_decision(order)
    assert [parcel["node"] for parcel in decision.plan["parcels"]] == ["DENVER"]
    # A zone nearer: 150 less.
    assert decision.plan["unpriced"] == {"invoice": decision.invoice - 150, "nodes": ["RENO"]}
    assert decision.unpriced == decision.invoice - 150


@pytest.mark.usefixtures("counted")
def test_an_order_that_a_price_does_not_move_says_nothing(route):
    order = make.order(lines={"MUG": 1})
    route()
    decision = order_decision(order)
    assert (decision.plan["scarcity"], decision.unpriced, "unpriced" in decision.plan) == (125, None, False)


def order_decision(order):
    return Decision.objects.get(order_id=order.id)
