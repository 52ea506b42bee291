"""Rules read from plain data, and what is refused."""

import pytest

from routing.rules import Criterion, IfNone, IfPart, Rank, Rule, RuleRefused, parse_rule, parse_rules, rule_data

WHOLE = {
    "ref": "r1",
    "name": "Express web orders",
    "enabled": False,
    "which_orders": [
        {"field": "channel", "values": ["web", "app"], "negate": False},
        {"field": "value", "amount": 5000, "negate": True},
    ],
    "which_nodes": [
        {"field": "kind", "values": ["dc"], "negate": True},
        {"field": "distance", "amount": 800, "negate": False},
    ],
    "rank": "delivery_day",
    "max_parcels": 3,
    "if_part": "next_rule",
    "if_none": "exception",
}


def test_a_rule_is_read_with_all_its_parts():
    assert parse_rule(WHOLE) == Rule(
        ref="r1",
        name="Express web orders",
        enabled=False,
        which_orders=(Criterion("channel", ("web", "app")), Criterion("value", amount=5000, negate=True)),
        which_nodes=(Criterion("kind", ("dc",), negate=True), Criterion("distance", amount=800)),
        rank=Rank.DELIVERY_DAY,
        max_parcels=3,
        if_part=IfPart.NEXT_RULE,
        if_none=IfNone.EXCEPTION,
    )


def test_a_rule_written_out_reads_back_the_same():
    assert rule_data(parse_rule(WHOLE)) == WHOLE


def test_a_rule_without_criteria_is_on_and_takes_every_order_and_node():
    rule = parse_rule({key: WHOLE[key] for key in ("ref", "name", "rank", "max_parcels", "if_part", "if_none")})
    assert (rule.enabled, rule.which_orders, rule.which_nodes) == (True, (), ())


@pytest.mark.parametrize(
    ("case", "changes", "field", "reason"),
    [
        ("no name", {"name": " "}, "name", "must be a text that is not empty"),
        ("ref is a number", {"ref": 7}, "ref", "must be a text that is not empty"),
        ("unknown part", {"weight": 1}, "weight", "is not a part of a rule"),
        ("enabled is a text", {"enabled": "yes"}, "enabled", "must be true or false"),
        ("unknown rank", {"rank": "luck"}, "rank", "must be one of cost, distance, delivery_day"),
        ("rank is missing", {"rank": None}, "rank", "must be one of cost, distance, delivery_day"),
        ("no parcels", {"max_parcels": 0}, "max_parcels", "must be a whole number from 1 to 20"),
        ("too many parcels", {"max_parcels": 21}, "max_parcels", "must be a whole number from 1 to 20"),
        ("parcels as a yes", {"max_parcels": True}, "max_parcels", "must be a whole number from 1 to 20"),
        ("half a parcel", {"max_parcels": 1.5}, "max_parcels", "must be a whole number from 1 to 20"),
        ("a part waits", {"if_part": "backorder"}, "if_part", "must be one of assign, next_rule, exception"),
        ("nothing is assigned", {"if_none": "assign"}, "if_none", "must be one of next_rule, backorder, exception"),
        ("orders are no list", {"which_orders": {}}, "which_orders", "must be a list"),
        ("a criterion is no object", {"which_orders": ["web"]}, "which_orders[0]", "must be an object"),
        (
            "a node field for orders",
            {"which_orders": [{"field": "kind", "values": ["dc"]}]},
            "which_orders[0].field",
            "must be one of channel, method, category, region, value",
        ),
        (
            "an unknown kind",
            {"which_nodes": [{"field": "node", "values": ["A"]}, {"field": "kind", "values": ["barn"]}]},
            "which_nodes[1].values",
            "barn is not one of dc, store, dark_store, third_party, vendor",
        ),
        (
            "no values",
            {"which_nodes": [{"field": "group", "values": []}]},
            "which_nodes[0].values",
            "needs at least one value",
        ),
        (
            "values where an amount goes",
            {"which_nodes": [{"field": "distance", "values": ["5"]}]},
            "which_nodes[0].values",
            "does not go with distance",
        ),
        (
            "a negative amount",
            {"which_nodes": [{"field": "atp_left", "amount": -1}]},
            "which_nodes[0].amount",
            f"must be a whole number from 0 to {2**53}",
        ),
        (
            "not a number",
            {"which_nodes": [{"field": "distance", "amount": float("nan")}]},
            "which_nodes[0].amount",
            f"must be a whole number from 0 to {2**53}",
        ),
        (
            "negate is a text",
            {"which_orders": [{"field": "value", "amount": 1, "negate": "not"}]},
            "which_orders[0].negate",
            "must be true or false",
        ),
    ],
)
def test_a_rule_that_cannot_be_read_names_field_and_reason(case, changes, field, reason):
    with pytest.raises(RuleRefused) as refused:
        parse_rule({**WHOLE, **changes})
    assert (refused.value.field, refused.value.reason) == (field, reason)


def test_a_refused_rule_of_a_strategy_says_which_one():
    with pytest.raises(RuleRefused) as refused:
        parse_rules([WHOLE, {**WHOLE, "ref": "r2", "rank": "luck"}])
    assert refused.value.field == "rules[1].rank"


def test_a_ref_may_occur_once_in_a_strategy():
    with pytest.raises(RuleRefused, match=r"rules\[1\]\.ref: r1 is the ref of an earlier rule"):
        parse_rules([WHOLE, WHOLE])


def test_a_strategy_is_a_list():
    with pytest.raises(RuleRefused, match="rules: must be a list"):
        parse_rules({"rules": []})
