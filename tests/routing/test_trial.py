from datetime import date

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dom_project.lib.api_errors import BadInput, NotFound, Refused
from inventory.models import NodeDay, Sku, StockLevel
from routing import decisions, odds, strategies, trial
from routing.models import Allocation, OrderLine, PlanParcel
from routing.rules import Refusal
from routing.shrinkage import WHOLE, Answers
from tests import make

pytestmark = pytest.mark.usefixtures("network")
WITHOUT_RENO = {"which_nodes": [{"field": "node", "values": ["RENO"], "negate": True}]}


def rows() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in apps.get_models()}


def test_unsaved_rules_are_tried_on_a_routed_order_with_its_own_units_given_back(clock, route):
    order = make.order("A", lines={"MUG": 10, "LAMP": 1})
    NodeDay.objects.update(cap=1)
    route()
    assert PlanParcel.objects.get().node.code == "RENO"
    tried = trial.try_order("A", [make.rule("As it is")], at=clock).trial
    assert (tried.outcome, tried.rule_name, tried.rules) == ("all", "As it is", [("new1", "As it is", "decided")])
    parcel = tried.plan["parcels"][0]
    assert (parcel["node"], parcel["ship_date"]) == ("RENO", "2026-11-10")
    assert [line["units"] for line in parcel["lines"]] == [10, 1]
    assert tried.invoice == PlanParcel.objects.get(order=order).freight_cost + 150 + 11 * 40


def test_a_node_left_out_by_an_unsaved_rule_says_so_and_the_next_one_is_taken(clock, route):
    make.order("A", lines={"MUG": 2})
    route()
    tried = trial.try_order("A", [make.rule("Not Reno", **WITHOUT_RENO)], at=clock).trial
    assert [one.node for one in tried.candidates] == ["DENVER", "RENO"]
    denver, reno = tried.candidates
    assert (denver.in_plan, denver.refusal, denver.cost) == (True, None, tried.priced)
    assert denver.stock == [{"line": "1", "sku": "MUG", "units": 2, "atp": 10}]
    assert (denver.ship_date, denver.arrive_date) == (date(2026, 11, 10), date(2026, 11, 13))
    assert (denver.distance_km, denver.zone, denver.service) == (1426, 1, "fleet/ground")
    assert reno.refusal == Refusal("rule_node", {"rule": "new1", "position": 0, "negate": 1, "values": "RENO"})
    assert (reno.in_plan, reno.cost) == (False, None)


def test_the_live_rules_tried_on_a_waiting_order_give_what_the_worker_then_does(clock, route):
    make.order("other", lines={"MUG": 9}, priority=1)
    route()
    order = make.order("A", lines={"MUG": 2, "CLOCK": 11})
    rules = strategies.rules_of(strategies.live_version())
    tried = trial.try_order("A", rules, at=clock).trial
    route()
    decided = decisions.of_order(order.id)[0]
    assert (decided.outcome, decided.rule_ref) == (tried.outcome, tried.rule_ref)
    assert (decided.priced, decided.invoice) == (tried.priced, tried.invoice)
    assert decided.plan == tried.plan
    assert (decided.alternatives, decided.refusals) == (tried.alternatives, tried.refusals)


def test_trying_writes_nothing_and_only_reads(clock, route):
    make.order("A", lines={"MUG": 2})
    route()
    before = rows(), list(StockLevel.objects.order_by("id").values()), list(NodeDay.objects.order_by("id").values())
    with CaptureQueriesContext(
        connection,
    ) as asked:
        trial.try_order("A", [make.rule(**WITHOUT_RENO)], at=clock)
    assert {query["sql"].split()[0] for query in asked.captured_queries} == {"SELECT"}
    assert not [
        query["sql"] for query in asked.captured_queries if "FOR UPDATE" in query["sql"] or "nextval" in query["sql"]
    ]
    assert before == (
        rows(),
        list(StockLevel.objects.order_by("id").values()),
        list(NodeDay.objects.order_by("id").values()),
    )
    assert set(Allocation.objects.values_list("node__code", flat=True)) == {"RENO"}


def test_the_rule_that_selects_nothing_and_the_one_behind_the_winner_are_told(clock):
    make.order("A")
    rules = [
        make.rule("Nevada", which_orders=[{"field": "region", "values": ["NV"]}]),
        make.rule("Nowhere", which_nodes=[{"field": "distance", "amount": 1}], if_none="next_rule"),
        make.rule("Rest"),
        make.rule("Never"),
    ]
    fates = [fate for _, _, fate in trial.try_order("A", rules, at=clock).trial.rules]
    assert fates == ["not_selected", "fell_through", "decided", "not_reached"]


def test_an_order_that_no_rule_wants_has_no_candidates_but_a_reason(clock):
    make.order("A")
    tried = trial.try_order("A", [make.rule(which_orders=[{"field": "region", "values": ["NV"]}])], at=clock).trial
    assert (tried.outcome, tried.candidates) == ("none", [])
    assert tried.plan["why"] == {"code": "no_rule", "params": {}}


def test_an_order_of_too_many_handling_classes_is_refused(clock):
    Sku.objects.filter(code="MUG").update(handling_classes=[f"c{number}" for number in range(17)])
    make.order("A")
    with pytest.raises(Refused) as refused:
        trial.try_order("A", [make.rule()], at=clock)
    assert (refused.value.code, refused.value.params) == ("too_many_classes", {"classes": 17, "most": 16})


def test_an_order_is_found_by_its_channels_number_and_of_several_the_newest_is_tried(clock):
    make.order("A", order_ref="SHOP-7")
    make.order("B", order_ref="SHOP-7", channel=make.channel("app"), lines={"MUG": 1, "LAMP": 2})
    tested = trial.try_order("SHOP-7", [make.rule()], at=clock)
    assert (tested.order.ref, tested.trial.order_ref) == ("B", "B")
    assert tested.skus == dict(Sku.objects.filter(code__in=["MUG", "LAMP"]).values_list("code", "name"))
    assert [order.ref for order in trial.newest_orders(1)] == ["B"]


def test_the_live_rules_stand_beside_a_trial_of_others_and_only_then(clock):
    make.order("A", lines={"MUG": 2})
    live = strategies.live_version()
    rules = strategies.rules_of(live)
    same = trial.try_order("A", rules, live=live, at=clock)
    assert (same.walk.against.same, same.walk.against.nodes) == (True, ("RENO",))
    assert same.milliseconds == same.trial.gather_ms + same.trial.solve_ms
    other = trial.try_order("A", [make.rule("Not Reno", **WITHOUT_RENO)], live=live, at=clock)
    assert (other.walk.against.same, other.walk.against.nodes) == (False, ("RENO",))
    assert other.walk.against.difference == other.trial.invoice - same.trial.invoice > 0
    assert other.milliseconds > other.trial.gather_ms + other.trial.solve_ms


def test_an_unknown_order_an_unreadable_rule_and_a_finished_order_are_refused(clock):
    with pytest.raises(NotFound, match="unknown_order"):
        trial.try_order("nobody", [make.rule()], at=clock)
    make.order("A")
    with pytest.raises(BadInput) as refused:
        trial.try_order("A", [make.rule(max_parcels=0)], at=clock)
    assert refused.value.field == "rules[0].max_parcels"
    OrderLine.objects.update(pending=0, cancelled=2)
    with pytest.raises(Refused, match="nothing_to_route"):
        trial.try_order("A", [make.rule()], at=clock)


def test_what_a_strategy_weighs_is_tried_with_its_rules(route, network, clock):
    """Denver costs 150 more; Reno has never found a mug."""
    kitchen = make.category("kitchen").pk
    never = Answers(1000, 1000, 1000 * WHOLE, 1000 * WHOLE)
    always = Answers(1000, 0, 1000 * WHOLE, 0)
    reno, denver = network["RENO"], network["DENVER"]
    answers = [(("dc", reno.pk, kitchen, 4), never), (("dc", denver.pk, kitchen, 4), always)]
    odds.learn(answers, {"USD": {strategies.live_version().strategy_id: (1000, 500_000)}}, at=clock)
    make.order("A")
    live = strategies.live_version()
    rules = strategies.rules_of(live)
    tried = trial.try_order("A", rules, live=live, at=clock)
    assert [parcel["node"] for parcel in tried.trial.plan["parcels"]] == ["DENVER"]
    assert tried.walk.against.same
    assert [(bar.nodes, bar.no) for bar in tried.walk.bars] == [(("DENVER",), 0), (("RENO",), 250)]
    without = trial.try_order("A", rules, weighing=live.weighing.turned("counts_no"), live=live, at=clock)
    assert [parcel["node"] for parcel in without.trial.plan["parcels"]] == ["RENO"]
    assert without.trial.plan["rejection"] == 0
    assert not without.walk.against.same
    assert without.walk.against.difference == -150
