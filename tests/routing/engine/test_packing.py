"""Lines and orders too heavy for one parcel."""

import pytest

from routing.engine.audit import audit
from routing.engine.plan import Mode, Options, Outcome
from routing.engine.solve import solve
from tests.routing.engine.problems import np, problem, random_problem, replace, rule

LIGHT = {"per_kg_above": [[-1] * 3] * 2}  # nothing above 20 kg


def planned(made, **options):
    plan = solve(made, Options(**options))
    audit(made, plan)
    return plan


def sent(plan, order=0):
    """(node, kilograms, ship day) of every parcel."""
    return sorted((parcel.node, parcel.grams // 1000, parcel.ship_day) for parcel in plan.parcels(order))


def test_a_line_too_heavy_for_one_parcel_goes_in_as_few_as_can_be():
    plan = planned(problem([{"lines": {0: 50}}], [{0: 99}], grams=1000, **LIGHT))
    assert (Outcome(plan.outcome[0]), sent(plan)) == (Outcome.ALL, [(0, 10, 0), (0, 20, 0), (0, 20, 0)])
    assert plan.approximate[0]


def test_a_node_that_can_send_it_in_one_is_taken_for_that():
    made = problem([{"lines": {0: 30}}], [{0: 99, 1: 99}], grams=1000, per_kg_above=[[-1, 50, 50]] * 2)
    plan = planned(made)
    assert (sent(plan), bool(plan.approximate[0])) == ([(1, 30, 0)], False)


def test_lines_that_are_too_heavy_only_together_are_cut_exactly():
    made = problem([{"lines": dict.fromkeys(range(4), 1)}], [{0: 9}] * 4, grams=9000, **LIGHT)
    plan = planned(made)
    assert (sent(plan), bool(plan.approximate[0])) == ([(0, 18, 0), (0, 18, 0)], False)


@pytest.mark.parametrize("rank", ["cost", "distance", "delivery_day"])
def test_a_long_order_too_heavy_for_one_parcel_is_packed_at_its_node(rank):
    made = problem(
        [{"lines": dict.fromkeys(range(14), 1)}], [{0: 9, 1: 9}] * 14, grams=4500, rules=[rule(rank=rank)], **LIGHT
    )
    plan = planned(made)
    assert Outcome(plan.outcome[0]) is Outcome.ALL
    assert sent(plan) == [(0, 9, 0), (0, 18, 0), (0, 18, 0), (0, 18, 0)]


def test_a_ranked_order_too_heavy_for_one_parcel_comes_whole_from_the_nearest_node_that_has_it():
    made = problem(
        [{"lines": {0: 2, 1: 3}}], [{0: 9, 1: 9, 2: 1}, {0: 9, 1: 9, 2: 9}], grams=8000,
        distance_km=[[300, 200, 100]], rules=[rule(rank="distance")], **LIGHT,
    )  # fmt: skip
    assert sent(planned(made)) == [(1, 8, 0), (1, 16, 0), (1, 16, 0)]


def test_no_more_parcels_are_packed_than_the_rule_allows():
    made = problem([{"lines": {0: 50}}], [{0: 99}], grams=1000, rules=[rule(max_parcels=2)], **LIGHT)
    plan = planned(made)
    assert (Outcome(plan.outcome[0]), sent(plan)) == (Outcome.PART, [(0, 20, 0), (0, 20, 0)])
    assert plan.reason_of(0).code == "too_many_parcels"


def test_parcels_of_one_order_take_a_slot_each_on_the_days_that_have_one():
    slots = [[1, 0, 5, *[0] * 11], [9] * 14]
    made = problem([{"lines": {0: 50}}], [{0: 99}], nodes=2, grams=1000, slots_left=slots, **LIGHT)
    assert sent(planned(made)) == [(0, 10, 2), (0, 20, 0), (0, 20, 2)]
    full = problem([{"lines": {0: 50}}], [{0: 99}], nodes=1, grams=1000, slots_left=[[2, *[0] * 13]], **LIGHT)
    assert sent(planned(full)) == [(0, 20, 0), (0, 20, 0)]


def test_what_one_node_lacks_comes_from_another_in_parcels_of_its_own():
    made = problem([{"lines": {0: 50}}], [{0: 30, 1: 25}], grams=1000, **LIGHT)
    plan = planned(made)
    assert Outcome(plan.outcome[0]) is Outcome.ALL
    assert sum(grams for _, grams, _ in sent(plan)) == 50
    assert {node for node, _, _ in sent(plan)} == {0, 1}


def test_a_line_that_may_not_be_split_over_nodes_is_still_packed_at_one():
    whole = rule(split_lines=False)
    made = problem([{"lines": {0: 50}}], [{0: 30, 1: 60}], grams=1000, rules=[whole], **LIGHT)
    assert {node for node, _, _ in sent(planned(made))} == {1}
    apart = problem([{"lines": {0: 50}}], [{0: 30, 1: 25}], grams=1000, rules=[whole], **LIGHT)
    assert sent(planned(apart)) == []


def test_a_unit_too_heavy_for_every_carrier_is_left_for_want_of_a_rate():
    plan = planned(problem([{"lines": {0: 1}}], [{0: 99}], grams=25_000, **LIGHT))
    assert (Outcome(plan.outcome[0]), plan.reason_of(0).code) == (Outcome.NONE, "no_rate")


def test_what_is_collected_is_never_too_heavy():
    made = problem([{"lines": {0: 50}, "method": 1, "pinned_node": 0}], [{0: 99}], grams=1000, **LIGHT)
    assert sent(planned(made)) == [(0, 50, 0)]


@pytest.mark.parametrize("mode", list(Mode))
def test_heavy_orders_of_every_length_fit_what_is_there_whatever_the_strategy(mode):
    packed = 0
    for seed in range(48):
        rules = [
            rule(
                max_parcels=1 + seed % 6, rank=("cost", "distance", "delivery_day")[seed % 3],
                split_lines=seed % 2 == 0,
                which_nodes=[{"field": "atp_left", "amount": 2, "negate": True}] if seed % 7 == 0 else [],
            )
        ]  # fmt: skip
        made = random_problem(
            seed, orders=6, skus=20, lines=(4, 9, 16)[seed % 3], nodes=5, most_units=12, stock=20, slots=6,
            rules=rules, plain=seed % 2 == 0,
        )  # fmt: skip
        made = replace(made, per_kg_above=np.full(made.per_kg_above.shape, -1))
        plan = planned(made, mode=mode, chunk=1 + seed % 5)
        assert plan.hash() == solve(made, Options(mode=mode, chunk=1 + seed % 5)).hash()
        for order in range(made.orders):
            nodes = [parcel.node for parcel in plan.parcels(order)]
            packed += len(nodes) > len(set(nodes))
    assert packed > 30
