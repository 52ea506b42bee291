from dataclasses import replace

import numpy as np
import pytest

from routing.engine.problem import Kind
from routing.engine.scarcity import Worth, worth_of
from routing.facts import UNFILLED
from routing.scarcity.pricing import Shelf, per_day, prices, spread_out
from routing.scarcity.worth import as_if_now
from tests.routing.engine.problems import problem


def ints(*values):
    return np.array(values, np.int64)


def shelf(stocked, sold=(0, 0), counted_days=(0, 0)):
    return Shelf(ints(*stocked), ints(*sold), ints(*counted_days))


@pytest.fixture
def two_shelves():
    """Five units of one SKU in a DC, two in a store."""
    return problem([{"lines": {0: 1}}], [{0: 5, 1: 2}], kind=[Kind.DC, Kind.STORE])


def made(one, found, shelf):
    return prices(one, found, shelf, ints(2000), ints(1000), ints(500), hours=168)


def test_a_price_is_the_mean_of_the_futures(two_shelves):
    drawn = [Worth(np.array([100.0, 0.0]), np.array([0.0, 3.0])), Worth(np.array([51.0, 0.0]), np.array([0.0, 4.0]))]
    found = made(two_shelves, drawn, shelf((5, 2)))
    assert found.unit.tolist() == [76, 0]
    assert found.slot.tolist() == [0, 4]
    assert (found.cold.tolist(), found.walk_in.tolist()) == ([0, 0], [0, 0])


def test_without_history_a_price_grows_with_the_share_that_is_gone(two_shelves):
    found = made(two_shelves, [], shelf((10, 2)))
    # Half is gone: 400 × (e^0.5 − 1) / (e − 1).
    assert found.unit.tolist() == found.cold.tolist() == [151, 0]
    assert found.slot.tolist() == [0, 0]


def test_a_shelf_that_is_empty_has_no_price():
    one = problem([{"lines": {0: 1}}], [{0: 0, 1: 2}])
    assert made(one, [], shelf((10, 2))).unit.tolist() == [0, 0]


def test_a_store_keeps_what_its_till_would_miss(two_shelves):
    # 14 sold in 28 days: 3.5 a week, so two units are missed with 1 − e^−3.5 × 4.5 = 86.4 %.
    found = made(two_shelves, [Worth(np.zeros(2), np.zeros(2))], shelf((5, 2), (14, 14), (28, 28)))
    assert found.walk_in.tolist() == [0, 864]  # nobody walks into a DC
    assert found.unit.tolist() == found.cold.tolist() == [0, 864]


def test_the_till_gives_the_least_price_not_the_sum(two_shelves):
    found = made(two_shelves, [Worth(np.array([0.0, 900.0]), np.zeros(2))], shelf((5, 2), (14, 14), (28, 28)))
    assert found.unit.tolist() == [0, 900]


def test_figures_of_a_few_days_count_as_if_they_were_of_four_weeks(two_shelves):
    found = made(two_shelves, [Worth(np.zeros(2), np.zeros(2))], shelf((5, 2), (0, 7), (0, 1)))
    assert found.walk_in.tolist() == [0, 522]  # 1.75 a week, not 49: two are missed with 1 − e^−1.75 × 2.75


def test_a_unit_is_worth_no_more_than_it_sells_for_and_the_longest_way_to_it(two_shelves):
    drawn = [Worth(np.array([90_000.0, 2_100.0]), np.zeros(2))]
    assert made(two_shelves, drawn, shelf((5, 2))).unit.tolist() == [2000 + 400, 2100]
    unknown = prices(two_shelves, drawn, shelf((5, 2)), ints(0), ints(1000), ints(500), hours=168)
    assert unknown.unit.tolist() == [90_000, 2100]


def test_a_future_that_asks_for_a_part_is_laid_out_over_all_entries():
    everything = problem([{"lines": {0: 1, 1: 1}}], [{0: 5, 1: 5}, {0: 5, 1: 5}])
    future = replace(
        problem([{"lines": {0: 1}}], [{0: 5, 1: 5}]), level_ref=everything.level_ref[2:], sku_ref=ints(101)
    )
    found = spread_out(everything, future, Worth(np.array([7.0, 8.0]), np.array([1.0, 2.0])))
    assert found.unit.tolist() == [0, 0, 7, 8]
    assert found.slot.tolist() == [1, 2]


def test_units_a_day_are_told_by_sku():
    one = problem([{"lines": {0: 1, 1: 1}}], [{0: 5}, {0: 5}])
    assert per_day(one, {101: 28}, 14).tolist() == [0, 2]


def test_the_unit_that_more_orders_want_than_there_are_is_worth_what_the_next_node_costs_more():
    # Two orders want the near unit: one of them must go to the next node, which is 200 dearer.
    future = as_if_now(
        problem([{"lines": {0: 1}}, {"lines": {0: 1}}], [{0: 1, 1: 9}], unfilled=UNFILLED + 1990), 24, UNFILLED
    )
    found = worth_of(future)
    assert made(future, [found], shelf((1, 9))).unit.tolist() == [200, 0]
