"""What sourcing gives to a person: with its reason, once, and without holding up others."""

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from inventory.models import Sku
from routing import decisions, pending, sourcing
from routing.engine.solve import solve
from routing.models import Allocation, LineRefusal, Order, OrderException, OrderLine, Pending
from routing.sourcing import Sourced
from tests import make

from .outcomes import counters, kinds, reason_of

pytestmark = pytest.mark.usefixtures("network")


def test_an_order_that_no_rule_selects_is_an_exception_and_its_units_stay_pending(route):
    make.strategy(make.rule(which_orders=[{"field": "region", "values": ["NV"]}]))
    order = make.order()
    assert route() == Sourced(claimed=1, none=1, excepted=1)
    order.refresh_from_db()
    assert order.state == "exception"
    assert counters(order) == [(2, 0, 0)]
    assert reason_of(order)[0] == "no_rule"
    assert not Pending.objects.exists()
    assert kinds(order) == ["exception"]


def test_a_look_that_ends_well_closes_the_exception(route, clock):
    make.strategy(make.rule(which_orders=[{"field": "region", "values": ["NV"]}]))
    order = make.order()
    route()
    make.strategy()
    pending.add([order.id], at=clock)
    assert route() == Sourced(claimed=1, routed=1)
    assert list(OrderException.objects.values_list("closed_at", "closed_by")) == [(clock, "engine")]
    order.refresh_from_db()
    assert order.state == "routed"


def test_another_reason_takes_the_place_of_the_old_one(route, clock):
    make.strategy(make.rule(which_orders=[{"field": "region", "values": ["NV"]}]))
    order = make.order(lines={"CLOCK": 99})
    route()
    make.strategy(make.rule(if_part="exception"))
    pending.add([order.id], at=clock)
    assert route() == Sourced(claimed=1, part=1, excepted=1)
    assert counters(order) == [(99, 0, 0)]
    closed = OrderException.objects.order_by("id").values_list("reason", "closed_by")
    assert list(closed) == [("no_rule", "engine"), ("only_a_part", "")]


def test_a_poisoned_order_leaves_the_batch_with_its_error_and_holds_up_nobody(route, monkeypatch):
    orders = [make.order(f"good {number}", lines={"MUG": 1}) for number in range(7)]
    bad = make.order("bad", lines={"LAMP": 1})

    def fragile(problem):
        if bad.id in problem.order_ref:
            raise ValueError("cannot be solved")
        return solve(problem)

    monkeypatch.setattr(sourcing, "solve", fragile)
    assert route() == Sourced(claimed=8, routed=7, failed=1)
    bad.refresh_from_db()
    assert bad.state == "exception"
    assert reason_of(bad) == ("engine_error", {"error": "ValueError: cannot be solved"})
    assert counters(bad) == [(1, 0, 0)]
    assert Order.objects.filter(id__in=[order.id for order in orders], state="routed").count() == 7
    assert not Pending.objects.exists()


def test_a_worker_whose_time_is_up_gives_no_order_to_a_person(route, monkeypatch):
    order = make.order()

    def time_is_up(_problem):
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(sourcing, "solve", time_is_up)
    with pytest.raises(SoftTimeLimitExceeded):
        route()
    assert not OrderException.objects.exists()
    assert Pending.objects.get().order == order


def test_an_error_with_letters_that_no_database_takes_is_kept_with_marks(route, monkeypatch):
    bad = make.order("bad", lines={"LAMP": 1})

    def fragile(problem):
        raise ValueError("a\0b\ud800")

    monkeypatch.setattr(sourcing, "solve", fragile)
    assert route() == Sourced(claimed=1, failed=1)
    assert reason_of(bad) == ("engine_error", {"error": "ValueError: a\ufffdb\ufffd"})
    assert not Pending.objects.exists()


def test_goods_of_too_many_handling_classes_are_refused_in_words_and_hold_up_nobody(route, monkeypatch):
    Sku.objects.filter(code="LAMP").update(handling_classes=[f"c{number}" for number in range(17)])
    Sku.objects.filter(code="CLOCK").update(handling_classes=[f"d{number}" for number in range(16)])
    good, full = make.order("good", lines={"MUG": 1}), make.order("full", lines={"CLOCK": 1})
    bad = make.order("bad", lines={"LAMP": 1})
    assert route() == Sourced(claimed=3, routed=1, none=1, failed=1)
    assert reason_of(bad) == ("too_many_classes", {"classes": 17, "most": 16})
    assert OrderException.objects.count() == 1
    for order, state in ((good, "routed"), (full, "backordered"), (bad, "exception")):
        order.refresh_from_db()
        assert order.state == state


@pytest.mark.parametrize(
    ("fields", "reason", "params", "refusal"),
    [
        ({"ship_to_latitude": None, "ship_to_longitude": None}, "no_address", {}, ("address_unknown", {})),
        (
            {"ship_to_country": "DE", "ship_to_latitude": 52.5, "ship_to_longitude": 13.4},
            "country_not_served",
            {"country": "DE"},
            ("no_rate_abroad", {"country": "DE"}),
        ),
    ],
)
def test_an_order_that_nobody_can_send_to_is_an_exception_not_a_back_order(route, fields, reason, params, refusal):
    order = make.order(**fields)
    route()
    raised = OrderException.objects.get(order=order)
    assert (raised.reason, {name: raised.params[name] for name in params}) == (reason, params)
    line = OrderLine.objects.get(order=order)
    assert (line.pending, line.backordered, Allocation.objects.filter(order=order).count()) == (2, 0, 0)
    assert line.stocked_out is False
    (decision,) = decisions.of_order(order.id)
    assert decision.plan["why"]["code"] == reason
    code, figures = refusal
    assert decision.refusals == [{"code": code, "params": figures, "nodes": ["DENVER", "RENO"]}]


def test_what_its_own_node_has_refused_is_no_back_order_of_a_pickup(route, network, clock):
    pickup = {"method": "pickup", "lines": {"MUG": 2, "LAMP": 1}}
    pinned, free = make.order(pickup_node=network["RENO"], **pickup), make.order(**pickup)
    for order in (pinned, free):
        line = order.lines.get(sku__code="MUG")
        LineRefusal.objects.create(line=line, node=network["RENO"], reason="missing", at=clock)
    route()
    raised = OrderException.objects.get()
    assert (raised.order, raised.reason) == (pinned, "refused_where_collected")
    assert [(left["sku"], left["units"], left["code"]) for left in raised.params["lines"]] == [
        ("MUG", 2, "refused_before")
    ]
    told = OrderLine.objects.filter(order=pinned).order_by("line_ref")
    assert {(line.sku.code, line.allocated, line.pending, line.backordered) for line in told} == {
        ("MUG", 0, 2, 0),
        ("LAMP", 1, 0, 0),
    }


def test_a_pickup_needs_no_address_of_the_customer(route, network):
    order = make.order(method="pickup", pickup_node=network["RENO"], ship_to_latitude=None, ship_to_longitude=None)
    route()
    order.refresh_from_db()
    assert order.state == "routed"
