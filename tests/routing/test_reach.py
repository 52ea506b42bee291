import pytest

from routing.reach import Unreached, unreached
from tests import make

CA = {"field": "region", "values": ["CA"], "negate": False}
UNFINISHED = {"field": "region", "values": [], "negate": False}


def rule(**parts):
    stops = {"if_part": "assign", "if_none": "backorder"}
    return {"ref": "r", **make.rule("Rule", **{**stops, **parts})}


@pytest.mark.parametrize(
    ("case", "rules", "found"),
    [
        ("no rules", [], None),
        ("the last one takes the rest", [rule(which_orders=[CA]), rule()], None),
        ("one in the middle takes all", [rule(which_orders=[CA]), rule(), rule(), rule(which_orders=[CA])],
         Unreached(2, (3, 4))),
        ("a part goes on", [rule(if_part="next_rule"), rule(which_orders=[CA])], None),
        ("nothing found goes on", [rule(if_none="next_rule"), rule(which_orders=[CA])], None),
        ("a person decides", [rule(if_part="exception", if_none="exception"), rule()], Unreached(1, (2,))),
        ("it is switched off", [rule(enabled=False), rule(which_orders=[CA])], None),
        ("all below are switched off", [rule(), rule(enabled=False)], None),
        ("some below are switched off", [rule(), rule(), rule(enabled=False), rule()], Unreached(1, (2, 4))),
        ("its condition is not filled in yet", [rule(which_orders=[UNFINISHED]), rule()], None),
        ("any node may ship, yet not every order", [rule(which_orders=[CA], which_nodes=[]), rule()], None),
    ],
)  # fmt: skip
def test_rules_below_one_that_takes_every_order_are_never_reached(case, rules, found):
    assert unreached(rules) == found, case
