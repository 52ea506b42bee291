"""Why it came from there and not from elsewhere."""

from routing.engine.explain import Cost, Fate, explain
from routing.engine.plan import Alternative, Outcome
from routing.engine.solve import solve
from routing.rules import Refusal
from tests.routing.engine.brute import decide
from tests.routing.engine.facts import State, refusal, selects
from tests.routing.engine.problems import problem, random_problem, refused_nodes, rule


def test_every_node_shows_its_first_refusal_or_the_cost_of_the_whole_order():
    made = problem(
        [{"lines": {0: 2, 1: 1}}],
        [{0: 5, 1: 5, 2: 1}, {0: 3, 1: 3, 2: 3}],
        nodes=5,
        rules=[rule(which_nodes=[{"field": "node", "values": ["N0"], "negate": True}])],
        late_per_day=400,
    )
    found = explain(made, solve(made), 0)
    excluded = {"rule": "any", "position": 0, "negate": 1, "values": "N0"}
    assert found.rules == (("any", Fate.DECIDED),)
    assert [(view.node, view.in_plan, view.lines, view.refusal) for view in found.nodes] == [
        (0, False, 0, Refusal("rule_node", excluded)),
        (1, True, 2, None),
        (2, False, 1, Refusal("no_atp", {"sku_ref": 100, "units": 2, "atp": 1})),
        (3, False, 0, Refusal("not_stocked", {"sku_ref": 100, "units": 2, "atp": 0})),
        (4, False, 0, Refusal("not_stocked", {"sku_ref": 100, "units": 2, "atp": 0})),
    ]
    assert found.nodes[1].cost == Cost(service=0, ship_day=0, arrive_day=3, freight=800, handling=130, lateness=0)
    assert found.nodes[0].cost is None


def test_an_order_is_explained_on_what_the_earlier_ones_left():
    made = problem([{"lines": {0: 3}}, {"lines": {0: 3}}], [{0: 4, 1: 9}], slots_left=[[1] + [9] * 13] * 2)
    plan = solve(made)
    assert [plan.choices(order)[0].node for order in (0, 1)] == [0, 1]
    first, second = explain(made, plan, 0), explain(made, plan, 1)
    assert first.nodes[0].refusal is None
    assert second.nodes[0].refusal == Refusal("no_atp", {"sku_ref": 100, "units": 3, "atp": 1})


def test_the_rules_tell_who_decided():
    made = problem(
        [{"lines": {0: 3}, "channel": 1}],
        [{0: 4}],
        rules=[
            rule(ref="web", which_orders=[{"field": "channel", "values": ["web"]}]),
            rule(ref="far", which_nodes=[{"field": "distance", "amount": 5}], if_none="next_rule"),
            rule(ref="off", enabled=False),
            rule(ref="all"),
            rule(ref="never"),
        ],
    )
    assert explain(made, solve(made), 0).rules == (
        ("web", Fate.NOT_SELECTED),
        ("far", Fate.FELL_THROUGH),
        ("all", Fate.DECIDED),
        ("never", Fate.NOT_REACHED),
    )


def test_an_order_that_no_rule_selects_has_no_nodes_to_show():
    made = problem([{"lines": {0: 3}}], [{0: 4}], rules=[])
    assert explain(made, solve(made), 0) == ((), ())


def test_stored_refusals_are_the_first_of_the_first_refused_line():
    rules = [
        rule(
            which_nodes=[
                {"field": "kind", "values": ["vendor"], "negate": True},
                {"field": "distance", "amount": 1500},
                {"field": "group", "values": ["west", "east"]},
                {"field": "atp_left", "amount": 1},
            ]
        )
    ]
    seen = set()
    for seed in range(250):
        made = random_problem(seed, lines=2, nodes=5, stock=6, rules=rules)
        plan, state = solve(made), State(made)
        used = {parcel.node for parcel in plan.parcels(0)}
        for node in range(made.nodes):
            first = [
                refusal(state, made.rules[0], 0, line, node) for line in sorted(range(made.lines), key=made.sku.item)
            ]
            code, position = next((told for told in first if told), ("dearer", None))
            stored = plan.refusals[plan.refused[0, node]]
            if node in used:
                assert plan.refused[0, node] == 0
            else:
                assert (stored.code, stored.params.get("position")) == (code, position)
                seen.add(code)
    assert seen == {
        "not_stocked", "no_atp", "node_closed", "ability_missing", "handling_class", "no_slot", "refused_before",
        "no_rate", "no_zone", "not_pickup_node", "rule_kind", "rule_distance", "rule_group", "rule_atp_left", "dearer",
    }  # fmt: skip


def test_alternatives_are_the_cheapest_plans_through_nodes_not_used():
    made = problem(
        [{"lines": {0: 1, 1: 1}}],
        [{0: 5, 1: 5, 3: 5}, {0: 5, 2: 5, 3: 5}],
        rates=((500, 700, 900, 1200),),
        transit=(2,),
    )
    plan = solve(made)
    assert plan.choices(0)[0].node == 0
    assert plan.alternatives(0) == [
        Alternative(node=3, nodes=(3,), freight=1200, handling=120, lateness=0, unfilled=0),
        Alternative(node=1, nodes=(0, 1), freight=1200, handling=220, lateness=0, unfilled=0),
        Alternative(node=2, nodes=(0, 2), freight=1400, handling=220, lateness=0, unfilled=0),
    ]


def test_no_alternative_is_cheaper_than_the_plan_and_each_is_the_best_without_the_nodes_it_leaves_out():
    for seed in range(40):
        made = random_problem(seed, lines=4, skus=6, nodes=4, stock=9, plain=True, rules=[rule(max_parcels=3)])
        plan = solve(made)
        if plan.approximate[0]:
            continue
        costs = [other.priced for other in plan.alternatives(0)]
        assert costs == sorted(costs)
        assert all(cost >= plan.priced[0] for cost in costs)


def test_alternatives_of_ranked_orders_come_in_rank_order():
    made = problem(
        [{"lines": {0: 1}}], [{0: 5, 1: 5, 2: 5}], rules=[rule(rank="distance")], distance_km=[[30, 10, 20]]
    )
    plan = solve(made)
    assert plan.choices(0)[0].node == 1
    assert [other.node for other in plan.alternatives(0)] == [2, 0]
    assert {plan.refusals[code].code: nodes for code, nodes in refused_nodes(plan, 0).items()} == {"outranked": [0, 2]}


def test_a_long_order_has_refusals_and_alternatives_too():
    made = problem([{"lines": dict.fromkeys(range(14), 1)}], [{0: 5, 1: 5}] * 14)
    plan = solve(made)
    assert Outcome(plan.outcome[0]) is Outcome.ALL
    assert plan.approximate[0]
    assert [other.node for other in plan.alternatives(0)] == [1]


def test_selecting_is_judged_as_by_trying_everything():
    made = random_problem(1, orders=40)
    assert all(selects(made, made.rules[0], order) for order in range(40))
    assert {found.rule for found in decide(State(made), 0)} == {0}
