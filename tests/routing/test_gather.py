from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import capacity
from inventory.models import ExchangeRate, Node, NodeDay, SafetyRule, Sku, StockLevel
from routing import gather as gathering
from routing import odds, rates, strategies
from routing.dense import GivenBack
from routing.engine.problem import Method
from routing.facts import UNFILLED, Facts
from routing.gather import gather
from routing.models import LineRefusal, Order, PlanParcel, RateCard, Strategy
from routing.shrinkage import WHOLE, Answers
from tests import make

pytestmark = pytest.mark.usefixtures("network")


def facts_of(*orders: Order, at: datetime) -> Facts:
    found = gather([order.id for order in orders], at=at, name="test")
    assert len(found) == 1
    found[0].problem.validate()
    return found[0]


@contextmanager
def asked(monkeypatch):
    """Every statement, those that bypass Django's cursor too."""
    statements: list[str] = []
    execute = psycopg.Cursor.execute

    def told(self, query, *args, **options):
        statements.append(str(query).strip())
        return execute(self, query, *args, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", told)
    yield statements
    monkeypatch.undo()


def selects(statements: list[str]) -> int:
    return sum(statement.startswith("SELECT") for statement in statements)


def forget():
    gathering.nodes_of.cache_clear()
    strategies._parsed.cache_clear()
    rates._tables.cache_clear()
    odds.of_run.cache_clear()


def asked_of(node: Node, asked: int, no: int, *, on_hand: int = 4) -> tuple:
    """A leaf of answers of today: this node, kitchen goods, a bucket of units on hand."""
    place = (node.kind, node.pk, make.category("kitchen").pk, on_hand)
    return place, Answers(asked, no, asked * WHOLE, no * WHOLE)


@pytest.mark.parametrize("count", [1, 40])
def test_the_number_of_queries_does_not_depend_on_the_orders(clock, monkeypatch, count):
    odds.learn([], {}, at=clock)
    orders = [make.order(lines={"MUG": 1, "LAMP": 2}).id for _ in range(count)]
    forget()
    with asked(monkeypatch) as cold:
        gather(orders, at=clock, name="cold")
    with asked(monkeypatch) as warm:
        gather(orders, at=clock, name="warm")
    assert (selects(cold), selects(warm)) == (9, 5)


def test_the_facts_are_those_of_the_tables(clock, network):
    SafetyRule.objects.create(
        sku=Sku.objects.get(code="LAMP"), node=network["RENO"], units=3, created_at=clock, created_by="user:1"
    )
    StockLevel.objects.filter(node__code="RENO", sku__code="LAMP").update(safety_stock=3, external=2)
    order = make.order(lines={"MUG": 2, "LAMP": 1})
    problem = facts_of(order, at=clock).problem
    assert problem.node_codes == ("DENVER", "RENO")
    assert problem.sku_ref.tolist() == [Sku.objects.get(code=code).id for code in ("LAMP", "MUG")]
    assert problem.sku.tolist() == [1, 0]
    assert problem.units.tolist() == [2, 1]
    assert problem.grams.tolist() == [800, 400]
    assert problem.unfilled.tolist() == [UNFILLED + 1990] * 2
    assert list(zip(problem.stock_node.tolist(), problem.free.tolist(), problem.buffer.tolist(), strict=True)) == [
        (0, 10, 0),
        (1, 8, 3),
        (0, 10, 0),
        (1, 10, 0),
    ]
    assert (problem.value.item(0), problem.currency, problem.late_per_day) == (3 * 1990, "USD", 400)
    assert problem.slack.tolist() == [3]  # Tuesday to the end of Friday in Sacramento
    assert problem.distance_km.tolist() == [[1426, 179]]
    assert problem.zone.tolist() == [[1, 0]]
    assert (problem.fix.tolist(), problem.pick.tolist()) == ([150, 150], [40, 40])
    assert problem.ship_day[:, :3].tolist() == [[0, 1, 2], [0, 1, 2]]
    assert problem.slots_left[:, :3].tolist() == [[100] * 3, [100] * 3]
    assert (problem.channels, problem.regions, problem.categories) == (("web",), ("CA",), ("kitchen",))


def test_the_odds_of_a_no_lie_beside_the_stock_of_the_node_category_and_units_on_hand(clock, network):
    reno, denver = network["RENO"], network["DENVER"]
    costs = {"USD": {Strategy.objects.get().pk: (20, 20_000)}}
    run = odds.learn([asked_of(reno, 80, 20), asked_of(denver, 900, 0)], costs, at=clock)
    StockLevel.objects.filter(node=reno, sku__code="MUG").update(on_hand=2)
    facts = facts_of(make.order(lines={"MUG": 1, "LAMP": 1}), at=clock)
    problem = facts.problem
    network_odds = 20.4 / 1000
    kind = (20 + 20 * network_odds) / 1000
    node = (20 + 20 * kind) / 100
    category = (20 + 20 * node) / 100
    bucket = (20 + 20 * category) / 100
    assert facts.on_hand.tolist() == [10, 10, 10, 2]  # lamps, then mugs, in Denver and in Reno
    assert problem.no_odds.tolist()[1] == round(bucket * 10_000) == 2482
    assert problem.no_odds.tolist()[3] == round(category * 10_000) == 2408  # two were never asked for
    assert problem.no_odds.tolist()[0] == problem.no_odds.tolist()[2] < 20
    assert problem.resource_cost == 875
    assert problem.versions["odds"] == str(run.pk)


def test_a_strategy_that_expects_no_no_has_none_in_its_facts(clock, network):
    odds.learn([asked_of(network["RENO"], 80, 20)], {}, at=clock)
    live = strategies.live_version()
    other = strategies.save_version(
        strategies.rules_of(live),
        strategy=live.strategy,
        author="user:1",
        reason="Try",
        at=clock,
        weighing=live.weighing.turned("counts_no").turned("guarded"),
    )
    order = make.order()
    assert facts_of(order, at=clock).problem.guarded
    strategies.activate(other, at=clock, actor="user:1")
    problem = facts_of(order, at=clock).problem
    assert (problem.no_odds.tolist(), problem.resource_cost, problem.guarded) == ([0, 0], 0, False)
    assert problem.versions["odds"] == ""


def test_before_the_first_run_nobody_is_expected_to_say_no(clock):
    problem = facts_of(make.order(), at=clock).problem
    assert (problem.no_odds.tolist(), problem.resource_cost, problem.versions["odds"]) == ([0, 0], 0, "")


def test_a_closed_day_and_a_missed_cut_off_are_no_ship_days(clock, network):
    NodeDay.objects.filter(node=network["RENO"], ship_date=date(2026, 11, 12)).update(cap=0)
    NodeDay.objects.filter(node=network["DENVER"]).delete()
    late = clock.replace(hour=23)  # 15:00 in Reno, on the dot
    problem = facts_of(make.order(), at=late).problem
    assert problem.ship_day[1, :3].tolist() == [1, 3, 4]
    assert set(problem.slots_left[0].tolist()) == {-1}


def test_a_node_in_a_zone_where_it_is_already_tomorrow_starts_tomorrow(clock, network):
    Node.objects.filter(code="RENO").update(time_zone="Pacific/Auckland", changed_at=clock)
    capacity.open_days(at=clock, node_ids=[network["RENO"].id])
    problem = facts_of(make.order(), at=clock).problem
    assert problem.ship_day[1, 0] == 1


def test_an_inactive_node_can_do_nothing(clock):
    Node.objects.filter(code="RENO").update(active=False, changed_at=clock)
    assert facts_of(make.order(), at=clock).problem.abilities.tolist() == [3, 0]


def test_a_change_of_a_node_is_seen_by_the_next_batch(clock):
    order = make.order()
    assert facts_of(order, at=clock).problem.fix.tolist() == [150, 150]
    Node.objects.filter(code="RENO").update(shipment_cost=99, changed_at=clock + timedelta(days=99))
    assert facts_of(order, at=clock).problem.fix.tolist() == [150, 99]


def test_a_change_of_a_node_that_was_committed_after_a_later_one_is_seen_too(clock):
    order = make.order()
    Node.objects.filter(code="DENVER").update(changed_at=clock + timedelta(days=99))
    assert facts_of(order, at=clock).problem.fix.tolist() == [150, 150]
    Node.objects.filter(code="RENO").update(shipment_cost=99, changed_at=clock)
    assert facts_of(order, at=clock).problem.fix.tolist() == [150, 99]


def test_the_node_that_refused_a_line_is_a_fact(clock, network):
    order = make.order(lines={"MUG": 1, "LAMP": 1})
    line = order.lines.get(position=2)
    LineRefusal.objects.create(line=line, node=network["RENO"], reason="missing", at=clock)
    problem = facts_of(order, at=clock).problem
    assert (problem.forbid_ptr.tolist(), problem.forbid_node.tolist()) == ([0, 0, 1], [1])


def test_costs_of_a_node_abroad_are_said_in_the_currency_of_the_card(clock):
    Node.objects.filter(code="RENO").update(currency="CAD", shipment_cost=200, changed_at=clock)
    order = make.order()
    problem = facts_of(order, at=clock).problem
    assert problem.service_bits.tolist() == [3, 0]  # no rate is known: nothing it could be compared by
    ExchangeRate.objects.create(base="CAD", quote="USD", from_date=date(2026, 1, 1), rate=Decimal("0.7"))
    problem = facts_of(order, at=clock).problem
    assert (problem.fix.tolist(), problem.service_bits.tolist()) == ([150, 140], [3, 3])


def test_orders_of_two_currencies_are_two_problems_on_the_same_stock(clock):
    make.rate_card("canada", currency="CAD")
    dollars, canadian = make.order(), make.order(currency="CAD")
    found = gather([canadian.id, dollars.id], at=clock, name="test")
    assert sorted((facts.problem.currency, facts.orders[0].id) for facts in found) == [
        ("CAD", canadian.id),
        ("USD", dollars.id),
    ]
    assert len({facts.problem.id for facts in found}) == 2


def test_without_a_card_or_a_strategy_there_is_still_a_problem(clock):
    RateCard.objects.update(live=False)
    problem = facts_of(make.order(), at=clock).problem
    assert (problem.services, problem.currency) == ((), "USD")


def test_a_pickup_is_pinned_to_its_node(clock, network):
    problem = facts_of(make.order(method="pickup", pickup_node=network["RENO"]), at=clock).problem
    assert (problem.method.tolist(), problem.pinned_node.tolist()) == ([Method.PICKUP], [1])


def test_an_order_without_a_place_has_no_distance(clock):
    problem = facts_of(make.order(ship_to_latitude=None, ship_to_longitude=None), at=clock).problem
    assert (problem.distance_km.tolist(), problem.zone.tolist()) == ([[-1, -1]], [[-1, -1]])


def test_handling_classes_become_bits_that_the_nodes_may_have(clock):
    Sku.objects.filter(code="MUG").update(handling_classes=["frozen", "fragile"])
    Node.objects.filter(code="DENVER").update(handling_classes=["frozen", "hazmat"], changed_at=clock)
    problem = facts_of(make.order(lines={"LAMP": 1, "MUG": 1}), at=clock).problem
    assert (problem.class_bits.tolist(), problem.node_class_bits.tolist()) == ([0, 3], [2, 0])


def test_an_order_with_nothing_pending_is_left_out(clock):
    empty, full = make.order(), make.order()
    empty.lines.update(pending=0, cancelled=2)
    facts = facts_of(empty, full, at=clock)
    assert [order.id for order in facts.orders] == [full.id]
    assert facts.problem.ptr.tolist() == [0, 1]
    assert gather([empty.id], at=clock, name="test") == []


def test_parcels_that_went_before_are_counted(clock, route):
    order = make.order(lines={"CLOCK": 11})
    route()
    assert PlanParcel.objects.count() == 1
    order.lines.update(pending=1, backordered=0)
    assert facts_of(order, at=clock).orders[0].parcels == 1


def test_units_and_slots_given_back_are_free_in_the_facts_only(clock, network, route):
    order = make.order(lines={"MUG": 4})
    route()
    level = StockLevel.objects.get(node__code="RENO", sku__code="MUG")
    back = GivenBack([(level.id, 4)], [(network["RENO"].id, date(2026, 11, 10))])
    (facts,) = gather([order.id], at=clock, name="test", every_unit=True, given_back=back)
    assert facts.problem.units.tolist() == [4]
    assert dict(zip(facts.problem.level_ref.tolist(), facts.problem.free.tolist(), strict=True))[level.id] == 10
    assert facts.problem.slots_left[1, 0] == 100
    level.refresh_from_db()
    assert level.allocated == 4


@pytest.mark.django_db(transaction=True)
def test_the_facts_are_of_one_instant_and_nothing_can_be_written(clock):
    with CaptureQueriesContext(connection) as asked_for:
        gather([make.order().id], at=clock, name="test")
    settings = [query["sql"] for query in asked_for.captured_queries if query["sql"].startswith("SET TRANSACTION")]
    assert [words.partition(";")[0] for words in settings] == [
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    ]


def test_goods_are_billed_by_size_where_that_is_more_and_the_card_says_how(clock):
    Sku.objects.filter(code="MUG").update(length_mm=300, width_mm=200, height_mm=201)
    Sku.objects.filter(code="LAMP").update(length_mm=100, width_mm=100, height_mm=100)
    order = make.order(lines={"MUG": 2, "LAMP": 3})

    def grams():
        (facts,) = gather([order.id], at=clock, name="test")
        return facts.problem.grams.tolist()

    assert grams() == [800, 1200]
    make.rate_card(dimensional_divisor=5000)
    assert grams() == [2 * 2412, 1200]


def test_goods_without_a_weight_are_taken_to_weigh_what_their_category_does_whoever_else_is_in_the_batch(clock):
    make.rate_card(dimensional_divisor=5000)
    Sku.objects.filter(code="MUG").update(weight_grams=0)
    Sku.objects.filter(code="LAMP").update(weight_grams=900)
    Sku.objects.filter(code="CLOCK").update(weight_grams=0, category=None)
    alone, other = make.order(lines={"MUG": 2, "CLOCK": 1}), make.order(lines={"LAMP": 1, "MUG": 1})
    for order_ids in ([alone.id], [alone.id, other.id]):
        (facts,) = gather(order_ids, at=clock, name="test")
        assert facts.problem.grams.tolist()[:2] == [0, 0]
        assert facts.problem.likely_grams.tolist()[:2] == [1800, 0]
    Sku.objects.filter(code="CLOCK").update(length_mm=300, width_mm=300, height_mm=100)
    (facts,) = gather([alone.id], at=clock, name="test")
    assert facts.problem.likely_grams.tolist() == [1800, 1800]
