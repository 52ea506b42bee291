"""What is kept with each decision of a batch: how it was solved, how good that is, and who gave way to whom."""

import dataclasses

import pytest

from routing import decisions
from routing.engine.plan import Mode, Options
from routing.engine.solve import solve
from routing.engine.stored import from_bytes
from routing.models import Problem
from routing.together import gap_of
from tests import make
from tests.routing.engine.problems import problem

pytestmark = pytest.mark.usefixtures("network")


def kept(order):
    return decisions.of_order(order.id)[0].facts["solved"]


def test_a_few_orders_have_their_turns_one_by_one(route):
    order = make.order(lines={"MUG": 1})
    route()
    stored = Problem.objects.get()
    plan = solve(from_bytes(bytes(stored.body)))
    assert kept(order) == {"mode": "exact_fcfs", "together": 0, "plan": plan.hash()}


def test_who_gave_way_in_a_batch_and_to_whom_is_kept_with_both(route):
    mugs = [make.order(lines={"MUG": 1}) for _ in range(12)]
    for _ in range(10):
        make.order(lines={"CLOCK": 1})
    route()
    told = [kept(order) for order in mugs]
    assert {(row["mode"], row["together"]) for row in told} == {("batch", 22)}
    assert len({row["plan"] for row in told}) == 1
    losers = [place for place, row in enumerate(told) if "displaced_by" in row]
    assert losers == [10, 11]  # equal regrets: first come, first served
    winner = told[10]["displaced_by"][0]["order"]
    assert told[10]["displaced_by"] == [
        {"order": winner, "sku": "MUG", "node": "RENO", "regret": 150, "winner_regret": 150}
    ]
    place = next(place for place, order in enumerate(mugs) if order.id == winner)
    assert [row["order"] for row in told[place]["displaced"]] == [mugs[10].id, mugs[11].id]


@pytest.mark.parametrize(
    ("case", "unfilled", "paid", "bound", "gap"),
    [
        ("nothing is proven", 0, 1000, None, None),
        ("nothing costs anything", 0, 0, 0, None),
        ("no parcel goes", 1000, 0, 900, None),
        ("at the bound", 0, 1000, 1000, 0),
        ("rounded up, so that it holds", 0, 100_001, 100_000, 1),
        ("a percent", 0, 100_000, 99_000, 100),
        ("what is left makes it no smaller", 900_000, 100_000, 999_000, 100),
    ],
)
def test_the_gap_is_the_most_that_all_orders_cost_over_the_bound(case, unfilled, paid, bound, gap):
    plan = solve(problem([{"lines": {0: 1}}], [{0: 5}]), Options(mode=Mode.BATCH))
    sums = {"priced": plan.priced * 0 + unfilled + paid, "invoice": plan.invoice * 0 + paid}
    assert gap_of(dataclasses.replace(plan, bound=bound, **sums)) == gap
