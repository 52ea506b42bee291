"""The engine against trying everything, order by order on what the earlier ones left."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.engine.audit import audit
from routing.engine.plan import Action, Mode, Options, Outcome
from routing.engine.solve import solve
from routing.engine.stored import from_bytes, to_bytes
from tests.routing.engine.brute import CUT, decide
from tests.routing.engine.facts import State
from tests.routing.engine.problems import ANY, problem, random_problem, refused_nodes, rule


def said(plan, order):
    """The outcome of an order in the words of `brute.decide`."""
    outcome, action = Outcome(plan.outcome[order]), Action(plan.action[order])
    why = plan.why_of(order)
    if why is not None and why.code in ("no_rule", "no_rule_left"):
        assert action is Action.EXCEPTION
        return why.code
    if outcome is Outcome.ALL:
        return "all"
    if outcome is Outcome.PART and action is Action.BACKORDER:
        return "part"
    return f"{outcome.name.lower()} {action.name.lower()}"


def agrees(made, options=None):
    """Every order of a problem decided as by trying everything; returns how many that a rule selects could be."""
    plan = solve(made, options)
    audit(made, plan)
    state, compared = State(made), 0
    for order in sorted(range(made.orders), key=lambda order: made.ptr[order + 1] - made.ptr[order] > 6):
        expected = decide(state, order)
        if CUT not in expected:
            assert not plan.approximate[order]
            assert (said(plan, order), plan.rule[order], plan.priced[order]) in expected
            compared += int(plan.rule[order] >= 0)
        state.take(plan, order)
    return compared


RULES = [
    ("one rule", [ANY]),
    ("never split", [rule(max_parcels=1, if_part="exception", if_none="exception")]),
    ("two parcels", [rule(max_parcels=2)]),
    ("a part is refused, nothing waits", [rule(max_parcels=2, if_part="exception", if_none="backorder")]),
    ("nearest", [rule(max_parcels=3, rank="distance")]),
    ("earliest", [rule(max_parcels=2, rank="delivery_day", if_none="exception")]),
    (
        "whole, then near, then split",
        [
            rule(ref="one", max_parcels=1, if_part="next_rule", if_none="backorder"),
            rule(ref="near", max_parcels=2, if_part="next_rule", if_none="next_rule", rank="distance"),
            rule(ref="split", max_parcels=3, if_part="next_rule", if_none="next_rule"),
        ],
    ),
    (
        "web orders from some nodes, the rest from others",
        [
            rule(
                ref="web",
                which_orders=[
                    {"field": "channel", "values": ["web"]},
                    {"field": "value", "amount": 9000, "negate": True},
                ],
                which_nodes=[{"field": "kind", "values": ["dc", "store"]}, {"field": "distance", "amount": 1500}],
                if_part="next_rule",
                if_none="next_rule",
            ),
            rule(ref="off", enabled=False),
            rule(
                ref="rest",
                which_nodes=[
                    {"field": "group", "values": ["west"], "negate": True},
                    {"field": "node", "values": ["N1"], "negate": True},
                    {"field": "distance", "amount": 300, "negate": True},
                ],
            ),
        ],
    ),
    (
        "sofas whole, the rest with a unit to spare",
        [
            rule(which_orders=[{"field": "category", "values": ["sofas"]}], max_parcels=1, if_part="exception"),
            rule(ref="spare", which_nodes=[{"field": "atp_left", "amount": 1}]),
        ],
    ),
    ("last units first", [rule(which_nodes=[{"field": "atp_left", "amount": 2, "negate": True}])]),
]


@pytest.mark.parametrize(("case", "rules"), RULES)
def test_orders_in_turn_cost_what_trying_everything_costs(case, rules):
    compared = 0
    for seed in range(12):
        made = random_problem(seed, orders=12, skus=5, nodes=3, lines=4, most_units=2, stock=6, rules=rules)
        compared += agrees(made)
    assert compared > 80


@settings(max_examples=40)
@given(seed=st.integers(0, 2**31), parcels=st.integers(1, 5), slots=st.integers(0, 4), chunk=st.integers(1, 8))
def test_scarce_slots_and_stock_are_shared_out_as_by_trying_everything(seed, parcels, slots, chunk):
    made = random_problem(
        seed, orders=8, skus=5, nodes=3, lines=4, stock=7, days=3, slots=slots, rules=[rule(max_parcels=parcels)],
        plain=True,
    )  # fmt: skip
    agrees(made, Options(chunk=chunk))


@pytest.mark.parametrize("parcels", [1, 2, 3, 7])
def test_seven_and_eight_lines_cost_what_trying_everything_costs(parcels):
    compared = 0
    for seed in range(6):
        made = random_problem(
            seed, orders=3, skus=8, nodes=2, lines=8, most_units=2, stock=9, days=3, slots=2,
            rules=[rule(max_parcels=parcels)], plain=True,
        )  # fmt: skip
        compared += agrees(made)
    assert compared > 5


def test_a_day_that_fills_up_may_make_a_node_cheaper_and_the_next_order_sees_it():
    # by air in time for 3000 today; tomorrow even air is late, and ground costs 500 and a day
    made = problem(
        [{"lines": {0: 1}, "slack": 1}, {"lines": {0: 1}, "slack": 1}],
        [{0: 5, 1: 5}],
        rates=((500, 700), (3000, 2000)),
        transit=(1, 1),
        service_bits=[2, 2],
        slots_left=[[1, 5], [1, 5]],
        ship_day=[[0, 1], [0, 1]],
    )
    agrees(made)


def test_chunks_of_any_size_give_the_same_plan():
    made = random_problem(7, orders=60, skus=6, nodes=4, lines=5, stock=9, slots=9, rules=RULES[6][1])
    hashes = {solve(made, Options(chunk=chunk)).hash() for chunk in (1, 7, 60)}
    assert len(hashes) == 1


def test_the_same_problem_gives_the_same_plan_twice_and_after_storage():
    made = random_problem(3, orders=40, lines=6, skus=12, nodes=5, stock=9, slots=9)
    first, again, stored = solve(made), solve(made), solve(from_bytes(to_bytes(made)))
    assert first.hash() == again.hash() == stored.hash()
    assert first.problem_hash == stored.problem_hash
    assert first.alternatives(0) == stored.alternatives(0)


def test_the_plan_does_not_depend_on_whether_it_is_explained():
    made = random_problem(5, orders=40, lines=6, skus=12, nodes=5, stock=9, slots=9)
    for mode in Mode:
        assert solve(made, Options(mode)).hash() == solve(made, Options(mode, explain=False)).hash()


def test_longer_orders_come_after_the_short_ones_of_the_claim():
    made = problem(
        [{"lines": dict.fromkeys(range(7), 1)}, {"lines": {0: 1}}],
        [{0: 1}, *[{0: 9}] * 6],
    )
    plan = solve(made)
    assert [Outcome(outcome) for outcome in plan.outcome] == [Outcome.PART, Outcome.ALL]
    assert plan.reason_of(0).code == "no_atp"
    audit(made, plan)


def test_who_comes_first_is_served_first():
    plan = solve(problem([{"lines": {0: 2}}, {"lines": {0: 2}}, {"lines": {0: 1}}], [{0: 3}]))
    assert [Outcome(outcome) for outcome in plan.outcome] == [Outcome.ALL, Outcome.PART, Outcome.NONE]
    assert plan.filled.tolist() == [2, 1, 0]


def test_a_problem_without_orders_has_an_empty_plan():
    plan = solve(problem([], [{0: 3}]))
    assert plan.counts == {"orders": 0, "parcels": 0, "pieces": 0, "looked_again": 0}


def test_lines_of_one_sku_are_solved_together_and_split_back_in_line_order():
    made = problem([{"lines": [(0, 2), (1, 1), (0, 3)]}], [{0: 4, 1: 1}, {0: 1}])
    plan = solve(made)
    assert plan.filled.tolist() == [2, 1, 3]
    assert [(c.line, c.node, c.units) for c in plan.choices(0)] == [(0, 0, 2), (1, 0, 1), (2, 0, 2), (2, 1, 1)]
    audit(made, plan)


def test_a_short_sku_fills_its_first_lines_first():
    made = problem([{"lines": [(0, 2), (0, 3)]}], [{0: 4}])
    plan = solve(made)
    assert plan.filled.tolist() == [2, 2]
    assert [plan.reason_of(line) and plan.reason_of(line).code for line in (0, 1)] == [None, "no_atp"]


def test_huge_quantities_are_served_whole_and_to_the_unit():
    made = problem(
        [{"lines": {0: 20_000, 1: 900}}, {"lines": {0: 20_000}}],
        [{0: 25_000, 1: 30_000, 2: 1}, {1: 900, 2: 899}],
        unfilled=10_000,
        per_kg_above=[[1] * 3] * 2,
    )
    plan = solve(made)
    assert [(c.node, c.units) for c in plan.choices(0)] == [(1, 20_000), (1, 900)]
    assert plan.parcels(0)[0].grams == 20_900 * 500
    audit(made, plan)


def test_an_amount_no_float32_could_hold_is_exact():
    made = problem([{"lines": {0: 20_000}}], [{0: 20_000, 1: 20_000}], pick=[123_457, 123_456], unfilled=10**7)
    plan = solve(made)
    assert plan.choices(0)[0].node == 1
    assert plan.parcels(0)[0].handling == 100 + 20_000 * 123_456


def test_equal_costs_fall_to_the_first_node_and_the_fewest_parcels():
    made = problem([{"lines": {0: 1, 1: 1}}], [{1: 5, 3: 5}, {1: 5, 3: 5}], nodes=4, rates=((500,),), transit=(2,))
    plan = solve(made)
    assert {choice.node for choice in plan.choices(0)} == {1}
    assert len(plan.parcels(0)) == 1


def test_a_splitting_order_is_never_dearer_than_its_best_single_node():
    for seed in range(20):
        made = random_problem(seed, orders=10, lines=6, skus=8, nodes=4, stock=9, slots=9, plain=True)
        whole = random_problem(
            seed, orders=10, lines=6, skus=8, nodes=4, stock=9, slots=9, plain=True,
            rules=[rule(max_parcels=1)],
        )  # fmt: skip
        assert solve(made).priced[0] <= solve(whole).priced[0]


def test_gaps_in_the_data_are_named_and_never_raise():
    made = problem(
        [{"lines": {0: 0, 1: 2, 2: 1}}],
        [{0: 5}, {0: 5}, {0: 5}],
        nodes=2,
        grams=0,
        zone=[[0, -1]],
        rate=[[[-1, 600, 700]] * 3, [[500, 400, -1]] * 3],
        per_kg_above=[[-1] * 3] * 2,
        late_per_day=-5,
    )
    plan = solve(made)
    assert Outcome(plan.outcome[0]) is Outcome.PART
    assert plan.reason_of(0).code == "bad_quantity"
    found = {gap.code for gap in plan.data_gaps}
    assert found == {
        "bad_quantity", "no_weight", "no_rate", "no_rate_above", "rate_falls", "node_without_zone", "bad_lateness"
    }  # fmt: skip


NONE = np.zeros((0, 3, 3))


@pytest.mark.parametrize(
    ("case", "changes", "code"),
    [
        (
            "no services",
            {"rate": NONE, "transit": NONE[:, :, 0], "per_kg_above": NONE[:, :, 0], "services": ()},
            "no_rate",
        ),
        ("no bands", {"rate": np.zeros((2, 3, 0)), "band_grams": []}, "no_rate"),
        ("no zone", {"zone": [[-1, -1]]}, "no_zone"),
        ("nothing open", {"slots_left": [[-1] * 14] * 2}, "node_closed"),
        ("nothing free", {"slots_left": [[0] * 14] * 2}, "no_slot"),
        ("no abilities", {"abilities": [2, 2]}, "ability_missing"),
    ],
)
def test_an_order_that_nobody_may_ship_waits_with_its_reason(case, changes, code):
    made = problem([{"lines": {0: 1}}], [{0: 5, 1: 5}], **changes)
    plan = solve(made)
    assert (Outcome(plan.outcome[0]), Action(plan.action[0])) == (Outcome.NONE, Action.BACKORDER)
    assert plan.reason_of(0).code == code
    assert refused_nodes(plan, 0).keys() == {[r.code for r in plan.refusals].index(code)}


def test_a_network_without_nodes_leaves_every_order_with_a_reason():
    made = problem(
        [{"lines": {0: 1}}], [{}], nodes=0, slots_left=np.zeros((0, 14)), ship_day=np.zeros((0, 14)),
        distance_km=np.zeros((1, 0)), zone=np.zeros((1, 0)),
    )  # fmt: skip
    plan = solve(made)
    assert Outcome(plan.outcome[0]) is Outcome.NONE
    assert plan.reason_of(0).code == "not_stocked"


FIGURES = [
    *("units", "grams", "unfilled", "free", "buffer", "slack", "fix", "pick", "rate", "per_kg_above", "transit"),
    *("distance_km", "slots_left", "late_per_day"),
]


@settings(max_examples=30)
@given(seed=st.integers(0, 2**31), rules=st.sampled_from(RULES))
def test_figures_that_can_not_be_true_never_raise(seed, rules):
    rng = np.random.default_rng(seed)
    made = random_problem(seed, orders=6, lines=8, skus=9, nodes=4, rules=rules[1])
    spoiled = {}
    for name in rng.permutation(FIGURES)[:4]:
        figures = np.array(getattr(made, name), np.int64)
        odd = rng.choice([-(2**31), -7, -1, 0, 10**9], figures.shape)
        spoiled[name] = np.where(rng.random(figures.shape) < 0.3, odd, figures)
    if "late_per_day" in spoiled:
        spoiled["late_per_day"] = int(spoiled["late_per_day"])
    plan = solve(replace(made, **spoiled))
    assert len(plan.outcome) == 6
    assert (plan.units > 0).all()
    assert plan.hash() == solve(replace(made, **spoiled)).hash()
