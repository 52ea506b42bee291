from routing.differences import difference, moved, turned
from routing.weighing import Weighing
from tests import make

WEST = {"field": "group", "values": ["west"], "negate": False}
NEAR = {"field": "distance", "amount": 80, "negate": False}
CHEAP = {"field": "value", "amount": 10000, "negate": True}


def plain(ref, **parts):
    return {"ref": ref, **make.rule(f"Rule {ref}", **parts)}


def test_a_difference_names_what_came_went_and_moved():
    old = [plain("r1"), plain("r2"), plain("r3"), plain("r4")]
    new = [plain("r4"), plain("r1"), plain("r3"), plain("r5")]
    assert difference(old, new) == [
        ("rule_removed", {"rule": "Rule r2", "position": 2}),
        ("rule_moved", {"rule": "Rule r4", "old": 4, "new": 1}),
        ("rule_added", {"rule": "Rule r5", "position": 4}),
    ]


def test_a_difference_names_what_changed_inside_a_rule_with_both_values():
    far = {**NEAR, "amount": 120}
    old = plain("r1", which_nodes=[NEAR, WEST])
    new = {**plain("r1", which_nodes=[far], which_orders=[CHEAP]),
           "name": "Near", "enabled": False, "rank": "distance", "max_parcels": 1, "split_lines": False}  # fmt: skip
    assert difference([old], [new]) == [
        ("rule_renamed", {"old": "Rule r1", "new": "Near"}),
        ("rule_switched_off", {"rule": "Near"}),
        ("criterion_added", {"rule": "Near", "part": "which_orders", "new": CHEAP}),
        ("criterion_changed", {"rule": "Near", "part": "which_nodes", "old": NEAR, "new": far}),
        ("criterion_removed", {"rule": "Near", "part": "which_nodes", "old": WEST}),
        ("lines_kept_whole", {"rule": "Near"}),
        ("rank_changed", {"rule": "Near", "old": "cost", "new": "distance"}),
        ("max_parcels_changed", {"rule": "Near", "old": 2, "new": 1}),
    ]  # fmt: skip


def test_equal_rules_have_no_difference():
    assert difference([plain("r1")], [plain("r1")]) == []


def test_a_rule_that_says_nothing_of_split_lines_splits_them():
    silent = {key: value for key, value in plain("r1").items() if key != "split_lines"}
    assert difference([silent], [plain("r1")]) == []
    assert difference([{**silent, "split_lines": False}], [silent]) == [("lines_split", {"rule": "Rule r1"})]


def test_what_is_weighed_is_switched_part_by_part():
    assert turned(Weighing(), Weighing()) == []
    assert turned(Weighing(), Weighing(False, True, True)) == [
        ("counts_no_switched_off", {}),
        ("scarcity_prices_switched_on", {}),
    ]
    assert turned(Weighing(False, True, False), Weighing(True, True, True)) == [
        ("counts_no_switched_on", {}),
        ("guarded_switched_on", {}),
    ]


def test_the_fewest_rules_count_as_moved():
    assert moved(["a", "b", "c", "d"], ["b", "c", "d", "a"]) == {"a"}
    assert moved(["a", "b"], ["a", "b"]) == set()
