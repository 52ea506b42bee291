"""Facts that are missing, wrong or against each other: a plan with reasons and the gap by its name, never a crash."""

from dataclasses import replace

import numpy as np
import pytest

from routing.engine.audit import audit
from routing.engine.plan import Action, Mode, Options, Outcome
from routing.engine.solve import solve
from tests.routing.engine.problems import problem, refused_nodes, rule

MOST = 2**31 - 1
FLAT = [[500] * 3, [600] * 3, [700] * 3]  # [zone][band]


def planned(made):
    """The plan, audited, with the gaps it names as (code, parameters); planned together, one order fares no other."""
    plan, together = solve(made), solve(made, Options(mode=Mode.BATCH))
    audit(made, plan)
    audit(made, together)
    assert together.data_gaps == plan.data_gaps
    assert made.orders > 1 or together.hash() == plan.hash()
    return plan, [(gap.code, dict(gap.params)) for gap in plan.data_gaps]


def one(stock=None, order=None, **changes):
    """An order of one unit, two nodes with five each."""
    return problem([{"lines": {0: 1}, **(order or {})}], stock or [{0: 5, 1: 5}], **changes)


def node_of(plan):
    return [choice.node for choice in plan.choices(0)]


def test_facts_that_are_whole_have_no_gaps():
    plan, gaps = planned(one())
    assert (node_of(plan), gaps) == ([0], [])


def test_a_rate_of_nothing_is_kept_and_named():
    plan, gaps = planned(one(rate=[FLAT, [[900] * 3, [0] * 3, [900] * 3]]))
    assert (node_of(plan), plan.parcels(0)[0].freight) == ([1], 0)
    assert ("zero_rate", {"service": "service 1", "zone": 1}) in gaps


def test_a_missing_rate_is_no_rate_and_named():
    plan, gaps = planned(one(rate=[[[-1] * 3, *FLAT[1:]]] * 2))
    assert node_of(plan) == [1]
    assert plan.refusals[plan.refused[0, 0]].code == "no_rate"
    assert gaps == [("no_rate", {"service": f"service {place}", "zone": 0}) for place in (0, 1)]


def test_prices_without_days_on_the_road_are_unusable_and_named():
    plan, gaps = planned(replace(one(), transit=np.array([[-1, 3, 3], [400, 3, 3]])))
    assert node_of(plan) == [1]
    assert gaps == [
        ("no_transit", {"service": "service 0", "zone": 0}),
        ("absurd_transit", {"service": "service 1", "zone": 0}),
    ]


@pytest.mark.parametrize(
    ("case", "rate", "gap"),
    [
        ("in weight", [[500, 400, 600], [600] * 3, [700] * 3], ("rate_falls", {"service": "service 0", "zone": 0})),
        (
            "in distance",
            [[500] * 3, [490] * 3, [700] * 3],
            ("rate_falls_by_zone", {"service": "service 0", "zone": 1}),
        ),
    ],
)
def test_a_table_that_falls_is_used_as_it_is_and_named(case, rate, gap):
    plan, gaps = planned(one(rate=[rate], rates=((1, 1, 1),), transit=(3,), grams=2000))
    assert gaps == [gap]
    assert plan.parcels(0)[0].freight == min(rate[0][1], rate[1][1])


@pytest.mark.parametrize(("case", "services", "zones"), [("no zone", 2, 0), ("no service", 0, 2), ("neither", 0, 0)])
def test_rates_of_no_zone_or_no_service_serve_nobody(case, services, zones):
    made = replace(
        one(), zone=np.full((1, 2), zones - 1), rate=np.zeros((services, zones, 3)),
        per_kg_above=np.zeros((services, zones)), transit=np.zeros((services, zones)),
        services=("ground", "air")[:services],
    )  # fmt: skip
    made.validate()
    plan, _ = planned(made)
    assert (Outcome(plan.outcome[0]), plan.reason_of(0).code) == (Outcome.NONE, "no_rate" if zones else "no_zone")


def test_a_price_no_number_can_hold_is_no_price():
    plan, gaps = planned(one(rate=[[[2**40] * 3, *FLAT[1:]], [[2**62] * 3] * 3]))
    assert node_of(plan) == [1]
    assert ("absurd_rate", {"service": "service 0", "zone": 0}) in gaps
    assert plan.refusals[plan.refused[0, 0]].code == "no_rate"


def test_a_node_without_coordinates_is_refused_for_shipping_and_may_hand_over():
    stock, gap = [{0: 5, 1: 5}], ("node_without_zone", {"node": "N0"})
    plan, gaps = planned(one(stock, zone=[[-1, 1]]))
    assert (node_of(plan), gaps) == ([1], [gap])
    assert plan.refusals[plan.refused[0, 0]].code == "no_zone"
    plan, gaps = planned(one(stock, {"method": 1, "pinned_node": 0}, zone=[[-1, 1]]))
    assert (node_of(plan), gaps) == ([0], [gap])


def test_a_destination_without_coordinates_is_named_and_reached_by_nobody():
    plan, gaps = planned(one(zone=[[-1, -1]], distance_km=[[-1, -1]]))
    assert plan.reason_of(0).code == "no_zone"
    assert gaps == [("destination_without_zone", {"destination": 0})]  # the nodes are not to blame


def test_goods_without_a_weight_weigh_what_is_likely_or_a_kilogram_and_are_named():
    made = problem([{"lines": {0: 1, 1: 2, 2: 3}}], [{0: 9}] * 3, grams=0, likely_grams=[650, 900, -5])
    made = replace(made, grams=np.array([0, 1400, 0]))
    plan, gaps = planned(made)
    assert plan.parcels(0)[0].grams == 650 + 1400 + 3000
    assert gaps == [("no_weight", {"sku": 100}), ("no_weight", {"sku": 102})]


def test_goods_of_an_absurd_weight_are_named_and_stay():
    made = one(grams=10**18, per_kg_above=[[-1] * 3] * 2)
    plan, gaps = planned(made)
    assert plan.reason_of(0).code == "no_rate"
    assert ("absurd_weight", {"sku": 100}) in gaps


def test_rules_against_each_other_leave_the_first_refusal_of_every_node():
    rules = [
        rule(which_nodes=[{"field": "kind", "values": ["dc"]}, {"field": "kind", "values": ["dc"], "negate": True}])
    ]
    plan, gaps = planned(one(rules=rules, kind=[0, 1]))
    told = {node: plan.refusals[code] for code, nodes in refused_nodes(plan, 0).items() for node in nodes}
    assert (Outcome(plan.outcome[0]), Action(plan.action[0]), gaps) == (Outcome.NONE, Action.BACKORDER, [])
    assert [(told[node].code, told[node].params["position"]) for node in (0, 1)] == [
        ("rule_kind", 1),
        ("rule_kind", 0),
    ]


@pytest.mark.parametrize(
    ("case", "changes", "code"),
    [
        ("no capacity on any day", {"slots_left": [[0] * 14] * 2}, "no_slot"),
        ("all days closed", {"slots_left": [[-1] * 14] * 2}, "node_closed"),
        ("nobody ships", {"abilities": [2, 2]}, "ability_missing"),
        ("nobody takes such goods", {"class_bits": [1]}, "handling_class"),
        ("everybody refused before", {"forbid_ptr": [0, 2], "forbid_node": [0, 1]}, "refused_before"),
        ("no carrier collects", {"service_bits": [0, 0]}, "no_rate"),
        ("nothing there", {"free": [0, 0]}, "no_atp"),
        ("all of it kept as safety", {"buffer": [5, 9]}, "no_atp"),
    ],
)
def test_without_a_node_that_may_every_node_says_why(case, changes, code):
    plan, gaps = planned(one(**changes))
    assert (Outcome(plan.outcome[0]), plan.reason_of(0).code) == (Outcome.NONE, code)
    assert {told for told, _ in gaps} == ({"no_service"} if code == "no_rate" else set())
    assert refused_nodes(plan, 0) == {[told.code for told in plan.refusals].index(code): [0, 1]}


@pytest.mark.parametrize(
    ("case", "changes", "gap"),
    [
        ("below nothing", {"free": [-3, 5]}, ("negative_stock", {"sku": 100, "node": "N0", "figure": -3})),
        ("endless", {"free": [MOST, 5]}, ("absurd_stock", {"sku": 100, "node": "N0", "figure": MOST})),
        (
            "larger than can be held",
            {"free": [2**40, 5]},
            ("absurd_stock", {"sku": 100, "node": "N0", "figure": MOST}),
        ),
    ],
)
def test_a_stock_that_can_not_be_is_none_and_named(case, changes, gap):
    plan, gaps = planned(one(**changes))
    assert (node_of(plan), gaps) == ([1], [gap])
    assert plan.refusals[plan.refused[0, 0]].code == "no_atp"


def test_a_safety_stock_below_nothing_adds_no_units():
    plan, gaps = planned(one(order={"lines": {0: 6}}, buffer=[-4, 0]))
    assert gaps == [("negative_buffer", {"sku": 100, "node": "N0", "figure": -4})]
    assert sorted(choice.units for choice in plan.choices(0)) == [1, 5]


@pytest.mark.parametrize(("price", "figure"), [(-5, -5), (2**40, MOST)])
def test_a_scarcity_price_that_can_not_be_counts_as_none_and_is_named(price, figure):
    plan, gaps = planned(one(price=[price, 0], slot_price=[price, 0]))
    assert (node_of(plan), plan.scarcity[0]) == ([0], 0)
    assert gaps == [
        ("bad_slot_price", {"node": "N0"}),
        ("bad_price", {"sku": 100, "node": "N0", "figure": figure}),
    ]


@pytest.mark.parametrize(("odds", "rejection"), [(-1, 0), (10_001, 200)])
def test_odds_that_can_not_be_are_cut_and_named(odds, rejection):
    plan, gaps = planned(one([{0: 5}], no_odds=[odds], resource_cost=400))
    assert plan.rejection[0] == rejection
    assert gaps == [("bad_odds", {"sku": 100, "node": "N0", "figure": odds})]


@pytest.mark.parametrize("amount", [-1, 2**70])
def test_terms_that_can_not_be_are_cut_and_named(amount):
    plan, gaps = planned(one(order={"slack": 9}, late_per_day=amount, resource_cost=amount))
    assert (node_of(plan), Outcome(plan.outcome[0])) == ([0], Outcome.ALL)
    assert gaps == [("bad_lateness", {"amount": amount}), ("bad_resource_cost", {"amount": amount})]


def test_a_node_whose_costs_can_not_be_serves_nobody():
    for changes in ({"fix": [2**40, 100]}, {"pick": [2**62, 10]}, {"pick": [-(2**40), 10]}):
        plan, gaps = planned(one(**changes))
        assert (node_of(plan), gaps) == ([1], [("absurd_node_cost", {"node": "N0"})])
    plan, gaps = planned(one(fix=[-50, 100]))
    assert (node_of(plan), gaps) == ([0], [("negative_node_cost", {"node": "N0"})])


def test_an_order_of_more_than_can_be_computed_is_an_exception_and_the_others_go_on():
    made = problem(
        [{"lines": {0: 1}}, {"lines": {0: 2, 1: 1}}, {"lines": {0: 1}}], [{0: 9}, {0: 9}],
        unfilled=1000,
    )  # fmt: skip
    made = replace(made, unfilled=np.array([1000, 1000, 2**62, 1000]))
    plan, gaps = planned(made)
    assert plan.outcome.tolist() == [Outcome.ALL, Outcome.NONE, Outcome.ALL]
    assert Action(plan.action[1]) is Action.EXCEPTION
    assert (plan.why_of(1).code, plan.rule[1], plan.priced[1]) == ("amount_too_large", -1, 0)
    assert [plan.reason_of(line).code for line in (1, 2)] == ["amount_too_large"] * 2
    assert gaps == []


def test_a_quantity_of_nothing_or_less_is_left_and_named():
    made = problem([{"lines": {0: 0, 1: 1}}, {"lines": {0: -4}}], [{0: 5}, {0: 5}])
    plan, gaps = planned(made)
    assert plan.filled.tolist() == [0, 1, 0]
    assert [plan.reason_of(line) and plan.reason_of(line).code for line in range(3)] == [
        "bad_quantity", None, "bad_quantity"
    ]  # fmt: skip
    assert gaps == [("bad_quantity", {"line": 5000}), ("bad_quantity", {"line": 5002})]


def test_units_worth_less_than_nothing_are_worth_nothing_and_named():
    plan, gaps = planned(one(unfilled=-7))
    assert plan.reason_of(0).code == "dearer"
    assert gaps == [("negative_worth", {"line": 5000})]


def test_one_sku_on_several_lines_is_planned_as_one_line_would_be():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        stock = [{node: int(rng.integers(0, 9)) for node in range(3)} for _ in range(3)]
        units = [int(n) for n in rng.integers(1, 5, 3)]
        lines = [(sku, units[sku]) for sku in range(3)]
        apart = [part for sku, n in lines for part in ([(sku, 1), (sku, n - 1)] if n > 1 else [(sku, n)])]
        rng.shuffle(apart)
        whole, _ = planned(problem([{"lines": lines}], stock))
        split, _ = planned(problem([{"lines": [(int(sku), int(n)) for sku, n in apart]}], stock))
        assert (whole.priced[0], whole.invoice[0]) == (split.priced[0], split.invoice[0])
        assert whole.parcels(0) == split.parcels(0)


def test_lines_of_one_sku_at_different_worth_count_as_the_dearest():
    made = problem([{"lines": [(0, 2), (0, 3)]}], [{0: 4}])
    plan, _ = planned(replace(made, unfilled=np.array([50_000, 100_000])))
    assert plan.filled.tolist() == [2, 2]
    assert plan.priced[0] == plan.invoice[0] + 100_000


def test_figures_that_are_no_numbers_are_no_stock_and_no_price():
    nan = float("nan")
    made = one(free=[5, 5])
    made = replace(
        made,
        free=np.array([nan, 5.0]),
        price=np.array([0.0, float("inf")]),
        rate=np.array([[[nan] * 3] * 3, [[float("inf"), 700.0, 1e300]] * 3]),
        distance_km=np.array([[nan, 120.0]]),
        unfilled=np.array([-float("inf")]),
    )
    assert made.free.tolist() == [-1, 5]
    assert made.price.tolist() == [0, MOST]
    assert made.rate[0].tolist() == [[-1] * 3] * 3
    assert made.rate[1, 0].tolist() == [2**63 - 1, 700, 2**63 - 1]
    assert made.distance_km.tolist() == [[-1, 120]]
    assert made.unfilled.tolist() == [-(2**63)]
    _, gaps = planned(made)
    assert {code for code, _ in gaps} == {
        "negative_stock", "bad_price", "no_rate", "absurd_rate", "negative_worth"
    }  # fmt: skip
