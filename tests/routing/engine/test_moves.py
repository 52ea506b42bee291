"""Which plans are worth to leave the held ones for. Node 0 is the cheapest, each next one 200 dearer."""

from dataclasses import replace

import numpy as np
import pytest

from routing.engine.moves import BEST, LATER, MORE_PARCELS, NO_PLAN, NOT_COMPARABLE, HeldParcel, Move, judge
from routing.engine.plan import Outcome, Plan
from routing.engine.solve import solve

from .problems import ANY, problem, random_problem


def held_at(node, *pieces, ship_day=0, arrive_day=3, service=0):
    return HeldParcel(node, service, ship_day, arrive_day, pieces or ((0, node, 1),))


def judged(made, held, **more):
    return judge(made, solve(made), held, **more)


def test_a_move_that_earns_its_inertia_is_made():
    for inertia, groups in ((200, [[Move(0, saved=200, gain=200, sooner=0)]]), (201, [])):
        made = problem([{"lines": {0: 1}}], [{0: 5, 1: 5}], held_node=[1], inertia=[inertia])
        assert judged(made, {0: [held_at(1)]}).groups == groups


def test_without_inertia_a_tie_stays():
    made = problem([{"lines": {0: 1}}], [{0: 5, 1: 5}], rates=((500, 500),), transit=(3,))
    assert judged(made, {0: [held_at(1)]}).stays == {0: BEST}


def test_what_is_planned_again_as_it_is_held_stays():
    made = problem([{"lines": {0: 1}}], [{0: 5}])
    assert judged(made, {0: [held_at(0)]}).stays == {0: BEST}


def test_two_parcels_of_one_node_become_one():
    made = problem([{"lines": {0: 1, 1: 1}}], [{0: 5}, {0: 5}], held_node=[0, 0], inertia=[25])
    held = {0: [held_at(0, (0, 0, 1)), held_at(0, (1, 1, 1))]}
    assert judged(made, held).groups == [[Move(0, saved=600, gain=600, sooner=0)]]


@pytest.mark.parametrize(
    ("case", "slack", "held_arrives", "stays"),
    [
        ("in time, though later than held", 3, 1, {}),
        ("beyond the promise", 2, 1, {0: LATER}),
        ("late either way, and no later than held", 1, 3, {}),
        ("late either way, and later than held", 1, 2, {0: LATER}),
    ],
)
def test_no_order_becomes_later_than_promised_by_moving(case, slack, held_arrives, stays):
    made = problem(
        [{"lines": {0: 1}, "slack": slack}], [{0: 5, 1: 5}], late_per_day=0, rates=((500, 5000),), transit=(3,)
    )
    assert judged(made, {0: [held_at(1, arrive_day=held_arrives)]}).stays == stays, case


def test_the_rest_of_an_order_on_its_way_becomes_no_more_parcels():
    made = problem([{"lines": {0: 1, 1: 1}}], [{0: 5, 2: 5}, {1: 5, 2: 5}], rates=((100, 100, 9000),), transit=(3,))
    held = {0: [held_at(2, (0, 1, 1), (1, 3, 1))]}
    assert len(judged(made, held).groups) == 1
    assert judged(made, held, begun=frozenset({0})).stays == {0: MORE_PARCELS}


def test_what_has_no_whole_plan_or_no_price_stays():
    made = problem([{"lines": {0: 1}}, {"lines": {1: 1}}], [{0: 5, 1: 5}, {0: 0, 1: 0}])
    held = {0: [held_at(1, service=-1)], 1: [held_at(1, (1, 3, 1))]}
    assert judged(made, held).stays == {0: NOT_COMPARABLE, 1: NO_PLAN}


@pytest.mark.parametrize(
    ("case", "arrays"),
    [
        ("a rate", {"rate": [[[500] * 3, [2**40] * 3, [500] * 3]] * 2}),
        ("a parcel's handling", {"fix": [100, 2**40]}),
        ("a unit's picking", {"pick": [10, -(2**40)]}),
    ],
)
def test_a_cost_that_can_not_be_is_no_price_of_what_is_held(case, arrays):
    made = problem([{"lines": {0: 1}}], [{0: 5, 1: 5}], **arrays)
    assert judged(made, {0: [held_at(1)]}).stays == {0: NOT_COMPARABLE}


def test_a_safety_stock_below_nothing_makes_no_unit_free_for_two():
    made, held = one_unit_each(0, buffer=[-1, -1])
    assert [len(group) for group in judged(made, held).groups] == [2]


def one_unit_each(zone_of_second, **more):
    """Both nodes have one unit. The first order holds that of node 1 and saves 200 with that of node 0, which the
    second holds; for the second, node 1 lies in this zone."""
    made = problem(
        [{"lines": {0: 1}}, {"lines": {0: 1}, "dest": 1}],
        [{0: 1, 1: 1}],
        distance_km=[[100, 200], [100, 200]],
        zone=[[0, 1], [1, zone_of_second]],
        rates=((500, 700, 725),),
        transit=(3,),
        **more,
    )
    return made, {0: [held_at(1, (0, 1, 1))], 1: [held_at(0, (1, 0, 1))]}


def test_who_takes_what_another_leaves_goes_with_him():
    assert judged(*one_unit_each(0)).groups == [[Move(0, 200, 200, 0), Move(1, 200, 200, 0)]]


def test_a_group_is_worth_what_its_orders_gain_together():
    """One gains 200 and the other loses 25: that is enough for two times 87, and not for two times 88."""
    plan = solve(one_unit_each(2)[0])
    moves = {}
    for inertia in (87, 88):
        made, held = one_unit_each(2, inertia=[inertia, inertia])
        moves[inertia] = [[move.order for move in group] for group in judge(made, plan, held).groups]
    assert moves == {87: [[0, 1]], 88: [[0]]}


def test_orders_that_find_enough_for_all_are_judged_one_by_one():
    made = problem([{"lines": {0: 1}}, {"lines": {0: 1}}], [{0: 5, 1: 5}])
    found = judged(made, {0: [held_at(1)], 1: [held_at(1, (1, 1, 1))]})
    assert [len(group) for group in found.groups] == [1, 1]


@pytest.mark.parametrize("seed", range(40))
def test_a_held_plan_costs_what_the_engine_says_it_costs(seed):
    """Whatever the rates, odds and prices: at nodes that ask 7 more a parcel, that is what the same plan saves."""
    made = random_problem(seed, orders=6, skus=4, nodes=4, lines=4, stock=9, rules=({**ANY, "max_parcels": 4},))
    plan = solve(made)
    shipped = (plan.outcome == Outcome.ALL) & (np.diff(plan.parcel_ptr) > 0) & (made.method == 0)
    held = {order: parcels_of(plan, order) for order in np.flatnonzero(shipped).tolist()}
    assert judge(made, plan, held).stays == dict.fromkeys(held, BEST)
    earlier = {order: [parcel._replace(ship_day=-9) for parcel in parcels] for order, parcels in held.items()}
    found = judge(replace(made, fix=made.fix + 7), plan, earlier)
    assert {move.order: move for group in found.groups for move in group} == {
        order: Move(order, 7 * len(parcels), 7 * len(parcels), 0) for order, parcels in held.items()
    }


def parcels_of(plan: Plan, order: int) -> list[HeldParcel]:
    """The parcels of a plan as if they were held."""
    pieces = plan.choices(order)
    return [
        HeldParcel(
            parcel.node, parcel.service, parcel.ship_day, parcel.arrive_day,
            tuple((piece.line, piece.entry, piece.units) for piece in pieces if piece.parcel == parcel.number),
        )
        for parcel in plan.parcels(order)
    ]  # fmt: skip
