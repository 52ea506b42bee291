"""One order's page: who sees what of it, what it says of where the order stands, and what a person may do."""

from datetime import UTC, datetime, timedelta

import pytest

from dom_project.accounts.models import Role
from fulfillment import orders, shipments
from fulfillment.views import standing
from inventory import capacity
from inventory.models import Sku
from routing import sourcing, waiting
from routing.models import Customer, Decision, NoOdds, OddsRun, Order, OrderLine, Pending, ResourcingCost
from tests import make

from .answers import HTMX, text_of
from .sold import AT, allocate, level, on_the_floor, packed, shipped, sound, stock
from .test_outlook import parcel

pytestmark = pytest.mark.django_db


def state_of(order):
    return Order.objects.get(pk=order.pk).state


def test_an_order_that_is_not_there_and_one_that_is_not_ones_own_are_told_apart_by_nobody(client, desk):
    assert client.get("/orders/nowhere/").status_code == 404
    assert client.post("/orders/nowhere/cancel/").status_code == 404


def test_who_only_looks_sees_neither_the_customer_nor_a_button(client, reno):
    order = on_the_floor(reno).order
    customer = Customer.objects.create(name="Ada Finch", street="969 Maple Lane", created_at=AT)
    Order.objects.filter(pk=order.pk).update(customer=customer)
    client.force_login(make.user(Role.EXECUTIVE))
    page = text_of(client.get(f"/orders/{order.ref}/"))
    assert order.order_ref in page
    assert "Maple" not in page
    assert "Cancel order" not in page
    assert client.post(f"/orders/{order.ref}/cancel/").status_code == 403
    assert state_of(order) == "routed"


def test_it_says_where_every_parcel_stands(desk, reno):
    order = on_the_floor(reno).order
    assert "Reno store has the order to pick." in text_of(desk.get(f"/orders/{order.ref}/"))
    order = shipped(reno, "1Z99").order
    page = text_of(desk.get(f"/orders/{order.ref}/"))
    assert "The order has left Reno store." in page
    assert "1Z99" in page


def test_the_cut_off_is_told_in_the_nodes_own_zone(desk, reno):
    order = on_the_floor(reno).order
    assert ">Tue 10 Nov, 15:00 PST</time>" in text_of(desk.get(f"/orders/{order.ref}/"))


def test_the_first_and_the_current_promise_of_a_parcel_are_days_of_a_pickup_hours(desk, reno):
    friday_night, saturday_night = (datetime(2099, 11, day, 7, 59, tzinfo=UTC) for day in (14, 15))
    moved = {"first_promise_at": friday_night, "promise_at": saturday_night}
    parcel = text_of(desk.get(f"/orders/{on_the_floor(reno, **moved).order.ref}/"))
    assert "Promise: Sat 14 Nov</h2>" in parcel
    assert "First promised: Fri 13 Nov." in parcel
    pickup = text_of(desk.get(f"/orders/{make.order(method='pickup', **moved).ref}/"))
    assert 'Promise: <time datetime="2099-11-15T07:59:00+00:00">Sat 14 Nov, 23:59 PST</time></h2>' in pickup


def test_what_is_to_come_tells_a_days_promise_as_that_day(desk, reno):
    coming = {"promise_at": datetime(2099, 11, 14, 7, 59, tzinfo=UTC)}  # the end of Friday in California
    sent, collected = make.order(**coming), make.order(method="pickup", pickup_node=reno, **coming)
    assert '<span class="at">Fri 13 Nov</span>' in text_of(desk.get(f"/orders/{sent.ref}/"))
    assert ">Fri 13 Nov, 23:59 PST</time>" in text_of(desk.get(f"/orders/{collected.ref}/"))


def test_cancelling_says_line_by_line_what_came_of_it(desk, reno):
    order = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1}).order
    page = desk.post(f"/orders/{order.ref}/cancel/", headers=HTMX)
    assert "2 of 2 cancelled" in text_of(page)
    assert "1 of 1 cancelled" in text_of(page)
    assert (state_of(order), level(reno).allocated) == ("cancelled", 0)
    assert sound()


def test_packed_goods_are_cancelled_once_they_are_back(desk, reno):
    order = packed(reno).order
    page = text_of(desk.get(f"/orders/{order.ref}/"))
    assert "2 units are packed: they are cancelled once somebody has put them back." in page
    answer = text_of(desk.post(f"/orders/{order.ref}/cancel/", headers=HTMX))
    assert "2 cancelled once they are back on the shelf" in answer
    assert level(reno).allocated == 2


def test_what_has_left_is_not_cancelled_and_the_page_says_so(desk, reno):
    order = shipped(reno).order
    answer = desk.post(f"/orders/{order.ref}/cancel/", headers=HTMX)
    assert answer.status_code == 422
    assert "Nothing was cancelled." in text_of(answer)
    assert state_of(order) == "shipped"


def test_a_page_that_shows_what_is_so_is_left_alone(desk, reno):
    order = on_the_floor(reno).order
    page = text_of(desk.get(f"/orders/{order.ref}/"))
    drawn = page.split("?drawn=")[1].split('"')[0]
    assert desk.get(f"/orders/{order.ref}/?drawn={drawn}", headers=HTMX).status_code == 204
    shipments.start_picking_many([order.shipments.get().pk], at=AT, actor="user:7")
    fresh = desk.get(f"/orders/{order.ref}/?drawn={drawn}", headers=HTMX)
    assert fresh.status_code == 200
    assert "Reno store is picking the order." in text_of(fresh)


@pytest.mark.parametrize("count", [1, 50])
def test_it_asks_no_more_for_fifty_lines_than_for_one(desk, reno, count, django_assert_max_num_queries):
    lines = {f"SKU-{number}": 1 for number in range(count)}
    stock(reno, **dict.fromkeys(lines, 5))
    order = on_the_floor(reno, lines=lines).order
    desk.get(f"/orders/{order.ref}/")
    with django_assert_max_num_queries(12):
        page = text_of(desk.get(f"/orders/{order.ref}/"))
    assert page.count("Picked 0 of 1") == count


def test_trying_again_where_nothing_waits_says_so(desk, reno):
    order = on_the_floor(reno).order
    answer = desk.post(f"/orders/{order.ref}/again/", headers=HTMX)
    assert "There is nothing to route" in answer["HX-Trigger"]
    orders.cancel(order.ref, at=AT, actor="user:3")


@pytest.mark.parametrize(
    ("fields", "said", "to_do"),
    [
        (
            {"ship_to_latitude": None, "ship_to_longitude": None},
            "Stock did not decide: the order has no usable address.",
            "Cancel it and send it again with a postcode or coordinates.",
        ),
        (
            {"ship_to_country": "DE", "ship_to_latitude": 52.5, "ship_to_longitude": 13.4},
            "Stock did not decide: no rate serves DE.",
            "Cancel it, or open a node in that country and route it again.",
        ),
    ],
)
def test_where_the_address_stops_it_stock_is_not_blamed(desk, reno, clock, fields, said, to_do):
    make.strategy()
    make.rate_card()
    order = make.order(lines={"MUG": 1}, **fields)
    Pending.objects.update(next_at=AT)
    sourcing.source_due(at=clock, owner="one")
    assert state_of(order) == "exception"
    page = text_of(desk.get(f"/orders/{order.ref}/"))
    assert said in page
    assert to_do in page
    assert "No node had stock" not in page
    assert "No single node" not in text_of(desk.get(f"/orders/{order.ref}/what-if/", headers=HTMX))


def test_what_was_missing_in_the_facts_of_a_decision_is_said_in_words(desk, reno, clock):
    make.strategy()
    make.rate_card()
    Sku.objects.filter(code="MUG").update(weight_grams=0, name="Mug")
    stock(make.node("NOWHERE", name="Nowhere store", latitude=None, longitude=None), MUG=3)
    capacity.open_days(at=clock)
    weighed = make.order(lines={"TRAY": 1})
    order = make.order(lines={"MUG": 1})
    Pending.objects.update(next_at=AT)
    sourcing.source_due(at=clock, owner="one")
    page = text_of(desk.get(f"/orders/{order.ref}/"))
    assert "What was missing or odd in the facts?" in page
    assert "The weight of Mug is unknown; it was taken to weigh what its category does." in page
    assert "The place of Nowhere store is unknown; nothing was sent from there." in page
    assert "What was missing" not in text_of(desk.get(f"/orders/{weighed.ref}/"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "The next best is Sparks store: $8.30, the same."),
        (
            {"promise_at": datetime(2026, 11, 11, 8, tzinfo=UTC)},
            "The next best is Sparks store: $8.30, with $10.00 for lateness that is $18.30 against $18.30, the same.",
        ),
    ],
)
def test_plans_of_one_cost_are_a_tie_and_lateness_is_on_both_sides(desk, reno, clock, fields, said):
    make.strategy()
    make.rate_card(late_cost_per_day=500)
    stock(make.node("SPARKS", name="Sparks store"), MUG=10)
    capacity.open_days(at=clock)
    order = make.order(lines={"MUG": 2}, **fields)
    Pending.objects.update(next_at=AT)
    sourcing.source_due(at=clock, owner="one")
    page = text_of(desk.get(f"/orders/{order.ref}/"))
    assert said in page
    assert "It is a tie: at the same cost the node whose code comes first is taken." in page
    assert "costs the same" in page
    assert "costs more" not in page
    assert "would have cost more" not in page


@pytest.mark.parametrize(
    ("dear", "said"),
    [
        ({}, ["No single node could have sent all of it.", "1 node lacked a part."]),
        ({"shipment_cost": 9000}, ["One parcel from Dear would have cost $96.80, $81.00 more."]),
        (
            {"unit_cost": 9000},
            [
                "1 other node could have sent all of it, but not for less, with all that is weighed.",
                "1 node lacked a part.",
            ],
        ),
    ],
)
def test_why_an_order_was_split_is_said_with_what_other_nodes_could_have_sent(desk, reno, clock, dear, said):
    make.strategy()
    make.rate_card()
    stock(make.node("SPARKS"), BELL=1)
    stock(make.node("AUSTIN"), LAMP=1)
    if dear:
        stock(make.node("DEAR", **dear), MUG=1, BELL=1)
    capacity.open_days(at=clock)
    order = make.order(lines={"MUG": 1, "BELL": 1})
    Pending.objects.update(next_at=AT)
    sourcing.source_due(at=clock, owner="one")
    assert dict(desk.get(f"/orders/{order.ref}/").context["questions"])["Why split?"] == said


def test_the_expected_cost_of_a_no_is_told_for_who_was_chosen_and_in_the_next_best(desk, reno, clock):
    make.strategy()
    make.rate_card()
    sparks = make.node("SPARKS", name="Sparks store")
    stock(sparks, MUG=10)
    capacity.open_days(at=clock)
    run = OddsRun.objects.create(learned_at=clock)
    for node, odds in ((reno, 400), (sparks, 100)):
        NoOdds.objects.create(run=run, depth=2, kind="dc", node=node, asked=9, no=1, odds=odds, odds_before=odds)
    ResourcingCost.objects.create(run=run, currency="USD", lines=9, extra=0, cost=610)
    order = make.order(lines={"MUG": 2})
    Pending.objects.update(next_at=AT)
    sourcing.source_due(at=clock, owner="one")
    answer = desk.get(f"/orders/{order.ref}/")
    [questions] = [said for question, said in answer.context["questions"] if question.startswith("What did it cost")]
    assert questions == [
        "$8.30: $6.00 freight and $2.30 handling.",
        "Sparks store, Mug: expected cost of a no: 1 % × $6.10 = $0.06. It is only weighed; nobody pays it.",
        "The next best is Reno store: $8.30, with $0.24 for a possible no that is $8.54 against $8.36, $0.18 more.",
    ]
    [rows, _far] = answer.context["tables"]
    assert [(row.code, row.no, row.cost) for row in rows] == [("SPARKS", 6, 836), ("RENO", 24, 854)]
    assert "For a possible no</th>" in text_of(answer)


def test_where_nobody_is_expected_to_say_no_nothing_is_told_of_it(desk, reno, clock):
    make.strategy()
    make.rate_card()
    capacity.open_days(at=clock)
    order = make.order(lines={"MUG": 2})
    Pending.objects.update(next_at=AT)
    sourcing.source_due(at=clock, owner="one")
    page = text_of(desk.get(f"/orders/{order.ref}/"))
    assert "expected cost of a no" not in page
    assert "For a possible no" not in page


def test_what_was_not_found_is_struck_through_and_neither_weighed_nor_summed(desk, reno):
    Sku.objects.filter(code="MUG").update(weight_grams=30)
    shipment = on_the_floor(reno, lines={"MUG": 3, "TRAY": 1})  # planned at 800 g
    order = shipment.order
    line = shipment.lines.get(sku__code="MUG")
    shipments.report_short(line.pk, 1, "missing", at=AT, actor="user:7")
    [parcel] = desk.get(f"/orders/{order.ref}/").context["going"]
    assert parcel["grams"] == 740
    found = [(one["item"].quantity, one["out"], one["price"] is None) for one in parcel["items"]]
    assert found == [(1, False, False), (2, True, True), (1, False, False)]
    assert "<s>2</s>" in text_of(desk.get(f"/orders/{order.ref}/"))


def test_the_value_is_of_what_is_still_wanted(desk, reno):
    order = on_the_floor(reno, lines={"MUG": 2, "TRAY": 1}).order
    OrderLine.objects.filter(order=order).update(unit_price=500)
    Order.objects.filter(pk=order.pk).update(value=1500)
    assert "$15.00</p>" in text_of(desk.get(f"/orders/{order.ref}/"))
    orders.cancel(order.ref, line_refs=["2"], at=AT, actor="user:3")
    assert '<s class="text-secondary">$15.00</s> $10.00</p>' in text_of(desk.get(f"/orders/{order.ref}/"))
    orders.cancel(order.ref, at=AT, actor="user:3")
    assert '<s class="text-secondary">$15.00</s> $0.00</p>' in text_of(desk.get(f"/orders/{order.ref}/"))


def test_what_has_left_cannot_be_cancelled_and_the_page_says_why(client, desk, reno):
    order = shipped(reno).order
    page = text_of(desk.get(f"/orders/{order.ref}/"))
    assert ("Cancel order" in page, "It has left; take it back as a return." in page) == (False, True)
    client.force_login(make.user(Role.EXECUTIVE))
    assert "take it back" not in text_of(client.get(f"/orders/{order.ref}/"))


def test_the_question_before_a_cancel_says_what_keeps_going(desk, reno):
    order = make.order(lines={"MUG": 2, "TRAY": 1})
    allocate(order, reno, {"MUG": 2})
    shipments.dispatch_due(at=AT, actor="engine")
    [shipment] = [found.pk for found in order.shipments.all()]
    shipments.pick_whole_many([shipment], at=AT, actor="user:7")
    shipments.pack_many([shipment], at=AT, actor="user:7")
    shipments.ship_many([(shipment, "TRK1")], at=AT, actor="user:7")
    question = desk.get(f"/orders/{order.ref}/").context["cancel"]
    assert question.endswith("1 unit is free at once. 2 units have left: they keep going to the customer.")


@pytest.mark.parametrize(
    ("others", "approximate", "why_these", "cost"),
    [
        (
            True,
            False,
            "No other plan that the rule allows costs less.",
            "The next best is Sparks store: $8.30, the same.",
        ),
        (True, True, "No cheaper plan was found.", "The next best is Sparks store: $8.30, the same."),
        (False, False, "Nobody else could send it.", "There was no other plan."),
        (False, True, "No other plan was found.", "No other plan was found."),
    ],
)
def test_a_limited_search_claims_no_more_than_it_found(desk, reno, clock, others, approximate, why_these, cost):
    make.strategy()
    make.rate_card()
    if others:
        stock(make.node("SPARKS", name="Sparks store"), MUG=10)
    capacity.open_days(at=clock)
    order = make.order(lines={"MUG": 2})
    Pending.objects.update(next_at=AT)
    sourcing.source_due(at=clock, owner="one")
    Decision.objects.update(approximate=approximate)
    questions = dict(desk.get(f"/orders/{order.ref}/").context["questions"])
    assert questions["Why these nodes?"][-1] == why_these
    assert cost in questions["What did it cost, what would the next best have cost?"]


def test_a_decision_about_a_part_does_not_speak_for_the_whole_order(desk, reno, clock):
    make.strategy()
    make.rate_card()
    order = make.order(lines={"MUG": 2, "TRAY": 1})
    allocate(order, reno, {"TRAY": 1})
    capacity.open_days(at=clock)
    waiting.reopen([order.id], at=clock)
    Pending.objects.update(next_at=AT)
    sourcing.source_due(at=clock, owner="one")
    of_the_rest = f"/orders/{order.ref}/"

    def why_split():
        return dict(desk.get(of_the_rest).context["questions"])["Why split?"]

    best_single = "best single node is the one that was taken."
    assert why_split() == ["What this decision is about goes in one parcel; the order has others."]
    told = text_of(desk.get(f"{of_the_rest}what-if/", headers=HTMX))
    assert f"For what this decision is about, the {best_single}" in told
    orders.cancel(order.ref, line_refs=["2"], at=clock, actor="user:3")
    assert why_split() == ["It was not split: everything that was routed goes in one parcel."]
    assert f"The {best_single}" in text_of(desk.get(f"{of_the_rest}what-if/", headers=HTMX))


def test_a_feed_of_the_same_minute_is_not_told_in_seconds(desk, reno, clock):
    make.strategy()
    make.rate_card()
    capacity.open_days(at=clock)
    order = make.order(lines={"MUG": 2})
    Pending.objects.update(next_at=AT)
    sourcing.source_due(at=clock, owner="one")
    seen = {}
    for seconds in (59, 60):
        decision = Decision.objects.get(order_id=order.id)
        observed = (decision.decided_at - timedelta(seconds=seconds)).isoformat()
        Decision.objects.update(facts=decision.facts | {"observed_at": {"RENO": observed}})
        questions = dict(desk.get(f"/orders/{order.ref}/").context["questions"])
        [seen[seconds]] = questions["What stock was seen, how old was the feed?"]
    could = "Reno store could promise 60 of Mug for the 2 wanted"
    assert seen == {
        59: f"{could}; its feed was less than a minute old.",
        60: f"{could}; its feed was 1 min old.",
    }


@pytest.mark.parametrize(
    ("nodes", "states", "said"),
    [
        (2, ["picking"] * 5, "Node 1 and Node 2 are picking 5 parcels."),
        (3, ["to_pick"] * 5, "Node 1, Node 2 and Node 3 have 5 parcels to pick."),
        (9, ["to_pick"] * 9, "Nine nodes have 9 parcels to pick."),
        (1, ["to_pick"] * 5, "Node 1 has 5 parcels to pick."),
        (2, ["shipped"] * 5, "5 parcels have left Node 1 and Node 2."),
        (12, ["packed"] * 12, "12 parcels are packed in 12 nodes."),
    ],
)
def test_many_parcels_at_many_nodes_are_told_in_the_plural(nodes, states, said):
    parcels = [
        parcel(number=place + 1, node=f"N{place % nodes + 1}", state=state) for place, state in enumerate(states)
    ]
    names = {f"N{number}": f"Node {number}" for number in range(1, nodes + 1)}
    found = Order(method="pickup", state="routed", held_reason="")
    assert standing.status(found, parcels, [], [], names, at=AT) == [said]


@pytest.fixture
def looked_at(desk, reno, clock):
    """What the table of all nodes says of an order of these lines, by node, and the page."""
    make.rate_card()
    for name, units in {"Sparks": {"MUG": 60}, "Fernley": {"MUG": 1, "TRAY": 60}, "Austin": {"LAMP": 1}}.items():
        stock(make.node(name.upper(), name=f"{name} store"), **units)
    capacity.open_days(at=clock)

    def looked_at(lines):
        order = make.order(lines=lines)
        Pending.objects.update(next_at=AT)
        sourcing.source_due(at=clock, owner="one")
        page = desk.get(f"/orders/{order.ref}/")
        return {row.name: row.outcome for row in page.context["tables"][0]}, text_of(page)

    return looked_at


def test_of_several_lines_a_refusal_is_about_a_part(looked_at):
    make.strategy(make.rule(max_parcels=1, if_part="exception"))
    told, page = looked_at({"MUG": 2, "TRAY": 1})
    assert told["Sparks store"] == "does not stock all of it"
    assert told["Fernley store"] == "has too few units of a part"
    assert "units without a place" not in page
    told, _page = looked_at({"MUG": 2})
    assert told["Austin store"] == "does not stock it"
    assert told["Fernley store"] == "has too few units that can be promised"


def test_what_is_weighed_for_units_without_a_place_is_told_under_the_sums(looked_at):
    make.strategy(make.rule(if_part="assign", if_none="backorder"))
    _told, page = looked_at({"MUG": 2, "BELL": 3})  # a bell costs $19.90, and $2,000.00 when it has no place
    assert (
        "The sum of the plan contains $6,059.70 for its units without a place, "
        "weighed so that none is left behind to save cost; nobody pays it."
    ) in page
