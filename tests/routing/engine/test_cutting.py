"""Lines that no node can fill whole."""

from routing.engine.audit import audit
from routing.engine.plan import Outcome
from routing.engine.solve import solve
from tests.routing.engine.problems import problem, random_problem, rule


def shared(made):
    """{node: units} per line, and whether the plan is marked approximate."""
    plan = solve(made)
    audit(made, plan)
    found = [{} for _ in range(made.lines)]
    for order in range(made.orders):
        for choice in plan.choices(order):
            found[choice.line][choice.node] = found[choice.line].get(choice.node, 0) + choice.units
    return found, bool(plan.approximate[0])


def test_a_line_stays_whole_while_any_node_can_fill_it():
    assert shared(problem([{"lines": {0: 5}}], [{0: 4, 1: 4, 2: 5}])) == ([{2: 5}], False)


def test_a_line_that_nobody_has_whole_is_filled_by_several_and_marked():
    assert shared(problem([{"lines": {0: 5}}], [{0: 3, 1: 4, 2: 1}])) == ([{1: 4, 0: 1}], True)


def test_the_last_piece_goes_where_the_rest_of_the_order_goes():
    made = problem([{"lines": {0: 5, 1: 1}}], [{0: 4, 1: 2, 2: 2}, {2: 1}])
    assert shared(made)[0] == [{0: 4, 2: 1}, {2: 1}]


def test_with_one_parcel_a_node_gives_what_it_has():
    made = problem([{"lines": {0: 5, 1: 2}}], [{0: 3, 1: 4}, {0: 2, 1: 1}], rules=[rule(max_parcels=1)])
    assert shared(made)[0] == [{1: 4}, {1: 1}] or shared(made)[0] == [{0: 3}, {0: 2}]


def test_when_all_together_have_too_little_all_of_it_is_taken():
    made = problem([{"lines": {0: 9}}], [{0: 3, 1: 4}])
    plan = solve(made)
    assert shared(made)[0] == [{0: 3, 1: 4}]
    assert Outcome(plan.outcome[0]) is Outcome.PART
    assert plan.reason_of(0).code == "no_atp"


def test_when_the_parcels_do_not_reach_it_says_so():
    made = problem([{"lines": {0: 9}}], [{0: 3, 1: 4, 2: 3}], rules=[rule(max_parcels=2)])
    plan = solve(made)
    assert plan.filled.tolist() == [7]
    assert plan.reason_of(0).code == "too_many_parcels"


def test_a_ranked_order_is_filled_node_after_node():
    made = problem(
        [{"lines": {0: 5, 1: 1}}], [{0: 3, 1: 4, 2: 4}, {2: 1}], distance_km=[[20, 30, 10]],
        rules=[rule(rank="distance", max_parcels=2)],
    )  # fmt: skip
    assert shared(made)[0] == [{2: 4, 0: 1}, {2: 1}]


def test_a_unit_that_a_rule_wants_left_is_left():
    rules = [rule(which_nodes=[{"field": "atp_left", "amount": 2}])]
    made = problem([{"lines": {0: 5}}], [{0: 5, 1: 4, 2: 2}], rules=rules)
    assert shared(made)[0] == [{0: 3, 1: 2}]


def test_orders_with_cut_lines_fit_what_is_there_whatever_the_strategy():
    strategies = [
        [rule(max_parcels=most, rank=rank, which_nodes=which)]
        for most in (1, 2, 4)
        for rank in ("cost", "distance", "delivery_day")
        for which in ([], [{"field": "atp_left", "amount": 1}], [{"field": "atp_left", "amount": 4, "negate": True}])
    ]
    cut = 0
    for seed, rules in enumerate(strategies * 2):
        made = random_problem(seed, orders=8, lines=5, skus=6, nodes=5, most_units=12, stock=9, slots=4, rules=rules)
        plan = solve(made)
        audit(made, plan)
        cut += int(plan.approximate.sum())
    assert cut > 120
