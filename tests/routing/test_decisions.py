from datetime import timedelta

import pytest

from inventory.models import FeedScope
from routing import decisions, odds
from routing.engine.plan import Options
from routing.engine.solve import solve
from routing.engine.stored import from_bytes
from routing.models import Allocation, Decision, OrderException, OrderLine, Problem, RateCard, StrategyActivation
from tests import make

pytestmark = pytest.mark.usefixtures("network")


def test_what_is_stored_answers_what_it_cost_and_what_the_next_best_would_have(route, network, clock):
    last_full, last_word = clock - timedelta(minutes=11), clock - timedelta(minutes=7)
    FeedScope.objects.create(node=network["RENO"], observed_at=last_full, seen_at=last_word)
    order = make.order(lines={"MUG": 2})
    route()
    decision = decisions.of_order(order.id)[0]
    assert (decision.outcome, decision.look, decision.approximate) == ("all", 1, False)
    told = decisions.explain(decision)
    paid = {"freight": 600, "handling": 230, "invoice": 830, "priced": 830}
    assert told.cost == paid | {"lateness": 0, "rejection": 0, "scarcity": 0}
    assert (told.next_best["node"], told.dearer_by) == ("DENVER", 150)
    assert told.stock == [{"line": "1", "sku": "MUG", "node": "RENO", "units": 2, "atp": 10, "minutes_old": 7}]
    assert (told.split, told.left, told.why, told.nearer) == (False, [], None, [])
    assert decision.refusals == [{"code": "dearer", "params": {}, "nodes": ["DENVER"]}]
    assert decision.facts["versions"]["rates"] == "standard v1"


def test_a_nearer_node_is_named_with_why_it_was_not_taken(route):
    order = make.order(lines={"CLOCK": 1})
    route()
    told = decisions.explain(decisions.of_order(order.id)[0])
    assert [(near.node, near.distance_km, near.code) for near in told.nearer] == [("RENO", 179, "not_stocked")]


def test_a_split_names_the_nodes_that_had_only_a_part(route):
    order = make.order(lines={"MUG": 10, "LAMP": 10, "CLOCK": 10})
    make.order("first", lines={"LAMP": 5}, priority=1, ship_to_latitude=39.74, ship_to_longitude=-104.99)
    route()
    told = decisions.explain(decisions.of_order(order.id)[0])
    assert told.split
    assert {parcel["node"] for parcel in told.parcels} == {"RENO", "DENVER"}


def test_the_problem_of_the_batch_solved_again_gives_the_same_plan(route):
    make.order(lines={"MUG": 2})
    make.order(lines={"LAMP": 1, "CLOCK": 1})
    route()
    stored = Problem.objects.get()
    problem = from_bytes(bytes(stored.body))
    assert (stored.orders, stored.digest) == (2, problem.hash())
    plan = solve(problem, Options())
    given = [(problem.level_ref.item(entry), units) for entry, units in zip(plan.entry, plan.units, strict=True)]
    assert given == list(Allocation.objects.order_by("id").values_list("level_id", "quantity"))
    assert list(Decision.objects.order_by("place").values_list("place", "problem_ref")) == [
        (0, stored.ref),
        (1, stored.ref),
    ]


def test_without_a_strategy_or_a_rate_card_the_order_says_so(clock, route):
    RateCard.objects.update(live=False)
    make.order("A")
    make.strategy(make.rule(if_none="exception"))
    route()
    StrategyActivation.objects.all().delete()
    make.order("B")
    route()
    assert list(OrderException.objects.order_by("id").values_list("reason", flat=True)) == [
        "no_rate_card",
        "no_strategy",
    ]


def test_lines_of_one_sku_in_one_parcel_bear_the_expected_cost_of_a_no_once(route, network, clock):
    odds.learn([], {}, at=clock)
    order = make.order(lines={"MUG": 2, "LAMP": 1})
    mug = order.lines.get(sku__code="MUG").sku
    OrderLine.objects.create(order=order, position=3, line_ref="3", sku=mug, unit_price=1, ordered=1, pending=1)
    route()
    [decision] = decisions.of_order(order.id)
    told = decisions.explain(decision)
    assert [(each.sku, each.odds, each.cost) for each in told.noes] == [("MUG", 200, 10), ("LAMP", 200, 10)]
    assert told.resource_cost == odds.START_COST
    assert told.cost["rejection"] == sum(each.cost for each in told.noes) == 20
    assert told.cost["priced"] == told.cost["invoice"] + 20
