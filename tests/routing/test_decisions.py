from datetime import timedelta

import pytest

from inventory.models import FeedScope
from routing import decisions
from routing.engine.plan import Options
from routing.engine.problem import Problem as EngineProblem
from routing.engine.solve import solve
from routing.models import Allocation, Decision, OrderException, Problem, RateCard, StrategyActivation
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
    assert told.cost == {"freight": 600, "handling": 230, "lateness": 0, "invoice": 830, "priced": 830}
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
    problem = EngineProblem.from_bytes(bytes(stored.body))
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
