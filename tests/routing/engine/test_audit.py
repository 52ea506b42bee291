"""The audit sees what it is there to see."""

from dataclasses import replace

import pytest

from routing.engine.audit import AuditError, audit
from routing.engine.solve import solve
from tests.routing.engine.problems import problem

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
        ("filled miscounted", changed("filled", 0, 1), "priced 730: 730 . 0 . 100000"),
        ("a reason without need", changed("reason", 0, 2), "reason 2"),
        ("a part that is all", changed("outcome", 0, 1), "outcome PART"),
        ("an action without need", changed("action", 0, 1), "action 1"),
        ("a why without need", changed("why", 0, 17), "why 17"),
        ("a wrong invoice", changed("invoice", 0, 1), "invoice 1"),
        ("a wrong price", changed("priced", 1, 1), "priced 1"),
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
