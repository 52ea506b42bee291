import numpy as np
import pytest

from benchmarks.yardsticks.dom_us import dom_us
from benchmarks.yardsticks.instance import stock_table
from benchmarks.yardsticks.jasin_sinha import LOST, jasin_sinha


@pytest.mark.parametrize("make", [lambda: dom_us(300), lambda: jasin_sinha(300)])
def test_equal_arguments_give_a_valid_problem_of_equal_bytes(make):
    make().validate()
    assert make().hash() == make().hash()


def test_the_united_states_are_the_ones_every_earlier_figure_was_measured_on():
    problem = dom_us(1000, seed=2)
    assert (problem.orders, problem.lines, problem.nodes, len(problem.sku_ref)) == (1000, 1871, 204, 5000)
    sums = [array.sum() for array in (problem.free, problem.units, problem.grams, problem.dest, problem.zone)]
    assert sums == [127_774, 2141, 3_641_692, 456_037, 683_053]
    assert problem.sku[:5].tolist() == [187, 1119, 801, 2988, 2922]
    assert problem.fix[:6].tolist() == [120, 120, 120, 120, 267, 291]
    assert problem.rate[0, :, 0].tolist() == [850, 900, 970, 1040, 1100, 1170, 1250]
    assert problem.rate[0, 0, -1] == 850 + 69 * 30
    assert problem.transit.tolist() == [[1, 2, 2, 3, 4, 4, 5]]
    assert problem.slots_left[:6, :2].tolist() == [[330, 0]] * 4 + [[8, 0]] * 2


def test_another_day_of_orders_meets_the_same_network_and_the_same_stock():
    today, tomorrow = dom_us(200, horizon=500), dom_us(300, order_seed=8, horizon=500)
    assert stock_table(today).tolist() == stock_table(tomorrow).tolist()
    assert today.zone.tolist() == tomorrow.zone.tolist()
    assert today.sku[:20].tolist() != tomorrow.sku[:20].tolist()


def test_the_ratio_is_what_the_dcs_hold_to_what_will_be_asked_for():
    healthy, scarce = (stock_table(dom_us(5000, ratio=ratio))[:, :4].sum() for ratio in (1.3, 0.6))
    assert (healthy, scarce) == (16_091, 10_007)


def test_fewer_slots_are_taken_from_every_node_but_never_the_last():
    full, tight = (dom_us(10_000, slots=slots).slots_left[:, 0] for slots in (1.0, 0.4))
    assert (full[:5].tolist(), tight[:5].tolist()) == ([3300] * 4 + [80], [1320] * 4 + [32])
    assert dom_us(10, slots=0.01).slots_left[:, 0].tolist() == [1] * 204


def test_no_order_of_either_family_names_a_sku_twice():
    for problem in (dom_us(3000), jasin_sinha(500)):
        owner = np.repeat(np.arange(problem.orders), np.diff(problem.ptr))
        assert len(set(zip(owner.tolist(), problem.sku.tolist(), strict=True))) == problem.lines


def test_the_small_network_is_the_one_every_earlier_figure_was_measured_on():
    problem = jasin_sinha(1000, seed=2)
    assert (problem.orders, problem.lines, problem.nodes) == (887, 2449, 6)
    assert (problem.rate.sum(), problem.dest.sum()) == (429_187, 2873)
    assert stock_table(problem)[0].tolist() == [32, 22, 84, 29, 30, 100_000_000]


def test_what_is_lost_costs_a_parcel_twice_what_the_farthest_centre_would_take():
    problem = jasin_sinha(100)
    price = problem.rate[0, problem.zone[0]]  # New York: [node, items]
    assert problem.node_codes.index(LOST) == 5
    farthest = price[:5].max(0)
    assert np.abs(price[5] - 2 * farthest).max() <= 1
    assert (np.diff(problem.zone.ravel()) == 1).all()


def test_another_sequence_is_another_stream_for_the_same_network():
    first, second = jasin_sinha(400), jasin_sinha(400, sequence=1)
    assert stock_table(first).tolist() == stock_table(second).tolist()
    assert first.dest[:30].tolist() != second.dest[:30].tolist()
