from dataclasses import replace

import numpy as np
import pytest

from routing.facts import UNFILLED
from routing.scarcity.worth import as_if_now, consumed_share, dearest, margins, sold_until
from tests.routing.engine.problems import problem


def ints(*values):
    return np.array(values, np.int64)


def test_a_margin_is_price_less_cost_or_a_share_of_the_price():
    assert margins(ints(2000, 2000, 500), ints(700, 0, 900)).tolist() == [1300, 800, 0]


def test_what_is_gone_since_the_last_receipt_is_a_share():
    assert consumed_share(ints(10, 10, 10, 0, 4), ints(10, 4, 0, 0, 6)).tolist() == pytest.approx([0, 0.6, 1, 1, 0])


def test_a_till_goes_on_selling_as_it_did():
    assert sold_until(ints(28, 3, 0, -2), ints(28, 7, 28, 0), 7).tolist() == [7, 3, 0, 0]


def test_the_most_that_can_be_lost_is_the_way_from_the_farthest_zone_and_dearer_work():
    # Zones cost 500, 700, 900 (a band more: 100 dearer each); work is 110 at the first node and 160 at the second.
    found = dearest(problem([{"lines": {0: 1, 1: 1}}], [{0: 5, 1: 5}, {1: 5}], fix=[100, 150]), ints(500, 2000))
    assert found.tolist() == [400 + 50, 400, 400]


def test_a_zone_without_a_price_is_no_way():
    one = problem([{"lines": {0: 1}}], [{0: 5}], rates=((500, 700, -1),), transit=(3,))
    assert dearest(one, ints(500)).tolist() == [200]


def test_without_rates_nothing_can_be_lost_on_the_way():
    one = replace(problem([{"lines": {0: 1}}], [{0: 5}]), rate=np.zeros((0, 1, 0)), band_grams=np.zeros(0))
    assert dearest(one, ints(500)).tolist() == [0]


def test_a_future_is_one_batch_with_the_slots_of_its_hours_and_its_units_worth_what_they_sell_for():
    slots = np.tile(np.array([3, 4, 5] + [6] * 11), (2, 1))
    slots[1, 0] = -1  # closed
    one = problem([{"lines": {0: 1}}], [{0: 5, 1: 5}], slots_left=slots, unfilled=UNFILLED + 1990)
    now = as_if_now(one, 48, UNFILLED)
    assert now.slots_left[:, :4].tolist() == [[7, 0, 5, 6], [4, 0, 5, 6]]
    assert now.unfilled.tolist() == [1990]
    assert as_if_now(one, 1, UNFILLED).slots_left[0, :2].tolist() == [3, 4]
    now.validate()
