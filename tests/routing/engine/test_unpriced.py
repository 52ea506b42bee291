"""What prices changed: each order's best plan without them, on what the others leave."""

from dataclasses import replace

import numpy as np
import pytest

from routing.engine.plan import Mode, Options
from routing.engine.problem import OF_LINE, OF_ORDER
from routing.engine.solve import solve
from routing.engine.unpriced import unpriced
from tests.routing.engine.problems import problem, random_problem

# One node in zone 0 (a light parcel 500) and one in zone 1 (700); handling is 110 at both.
NEAR, FAR = 500 + 110, 700 + 110
MODES = (Mode.EXACT_FCFS, Mode.BATCH)


def moved(one, mode=Mode.EXACT_FCFS):
    plan = solve(one, Options(mode=mode))
    return plan, {order: tuple(found) for order, found in unpriced(one, plan).items()}


@pytest.mark.parametrize("mode", MODES)
def test_an_order_that_a_price_sends_farther_is_told_with_what_it_would_cost(mode):
    plan, found = moved(problem([{"lines": {0: 1}}], [{0: 1, 1: 1}], price=[300, 0]), mode)
    assert plan.choices(0)[0].node == 1
    assert (plan.invoice.tolist(), found) == ([FAR], {0: (NEAR, (0,))})


@pytest.mark.parametrize("mode", MODES)
def test_a_price_too_small_to_move_it_changes_nothing(mode):
    plan, found = moved(problem([{"lines": {0: 1}}], [{0: 1, 1: 1}], price=[100, 0]), mode)
    assert (plan.scarcity.tolist(), found) == ([100], {})


def test_without_prices_nothing_is_tried():
    assert moved(problem([{"lines": {0: 1}}], [{0: 1, 1: 1}]))[1] == {}


def test_a_price_of_slots_moves_too():
    assert moved(problem([{"lines": {0: 1}}], [{0: 1, 1: 1}], slot_price=[300, 0]))[1] == {0: (NEAR, (0,))}


@pytest.mark.parametrize("mode", MODES)
def test_what_the_others_take_is_not_there(mode):
    """The first order moves away; the second, for which the near unit is worth its price, has it: so it is gone."""
    one = problem(
        [{"lines": {0: 1}}, {"lines": {0: 1}, "dest": 1}],
        [{0: 1, 1: 1}],
        price=[300, 0],
        rates=((500, 700, 2000),),
        transit=(3,),
        distance_km=[[100, 200], [100, 900]],
        zone=[[0, 1], [0, 2]],
    )
    plan, found = moved(one, mode)
    assert [plan.choices(order)[0].node for order in (0, 1)] == [1, 0]
    # Together, what the second took is not there for the first; in turn the first would have come before it.
    assert found == ({} if mode is Mode.BATCH else {0: (NEAR, (0,))})


@pytest.mark.parametrize("mode", MODES)
def test_a_full_day_counts_as_it_stood(mode):
    """The near node's one slot is taken by the first order, which has no other node."""
    one = problem(
        [{"lines": {1: 1}}, {"lines": {0: 1}}],
        [{0: 1, 1: 1}, {0: 1}],
        price=[300, 0, 0],
        slots_left=[[1] + [0] * 13, [9] * 14],
    )
    plan, found = moved(one, mode)
    assert plan.choices(1)[0].node == 1
    assert found == {}


def test_an_order_that_takes_two_parcels_because_of_a_price_is_told():
    one = problem([{"lines": {0: 1, 1: 1}}], [{0: 1, 1: 1}, {0: 1}], price=[2000, 0, 0], nodes=2)
    plan, found = moved(one)
    assert sorted(parcel.node for parcel in plan.parcels(0)) == [0, 1]
    assert found == {0: (500 + 100 + 20, (0,))}


@pytest.mark.parametrize("mode", MODES)
def test_what_is_told_is_what_the_order_would_get_alone_on_what_the_others_leave(mode):
    told = 0
    for seed in range(130):
        one = random_problem(seed, orders=6, skus=3, nodes=4, stock=5, slots=4, plain=True)
        luck = np.random.default_rng(seed)
        price, slot = luck.integers(0, 1500, len(one.stock_node)), luck.integers(0, 200, one.nodes)
        one = replace(one, price=price, slot_price=slot)
        plan = solve(one, Options(mode=mode))
        for order, found in unpriced(one, plan).items():
            bare = solve(replace(alone(one, plan, order), price=[], slot_price=[]))
            nodes = tuple(parcel.node for parcel in bare.parcels(0))
            assert (bare.invoice.tolist(), nodes) == ([found.invoice], found.nodes)
            assert bare.priced[0] <= plan.priced[order] - plan.scarcity[order]
            told += 1
    assert told > 20


def alone(one, plan, order):
    """The problem of this order, on what it found at its turn."""
    others = [row for row in range(one.orders) if row != order]
    if plan.served[order]:
        others = [row for row in others if plan.served[row] < plan.served[order]]
    else:
        others = [row for row in others if not plan.served[row]]
    free, slots = one.free.copy(), one.slots_left.copy()
    for row in others:
        for choice in plan.choices(row):
            free[choice.entry] -= choice.units
        for parcel in plan.parcels(row):
            slots[parcel.node, one.ship_day[parcel.node].tolist().index(parcel.ship_day)] -= 1
    lines = slice(one.ptr[order], one.ptr[order + 1])
    forbidden = slice(one.forbid_ptr[lines.start], one.forbid_ptr[lines.stop])
    return replace(
        one,
        **{name: getattr(one, name)[[order]] for name in OF_ORDER},
        **{name: getattr(one, name)[lines] for name in OF_LINE},
        ptr=np.array([0, lines.stop - lines.start]),
        forbid_ptr=one.forbid_ptr[lines.start : lines.stop + 1] - one.forbid_ptr[lines.start],
        forbid_node=one.forbid_node[forbidden],
        free=free,
        slots_left=slots,
    )
