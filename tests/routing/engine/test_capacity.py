"""Ship days, slots, services, promises and pickup."""

import pytest

from routing.engine.audit import audit
from routing.engine.plan import Action, Outcome, Parcel
from routing.engine.solve import solve
from tests.routing.engine.problems import problem, random_problem, rule


def sent(made):
    """(node, service, ship day, arrival) of every parcel, order by order."""
    plan = solve(made)
    audit(made, plan)
    return [
        [(parcel.node, parcel.service, parcel.ship_day, parcel.arrive_day) for parcel in plan.parcels(order)]
        for order in range(made.orders)
    ]


def test_a_full_day_moves_the_parcel_to_the_next_ship_day():
    made = problem([{"lines": {0: 1}}] * 4, [{0: 9}], slots_left=[[2, 0, 1, *[5] * 11]])
    assert sent(made) == [[(0, 0, 0, 3)], [(0, 0, 0, 3)], [(0, 0, 2, 5)], [(0, 0, 3, 6)]]


def test_a_passed_cut_off_or_a_closed_day_is_simply_not_offered():
    made = problem([{"lines": {0: 1}}], [{0: 9}], ship_day=[[1, *range(4, 17)]], slots_left=[[-1, *[3] * 13]])
    assert sent(made) == [[(0, 0, 4, 7)]]


def test_when_no_day_has_room_the_node_is_refused():
    made = problem([{"lines": {0: 1}}] * 2, [{0: 9}], slots_left=[[1, *[0] * 13]])
    plan = solve(made)
    assert plan.outcome.tolist() == [Outcome.ALL, Outcome.NONE]
    assert plan.reason_of(1).code == "no_slot"


def test_lateness_of_a_full_day_weighs_against_a_dearer_node():
    def node(late_per_day):
        made = problem(
            [{"lines": {0: 1}, "slack": 3}], [{0: 9, 1: 9}], late_per_day=late_per_day, transit=(3, 3),
            slots_left=[[0, *[5] * 13], [5] * 14],
        )  # fmt: skip
        return sent(made)[0][0][0]

    assert (node(199), node(200), node(201)) == (0, 0, 1)


def test_two_parcels_of_one_order_from_one_node_take_two_slots():
    # two light parcels are cheaper than a heavy one
    made = problem(
        [{"lines": {0: 2, 1: 2}}] * 2, [{0: 9}, {0: 9}], rates=((500,),), transit=(3,),
        rate=[[[100, 5000, 9000]]], fix=[0], slots_left=[[3, *[5] * 13]],
    )  # fmt: skip
    assert [sorted(order) for order in sent(made)] == [[(0, 0, 0, 3), (0, 0, 0, 3)], [(0, 0, 0, 3), (0, 0, 1, 4)]]


def test_a_second_slot_that_does_not_exist_is_not_used():
    made = problem(
        [{"lines": {0: 2, 1: 2}}], [{0: 9}, {0: 9}], rates=((500,),), transit=(3,),
        rate=[[[100, 5000, 9000]]], fix=[0], slots_left=[[1, *[0] * 13]],
    )  # fmt: skip
    assert sent(made) == [[(0, 0, 0, 3)]]


@pytest.mark.parametrize(
    ("case", "slack", "service"),
    [
        ("time enough", 3, 0),
        ("only air keeps the promise", 2, 1),
        ("just in time", 1, 1),
        ("nothing keeps it: ground and two days more than air are dearer", 0, 1),
        ("long missed", -30, 1),
    ],
)
def test_the_cheapest_service_that_keeps_the_promise_carries_the_parcel(case, slack, service):
    made = problem([{"lines": {0: 1}, "slack": slack}], [{0: 9}], late_per_day=600)
    assert sent(made)[0][0][1] == service


def test_a_promise_nobody_keeps_goes_to_the_least_of_freight_and_lateness():
    made = problem([{"lines": {0: 1}, "slack": 0}], [{0: 9}], late_per_day=400)
    plan = solve(made)
    assert plan.parcels(0) == [
        Parcel(
            number=0, node=0, service=0, ship_day=0, arrive_day=3, grams=500, freight=500, handling=110, lateness=1200
        )
    ]
    assert (plan.invoice[0], plan.priced[0]) == (610, 1810)


def test_a_service_that_does_not_collect_at_the_node_is_not_used():
    assert sent(problem([{"lines": {0: 1}}], [{0: 9}], service_bits=[2])) == [[(0, 1, 0, 1)]]


@pytest.mark.parametrize(
    ("units", "freight"), [(2, 500), (3, 600), (10, 600), (40, 700), (41, 750), (42, 750), (43, 800)]
)
def test_no_parcel_is_too_heavy_each_started_kilogram_above_costs_more(units, freight):
    made = problem([{"lines": {0: units}}], [{0: 99}])
    plan = solve(made)
    assert plan.parcels(0)[0].freight == freight
    audit(made, plan)


def test_above_the_last_band_the_service_may_change():
    made = problem([{"lines": {0: 80}}], [{0: 99}], per_kg_above=[[500] * 3, [1] * 3])
    assert sent(made)[0][0][1] == 1


def test_pickup_comes_only_from_the_chosen_node_without_freight():
    made = problem(
        [{"lines": {0: 1, 1: 1}, "method": 1, "pinned_node": 1, "slack": 0}],
        [{0: 9, 1: 9}, {0: 9, 1: 9}],
        ship_day=[list(range(14)), list(range(2, 16))],
    )
    plan = solve(made)
    assert plan.parcels(0) == [
        Parcel(
            number=0, node=1, service=-1, ship_day=2, arrive_day=2, grams=1000, freight=0, handling=120, lateness=800
        )
    ]
    assert plan.refusals[plan.refused[0, 0]].code == "not_pickup_node"
    audit(made, plan)


def test_pickup_needs_no_zone_but_the_ability_and_a_slot():
    order = {"lines": {0: 1}, "method": 1, "pinned_node": 0}
    assert sent(problem([order], [{0: 9}], zone=[[-1]])) == [[(0, -1, 0, 0)]]
    assert solve(problem([order], [{0: 9}], abilities=[1])).reason_of(0).code == "ability_missing"
    assert solve(problem([order] * 2, [{0: 9}], slots_left=[[1, *[0] * 13]])).reason_of(1).code == "no_slot"


def test_pickup_of_more_than_there_is_takes_what_is_there():
    plan = solve(problem([{"lines": {0: 5, 1: 1}, "method": 1, "pinned_node": 0}], [{0: 3, 1: 9}, {0: 1, 1: 1}]))
    assert plan.filled.tolist() == [3, 1]
    assert (Outcome(plan.outcome[0]), Action(plan.action[0])) == (Outcome.PART, Action.BACKORDER)


def test_a_pickup_order_without_a_node_finds_nothing():
    plan = solve(problem([{"lines": {0: 1}, "method": 1}], [{0: 3}]))
    assert plan.reason_of(0).code == "not_pickup_node"


def test_goods_go_only_where_every_handling_class_is_accepted():
    made = problem(
        [{"lines": {0: 1, 1: 1}}], [{0: 9, 1: 9, 2: 9}, {0: 9, 1: 9, 2: 9}], class_bits=[1, 2],
        node_class_bits=[1, 3, 2],
    )  # fmt: skip
    assert sent(made) == [[(1, 0, 0, 3)]]
    apart = problem([{"lines": {0: 1, 1: 1}}], [{0: 9, 1: 9}, {0: 9, 1: 9}], class_bits=[1, 2], node_class_bits=[1, 2])
    assert [parcel[0] for parcel in sent(apart)[0]] == [0, 1]


def test_a_node_that_refused_a_line_is_not_asked_for_it_again():
    made = problem([{"lines": {0: 1, 1: 1}}], [{0: 9, 1: 9}, {0: 9, 1: 9}], forbid_ptr=[0, 1, 1], forbid_node=[0])
    plan = solve(made)
    assert [choice.node for choice in plan.choices(0)] == [1, 1]
    assert plan.refusals[plan.refused[0, 0]].code == "refused_before"


def test_max_parcels_counts_parcels_and_an_unfilled_line_is_none():
    stock = [{0: 1}, {1: 1}, {2: 1}, {}]
    order = {"lines": {0: 1, 1: 1, 2: 1, 3: 1}}
    for most in (1, 2, 3, 4):
        plan = solve(problem([order], stock, nodes=3, rules=[rule(max_parcels=most)]))
        assert len(plan.parcels(0)) == min(most, 3)
        assert sum(plan.filled) == min(most, 3)
    plan = solve(problem([order], stock, nodes=3, rules=[rule(max_parcels=2)]))
    assert [told and told.code for told in map(plan.reason_of, range(4))] == [
        None, None, "too_many_parcels", "not_stocked"
    ]  # fmt: skip


def test_audit_passes_on_long_orders_with_few_slots_and_parcels():
    for seed in range(6):
        for most in (1, 2, 5, 20):
            made = random_problem(
                seed, orders=6, skus=40, lines=40, nodes=6, most_units=30, stock=40, slots=2, days=4,
                plain=seed % 2 == 0, rules=[rule(max_parcels=most)],
            )  # fmt: skip
            audit(made, solve(made))
