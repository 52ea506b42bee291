"""What would have to be different: by hand for every kind of change, and true of random problems when it is so."""

from dataclasses import replace

import numpy as np
import pytest

from routing.engine.alone import alone
from routing.engine.plan import Mode, Options, Outcome
from routing.engine.solve import solve
from routing.engine.stored import from_bytes, to_bytes
from routing.engine.what_if import Case, Change
from routing.rules import Rank
from tests.routing.engine.problems import problem, random_problem, rule

EXACT = Options()
ONE_ZONE = {"zone": [[0, 1, 0]]}  # of three nodes, the first and the last


def changes(made, node):
    return Case(made, solve(made, EXACT), 0).changes(node)


def test_a_dearer_node_wins_from_the_next_cheaper_cost_on():
    # N0 500 + 100 + 2 × 10 = 620; N2 500 + 100 + 2 × 80 = 760: at 70 less a tie, which the first code wins
    made = problem([{"lines": {0: 2}}], [{0: 5, 2: 5}], pick=[10, 10, 80], fix=[100] * 3, **ONE_ZONE)
    assert changes(made, 2) == [Change("pick_lower", {"by": 71, "now": 80}, (2,), 618, 618)]
    made = problem([{"lines": {0: 2}}], [{0: 5, 2: 5}], pick=[10, 10, 20], fix=[100, 100, 220], **ONE_ZONE)
    assert changes(made, 2) == [Change("fix_lower", {"by": 141, "now": 220}, (2,), 619, 619)]


def test_at_an_equal_cost_the_first_code_wins_so_that_much_lower_is_enough_for_it():
    made = problem([{"lines": {0: 2}}], [{0: 5, 2: 5}], pick=[80, 10, 10], fix=[100] * 3, **ONE_ZONE)
    assert changes(made, 0) == [Change("pick_lower", {"by": 70, "now": 80}, (0,), 620, 620)]


def test_no_cost_is_told_below_nothing():
    made = problem([{"lines": {0: 2}}], [{0: 5, 1: 5}], fix=[100, 100])  # N1 is 200 dearer, all of it freight
    assert changes(made, 1) == []


def test_a_buffer_is_told_at_its_largest_and_the_stock_that_would_do_as_well():
    made = problem([{"lines": {0: 2}}], [{0: 5, 1: 5}], buffer=[4, 0])
    assert changes(made, 0) == [
        Change("buffer", {"most": 3, "now": 4, "sku": 100}, (0,), 620, 620),
        Change("stock", {"more": 1, "atp": 1, "sku": 100}, (0,), 620, 620),
    ]


def test_a_buffer_that_lies_above_all_there_is_still_counts_from_what_is_there():
    made = problem([{"lines": {0: 2}}], [{0: 3, 1: 5}], buffer=[9, 0])
    assert changes(made, 0) == [
        Change("buffer", {"most": 1, "now": 9, "sku": 100}, (0,), 620, 620),
        Change("stock", {"more": 2, "atp": 0, "sku": 100}, (0,), 620, 620),
    ]


def test_several_buffers_are_told_together_where_one_alone_does_nothing():
    lines = {"lines": {0: 1, 1: 1}}
    made = problem(
        [lines], [{0: 3, 1: 5}, {0: 4, 1: 5}], rules=[rule(max_parcels=1, if_part="exception")], buffer=[3, 0, 4, 0]
    )
    assert changes(made, 0) == [Change("buffers", {"most": 2, "skus": 2}, (0,), 620, 620)]


def test_a_full_day_wants_one_slot_more_or_a_later_promise():
    slots = np.full((2, 14), 9)
    slots[0, 0] = 0
    made = problem([{"lines": {0: 1}, "slack": 3}], [{0: 5, 1: 5}], slots_left=slots)
    assert changes(made, 0) == [
        Change("slot", {"day": 0}, (0,), 610, 610),
        Change("promise", {"days": 1}, (0,), 610, 610),
    ]


def test_a_missed_cut_off_wants_the_parcel_a_day_earlier():
    days = np.tile(np.arange(14), (2, 1))
    days[0] += 1
    made = problem([{"lines": {0: 1}, "slack": 3}], [{0: 5, 1: 5}], ship_day=days)
    assert [change.code for change in changes(made, 0)] == ["day_earlier", "promise"]
    assert changes(made, 0)[0].params == {"day": 0, "now": 1}


def test_a_rule_that_refused_is_lifted_by_its_first_failing_condition():
    which = [{"field": "node", "values": ["N1"]}]
    made = problem([{"lines": {0: 1}}], [{0: 5, 1: 5}], rules=[rule(which_nodes=which)])
    (change,) = changes(made, 0)
    assert (change.code, change.nodes, change.priced) == ("rule_off", (0,), 610)
    assert (change.params["rule"], change.params["field"], change.params["refusal"]) == ("any", "node", "rule_node")


def test_one_parcel_more_lets_two_cheap_nodes_share():
    made = problem(
        [{"lines": {0: 1, 1: 1}}],
        [{0: 5, 2: 5}, {1: 5, 2: 5}],
        rules=[rule(max_parcels=1)],
        fix=[100, 100, 5000],
    )
    assert [change.code for change in changes(made, 0)] == ["parcels"]
    assert changes(made, 0)[0][1:] == ({"most": 2, "rule": "any"}, (0, 1), 610 + 810, 610 + 810)


def test_a_rule_that_ranks_by_something_else_could_rank_by_cost():
    made = problem([{"lines": {0: 1}}], [{0: 5, 2: 5}], rules=[rule(rank="distance")], fix=[900, 100, 100], **ONE_ZONE)
    assert changes(made, 2) == [Change("by_cost", {"rule": "any"}, (2,), 610, 610)]


def test_what_only_steers_is_told_as_such():
    made = problem([{"lines": {0: 1}}], [{0: 5, 1: 5}], price=[300, 0], fix=[50, 50])
    assert changes(made, 0) == [Change("no_prices", {}, (0,), 560, 560)]
    made = problem([{"lines": {0: 1}}], [{0: 5, 1: 5}], no_odds=[4000, 0], resource_cost=1000, fix=[50, 50])
    assert changes(made, 0) == [Change("no_odds", {"odds": 4000}, (0,), 560, 560)]


def test_nothing_is_told_of_a_node_of_the_plan_nor_of_one_that_no_one_change_brings_in():
    made = problem([{"lines": {0: 1}}], [{0: 5, 1: 5}], nodes=3)
    assert changes(made, 0) == []
    assert changes(made, 2) == []
    assert Case(made, solve(made, EXACT), 0).refusal(2).code == "not_stocked"
    assert changes(made, 99) == []


def test_an_order_that_found_no_place_tells_what_would_have_found_one():
    made = problem([{"lines": {0: 2}}], [{0: 3}], buffer=[2], rules=[rule(split_lines=False)])
    plan = solve(made, EXACT)
    assert plan.outcome.item(0) == Outcome.NONE
    assert [change.params for change in Case(made, plan, 0).changes(0)] == [
        {"most": 1, "now": 2, "sku": 100},
        {"more": 1, "atp": 1, "sku": 100},
    ]


def test_an_order_that_no_rule_selects_is_no_case_for_any_node():
    made = problem([{"lines": {0: 2}}], [{0: 3}], rules=[])
    case = Case(made, solve(made, EXACT), 0)
    assert (case.compared.candidates, case.compared.single, case.changes(0)) == ((), None, [])


def test_candidates_are_compared_by_the_parts_of_their_cost():
    made = problem([{"lines": {0: 1, 1: 1}}], [{0: 5, 1: 5}, {1: 5, 2: 5}], price=[0, 7, 0, 0], **ONE_ZONE)
    case = Case(made, solve(made, EXACT), 0)
    # N1 has both: 700 + 100 + 20 + 7; N0 + N2: two parcels of 610
    assert [(each.node, each.nodes, each.priced) for each in case.compared.candidates] == [
        (1, (1,), 827),
        (0, (0, 2), 1220),
        (2, (0, 2), 1220),
    ]
    single = case.compared.single
    assert (single.nodes, single.freight, single.handling, single.scarcity) == ((1,), 700, 120, 7)
    unpriced = case.compared.unpriced
    assert (unpriced.nodes, unpriced.freight, unpriced.handling, unpriced.scarcity) == ((1,), 700, 120, 0)
    assert Case(replace(made, price=made.price * 0), case.plan, 0).compared.unpriced is None


def changed(made, node, change):
    """The facts with the one change, made from what is told of it alone."""
    params, array = change.params, {}
    entries = np.flatnonzero(made.stock_node == node)
    sku_of = np.repeat(made.sku_ref, np.diff(made.sku_ptr))
    of_sku = entries[sku_of[entries] == params.get("sku")]
    match change.code:
        case "pick_lower" | "fix_lower":
            array[change.code[:-6]] = costs = getattr(made, change.code[:-6]).copy()
            costs[node] -= params["by"]
        case "buffer":
            array["buffer"] = made.buffer.copy()
            array["buffer"][of_sku] = params["most"]
        case "buffers":
            array["buffer"] = made.buffer.copy()
            array["buffer"][entries] = np.minimum(array["buffer"][entries], params["most"])
        case "stock":
            array["free"] = made.free.copy()
            array["free"][of_sku] = np.maximum(made.free, made.buffer)[of_sku] + params["more"]
        case "slot":
            array["slots_left"] = made.slots_left.copy()
            array["slots_left"][node, made.ship_day[node] == params["day"]] += 1
        case "day_earlier":
            array["ship_day"] = made.ship_day.copy()
            array["ship_day"][node, 0] = params["day"]
        case "promise":
            array["slack"] = made.slack + params["days"]
        case "no_prices":
            array |= {"price": made.price * 0, "slot_price": made.slot_price * 0}
        case "no_odds":
            array["no_odds"] = np.where(made.stock_node == node, 0, made.no_odds)
        case _:
            place = next(place for place, rule in enumerate(made.rules) if rule.ref == params["rule"])
            of_rule, rules = made.rules[place], list(made.rules)
            left = (c for at, c in enumerate(of_rule.which_nodes) if at != params.get("position"))
            parts = {
                "rule_off": {"which_nodes": tuple(left)},
                "parcels": {"max_parcels": params.get("most")},
                "by_cost": {"rank": Rank.COST},
            }
            rules[place] = replace(of_rule, **parts[change.code])
            array["rules"] = tuple(rules)
    return replace(made, **array)


def at_random(seed):
    rng = np.random.default_rng(seed)
    which = [{"field": "atp_left", "amount": 1}, {"field": "distance", "amount": 300}]
    rules = [
        [rule()],
        [rule(max_parcels=1, if_part="next_rule", if_none="next_rule"), rule(ref="rest", max_parcels=2)],
        [rule(which_nodes=which)],
        [rule(rank="distance", max_parcels=2)],
    ][seed % 4]
    made = random_problem(seed, skus=5, nodes=5, lines=4, rules=rules, plain=seed % 3 == 0)
    steers = {
        "price": rng.integers(0, 400, len(made.stock_node)),
        "no_odds": rng.integers(0, 5000, len(made.stock_node)),
        "resource_cost": 900,
    }
    return replace(
        made,
        buffer=rng.integers(0, 3, len(made.stock_node)),
        fix=rng.integers(0, 2000, made.nodes),
        pick=rng.integers(0, 500, made.nodes),
        ship_day=made.ship_day + rng.integers(0, 2, made.nodes)[:, None],
        **(steers if seed % 5 == 0 else {}),
    )


@pytest.mark.parametrize("batch", range(4))
def test_every_sentence_is_true_when_the_fact_is_changed_and_all_is_solved_again(batch):
    told = set()
    for seed in range(batch * 60, batch * 60 + 60):
        made = at_random(seed)
        case = Case(made, solve(made, EXACT), 0)
        for node in range(made.nodes):
            for change in case.changes(node):
                plan = solve(changed(made, node, change), EXACT)
                assert tuple(plan.parcel_node.tolist()) == change.nodes, (seed, node, change)
                assert (node in change.nodes, plan.priced.item(0)) == (True, change.priced)
                told.add(change.code)
                for code, name, step in (("fix_lower", "by", -1), ("buffer", "most", 1), ("stock", "more", -1)):
                    if code == change.code:
                        nearly = change._replace(params={**change.params, name: change.params[name] + step})
                        assert node not in solve(changed(made, node, nearly), EXACT).parcel_node, (seed, change)
    assert {"stock", "slot", "buffer"} <= told


@pytest.mark.parametrize("mode", list(Mode))
def test_a_stored_problem_is_solved_again_to_the_same_plan(mode):
    for seed in range(4):
        made = random_problem(seed, orders=25, skus=6, nodes=5, lines=3, stock=6, slots=30)
        plan = solve(made, Options(mode))
        assert solve(from_bytes(to_bytes(made)), Options(mode)).hash() == plan.hash()


def test_an_order_alone_on_what_was_left_at_its_turn_is_planned_as_it_was():
    for seed in range(60):
        made = random_problem(seed, orders=6, skus=5, nodes=4, lines=4)
        plan = solve(made, EXACT)
        for order in range(made.orders):
            single = alone(made, plan, order)
            again = solve(single, EXACT)
            levels = [(single.level_ref.item(c.entry), c.units, c.parcel) for c in again.choices(0)]
            assert levels == [(made.level_ref.item(c.entry), c.units, c.parcel) for c in plan.choices(order)]
            assert again.priced.item(0) == plan.priced.item(order)


@pytest.mark.parametrize("mode", [Mode.BATCH, Mode.QUALITY])
def test_an_order_planned_together_costs_no_less_than_alone_on_what_the_others_left(mode):
    for seed in range(6):
        made = random_problem(seed, orders=25, skus=6, nodes=5, lines=3, stock=6, slots=300, plain=True)
        plan = solve(made, Options(mode))
        for order in range(made.orders):
            case = Case(made, plan, order)
            assert case.cost <= plan.priced.item(order)
            for node in set(case.plan.parcel_node.tolist()) - case.stored:
                assert [change.code for change in case.changes(node)] == ["as_it_is"]


@pytest.mark.parametrize("lines", [3, 8, 12])
def test_no_plan_through_a_node_costs_less_than_the_plan_itself(lines):
    for seed in range(10):
        whole = [rule(split_lines=False)]
        made = random_problem(seed, skus=lines + 2, nodes=6, lines=lines, plain=True, rules=whole)
        case = Case(made, solve(made, EXACT), 0)
        told = case.compared.candidates
        assert [each.priced for each in told] == sorted(each.priced for each in told)
        assert all(each.node in each.nodes and each.priced >= case.cost for each in told)
        assert {each.node for each in told if each.priced == case.cost} >= case.stored
