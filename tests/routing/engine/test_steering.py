"""Scarcity prices, odds of a no and held nodes, against trying everything."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.engine.audit import audit
from routing.engine.plan import Options, Outcome
from routing.engine.solve import solve
from routing.engine.stored import from_bytes, to_bytes
from tests.routing.engine.problems import problem, random_problem, rule, steered
from tests.routing.engine.test_solve import RULES, agrees

SPLITS = [rule(max_parcels=most) for most in (1, 2, 3, 6)]


def nodes_of(made, order=0):
    """The nodes of an order's lines, −1 for a line that is left."""
    plan = solve(made)
    audit(made, plan)
    found = dict.fromkeys(range(made.ptr[order], made.ptr[order + 1]), -1)
    return list((found | {choice.line: choice.node for choice in plan.choices(order)}).values())


def starved(seed, rules):
    """Orders whose units may be priced higher than what leaving them costs."""
    made = random_problem(
        seed, orders=8, skus=4, nodes=3, lines=3, most_units=2, stock=4, days=3, slots=1 + seed % 3, rules=[rules],
        plain=True,
    )  # fmt: skip
    return steered(made, seed, prices=6000, slot_prices=4000, unfilled=6000)


@settings(max_examples=100)
@given(seed=st.integers(0, 2**31), rules=st.sampled_from(SPLITS), chunk=st.integers(1, 8))
def test_steered_orders_in_turn_cost_what_trying_everything_costs(seed, rules, chunk):
    made = random_problem(
        seed, orders=6, skus=5, nodes=3, lines=4, most_units=2, stock=5, days=3, rules=[rules], plain=seed % 2 == 0
    )
    agrees(steered(made, seed), Options(chunk=chunk))


@settings(max_examples=100)
@given(seed=st.integers(0, 2**31), rules=st.sampled_from(SPLITS), chunk=st.integers(1, 8))
def test_prices_above_the_cost_of_a_unit_left_are_guarded_as_by_trying_everything(seed, rules, chunk):
    agrees(starved(seed, rules), Options(chunk=chunk))


@pytest.mark.parametrize("seed", [3799, 4364, 5469, 6510])
def test_what_must_be_filled_is_asked_again_when_the_stock_has_shrunk(seed):
    agrees(starved(seed, SPLITS[seed % 4]), Options(chunk=1 + seed % 9))


@pytest.mark.parametrize(("case", "rules"), RULES)
def test_prices_go_with_every_kind_of_rule(case, rules):
    for seed in range(12):
        made = random_problem(seed, orders=8, skus=5, nodes=3, lines=4, most_units=2, stock=6, rules=rules)
        agrees(steered(made, seed))


@pytest.mark.parametrize(("price", "node"), [(199, 0), (200, 0), (201, 1)])
def test_a_price_moves_a_unit_to_the_node_that_can_spare_it(price, node):
    made = problem([{"lines": {0: 1}}], [{0: 5, 1: 5}], price=[price, 0])
    assert nodes_of(made) == [node]


@pytest.mark.parametrize(("price", "node"), [(199, 0), (201, 1)])
def test_a_price_of_slots_counts_once_a_parcel(price, node):
    made = problem([{"lines": {0: 3, 1: 2}}], [{0: 5, 1: 5}] * 2, slot_price=[price, 0])
    plan = solve(made)
    assert nodes_of(made) == [node, node]
    assert plan.scarcity[0] == (price if node == 0 else 0)


@pytest.mark.parametrize(("odds", "node"), [(1999, 0), (2010, 1)])
def test_a_likely_no_costs_its_share_of_sourcing_again_whatever_the_units(odds, node):
    made = problem([{"lines": {0: 3}}], [{0: 5, 1: 5}], no_odds=[odds, 0], resource_cost=1000)
    assert nodes_of(made) == [node]


def test_odds_count_no_further_than_a_half_and_never_below_nothing():
    made = problem([{"lines": {0: 1}}, {"lines": {1: 1}}], [{0: 5}, {0: 5}], no_odds=[9000, -50], resource_cost=701)
    plan = solve(made)
    audit(made, plan)
    assert plan.rejection.tolist() == [351, 0]


def test_what_steers_is_priced_and_never_invoiced():
    made = problem([{"lines": {0: 2}}], [{0: 5}], price=[70], no_odds=[1000], resource_cost=600, slot_price=[30])
    plan = solve(made)
    audit(made, plan)
    assert (plan.invoice[0], plan.rejection[0], plan.scarcity[0], plan.priced[0]) == (620, 60, 170, 850)


def test_prices_leave_a_line_only_without_the_guard():
    facts = {"orders": [{"lines": {0: 1}}], "stock": [{0: 5}], "price": [9000], "unfilled": 5000}
    assert nodes_of(problem(**facts)) == [0]
    assert nodes_of(problem(**facts, guarded=False)) == [-1]


def test_the_guard_fills_no_line_that_would_be_left_without_prices():
    made = problem([{"lines": {0: 1}}], [{0: 5}], price=[1], unfilled=500)
    assert nodes_of(made) == [-1]


@pytest.mark.parametrize(("inertia", "node"), [(199, 0), (200, 0), (201, 1)])
def test_an_order_leaves_where_it_is_held_only_for_what_that_is_worth(inertia, node):
    made = problem([{"lines": {0: 1}}], [{0: 5, 1: 5}], held_node=[1], inertia=[inertia])
    assert nodes_of(made) == [node]
    plan = solve(made)
    assert plan.priced[0] == [610, 810][node]  # the inertia itself is in no figure


def test_an_order_held_at_a_node_stays_though_leaving_a_line_would_be_cheaper():
    made = problem([{"lines": {0: 1}}], [{0: 5}], unfilled=500, held_node=[0], inertia=[200])
    assert nodes_of(made) == [0]
    assert nodes_of(replace(made, inertia=np.array([110]))) == [-1]


@pytest.mark.parametrize(("case", "changes"), [("sold", {"free": [5, 0]}), ("a rule refuses it", {"kind": [1, 0]})])
def test_an_order_can_not_stay_where_it_may_no_longer_be(case, changes):
    stores = rule(which_nodes=[{"field": "kind", "values": ["store"]}])
    made = problem([{"lines": {0: 1}}], [{0: 5, 1: 5}], rules=[stores], held_node=[1], inertia=[9999], **changes)
    assert nodes_of(made) == [0]


@pytest.mark.parametrize(("inertia", "node"), [(0, 0), (199, 0), (201, 1)])
@pytest.mark.parametrize("lines", [5, 9, 14])
def test_inertia_holds_orders_of_every_length(lines, inertia, node):
    made = problem(
        [{"lines": dict.fromkeys(range(lines), 1)}], [{0: 5, 1: 5}] * lines, held_node=[1] * lines, inertia=[inertia]
    )
    assert set(nodes_of(made)) == {node}


def test_a_long_order_stays_at_several_nodes():
    held = [0] * 6 + [1] * 6
    made = problem([{"lines": dict.fromkeys(range(12), 1)}], [{0: 5, 1: 5}] * 12, held_node=held, inertia=[3000])
    assert nodes_of(made) == held
    one = problem(
        [{"lines": dict.fromkeys(range(12), 1)}], [{0: 5, 1: 5}] * 12, held_node=held, inertia=[3000],
        rules=[rule(max_parcels=1)],
    )  # fmt: skip
    assert set(nodes_of(one)) == {0}


def test_no_alternative_goes_through_a_node_of_the_plan():
    seen = 0
    for seed in range(60):
        plan = solve(starved(seed, SPLITS[seed % 4]))
        for order in range(8):
            used = {parcel.node for parcel in plan.parcels(order)}
            others = plan.alternatives(order)
            assert used.isdisjoint(other.node for other in others)
            assert all(other.node in other.nodes for other in others)
            seen += len(others)
    assert seen > 300


def test_pieces_of_a_line_that_nobody_has_whole_are_not_kept_back_by_prices():
    made = problem([{"lines": {0: 9}}], [{0: 5, 1: 4}], price=[90_000, 0], no_odds=[5000, 0], resource_cost=500)
    plan = solve(made)
    audit(made, plan)
    assert Outcome(plan.outcome[0]) is Outcome.ALL
    assert (plan.scarcity[0], plan.rejection[0]) == (450_000, 250)


def test_a_node_that_is_likely_to_say_no_is_the_second_choice_for_a_part():
    facts = {"orders": [{"lines": {0: 9}}], "stock": [{0: 5, 1: 5}], "rules": [rule(max_parcels=1)]}
    assert nodes_of(problem(**facts)) == [0]
    assert nodes_of(problem(**facts, no_odds=[5000, 0], resource_cost=500)) == [1]


def test_prices_and_holds_are_part_of_the_hash_and_of_what_is_stored():
    made = steered(random_problem(3, orders=20, lines=6, skus=12, nodes=5, stock=9, slots=9), 3)
    stored = from_bytes(to_bytes(made))
    assert stored.hash() == made.hash()
    assert solve(stored).hash() == solve(made).hash()
    for name in ("price", "no_odds", "slot_price", "inertia", "held_node"):
        column = getattr(made, name).copy()
        column[0] += 1
        assert replace(made, **{name: column}).hash() != made.hash()
