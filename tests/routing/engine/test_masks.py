"""Each criterion, and its "not"."""

import pytest

from routing.engine.plan import Action, Outcome
from routing.engine.solve import solve
from tests.routing.engine.problems import problem, refused_nodes, rule

NODES = {
    "kind": [0, 1, 4],
    "group": [0, -1, 0],
    "distance_km": [[500, 900, -1]],
}


def chosen(order, criterion, **arrays):
    """Codes of the nodes that remain, cheapest first, under one criterion."""
    made = problem(
        [{"lines": {0: 2}, **order}], [{0: 9, 1: 5, 2: 2}], rules=[rule(which_nodes=[criterion])], **NODES, **arrays
    )
    plan = solve(made)
    away = [
        node
        for code, nodes in refused_nodes(plan, 0).items()
        if plan.refusals[code].code != "dearer"
        for node in nodes
    ]
    return [code for node, code in enumerate(made.node_codes) if node not in away]


@pytest.mark.parametrize(
    ("criterion", "holds", "negated"),
    [
        ({"field": "kind", "values": ["dc", "vendor"]}, ["N0", "N2"], ["N1"]),
        ({"field": "group", "values": ["west", "moon"]}, ["N0", "N2"], ["N1"]),
        ({"field": "node", "values": ["N1", "N9"]}, ["N1"], ["N0", "N2"]),
        ({"field": "distance", "amount": 500}, ["N0"], ["N1"]),  # unknown is neither near nor far
        ({"field": "distance", "amount": 900}, ["N0", "N1"], []),
        ({"field": "atp_left", "amount": 3}, ["N0", "N1"], ["N2"]),
        ({"field": "atp_left", "amount": 0}, ["N0", "N1", "N2"], []),
    ],
)
def test_which_nodes(criterion, holds, negated):
    assert chosen({}, criterion) == holds
    assert chosen({}, {**criterion, "negate": True}) == negated


@pytest.mark.parametrize(
    ("criterion", "holds"),
    [
        ({"field": "channel", "values": ["web"]}, [True, False]),
        ({"field": "channel", "values": ["web", "app"]}, [True, True]),
        ({"field": "method", "values": ["ship"]}, [True, False]),
        ({"field": "category", "values": ["sofas"]}, [True, False]),
        ({"field": "category", "values": ["mugs"]}, [True, True]),
        ({"field": "region", "values": ["NY"]}, [False, True]),
        ({"field": "region", "values": ["TX"]}, [False, False]),
        ({"field": "value", "amount": 1000}, [True, True]),
        ({"field": "value", "amount": 1001}, [False, True]),
    ],
)
def test_which_orders(criterion, holds):
    orders = [
        {"lines": {0: 1, 1: 1}, "channel": 0, "method": 0, "region": 0, "value": 1000},
        {"lines": {0: 1}, "channel": 1, "method": 1, "pinned_node": 0, "region": 1, "value": 1001},
    ]
    for negate in (False, True):
        rules = [rule(which_orders=[{**criterion, "negate": negate}])]
        plan = solve(problem(orders, [{0: 9}, {0: 9}], rules=rules, category=[0, 1, 0]))
        assert [place >= 0 for place in plan.rule.tolist()] == [held != negate for held in holds]


def test_an_order_without_a_channel_or_region_is_selected_by_no_code_and_by_every_not():
    order = {"lines": {0: 1}, "channel": -1, "region": -1}
    for negate in (False, True):
        rules = [rule(which_orders=[{"field": "region", "values": ["CA"], "negate": negate}])]
        assert solve(problem([order], [{0: 9}], rules=rules)).rule.tolist() == [0 if negate else -1]


def test_all_criteria_of_a_rule_must_hold():
    rules = [
        rule(
            which_orders=[{"field": "channel", "values": ["web"]}, {"field": "value", "amount": 2000}],
            which_nodes=[{"field": "kind", "values": ["dc", "store"]}, {"field": "distance", "amount": 600}],
        )
    ]
    orders = [{"lines": {0: 1}}, {"lines": {0: 1}, "value": 2000}]
    plan = solve(problem(orders, [{0: 9, 1: 9, 2: 9}], rules=rules, **NODES))
    assert plan.rule.tolist() == [-1, 0]
    refused = [(plan.refusals[code], nodes) for code, nodes in refused_nodes(plan, 1).items()]
    assert [(refusal.code, refusal.params["position"], nodes) for refusal, nodes in refused] == [
        ("rule_distance", 1, [1]),
        ("rule_kind", 0, [2]),
    ]
    assert plan.choices(1)[0].node == 0


def test_no_rule_and_no_rule_left_are_exceptions_with_their_reason():
    rules = [
        rule(which_orders=[{"field": "channel", "values": ["app"]}], if_none="next_rule"),
    ]
    orders = [{"lines": {0: 1}}, {"lines": {0: 1}, "channel": 1}]
    plan = solve(problem(orders, [{0: 0}], rules=rules))
    assert [plan.why_of(order).code for order in (0, 1)] == ["no_rule", "no_rule_left"]
    assert plan.action.tolist() == [Action.EXCEPTION, Action.EXCEPTION]
    assert [plan.reason_of(line).code for line in (0, 1)] == ["no_rule", "no_atp"]


@pytest.mark.parametrize(
    ("if_part", "outcome", "action", "filled", "why", "reasons"),
    [
        ("assign", Outcome.PART, Action.BACKORDER, [1, 0], "only_a_part", [None, "no_atp"]),
        ("exception", Outcome.PART, Action.EXCEPTION, [0, 0], "only_a_part", ["only_a_part", "no_atp"]),
        ("next_rule", Outcome.PART, Action.EXCEPTION, [0, 0], "no_rule_left", ["only_a_part", "no_atp"]),
    ],
)
def test_what_follows_when_a_part_finds_a_place(if_part, outcome, action, filled, why, reasons):
    plan = solve(problem([{"lines": {0: 1, 1: 1}}], [{0: 1}, {0: 0}], rules=[rule(if_part=if_part)]))
    assert (Outcome(plan.outcome[0]), Action(plan.action[0])) == (outcome, action)
    assert plan.filled.tolist() == filled
    assert plan.why_of(0).code == why
    assert [told and told.code for told in map(plan.reason_of, (0, 1))] == reasons


@pytest.mark.parametrize(
    ("if_none", "action", "why"),
    [
        ("backorder", Action.BACKORDER, "nothing_found"),
        ("exception", Action.EXCEPTION, "nothing_found"),
        ("next_rule", Action.EXCEPTION, "no_rule_left"),
    ],
)
def test_what_follows_when_nothing_finds_a_place(if_none, action, why):
    plan = solve(problem([{"lines": {0: 1}}], [{0: 0}], rules=[rule(if_none=if_none)]))
    assert (Outcome(plan.outcome[0]), Action(plan.action[0])) == (Outcome.NONE, action)
    assert plan.why_of(0).code == why
    assert plan.parcels(0) == []


def test_the_whole_order_goes_on_to_the_next_rule():
    rules = [
        rule(ref="west", which_nodes=[{"field": "node", "values": ["N0"]}], if_part="next_rule"),
        rule(ref="east", which_nodes=[{"field": "node", "values": ["N1"]}]),
    ]
    plan = solve(problem([{"lines": {0: 1, 1: 1}}], [{0: 5}, {1: 5}], rules=rules))
    assert plan.rule.tolist() == [1]
    assert plan.filled.tolist() == [0, 1]
    assert plan.reason_of(0).code == "rule_node"


def test_nodes_that_could_have_served_a_part_that_was_not_taken_say_so():
    lines = {0: 1, 1: 1}
    made = problem([{"lines": lines}], [{0: 1, 1: 9}, {2: 0}], rules=[rule(if_part="exception")])
    assert [solve(made).refusals[code].code for code in solve(made).refused[0]] == [
        "only_a_part", "not_stocked", "not_stocked"
    ]  # fmt: skip


def test_a_line_too_heavy_for_every_price_list_is_left_for_want_of_a_rate():
    made = problem([{"lines": {0: 50}}], [{0: 99}], grams=25_000, per_kg_above=[[-1] * 3] * 2)
    plan = solve(made)
    assert Outcome(plan.outcome[0]) is Outcome.NONE
    assert plan.reason_of(0).code == "no_rate"


def test_a_line_that_costs_more_to_send_than_to_leave_is_left_as_dearer():
    plan = solve(problem([{"lines": {0: 1}}], [{0: 9}], unfilled=5))
    assert plan.reason_of(0).code == "dearer"
