from datetime import UTC, date, datetime, time, timedelta

import pytest

from inventory.models import Node
from routing.promise import Promise, Wish, promises
from tests import make

pytestmark = pytest.mark.django_db
RENO, NEW_YORK = (39.52, -119.81), (40.71, -74.0)
SACRAMENTO = (38.58, -121.49)


def wish(units, place=SACRAMENTO, zone="America/Los_Angeles", days=7, **more):
    return Wish(units, *place, zone, days, **more)


def local(year, month, day, *, offset):
    """The last second of a day that many hours behind UTC."""
    return datetime(year, month, day, 23, 59, 59, tzinfo=UTC) + timedelta(hours=offset)


@pytest.fixture
def mug():
    make.rate_card()
    return make.sku("MUG")


def test_stock_in_reach_before_the_cut_off_leaves_today_and_arrives_by_the_fastest_service(mug, clock):
    make.stock(make.node("RENO"), mug, 5)
    [promise] = promises([wish([(mug.id, 5)])], at=clock)
    assert promise == Promise(local(2026, 11, 11, offset=8), "computed")


@pytest.mark.parametrize(
    ("case", "hour", "minute", "day"),
    [("before it", 22, 59, 11), ("at the very minute", 23, 0, 11), ("a minute later", 23, 1, 12)],
)
def test_a_missed_cut_off_moves_the_day(mug, case, hour, minute, day):
    make.stock(make.node("RENO", cut_off=time(15)), mug, 5)
    [promise] = promises([wish([(mug.id, 1)])], at=datetime(2026, 11, 10, hour, minute, tzinfo=UTC))
    assert promise.at == local(2026, 11, day, offset=8)


def test_closed_weekdays_and_holidays_are_left_out(mug, clock):
    hours = {str(day): ["08:00", "24:00"] for day in (0, 2, 4)}
    node = make.node("RENO", hours=hours, holidays=[date(2026, 11, 11)])
    make.stock(node, mug, 5)
    [promise] = promises([wish([(mug.id, 1)])], at=clock)  # Tuesday; Wednesday is a holiday, so Friday + 1
    assert promise.at == local(2026, 11, 14, offset=8)


def test_the_promised_day_is_the_destinations_own_and_follows_its_summer_time(mug):
    make.stock(make.node("RENO"), mug, 50)
    at = datetime(2026, 10, 30, 20, tzinfo=UTC)
    wishes = [
        wish([(mug.id, 1)], NEW_YORK, "America/New_York"),  # ships on the 30th, two days: the night the clocks change
        wish([(mug.id, 1)], RENO, "America/Los_Angeles"),
        wish([(mug.id, 1)], (21.3, -157.86), "Pacific/Honolulu"),
    ]
    assert [promise.at for promise in promises(wishes, at=at)] == [
        local(2026, 11, 1, offset=5),
        local(2026, 10, 31, offset=7),
        local(2026, 11, 1, offset=10),
    ]


def test_one_node_that_has_all_wins_over_parts_that_would_come_sooner(mug, clock):
    pot = make.sku("POT")
    near, far = make.node("RENO"), make.node("BRONX", latitude=40.85, longitude=-73.87, time_zone="America/New_York")
    make.stock(near, mug, 5)
    for sku in (mug, pot):
        make.stock(far, sku, 5)
    assert promises([wish([(mug.id, 1), (pot.id, 1)])], at=clock) == [(local(2026, 11, 12, offset=8), "computed")]
    assert promises([wish([(mug.id, 1)])], at=clock) == [(local(2026, 11, 11, offset=8), "computed")]


def test_when_no_node_has_all_the_latest_line_counts(mug, clock):
    pot = make.sku("POT")
    near, far = make.node("RENO"), make.node("BRONX", latitude=40.85, longitude=-73.87, time_zone="America/New_York")
    make.stock(near, mug, 5)
    make.stock(far, pot, 5)
    assert promises([wish([(mug.id, 1), (pot.id, 1)])], at=clock) == [(local(2026, 11, 12, offset=8), "computed")]


def test_a_line_that_nobody_has_gets_the_channels_default_days(mug, clock):
    pot = make.sku("POT")
    make.stock(make.node("RENO"), mug, 5)
    wishes = [wish([(mug.id, 1), (pot.id, 1)], days=3), wish([(mug.id, 6)]), wish([(mug.id, 1), (pot.id, 1)], days=0)]
    assert promises(wishes, at=clock) == [
        (local(2026, 11, 13, offset=8), "default"),
        (local(2026, 11, 17, offset=8), "default"),
        (local(2026, 11, 11, offset=8), "default"),  # never before the line that somebody has
    ]


def test_the_default_counts_from_the_local_day_of_acceptance(mug):
    at = datetime(2026, 11, 10, 3, tzinfo=UTC)  # still the 9th in California
    assert promises([wish([(mug.id, 1)], days=1)], at=at) == [(local(2026, 11, 10, offset=8), "default")]


@pytest.mark.parametrize(
    ("case", "node", "sku", "place"),
    [
        ("it does not ship", {"abilities": ["pickup"]}, {}, SACRAMENTO),
        ("it is not active", {"active": False}, {}, SACRAMENTO),
        ("it takes no frozen goods", {"handling_classes": ["glass"]}, {"handling_classes": ["frozen"]}, SACRAMENTO),
        ("it lies nowhere", {"latitude": None, "longitude": None}, {}, SACRAMENTO),
        ("the destination lies nowhere", {}, {}, (None, None)),
        ("it never opens", {"hours": {}}, {}, SACRAMENTO),
    ],
)  # fmt: skip
def test_a_node_that_may_not_ship_it_promises_nothing(mug, clock, case, node, sku, place):
    goods = make.sku("GOODS", **sku)
    make.stock(make.node("RENO", **node), goods, 5)
    assert promises([wish([(goods.id, 1)], place)], at=clock) == [(local(2026, 11, 17, offset=8), "default")]


def test_a_node_that_takes_the_class_promises_it(clock):
    make.rate_card()
    goods = make.sku("GOODS", handling_classes=["frozen"])
    make.stock(make.node("RENO", handling_classes=["frozen", "glass"]), goods, 5)
    assert promises([wish([(goods.id, 1)])], at=clock)[0].source == "computed"


def test_without_a_rate_card_the_default_days_are_promised(clock):
    mug = make.sku("MUG")
    make.stock(make.node("RENO"), mug, 5)
    assert promises([wish([(mug.id, 1)])], at=clock)[0].source == "default"


def test_safety_stock_is_not_promised(mug, clock):
    level = make.level(on_hand=5, keep=3)
    assert promises([wish([(level.sku_id, 2)]), wish([(level.sku_id, 3)])], at=clock) == [
        (local(2026, 11, 11, offset=8), "computed"),
        (local(2026, 11, 17, offset=8), "default"),
    ]


@pytest.mark.parametrize(
    ("case", "at", "ready"),
    [
        ("open", datetime(2026, 11, 10, 20, tzinfo=UTC), datetime(2026, 11, 10, 22, tzinfo=UTC)),
        ("before it opens", datetime(2026, 11, 10, 12, tzinfo=UTC), datetime(2026, 11, 10, 18, tzinfo=UTC)),
        ("too late for today", datetime(2026, 11, 11, 3, tzinfo=UTC), datetime(2026, 11, 11, 18, tzinfo=UTC)),
        ("over the end of summer time", datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 1, 18, tzinfo=UTC)),
    ],
)
def test_pickup_is_promised_for_the_nodes_ready_time(mug, case, at, ready):
    node = make.node("RENO", pickup_ready_minutes=120)  # open from 08:00 to 20:00
    make.stock(node, mug, 5)
    assert promises([wish([(mug.id, 1)], RENO, pickup_node=node.id)], at=at) == [(ready, "computed")]


def test_pickup_where_the_goods_are_not_gets_the_default_days(mug, clock):
    node = make.node("RENO")
    make.stock(make.node("OTHER"), mug, 5)
    assert promises([wish([(mug.id, 1)], RENO, pickup_node=node.id)], at=clock) == [
        (local(2026, 11, 17, offset=8), "default")
    ]


def test_a_changed_node_is_seen_at_once(mug, clock):
    node = make.node("RENO")
    make.stock(node, mug, 5)
    assert promises([wish([(mug.id, 1)])], at=clock)[0].source == "computed"
    node.abilities = []
    node.save()
    assert promises([wish([(mug.id, 1)])], at=clock)[0].source == "default"


def test_a_change_that_was_committed_after_a_later_one_is_seen(mug, clock):
    node, other = make.node("RENO"), make.node("DALLAS")
    make.stock(node, mug, 5)
    assert promises([wish([(mug.id, 1)])], at=clock)[0].source == "computed"
    other.save()
    promises([wish([(mug.id, 1)])], at=clock)
    Node.objects.filter(pk=node.pk).update(abilities=[], changed_at=clock)
    assert promises([wish([(mug.id, 1)])], at=clock)[0].source == "default"


def test_a_hundred_wishes_cost_as_many_queries_as_one(mug, clock, django_assert_num_queries):
    make.stock(make.node("RENO"), mug, 5)
    promises([wish([(mug.id, 1)])], at=clock)
    with django_assert_num_queries(4):
        assert len(promises([wish([(mug.id, 1)])] * 100, at=clock)) == 100
