"""Facts that are missing, absurd or against each other: a batch plans what can be planned, and never crashes."""

from dataclasses import replace

import numpy as np
import pytest

from routing.engine.audit import audit
from routing.engine.plan import Outcome
from routing.engine.solve import solve
from tests.routing.engine.batch.crowds import BATCH, any_rules
from tests.routing.engine.problems import problem, rule

ABSURD = (-(2**31), -7, 0, 2**31 - 1)


def broken(seed):
    """A random problem with absurd figures at a tenth of the places of a few of its arrays."""
    made, rng = any_rules(seed), np.random.default_rng(seed)
    changes = {}
    for name in rng.permutation(["free", "buffer", "rate", "price", "no_odds", "slot_price", "fix", "pick", "units",
                                 "grams", "unfilled", "zone", "slots_left", "slack", "inertia"])[:4]:  # fmt: skip
        column = getattr(made, name).astype(np.int64)
        hit = rng.random(column.shape) < 0.1
        changes[str(name)] = np.where(hit, -1 if name == "zone" else rng.choice(ABSURD, column.shape), column)
    return replace(made, **changes)


@pytest.mark.parametrize("part", range(4))
def test_absurd_figures_anywhere_end_in_a_plan_that_keeps_every_promise(part):
    served = 0
    for seed in range(part, 160, 4):
        made = broken(seed)
        plan = solve(made, BATCH)
        audit(made, plan)
        served += int((plan.outcome != Outcome.NONE).sum())
    assert served > 50


@pytest.mark.parametrize(
    ("case", "changes"),
    [
        ("no orders", {"orders": []}),
        ("no stock", {"stock": [{}, {}], "nodes": 2}),
        ("no nodes", {"stock": [{}, {}], "nodes": 0, "zone": np.zeros((1, 0)), "distance_km": np.zeros((1, 0))}),
        ("no rules", {"rules": []}),
        ("a rule that is off", {"rules": [rule(enabled=False)]}),
        ("nothing but bad quantities", {"units": [0, -3, 0]}),
    ],
)
def test_a_batch_of_nothing_plans_nothing(case, changes):
    facts = {"orders": [{"lines": {0: 1, 1: 1}}, {"lines": {0: 1}}], "stock": [{0: 5}, {0: 5}]} | changes
    made = problem(**facts)
    plan = solve(made, BATCH)
    audit(made, plan)
    assert len(plan.line) == 0
    assert plan.hash() == solve(made).hash()


def test_the_same_goods_on_two_lines_are_one_line_of_a_batch():
    made = problem([{"lines": [(0, 2), (0, 3)]}, {"lines": {0: 3}}], [{0: 5, 1: 9}])
    plan = solve(made, BATCH)
    audit(made, plan)
    assert plan.filled.tolist() == [2, 3, 3]
    assert len({choice.node for choice in plan.choices(0)}) == 1
