import numpy as np
import pytest

from benchmarks.yardsticks.baselines import closest_carrying, greedy, nearest
from benchmarks.yardsticks.dom_us import dom_us
from benchmarks.yardsticks.invoice import charged, pieces_of
from benchmarks.yardsticks.jasin_sinha import jasin_sinha
from benchmarks.yardsticks.policies import exact_fcfs


def cost(problem, plan):
    return int(charged(problem, pieces_of(problem, plan)).priced.sum())


@pytest.mark.parametrize(("slots", "expected"), [(1.0, 2_365_334), (0.4, 3_381_343)])
def test_the_nearest_node_costs_what_it_always_did(slots, expected):
    problem = dom_us(1000, slots=slots)
    assert cost(problem, nearest(problem)) == expected


@pytest.mark.parametrize(("slots", "expected"), [(1.0, 1_774_666), (0.4, 2_346_309)])
def test_the_rule_engine_costs_what_it_always_did(slots, expected):
    problem = dom_us(1000, slots=slots)
    assert cost(problem, greedy(problem)) == expected


def test_the_closest_carrying_centre_costs_what_it_always_did():
    problem = jasin_sinha(1000)
    assert cost(problem, closest_carrying(problem)) == 1_603_659


def test_exact_first_come_first_served_is_cheaper_than_all_of_them():
    problem = dom_us(1000)
    assert cost(problem, exact_fcfs(problem)) < cost(problem, greedy(problem)) < cost(problem, nearest(problem))
    small = jasin_sinha(1000)
    assert cost(small, exact_fcfs(small)) < cost(small, closest_carrying(small))


def test_nearest_takes_each_line_from_the_closest_node_that_still_has_it():
    problem = dom_us(200)
    plan = nearest(problem)
    first = problem.ptr[0]
    held = [
        node
        for node in np.argsort(problem.distance_km[problem.dest[0]], kind="stable")
        if problem.units[first] <= units_at(problem, problem.sku[first], node)
    ]
    assert plan.node[first] == held[0]


def units_at(problem, sku, node):
    own = slice(problem.sku_ptr[sku], problem.sku_ptr[sku + 1])
    return int(problem.free[own][problem.stock_node[own] == node].sum())
