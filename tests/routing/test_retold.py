"""A stored decision is told anew from its facts alone, and what contradicts itself is a fault."""

import pytest

from routing import decisions, retold
from routing.models import Decision, Problem
from routing.retold import NotRetold
from tests import make

pytestmark = pytest.mark.usefixtures("network")


def newest(order):
    return decisions.of_order(order.id)[0]


def refused(decision):
    with pytest.raises(NotRetold) as told:
        retold.case_of(decision)
    return told.value.code, told.value.fault


def test_a_decision_of_a_few_orders_tells_what_would_have_to_be_different(route, network):
    order = make.order(lines={"MUG": 2})
    make.order(lines={"LAMP": 1})
    route()
    case = retold.case_of(newest(order))
    codes = case.problem.node_codes
    assert [(codes[each.node], each.priced) for each in case.compared.candidates] == [("RENO", 830), ("DENVER", 980)]
    (change,) = case.changes(codes.index("DENVER"))
    assert (change.code, change.params["by"]) == ("fix_lower", 150)


def test_a_batch_that_was_planned_together_is_told_by_the_same_plan(route):
    orders = [make.order(lines={"MUG": 1}) for _ in range(12)] + [make.order(lines={"CLOCK": 1}) for _ in range(10)]
    route()
    for order in orders:
        assert newest(order).facts["solved"]["mode"] == "batch"
        case = retold.case_of(newest(order))
        assert {case.problem.node_codes[node] for node in case.stored} == {
            parcel["node"] for parcel in newest(order).plan["parcels"]
        }


def test_another_engine_version_has_ended_what_if_and_is_no_fault(route):
    order = make.order(lines={"MUG": 2})
    route()
    Problem.objects.update(engine_version="1")
    assert refused(newest(order)) == ("engine_ended", False)


def test_facts_that_are_no_longer_kept_are_no_fault(route):
    order = make.order(lines={"MUG": 2})
    route()
    Problem.objects.all().delete()
    assert refused(newest(order)) == ("facts_gone", False)


@pytest.mark.parametrize("case", ["other facts", "no facts at all"])
def test_facts_that_are_not_those_of_the_digest_are_a_fault_even_when_the_true_ones_were_just_told(route, case):
    order = make.order(lines={"MUG": 2})
    route()
    first = Problem.objects.get()
    retold.case_of(newest(order))
    make.order(lines={"LAMP": 1})
    route()
    other = Problem.objects.exclude(pk=first.pk).get()
    Problem.objects.filter(pk=first.pk).update(body=other.body if case == "other facts" else b"nothing")
    assert refused(newest(order)) == ("facts_altered", True)


def test_a_plan_of_another_hash_or_other_parcels_is_a_fault(route):
    order = make.order(lines={"MUG": 2})
    route()
    decision = newest(order)
    Decision.objects.filter(pk=decision.pk).update(facts=decision.facts | {"solved": {"plan": "0" * 64}})
    assert refused(newest(order)) == ("another_plan", True)
    parcels = [{**parcel, "node": "DENVER"} for parcel in decision.plan["parcels"]]
    # of an earlier version, which kept no hash
    Decision.objects.filter(pk=decision.pk).update(facts={}, plan=decision.plan | {"parcels": parcels})
    assert refused(newest(order)) == ("another_plan", True)
