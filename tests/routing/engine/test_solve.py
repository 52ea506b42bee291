"""The engine against trying everything, order by order on what the earlier ones left."""

import numpy as np
import pytest

from routing.engine.audit import audit
from routing.engine.plan import Action, Options, Outcome
from routing.engine.solve import solve
from tests.routing.engine.brute import State, decide
from tests.routing.engine.problems import ANY, problem, random_problem, rule


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
    """Every order of a problem decided as by trying everything; returns how many could be compared."""
    plan = solve(made, options)
    audit(made, plan)
    state, compared = State(made), 0
    for order in sorted(range(made.orders), key=lambda order: made.ptr[order + 1] - made.ptr[order] > 6):
        if not plan.approximate[order]:
            expected = decide(state, order)
            assert (said(plan, order), plan.rule[order], plan.priced[order]) == expected
            compared += 1
        state.take(plan, order)
    return compared


RULES = [
    [ANY],
    [rule(max_parcels=1, if_part="exception", if_none="exception")],
    [rule(max_parcels=2)],
    [rule(max_parcels=3, rank="distance")],
    [rule(max_parcels=2, rank="delivery_day", if_none="exception")],
    [
        rule(ref="one", max_parcels=1, if_part="next_rule", if_none="next_rule"),
        rule(ref="near", max_parcels=2, if_part="next_rule", if_none="next_rule", rank="distance"),
        rule(ref="split", max_parcels=3, if_part="next_rule", if_none="next_rule"),
    ],
    [
        rule(
            ref="web",
            which_orders=[{"field": "channel", "values": ["web"]}, {"field": "value", "amount": 9000, "negate": True}],
            which_nodes=[{"field": "kind", "values": ["dc", "store"]}, {"field": "distance", "amount": 1500}],
            if_part="next_rule",
            if_none="next_rule",
        ),
        rule(
            ref="rest",
            which_nodes=[
                {"field": "group", "values": ["west"], "negate": True},
                {"field": "node", "values": ["N1"], "negate": True},
            ],
        ),
    ],
    [
        rule(which_orders=[{"field": "category", "values": ["sofas"]}], max_parcels=1, if_part="exception"),
        rule(ref="spare", which_nodes=[{"field": "atp_left", "amount": 1}]),
    ],
    [rule(which_nodes=[{"field": "atp_left", "amount": 2, "negate": True}])],
]


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("seed", range(12))
def test_orders_in_turn_cost_what_trying_everything_costs(rules, seed):
    made = random_problem(seed, orders=12, skus=5, nodes=3, lines=4, most_units=2, stock=6, rules=rules)
    assert agrees(made) > 0
