"""Distance and delivery day: the best single node, else node after node."""

import pytest

from routing.engine.audit import audit
from routing.engine.plan import Outcome
from routing.engine.solve import solve
from tests.routing.engine.problems import problem, rule


def nodes_of(made):
    plan = solve(made)
    audit(made, plan)
    return [choice.node for choice in plan.choices(0)]


def near(**changes):
    return [rule(rank="distance", **changes)]


def test_the_nearest_node_that_has_all_ships_though_another_is_cheaper():
    stock = [{0: 5, 1: 5, 2: 5}, {0: 5, 1: 5, 2: 0}]
    made = problem([{"lines": {0: 1, 1: 1}}], stock, rules=near(), distance_km=[[300, 200, 100]], fix=[0, 9000, 0])
    assert nodes_of(made) == [1, 1]


def test_nodes_equally_near_are_told_apart_by_cost_then_place():
    for fix, expected in (([300, 100, 200], 1), ([100, 100, 100], 0)):
        made = problem(
            [{"lines": {0: 1}}], [{0: 5, 1: 5, 2: 5}], rules=near(), distance_km=[[70] * 3], fix=fix,
            rates=((500,),), transit=(3,),
        )  # fmt: skip
        assert nodes_of(made) == [expected]


def test_a_node_at_an_unknown_distance_comes_last():
    made = problem([{"lines": {0: 1}}], [{0: 5, 1: 5}], rules=near(), distance_km=[[-1, 4000]])
    assert nodes_of(made) == [1]
    alone = problem([{"lines": {0: 1}}], [{0: 5}], rules=near(), distance_km=[[-1]])
    assert nodes_of(alone) == [0]


def test_without_a_node_for_all_the_nearest_takes_what_it_can_then_the_next():
    stock = [{0: 5, 2: 5}, {1: 5, 2: 5}, {1: 5, 0: 5}]
    made = problem([{"lines": {0: 1, 1: 1, 2: 1}}], stock, rules=near(), distance_km=[[100, 300, 200]])
    assert nodes_of(made) == [0, 2, 0]


@pytest.mark.parametrize(("most", "filled"), [(1, [1, 0, 0]), (2, [1, 1, 0]), (3, [1, 1, 1])])
def test_taking_turns_ends_with_the_parcels(most, filled):
    made = problem([{"lines": {0: 1, 1: 1, 2: 1}}], [{0: 1}, {1: 1}, {2: 1}], rules=near(max_parcels=most))
    plan = solve(made)
    assert plan.filled.tolist() == filled
    if most < 3:
        assert plan.reason_of(2).code == "too_many_parcels"


def test_the_earliest_delivery_wins_over_the_cheapest():
    rules = [rule(rank="delivery_day")]
    made = problem(
        [{"lines": {0: 1}}], [{0: 5, 1: 5}], rules=rules, rates=((100,), (3000,)), transit=(4, 2), service_bits=[1, 2]
    )
    assert nodes_of(made) == [1]


def test_the_day_is_that_of_the_service_that_will_carry_it():
    # both could fly, but with time enough both go by ground, and node 0 can't ship before day 2
    rules = [rule(rank="delivery_day")]
    days = [[*range(2, 16)], [*range(14)]]
    made = problem([{"lines": {0: 1}}], [{0: 5, 1: 5}], rules=rules, ship_day=days, fix=[0, 5000])
    assert nodes_of(made) == [1]


def test_long_orders_are_ranked_too_and_not_approximate():
    stock = [{0: 5, 1: 5}] * 15
    plan = solve(problem([{"lines": dict.fromkeys(range(15), 1)}], stock, rules=near(), distance_km=[[9, 8]]))
    assert set(plan.node.tolist()) == {1}
    assert Outcome(plan.outcome[0]) is Outcome.ALL
    assert not plan.approximate[0]
