"""The audit sees what it is there to see."""

from dataclasses import replace

import pytest

from routing.engine.audit import AuditError, audit
from routing.engine.solve import solve
from tests.routing.engine.problems import problem, rule

MADE = problem(
    [{"lines": {0: 2, 1: 1}}, {"lines": {0: 1}, "method": 1, "pinned_node": 1}],
    [{0: 5, 1: 2}, {0: 1}],
    slots_left=[[1, *[5] * 13], [1] * 14],
    class_bits=[1, 0, 0],
    node_class_bits=[1, 0],
)


def changed(name, place, value):
    column = getattr(solve(MADE), name).copy()
    column[place] = value
    return {name: column}


def test_a_sound_plan_passes():
    audit(MADE, solve(MADE))


@pytest.mark.parametrize(
    ("case", "fault", "says"),
    [
        ("one cent more", changed("freight", 0, 601), "should be"),
        ("one cent less handled", changed("handling", 0, 129), "should be"),
        ("another service", changed("service", 0, 1) | changed("parcel_service", 0, 1), "should be"),
        ("a day early", changed("arrive_day", 0, 2), "should be"),
        ("lighter", changed("grams", 0, 1499), "should be"),
        (
            "a later day than the first free",
            changed("parcel_ship_day", 0, 3) | changed("arrive_day", 0, 6),
            "first free day",
        ),
        ("another node than its stock", changed("node", 0, 1), "different nodes"),
        ("another SKU", changed("entry", 0, 2), "another SKU"),
        ("too many units", changed("units", 0, 3), "gets 3 units"),
        ("a unit short", changed("units", 0, 1) | changed("filled", 0, 1), "should be"),
        ("filled miscounted", changed("filled", 0, 1), "priced 730: 730 . 0 . 100000 . 0 . 0"),
        ("a reason without need", changed("reason", 0, 2), "reason 2"),
        ("a part that is all", changed("outcome", 0, 1), "outcome PART"),
        ("an action without need", changed("action", 0, 1), "action 1"),
        ("a why without need", changed("why", 0, 17), "why 17"),
        ("a wrong invoice", changed("invoice", 0, 1), "invoice 1"),
        ("a wrong price", changed("priced", 1, 1), "priced 1"),
        ("a no that costs too much", changed("rejection", 0, 7), "rejection 7"),
        ("a price nobody set", changed("scarcity", 0, 7), "scarcity 7"),
    ],
)
def test_a_planted_fault_is_found(case, fault, says):
    plan = solve(MADE)
    with pytest.raises(AuditError, match=says):
        audit(MADE, replace(plan, **fault))


@pytest.mark.parametrize(
    ("case", "arrays", "says"),
    [
        ("less stock than used", {"free": [1, 2, 1]}, "stock entry 0: 2 units"),
        ("no slot", {"slots_left": [[0] * 14] * 2}, "first free day"),
        ("the class is not accepted", {"node_class_bits": [0, 0]}, "does not accept the goods of line 0"),
        ("refused before", {"forbid_ptr": [0, 1, 1, 1], "forbid_node": [0]}, "refused line 0 before"),
        ("collected elsewhere", {"pinned_node": [-1, 0]}, "is collected at node 1"),
    ],
)
def test_a_plan_for_other_facts_is_found_out(case, arrays, says):
    other = problem(
        [{"lines": {0: 2, 1: 1}}, {"lines": {0: 1}, "method": 1, "pinned_node": 1}],
        [{0: 5, 1: 2}, {0: 1}],
        **{
            "slots_left": MADE.slots_left, "class_bits": [1, 0, 0], "node_class_bits": [1, 0], **arrays
        },
    )  # fmt: skip
    with pytest.raises(AuditError, match=says):
        audit(other, solve(MADE))


@pytest.mark.parametrize(
    ("case", "arrays"),
    [
        ("goods of unknown weight, and no rate for what is likely", {"grams": 0, "likely_grams": [30_000]}),
        ("a cost that can't be", {"fix": [2**40, 100]}),
    ],
)
def test_a_nearer_node_that_can_not_serve_is_no_fault(case, arrays):
    made = problem(
        [{"lines": {0: 1}}], [{0: 5, 1: 5}], rules=[rule(rank="distance")], per_kg_above=[[-1, 50, 50]] * 2, **arrays
    )
    plan = solve(made)
    assert plan.parcel_node.tolist() == [1]
    audit(made, plan)


@pytest.mark.parametrize(
    ("case", "changes", "says"),
    [
        ("off", {"enabled": False}, "rule any does not select it"),
        ("other orders", {"which_orders": [{"field": "value", "amount": 5000}]}, "rule any does not select it"),
        ("other nodes", {"which_nodes": [{"field": "kind", "values": ["dc"]}]}, "condition 0 refuses node 0"),
        ("farther", {"which_nodes": [{"field": "distance", "amount": 50}]}, "condition 0 refuses node 0"),
        ("a unit to spare", {"which_nodes": [{"field": "atp_left", "amount": 2}]}, "condition 0: 1 units are left"),
        ("last units", {"which_nodes": [{"field": "atp_left", "amount": 1, "negate": True}]}, "1 units are left"),
        ("nearest", {"rank": "distance"}, "node 1 is nearer than 0 and has all of it"),
        ("nothing in part", {"if_part": "exception"}, "a part ends in BACKORDER with 1 parcels, if_part is exception"),
        ("nothing waits", {"if_none": "exception"}, "nothing ends in BACKORDER, if_none is exception"),
    ],
)
def test_a_plan_against_its_rule_is_found_out(case, changes, says):
    orders = [{"lines": {0: 1}}, {"lines": {0: 1, 1: 5}}, {"lines": {1: 1}}]

    def made(**changes):
        return problem(
            orders, [{0: 2, 1: 9}, {2: 0}], rules=[rule(**changes)], nodes=3, distance_km=[[300, 100, 50]],
            zone=[[0, 1, 2]], slack=[9, 9, 9],
        )  # fmt: skip

    plan = solve(made())
    audit(made(), plan)
    with pytest.raises(AuditError, match=says):
        audit(made(**changes), plan)
