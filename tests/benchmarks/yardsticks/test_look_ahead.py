from dataclasses import replace

import numpy as np
import pytest

from benchmarks.yardsticks.cases import CASES, LOOK_AHEAD
from benchmarks.yardsticks.dom_us import dom_us
from benchmarks.yardsticks.invoice import charged, pieces_of
from benchmarks.yardsticks.jasin_sinha import jasin_sinha
from benchmarks.yardsticks.look_ahead import LookAhead, Shelf, look_ahead, part_of
from benchmarks.yardsticks.policies import exact_fcfs
from routing.engine.plan import Options
from routing.engine.scarcity import Worth
from routing.engine.solve import solve

CASE = {case.key: case for case in CASES}


def futures(key, n, problem):
    return CASE[key].sample(n, 1, problem.orders)


def cost(problem, plan):
    return int(charged(problem, pieces_of(problem, plan)).priced.sum())


def test_a_part_is_some_of_the_orders_on_the_same_network():
    problem = dom_us(200)
    part = part_of(problem, 50, 120)
    part.validate()
    lines = slice(int(problem.ptr[50]), int(problem.ptr[120]))
    assert part.sku.tolist() == problem.sku[lines].tolist()
    assert part.dest.tolist() == problem.dest[50:120].tolist()
    assert (part.orders, part.lines, part.ptr[0]) == (70, lines.stop - lines.start, 0)
    assert part_of(problem, 0, 200).hash() == problem.hash()


def test_parts_served_one_after_the_other_are_what_all_are_at_once():
    problem, options = dom_us(1500, ratio=0.6, slots=0.3), Options(explain=False)
    shelf = Shelf(problem)
    for first in range(0, 1500, 250):
        shelf.serve(part_of(problem, first, first + 250), int(problem.ptr[first]), options)
    whole = solve(problem, options)
    node = np.full(problem.lines, -1)
    node[whole.line] = whole.node
    assert shelf.node.tolist() == node.tolist()


@pytest.mark.parametrize("how", [LookAhead(2, 2), LookAhead(2, 2, batch=100), LookAhead(2, 2, guarded=False)])
def test_prices_of_what_is_to_come_make_a_stream_cheaper(how):
    problem = dom_us(1000, ratio=0.9)
    served = look_ahead(how, problem, futures(LOOK_AHEAD, 1000, problem))
    assert cost(problem, served.plan) < cost(problem, exact_fcfs(problem))


def test_prices_make_the_small_network_cheaper():
    problem = jasin_sinha(800)
    served = look_ahead(LookAhead(2, 2), problem, futures("jasin-sinha", 800, problem))
    assert cost(problem, served.plan) < cost(problem, exact_fcfs(problem))


def test_it_comes_out_the_same_in_one_process_and_in_two():
    problem = dom_us(400, ratio=0.9)
    here, there = (
        look_ahead(LookAhead(2, 2), problem, futures(LOOK_AHEAD, 400, problem), processes).plan for processes in (1, 2)
    )
    assert here.node.tolist() == there.node.tolist()
    assert here.block.tolist() == there.block.tolist()


@pytest.mark.parametrize("key", [LOOK_AHEAD, "jasin-sinha"])
def test_a_future_has_the_stock_of_the_present_and_none_of_its_orders(key):
    problem = CASE[key].make(600, 1)
    sample = futures(key, 600, problem)
    first, second = sample(300, 0), sample(300, 1)
    for future in (first, second):
        assert future.stock_node.tolist() == problem.stock_node.tolist()
        assert future.free.tolist() == problem.free.tolist()
    assert 200 < first.orders < 400
    assert len({tuple(each.dest[:30].tolist()) for each in (first, second, problem)}) == 3


def test_each_draw_is_used_once_and_sees_what_is_left(monkeypatch):
    problem = dom_us(300, ratio=0.9)
    asked, units = [], []

    def sample(left, number):
        asked.append((left, number))
        return replace(problem, id=str(number))

    def worth(future):
        units.append(int(future.free.sum()))
        return Worth(np.zeros(len(future.stock_node)), np.zeros(future.nodes))

    monkeypatch.setattr("benchmarks.yardsticks.look_ahead.worth_of", worth)
    served = look_ahead(LookAhead(3, 2), problem, sample)
    assert asked == [(300, 0), (300, 1), (200, 2), (200, 3), (100, 4), (100, 5)]
    assert units[0] == units[1] == problem.free.sum()
    assert units[0] > units[2] > units[4]
    assert cost(problem, served.plan) == cost(problem, exact_fcfs(problem))
