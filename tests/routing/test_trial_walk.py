"""The steps of a trial, without a database."""

from typing import Any

from routing.engine.explain import Fate
from routing.rules import Criterion, Refusal
from routing.trial_walk import Bar, Passed, Past, walk_of
from routing.tried import Candidate, Trial
from tests import make

OWN = {
    "channel": frozenset({"web"}),
    "method": frozenset({"ship"}),
    "region": frozenset({"NV"}),
    "category": frozenset({"kitchen"}),
}
TO_CA = {"field": "region", "values": ["CA"], "negate": False}
WORTH = {"field": "value", "amount": 10000, "negate": False}


def rule(ref: str, *which_orders: dict[str, Any]) -> dict[str, Any]:
    return {"ref": ref, **make.rule(f"Rule {ref}", which_orders=list(which_orders))}


def candidate(node: str, *, freight: int | None = None, refusal: Refusal | None = None, **parts: Any) -> Candidate:
    fields = {
        "in_plan": False, "distance_km": 10, "zone": 1, "stock": [], "service": "", "ship_date": None,
        "arrive_date": None, "handling": None if freight is None else 0, "lateness": None if freight is None else 0,
        "no": 0,
    }  # fmt: skip
    return Candidate(node=node, freight=freight, refusal=refusal, **{**fields, **parts})


def trial(*parcels: tuple[str, int], rules: Any = (), rule_ref: str = "", **parts: Any) -> Trial:
    """A trial whose plan sends one parcel from each (node, freight)."""
    sent = [{"node": node, "freight": freight, "handling": 0, "lateness": 0} for node, freight in parcels]
    fields = {
        "order_ref": "A-1", "outcome": "all", "rule_name": "", "approximate": False, "currency": "USD", "priced": 0,
        "invoice": sum(freight for _node, freight in parcels), "alternatives": [], "refusals": [], "candidates": [],
        "gather_ms": 1.0, "solve_ms": 1.0,
    }  # fmt: skip
    return Trial(
        plan={"parcels": sent, "left": [], "rejection": 0}, rules=rules, rule_ref=rule_ref, **{**fields, **parts}
    )


def test_each_rule_above_the_one_that_decides_says_why_it_did_not():
    rules = [rule("r1"), rule("r2", TO_CA), rule("r3", WORTH), rule("r4"), rule("r5"), rule("r6", TO_CA)]
    fates = [
        ("r2", "", Fate.NOT_SELECTED), ("r3", "", Fate.NOT_SELECTED), ("r4", "", Fate.FELL_THROUGH),
        ("r5", "", Fate.DECIDED), ("r6", "", Fate.NOT_REACHED),
    ]  # fmt: skip
    walk = walk_of(trial(rules=fates, rule_ref="r5"), None, rules, OWN)
    assert walk.rule_number == 5
    assert walk.passed == [
        Passed(1, "Rule r1", Past.OFF),
        Passed(2, "Rule r2", Past.NOT_SELECTED, Criterion("region", ("CA",))),
        Passed(3, "Rule r3", Past.NOT_SELECTED, Criterion("value", (), 10000)),
        Passed(4, "Rule r4", Past.FELL_THROUGH),
    ]


def test_where_no_rule_decides_every_one_says_why():
    fates = [("r1", "", Fate.NOT_SELECTED), ("r2", "", Fate.FELL_THROUGH)]
    walk = walk_of(trial(rules=fates, outcome="none"), None, [rule("r1", TO_CA), rule("r2")], OWN)
    assert (walk.rule_number, [each.number for each in walk.passed]) == (0, [1, 2])


def test_a_condition_that_the_order_meets_is_not_the_one_it_misses():
    not_kitchen = {"field": "category", "values": ["kitchen"], "negate": True}
    to_nevada = {**TO_CA, "values": ["CA", "NV"]}
    walk = walk_of(
        trial(rules=[("r1", "", Fate.NOT_SELECTED)]), None, [rule("r1", WORTH, to_nevada, not_kitchen)], OWN
    )
    assert walk.passed[0].missed == Criterion("category", ("kitchen",), 0, True)


def test_a_refusal_by_a_rule_carries_the_rules_number():
    refused = candidate("RENO", refusal=Refusal("rule_node", {"rule": "r2", "values": "RENO"}))
    closed = candidate("AUSTIN", refusal=Refusal("node_closed", {}))
    walk = walk_of(trial(candidates=[candidate("DENVER"), refused, closed]), None, [rule("r1"), rule("r2")], OWN)
    assert [refusal for _one, refusal in walk.candidates] == [
        None,
        Refusal("rule_node", {"rule": 2, "values": "RENO"}),
        Refusal("node_closed", {}),
    ]
    assert walk.can_serve == 1


def test_the_plan_and_the_live_one_are_among_the_six_plans_compared_however_dear():
    nodes = [candidate(f"N{cost}", freight=cost) for cost in range(1, 9)]
    walk = walk_of(trial(("DENVER", 50), candidates=nodes), trial(("RENO", 40)), [rule("r1")], OWN)
    assert walk.bars == [
        *(Bar((f"N{cost}",), False, False, cost, 0, 0, 0) for cost in range(1, 5)),
        Bar(("RENO",), False, True, 40, 0, 0, 0),
        Bar(("DENVER",), True, False, 50, 0, 0, 0),
    ]
    assert (walk.against.same, walk.against.nodes, walk.against.difference) == (False, ("RENO",), 10)


def test_a_plan_that_may_hear_a_no_bears_its_expected_cost():
    nodes = [candidate("RENO", freight=40, no=9), candidate("DENVER", freight=45)]
    tried = trial(("DENVER", 45), candidates=nodes)
    [denver, reno] = walk_of(tried, None, [rule("r1")], OWN).bars
    assert (denver.nodes, denver.cost, denver.no, denver.chosen) == (("DENVER",), 45, 0, True)
    assert (reno.nodes, reno.cost, reno.no) == (("RENO",), 49, 9)


def test_the_same_plan_under_both_is_said_to_be_the_same():
    walk = walk_of(trial(("RENO", 40)), trial(("RENO", 40)), [rule("r1")], OWN)
    assert (walk.against.same, walk.against.difference) == (True, 0)
    assert [(bar.chosen, bar.live) for bar in walk.bars] == [(True, True)]


def test_lines_of_one_sku_share_what_a_node_has():
    stock = [
        {"line": "1", "sku": "MUG", "units": 2, "atp": 3},
        {"line": "2", "sku": "MUG", "units": 2, "atp": 3},
        {"line": "3", "sku": "LAMP", "units": 1, "atp": None},
    ]
    one = candidate("RENO", stock=stock)
    assert (one.units_there, one.units) == (3, 5)
