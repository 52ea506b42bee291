"""What a unit will be worth: the mean of what futures say, what is known without any, and what the till would miss."""

from math import exp, factorial

import numpy as np
import pytest

from routing.engine.scarcity import Worth, cold_start, mean_worth, walk_in_floor, worth_of
from tests.routing.engine.problems import problem

ZONES = {"rates": ((500, 700, 1500),), "transit": (3,)}


def test_a_unit_is_worth_what_the_order_that_goes_without_it_loses():
    # one unit at node 0 for two orders: the second goes on to node 1 for 200 more
    made = problem([{"lines": {0: 1}}] * 2, [{0: 1, 1: 9}], **ZONES)
    worth = worth_of(made)
    assert (worth.unit.tolist(), worth.slot.tolist()) == ([200, 0], [0, 0])


def test_units_and_slots_that_nobody_lacks_are_worth_nothing():
    worth = worth_of(problem([{"lines": {0: 1}}] * 2, [{0: 2, 1: 9}], **ZONES))
    assert (worth.unit.any(), worth.slot.any()) == (False, False)


def test_a_future_without_orders_makes_nothing_dear():
    worth = worth_of(problem([], [{0: 1}]))
    assert (worth.unit.tolist(), worth.slot.tolist()) == ([0], [0])


def test_the_price_is_the_mean_of_the_futures_in_whole_units():
    drawn = [Worth(np.array([200.0, 0.0]), np.array([10.0])), Worth(np.array([0.0, 1.0]), np.array([11.2]))]
    unit, slot = mean_worth(drawn)
    assert (unit.tolist(), slot.tolist()) == ([100, 0], [11])


@pytest.mark.parametrize(("consumed", "price"), [(0.0, 0), (0.5, 378), (1.0, 1000), (1.7, 1000), (-1.0, 0)])
def test_without_a_future_the_price_rises_with_the_share_that_is_gone(consumed, price):
    assert cold_start(np.array([1000]), np.array([consumed])).tolist() == [price]  # 1000 (e^0.5 - 1)/(e - 1) = 377.5


@pytest.mark.parametrize("expected", [0.0, 0.3, 2.0, 9.5, 40.0])
def test_a_till_misses_a_unit_as_often_as_it_asks_for_all_there_are(expected):
    left = np.arange(60)
    odds = [1 - sum(exp(-expected) * expected**k / factorial(k) for k in range(units)) for units in left.tolist()]
    floor = walk_in_floor(np.full(60, 1000), np.full(60, expected), left)
    assert floor.tolist() == [round(1000 * max(each, 0)) for each in odds]


@pytest.mark.parametrize(
    ("case", "expected", "left", "floor"),
    [
        ("nothing left", 3.0, 0, 1000),
        ("less than nothing left", 3.0, -4, 1000),
        ("more than a fast till sells", 95.0, 5000, 0),
        ("far more than any till sells", 3.0, 2**31 - 1, 0),
        ("a very fast till and enough", 800.0, 1000, 0),
        ("a very fast till and as much as it sells", 800.0, 800, 505),
        ("a very fast till and too little", 800.0, 100, 1000),
        ("a till of a million", 1e6, 10**6, 500),
    ],
)
def test_a_till_of_any_speed_misses_what_it_would_sell(case, expected, left, floor):
    assert walk_in_floor(np.array([1000]), np.array([expected]), np.array([left])).tolist() == [floor]


def test_a_unit_sold_at_a_loss_is_not_kept_for_the_till():
    assert walk_in_floor(np.array([-50]), np.array([3.0]), np.array([1])).tolist() == [0]
