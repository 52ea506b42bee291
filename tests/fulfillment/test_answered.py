"""What counts as being asked and as a no, and what a no has cost."""

from datetime import datetime, timedelta

import pytest
from django.db.models.functions import Now

from fulfillment import answered, shipments, tasks
from fulfillment.answered import answers_until, resourced_until
from fulfillment.models import Shipment
from inventory import capacity
from inventory.models import Node
from routing import odds, sourcing, withdrawal
from routing.models import Allocation, Decision, NoOdds, OddsRun, Order, Pending
from routing.shrinkage import Answers
from tests import make

from .sold import AT, everything, on_the_floor, packed, stock

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = AT + timedelta(hours=1)
PICKER = "user:7"


@pytest.fixture
def store():
    node = make.node("STORE", kind=Node.Kind.STORE)
    stock(node, MUG=50, TRAY=50)
    return node


@pytest.fixture
def kitchen():
    return make.category("kitchen").pk


def seen(units: int) -> None:
    """So many units lay there as the orders until now were decided."""
    Allocation.objects.filter(on_hand=0).update(on_hand=units)


def short(shipment: Shipment, found: int, *, reason: str = "missing", at=AT) -> None:
    line = shipment.lines.filter(closed_at=None).order_by("id").first()
    shipments.report_short(line.id, found, reason, at=at, actor=PICKER)


def test_a_line_that_was_packed_was_found(store, kitchen):
    packed(store, lines={"MUG": 2, "TRAY": 1})
    seen(5)
    assert answers_until(AT) == [(("store", store.pk, kitchen, 3), Answers(2, 0, 2000, 0, 0, 0))]


def test_a_line_that_waits_was_cancelled_or_recalled_was_not_answered(store):
    on_the_floor(store)
    gone = on_the_floor(store)
    Shipment.objects.filter(pk=gone.pk).update(packed_at=AT)
    gone.lines.update(closed_at=AT, close_reason="cancelled")
    assert answers_until(AT) == []


@pytest.mark.parametrize("reason", ["missing", "damaged"])
def test_what_is_not_there_or_not_fit_is_a_no(store, kitchen, reason):
    shipment = on_the_floor(store)
    seen(2)
    short(shipment, 0, reason=reason)
    assert answers_until(AT) == [(("store", store.pk, kitchen, 2), Answers(1, 1, 1000, 1000, 0, 0))]


def test_a_part_that_was_found_and_one_that_was_not_are_one_no(store, kitchen):
    shipment = on_the_floor(store, lines={"MUG": 5})
    seen(6)
    short(shipment, 2)
    shipments.pack_many([shipment.pk], at=AT, actor=PICKER)
    assert answers_until(AT) == [(("store", store.pk, kitchen, 4), Answers(1, 1, 1000, 1000, 0, 0))]


def test_answers_are_told_apart_by_units_on_hand(store, kitchen):
    packed(store)
    seen(1)
    packed(store)
    seen(9)
    packed(store)
    assert [place for place, _answers in answers_until(AT)] == [
        ("store", store.pk, kitchen, 0),  # decided when it was not written down
        ("store", store.pk, kitchen, 1),
        ("store", store.pk, kitchen, 4),
    ]


def test_an_answer_of_four_weeks_ago_counts_half_and_after_twenty_four_none(store):
    packed(store)
    assert [row.weight for _place, row in answers_until(AT + 28 * DAY)] == [500]
    assert [row.weight_before for _place, row in answers_until(AT + 35 * DAY)] == [500]
    assert [row.asked for _place, row in answers_until(AT + 167 * DAY)] == [1]
    assert answers_until(AT + 168 * DAY) == []


def test_what_was_decided_and_picked_becomes_the_odds_of_the_next_decision(store, kitchen, clock):
    make.strategy()
    make.rate_card()
    short(on_the_floor(store), 0)
    run = answered.learn_odds(at=clock)
    leaf = NoOdds.objects.get(run=run, depth=2)
    assert (leaf.node, leaf.asked, leaf.no) == (store, 1, 1)
    assert leaf.odds > 200
    assert answered.learn_odds(at=clock + timedelta(hours=1)) is None
    assert OddsRun.objects.count() == 1


def test_the_bell_may_ring_often_and_with_what_a_newer_one_says(store):
    for _ring in range(3):
        tasks.learn_odds(newer="argument")
    assert OddsRun.objects.count() == 1


def test_learning_touches_nothing_else(store, clock):
    short(on_the_floor(store), 0)
    before = everything()
    answered.learn_odds(at=clock)
    assert everything() == before


# ── what it cost ──


@pytest.fixture
def two_places(db):
    """Reno is near, Denver far; both have ten mugs, and the rules take the cheaper."""
    make.rate_card()
    mug = make.sku("MUG")
    reno = make.node("RENO")
    denver = make.node("DENVER", latitude=39.74, longitude=-104.99)
    for node in (reno, denver):
        make.stock(node, mug, 10)
    capacity.open_days(at=AT)
    return make.strategy().strategy_id


def route(*, at: datetime = AT) -> None:
    Pending.objects.update(next_at=Now() - DAY, lease_until=None)
    sourcing.source_due(at=at, owner="one")
    shipments.dispatch_due(at=at, actor="engine")


def ship(order: Order) -> None:
    waiting = [one.pk for one in Shipment.objects.filter(order=order, closed_at=None)]
    shipments.pick_whole_many(waiting, at=AT, actor=PICKER)
    shipments.pack_many(waiting, at=AT, actor=PICKER)
    shipments.ship_many([(one, f"TRK{one}") for one in waiting], at=AT, actor=PICKER)


def test_a_line_sourced_again_cost_what_went_less_what_was_planned(two_places):
    order = make.order(lines={"MUG": 2})
    route()
    planned = Shipment.objects.get(order=order)
    assert planned.node.code == "RENO"
    short(planned, 0, at=LATER)
    route(at=LATER)
    assert resourced_until(LATER) == {}  # not before all of it has gone
    ship(order)
    # The same handling; the freight of the zone farther away.
    assert resourced_until(LATER) == {"USD": {two_places: (1, 150)}}
    assert resourced_until(LATER + 29 * DAY) == {}


def test_a_part_sourced_again_cost_its_second_parcel(two_places):
    order = make.order(lines={"MUG": 2})
    route()
    short(Shipment.objects.get(order=order), 1, at=LATER)
    route(at=LATER)
    ship(order)
    # Reno: 600 freight, 150 + 40 handling, for one of the two mugs; Denver: 750 and the same handling.
    assert resourced_until(LATER) == {"USD": {two_places: (1, (600 + 190 + 750 + 190) - (600 + 230))}}


def test_an_order_that_was_cancelled_in_part_says_nothing_about_the_cost(two_places):
    order = make.order(lines={"MUG": 2})
    route()
    short(Shipment.objects.get(order=order), 1, at=LATER)
    withdrawal.withdraw(order.pk, at=AT, actor="user:1")
    ship(order)
    assert resourced_until(LATER) == {}


def test_what_it_cost_is_the_cost_of_the_next_decisions(two_places):
    order = make.order(lines={"MUG": 2})
    route()
    short(Shipment.objects.get(order=order), 0, at=LATER)
    route(at=LATER)
    ship(order)
    run = answered.learn_odds(at=LATER)
    mean = (150 + 20 * odds.START_COST) / 21
    assert odds.of_run(run.pk).cost("USD", two_places) == round((150 + 20 * mean) / 21) == 467
    route_again = make.order(lines={"MUG": 1})
    route()
    decision = Decision.objects.get(order_id=route_again.pk)
    [parcel] = decision.plan["parcels"]
    [line] = parcel["lines"]
    assert decision.facts["versions"]["odds"] == str(run.pk)
    assert (line["on_hand"], line["no_cost"]) == (8, round(line["odds"] * 467 / 10_000))
    assert decision.priced == decision.invoice + line["no_cost"]
