from dataclasses import replace

import numpy as np
import pytest

from benchmarks.yardsticks.dom_us import dom_us
from benchmarks.yardsticks.instance import CHEAPEST
from benchmarks.yardsticks.invoice import Assignment, Infeasible, Pieces, charged, pieces_of
from benchmarks.yardsticks.jasin_sinha import jasin_sinha
from benchmarks.yardsticks.measure import measured
from benchmarks.yardsticks.policies import EXACT_FCFS, TOGETHER, exact_fcfs
from routing.rules import parse_rules


def with_cut_lines(problem):
    return replace(problem, rules=parse_rules([{**CHEAPEST, "split_lines": True}]))


@pytest.mark.parametrize(
    "problem",
    [dom_us(400, ratio=0.6), dom_us(800, slots=0.3), with_cut_lines(dom_us(3000, ratio=0.6)), jasin_sinha(400)],
)
@pytest.mark.parametrize("policy", [EXACT_FCFS, *TOGETHER])
def test_the_invoice_is_the_one_the_engine_draws_up_itself(problem, policy):
    plan = policy.run(problem)
    charges = charged(problem, pieces_of(problem, plan))
    assert charges.invoice.tolist() == plan.invoice.tolist()
    assert charges.priced.tolist() == plan.priced.tolist()
    assert charges.parcels.tolist() == np.diff(plan.parcel_ptr).tolist()
    assert charges.units_unfilled.sum() == (problem.units - plan.filled).sum()


def test_lines_are_cut_only_where_the_rule_lets_them():
    problem = dom_us(3000, ratio=0.6)
    whole, cut = measured(EXACT_FCFS, problem, 1), measured(EXACT_FCFS, with_cut_lines(problem), 1)
    assert whole.lines_cut == 0
    assert cut.lines_cut > 0
    assert cut.units_unfilled < whole.units_unfilled


def nothing_sent(problem):
    return Assignment(np.full(problem.lines, -1), np.zeros(problem.lines, np.int64))


def test_an_order_that_gets_nothing_costs_what_its_units_were_worth():
    problem = dom_us(50)
    charges = charged(problem, pieces_of(problem, nothing_sent(problem)))
    assert charges.priced.sum() == charges.unfilled.sum() == 2500 * problem.units.sum()
    assert not charges.parcels.any()


def test_lines_of_one_node_share_a_parcel_only_within_their_block():
    problem = jasin_sinha(50)
    order = int(np.flatnonzero(np.diff(problem.ptr) >= 2)[0])
    lines = problem.ptr[order] + np.arange(2)
    lost = np.full(2, 5)
    together, apart = (
        charged(problem, Pieces(lines, lost, np.ones(2, np.int64), np.array(block))) for block in ((0, 0), (0, 1))
    )
    assert (together.parcels[order], apart.parcels[order]) == (1, 2)
    price = problem.rate[0, problem.zone[problem.dest[order], 5]]
    assert (together.freight[order], apart.freight[order]) == (price[1], 2 * price[0])


def test_more_than_a_node_has_is_refused():
    problem = dom_us(50)
    lines = np.arange(problem.lines)
    ones = np.ones(problem.lines, np.int64)
    with pytest.raises(Infeasible, match="lacks"):
        charged(problem, Pieces(lines, np.full(problem.lines, 7), ones, lines * 0))
    with pytest.raises(Infeasible, match="gets 9 units of 1"):
        charged(problem, Pieces(np.array([0]), np.array([0]), np.array([9]), np.array([0])))


def test_more_parcels_than_a_node_has_slots_are_refused():
    problem = jasin_sinha(200)
    tight = dom_us(2000, slots=0.01)
    sent = pieces_of(tight, exact_fcfs(tight))
    charged(tight, sent)
    twice = Pieces(sent.line, sent.node, sent.units, np.arange(len(sent.line)))
    with pytest.raises(Infeasible, match="parcels of"):
        charged(tight, twice)
    assert charged(problem, pieces_of(problem, exact_fcfs(problem))).parcels.sum() > 0
