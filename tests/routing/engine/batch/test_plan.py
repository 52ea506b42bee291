"""Whole problems planned together: audited, repeatable, and against trying everything."""

from dataclasses import replace

import numpy as np
import pytest

from routing.engine.audit import audit
from routing.engine.demand import merged
from routing.engine.look import Look
from routing.engine.plan import Mode, Options, Outcome
from routing.engine.solve import solve
from tests.routing.engine.batch.crowds import BATCH, any_rules, one_rule, small
from tests.routing.engine.batch.joint import least_cost
from tests.routing.engine.problems import problem, random_problem, rule, steered


@pytest.mark.parametrize("part", range(4))
def test_random_batches_keep_every_promise_and_come_out_the_same_twice(part):
    together = displaced = completed = long = 0
    for seed in range(part, 300, 4):
        made = any_rules(seed)
        plan = solve(made, BATCH)
        audit(made, plan)
        assert solve(made, BATCH).hash() == plan.hash()
        together += plan.counts["together"]
        displaced += plan.counts["displaced"]
        completed += plan.counts["completed"]
        long += int((np.diff(made.ptr) > 6).sum())
    assert together > 100
    assert min(displaced, long) > 20
    assert completed > 0


def apart(made, plan, order):
    """Units that an order gets when it looks again on what all the others left."""
    look = Look(made, merged(made), Options(explain=False))
    for other in set(range(made.orders)) - {order}:
        for choice in plan.choices(other):
            look.residual.atp[made.sku[choice.line], choice.node] -= choice.units
        for parcel in plan.parcels(other):
            look.residual.take_slot(parcel.node, made.ship_day[parcel.node].tolist().index(parcel.ship_day))
    return sum(int(pieces.units.sum()) for pieces in look.at(np.array([order])).pieces)


def test_no_order_of_a_batch_could_have_more_of_what_the_others_left():
    parts = 0
    for seed in range(120):
        made = random_problem(
            seed, orders=10, skus=6, nodes=3, lines=4, most_units=1 + seed % 3, stock=2 + seed % 5, days=3,
            slots=1 + seed % 4, plain=seed % 2 == 0, rules=[rule(max_parcels=1 + seed % 4, split_lines=seed % 3 > 0)],
        )  # fmt: skip
        plan = solve(made, BATCH)
        for order in np.flatnonzero((plan.served == 0) & (plan.outcome == Outcome.PART)).tolist():
            own = slice(made.ptr[order], made.ptr[order + 1])
            assert apart(made, plan, order) <= plan.filled[own].sum()
            parts += 1
    assert parts > 100


def test_small_batches_are_never_under_the_optimum_and_mostly_at_it():
    best = together = in_turn = 0
    for seed in range(120):
        made = small(seed)
        plan, cheapest = solve(made, BATCH), least_cost(made)
        audit(made, plan)
        assert plan.priced.sum() >= cheapest
        together += int(plan.priced.sum() == cheapest)
        in_turn += int(solve(made).priced.sum() == cheapest)
        best += 1
    assert (best, together, in_turn) == (120, 110, 84)


def test_one_order_is_planned_as_it_is_in_turn():
    for seed in range(200):
        only = rule(max_parcels=1 + seed % 6, if_part=("assign", "next_rule")[seed // 2 % 2])
        made = random_problem(
            seed, orders=1, skus=6, nodes=3, lines=6, most_units=2, stock=6, days=3, slots=1 + seed % 3,
            plain=seed % 2 == 0, rules=[only],
        )  # fmt: skip
        made = steered(made, seed) if seed % 3 else made
        assert solve(made, BATCH).hash() == solve(made).hash()


FIRST_TAKES_IT = {
    "orders": [{"lines": {0: 1}}, {"lines": {0: 1, 1: 1}}], "stock": [{0: 1, 1: 9}, {0: 9}],
    "rates": ((500, 700, 1500),), "transit": (3,),
}  # fmt: skip


def nodes_of(plan):
    return [[choice.node for choice in plan.choices(order)] for order in range(len(plan.outcome))]


def test_who_comes_first_takes_the_unit_in_turn_and_gives_way_in_a_batch():
    made = problem(**FIRST_TAKES_IT)
    in_turn, plan = solve(made), solve(made, BATCH)
    audit(made, plan)
    assert (nodes_of(in_turn), nodes_of(plan)) == ([[0], [1, 0]], [[1], [0, 0]])
    assert int(in_turn.priced.sum() - plan.priced.sum()) == 600  # a parcel for 800 against 200 more on the road
    assert least_cost(replace(made, rules=(replace(made.rules[0], split_lines=False),))) == plan.priced.sum()
    assert plan.served.tolist() == [0, 0]


def test_a_plan_is_approximate_when_others_wanted_what_it_wants():
    orders = [*FIRST_TAKES_IT["orders"], {"lines": {2: 1}}]
    made = problem(**FIRST_TAKES_IT | {"orders": orders, "stock": [*FIRST_TAKES_IT["stock"], {0: 5}]})
    assert solve(made, BATCH).approximate.tolist() == [True, True, False]
    assert not solve(made).approximate.any()


@pytest.mark.parametrize("steps", [0, 3])
def test_the_loser_is_told_who_has_the_unit_whether_by_repair_or_by_its_price(steps):
    plan = solve(problem(**FIRST_TAKES_IT), Options(mode=Mode.BATCH, dual_steps=steps))
    told = (plan.loser, plan.winner, plan.lost_line, plan.lost_node, plan.regret, plan.winner_regret)
    assert [column.tolist() for column in told] == [[0], [1], [0], [0], [200], [800]]


def uses(made, plan, order, line, node):
    """The order has units of that line's SKU from there."""
    return any((made.sku[piece.line], piece.node) == (made.sku[line], node) for piece in plan.choices(order))


@pytest.mark.parametrize("mode", [Mode.BATCH, Mode.QUALITY])
def test_who_is_told_to_have_given_way_has_no_unit_there_and_the_winner_has(mode):
    told = 0
    for seed in range(40):
        made = any_rules(seed) if seed % 2 else one_rule(seed)
        plan = solve(made, Options(mode=mode, dual_steps=0))
        rows = zip(plan.loser.tolist(), plan.winner.tolist(), plan.lost_line, plan.lost_node.tolist(), strict=True)
        for loser, winner, line, node in rows:
            assert not uses(made, plan, loser, line, node), seed
            assert uses(made, plan, winner, line, node), seed
            told += 1
    assert told > 40


def test_a_line_that_nobody_has_whole_any_more_is_cut_up_unless_the_rule_keeps_it_whole():
    def filled(**parts):
        # the second order has the five units of node 0; of the first's, three and three are left
        made = problem(
            [{"lines": {0: 5, 1: 1}}, {"lines": {0: 5, 2: 1}}], [{0: 5, 1: 3, 2: 3}, {1: 9}, {0: 9}],
            rules=[rule(**parts)], rates=((500, 500, 500),), transit=(3,),
        )  # fmt: skip
        plan = solve(made, BATCH)
        audit(made, plan)
        return plan.filled.tolist(), plan.counts["completed"]

    assert filled() == ([5, 1, 5, 1], 1)
    assert filled(split_lines=False) == ([0, 1, 5, 1], 0)


def test_a_rule_that_keeps_lines_whole_does_so_in_turn_too():
    def filled(**parts):
        plan = solve(problem([{"lines": {0: 5, 1: 1}}], [{0: 3, 1: 4}, {0: 1}], rules=[rule(**parts)]))
        return plan.filled.tolist()

    assert filled() == [5, 1]
    assert filled(split_lines=False) == [0, 1]
    assert filled(split_lines=False, max_parcels=1) == [0, 1]
    assert filled(split_lines=False, rank="distance") == [0, 1]
    assert filled(split_lines=False, if_part="exception") == [0, 0]


def test_a_line_left_waits_for_a_later_day_when_the_first_one_is_full():
    made = problem(
        [{"lines": {0: 1}}, {"lines": {0: 1, 1: 1}}], [{0: 9}, {1: 9}], slots_left=[[1, 9], [9, 9]],
        ship_day=[[0, 1], [0, 1]],
    )  # fmt: skip
    for steps in (0, 3):
        plan = solve(made, Options(mode=Mode.BATCH, dual_steps=steps))
        audit(made, plan)
        assert plan.filled.tolist() == [1, 1, 1]
