"""The proof of a plan: no plan is cheaper than its bound, and its own is close to it."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.yardsticks.dom_us import dom_us
from routing.engine.audit import audit
from routing.engine.plan import Mode, Options
from routing.engine.solve import solve
from tests.routing.engine.batch.crowds import any_rules, one_rule, small
from tests.routing.engine.batch.joint import least_cost
from tests.routing.engine.problems import steered

PROVEN = Options(mode=Mode.QUALITY)


def paid(made, plan):
    """What the bound is about: the plan without what a move costs."""
    return int(plan.priced.sum())


@pytest.mark.parametrize("make", [one_rule, any_rules])
def test_no_plan_is_under_its_bound_and_every_one_is_sound_and_repeats(make):
    proven = 0
    for seed in range(40):
        made = make(seed)
        plan = solve(made, PROVEN)
        audit(made, plan)
        assert plan.hash() == solve(made, PROVEN).hash(), seed
        if plan.bound is not None:
            proven += 1
            assert plan.bound <= paid(made, plan), seed
            assert plan.bound <= paid(made, solve(made, Options(mode=Mode.BATCH))), seed
    assert proven > 15


def test_the_proof_is_tight_and_the_plan_no_dearer_than_the_batch():
    made = dom_us(1000, ratio=0.6)
    plan, batch = solve(made, replace(PROVEN, explain=False)), solve(made, Options(mode=Mode.BATCH, explain=False))
    assert plan.bound <= paid(made, plan) <= paid(made, batch)
    assert paid(made, plan) < 1.003 * plan.bound


def test_without_a_choice_of_whole_plans_the_likeliest_are_repaired(monkeypatch):
    monkeypatch.setattr("routing.engine.quality.plan.choose", lambda *_: None)
    together = 0
    for seed in range(20):
        made = any_rules(seed)
        plan, batch = solve(made, PROVEN), solve(made, Options(mode=Mode.BATCH))
        audit(made, plan)
        together += plan.counts["together"]
        if plan.bound is not None:
            assert plan.bound <= min(paid(made, plan), paid(made, batch)), seed
    assert together > 50


def test_an_inertia_below_nothing_counts_as_none_in_the_bound_too():
    made = replace(one_rule(6), inertia=[])
    none, below = solve(made, PROVEN), solve(replace(made, inertia=np.full(made.orders, -700)), PROVEN)
    assert none.bound is not None
    assert below.bound == none.bound


def test_a_bound_is_never_above_what_trying_everything_finds():
    proven = 0
    for seed in range(60):
        made = small(seed)
        if seed % 2:
            made = replace(steered(made, seed, held=0), guarded=False, inertia=[])
        bound = solve(made, PROVEN).bound
        if bound is not None:
            proven += 1
            assert bound <= least_cost(made), seed
    assert proven > 30
