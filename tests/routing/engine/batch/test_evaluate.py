"""Orders alone: thousands at a time cost what one at a time does, to the cent and to the node."""

import numpy as np
import pytest

from routing.engine import kernel, whole
from routing.engine.batch.costs import costs
from routing.engine.batch.evaluate import evaluate
from routing.engine.batch.plans import Asked
from routing.engine.restraints import solve as restrained
from tests.routing.engine.batch.crowds import field_of, one_rule
from tests.routing.engine.problems import problem, rule


def alone(look, row, mask):
    """(cost, node of each line) of one order by the kernel; all of it is left where a part may not be assigned."""
    most = 1 if look.masks.collected[row] else mask.rule.max_parcels
    found = look.eligibility.candidates(np.array([row]), mask, most)
    way = whole.solve if most == 1 and mask.rule.if_part != "assign" else kernel.solve
    inertia = look.problem.inertia[[row]]
    picks = restrained(way, found.offers, found.held_node, inertia, guarded=look.problem.guarded, explain=False)
    cost, node = picks.cost[0], picks.node[0]
    if mask.rule.if_part != "assign" and (node < 0).any():
        if inertia[0] and (found.held_node >= 0).all():
            return None  # held whole, it stays so in a batch; one at a time the part is refused first
        cost, node = found.offers.unfilled.sum(), np.full_like(node, -1)
    moves = (found.held_node >= 0).all() and (found.held_node != node).any()
    return int(cost) + int(inertia[0] if moves else 0), node.tolist()


def own_slots(field, plans, place):
    """The plan has slots for all its own parcels in the columns it takes."""
    parcels = set(zip(plans.column[place].tolist(), plans.block[place].tolist(), strict=True))
    used = np.bincount([column for column, block in parcels if column >= 0], minlength=field.columns)
    return bool((used <= field.slots).all())


@pytest.mark.parametrize("part", range(4))
def test_orders_alone_cost_what_the_kernel_says(part):
    compared = wide = left = guarded = 0
    for seed in range(part, 240, 4):
        field = field_of(one_rule(seed))
        orders = field.orders
        plans = evaluate(field, np.arange(orders.count))
        for place, row in enumerate(orders.row.tolist()):
            if not own_slots(field, plans, place):
                continue  # the kernel puts one of its parcels on a later day
            size = orders.length[place]
            expected = alone(field.look, row, orders.rules[orders.home[place]])
            if expected is None:
                continue
            cost, node = expected
            column = plans.column[place, :size]
            assert (int(plans.cost[place]), np.where(column < 0, -1, field.node[column]).tolist()) == (cost, node)
            compared += 1
            wide += int(field.wide[place])
            left += -1 in node
            guarded += field.look.problem.guarded and field.look.eligibility.steering.has_prices
    assert compared > 300
    assert min(wide, left, guarded) > 20


def test_what_a_plan_costs_is_counted_again_from_prices_alone():
    counted = 0
    for seed in range(0, 240, 5):
        field = field_of(one_rule(seed))
        index = np.arange(field.orders.count)
        plans = evaluate(field, index)
        assert costs(field, index, plans).tolist() == plans.cost.tolist()
        counted += len(index)
    assert counted > 300


def asked(made, **changes):
    """The nodes of the first order when it is asked like this; −1 = left."""
    field = field_of(made)
    size = int(field.orders.length[0])
    full = {
        key: np.array([value + [-1] * (6 - size) if isinstance(value, list) else value])
        for key, value in changes.items()
    }
    column = evaluate(field, np.array([0]), Asked(**full)).column[0, :size]
    return np.where(column < 0, -1, field.node[column]).tolist()


TWO = {"orders": [{"lines": {0: 1, 1: 1}}], "stock": [{0: 5, 1: 5}] * 2}


def test_an_order_may_be_asked_what_it_would_do_without_a_node_or_only_with_it():
    made = problem(**TWO)
    assert asked(made) == [0, 0]
    assert asked(made, barred=[0, -1]) == [1, 1]
    assert asked(made, barred=[0, 0]) == [1, 1]
    assert asked(made, only=[1, 1]) == [1, 1]
    assert asked(made, closed=0) == [1, 1]


def test_what_an_order_has_already_it_may_keep_though_none_is_left():
    field = field_of(problem(**TWO))
    field.atp[:, 0] = 0
    field.slots[0] = 0
    field.refresh(np.array([0, 1]))
    field.rehead()
    own = np.array([[0, 0, -1, -1, -1, -1]])
    kept = evaluate(field, np.array([0]), Asked(own=own)).column[0, :2].tolist()
    gone = evaluate(field, np.array([0])).column[0, :2].tolist()
    closed = evaluate(field, np.array([0]), Asked(own=own, closed=np.array([0]))).column[0, :2].tolist()
    only = (
        evaluate(field, np.array([0]), Asked(own=own, only=np.array([[1, 1, -1, -1, -1, -1]]))).column[0, :2].tolist()
    )
    assert (kept, gone, closed, only) == ([0, 0], [1, 1], [1, 1], [1, 1])


@pytest.mark.parametrize(("case", "most", "unfilled", "node"), [
    ("in one parcel it goes whole whatever it costs", 1, 5, 0),
    ("in more it is left where that is cheaper", 2, 5, -1),
    ("unless leaving is dearer", 2, 5000, 0),
])  # fmt: skip
def test_a_whole_order_in_one_parcel_is_not_weighed_against_leaving_it(case, most, unfilled, node):
    only = rule(max_parcels=most, if_part="exception")
    made = problem([{"lines": {0: 1}}], [{0: 5}], unfilled=unfilled, rules=[only])
    assert asked(made) == [node]


def test_a_line_that_must_be_filled_is_filled_in_a_heavier_parcel_when_alone_it_has_no_price():
    made = problem(
        [{"lines": {0: 1, 1: 2}}], [{0: 5}, {0: 5}], rates=((500,),), transit=(3,), rate=[[[-1, 800, 900]]],
        price=[3000, 3000], unfilled=2000,
    )  # fmt: skip
    assert asked(made) == [0, 0]
