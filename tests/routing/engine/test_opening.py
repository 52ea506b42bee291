"""Long orders: good plans, marked as not proven best."""

from routing.engine import dp, opening
from routing.engine.audit import audit
from routing.engine.demand import merged
from routing.engine.look import Look
from routing.engine.plan import Options, Outcome
from routing.engine.solve import solve
from tests.routing.engine.problems import np, problem, random_problem, rule


def offers(made):
    look = Look(made, merged(made), Options())
    mask = look.masks.rules[0]
    return look.eligibility.candidates(np.array([0]), mask, mask.rule.max_parcels).offers


def test_only_orders_of_more_than_ten_skus_are_approximate():
    sizes = (1, 6, 7, 10, 11, 30)
    made = problem([{"lines": dict.fromkeys(range(size), 1)} for size in sizes], [{0: 99, 1: 99}] * 30)
    assert solve(made).approximate.tolist() == [False, False, False, False, True, True]


def test_opening_nodes_comes_close_to_the_exact_table():
    gaps = []
    for seed in range(40):
        made = random_problem(
            seed, lines=9, skus=9, nodes=8, stock=9, plain=True, rules=[rule(max_parcels=1 + seed % 4)]
        )
        found = offers(made)
        exact = dp.solve(found, explain=False).cost[0]
        near = opening.solve(found, explain=False).cost[0]
        assert near >= exact
        gaps.append((near - exact) / exact)
    assert np.mean(gaps) < 0.01


def test_an_order_of_two_thousand_lines_is_planned():
    rng = np.random.default_rng(1)
    stock = [{0: 40, **{int(node): 30 for node in rng.integers(1, 9, 3)}} for _ in range(2000)]
    made = problem([{"lines": {sku: 1 + sku % 37 for sku in range(2000)}}], stock, nodes=9)
    plan = solve(made)
    audit(made, plan)
    assert Outcome(plan.outcome[0]) is Outcome.ALL


def test_no_more_nodes_are_opened_than_parcels_allowed():
    stock = [{sku % 5: 1} for sku in range(20)]
    for most in (1, 2, 3, 5):
        made = problem([{"lines": dict.fromkeys(range(20), 1)}], stock, rules=[rule(max_parcels=most)])
        plan = solve(made)
        audit(made, plan)
        assert (len(plan.parcels(0)), int(plan.filled.sum())) == (most, 4 * most)


def test_a_long_order_that_nobody_has_waits():
    plan = solve(problem([{"lines": dict.fromkeys(range(12), 1)}], [{0: 0}] * 12))
    assert Outcome(plan.outcome[0]) is Outcome.NONE
    assert not plan.parcels(0)
