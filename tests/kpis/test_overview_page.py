"""The control tower without a browser: who gets which links, times in the reader's zone, orders by hour."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from dom_project.accounts.models import Role
from fulfillment.models import Shipment
from kpis import arrivals, charts, floor_load
from kpis.models import Cursor
from kpis.snapshots import SILENCE
from kpis.views import overview
from routing.exceptions import Raised, raise_many
from routing.words import REASONS
from tests import make
from tests.fulfillment.answers import text_of
from tests.fulfillment.sold import packed, shipped, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def opens(client):
    def opens(role, **fields):
        client.force_login(make.user(role, **fields))
        return client.get("/")

    return opens


def test_orders_are_counted_by_the_hour_in_which_they_were_placed(clock):
    for minutes in (10, 20, 70):
        make.order(placed_at=clock - timedelta(minutes=minutes), accepted_at=clock, due=False)
    make.order(placed_at=clock - timedelta(minutes=10), accepted_at=clock, method="pickup", due=False)
    make.order(placed_at=clock - timedelta(hours=49), accepted_at=clock - timedelta(hours=49), due=False)
    hours = arrivals.by_hour(at=clock)
    assert len(hours) == 48
    assert [(hour.ship, hour.pickup) for hour in hours[-3:]] == [(1, 0), (2, 1), (0, 0)]
    assert hours[-1].at == clock
    assert sum(hour.ship + hour.pickup for hour in hours) == 4


def test_the_last_day_stands_against_the_day_before(clock):
    for hours in (1, 23, 25):
        make.order(accepted_at=clock - timedelta(hours=hours), due=False)
    make.order(accepted_at=clock - timedelta(hours=49), due=False)
    assert arrivals.lately(at=clock) == arrivals.Lately(2, 1, 0)


@pytest.mark.parametrize(
    ("kept", "said"), [(1, "1 order in hand for later days"), (1200, "1,200 orders in hand for later days")]
)
def test_orders_in_hand_are_told_in_their_number(opens, monkeypatch, kept, said):
    monkeypatch.setattr(arrivals, "lately", lambda *, at: arrivals.Lately(0, 0, 0, kept))
    assert f"0 units on the floor; {said}" in text_of(opens(Role.OPERATIONS_MANAGER))


def test_what_left_counts_without_a_queue_behind_it_and_what_was_cancelled_does_not():
    reno = make.node("RENO")
    stock(reno, MUG=10)
    gone, cancelled = shipped(reno), packed(reno)
    soon = gone.shipped_at + timedelta(minutes=59)
    Shipment.objects.filter(pk=cancelled.pk).update(state="cancelled", closed_at=gone.shipped_at)
    assert arrivals.lately(at=soon).left == 1
    assert arrivals.lately(at=soon + timedelta(minutes=1)).left == 0


def test_the_chart_lays_pickups_and_shipments_on_each_other():
    figure = charts.by_hour([datetime(2026, 11, 10, 15, tzinfo=UTC)], pickup=("Pickup", [1]), ship=("Shipped", [2]))
    assert [(area["name"], area["x"], area["y"], area["stackgroup"]) for area in figure["data"]] == [
        ("Pickup", ["2026-11-10T15:00:00"], [1], "orders"),
        ("Shipped", ["2026-11-10T15:00:00"], [2], "orders"),
    ]


def test_the_chart_and_the_table_tell_hours_by_one_clock(opens, settings):
    settings.RETAILER_TIME_ZONE = "America/Chicago"
    page = opens(Role.OPERATIONS_MANAGER)
    last = page.context["hours"][-1].at.astimezone(ZoneInfo("America/Chicago"))
    assert page.context["figure"]["data"][0]["x"][-1] == f"{last:%Y-%m-%dT%H}:00:00"


def test_only_who_may_answer_exceptions_and_work_the_floor_is_led_there(opens):
    reno = make.node("RENO")
    stock(reno, MUG=10)
    packed(reno)
    raise_many([Raised(make.order(due=False).id, "no_rule", {})], at=timezone.now())
    managers = opens(Role.OPERATIONS_MANAGER).content.decode()
    assert '"/exceptions/?reason=no_rule"' in managers
    assert 'href="/store/RENO/?tab=ready"' in managers
    executives = opens(Role.EXECUTIVE).content.decode()
    assert "No rule of the strategy selects this order" in executives
    assert "/exceptions/" not in executives
    assert "/store/" not in executives


def test_a_silence_is_told_in_the_readers_zone(opens):
    start = timezone.now().replace(microsecond=0) - timedelta(hours=5)
    Cursor.objects.create(
        name=SILENCE, state={"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
    )
    answer = opens(Role.EXECUTIVE, time_zone="Asia/Tokyo")
    assert f'<time datetime="{start.isoformat()}"' in answer.content.decode()
    assert "JST" in text_of(answer)
    assert "UTC the system was off" not in text_of(answer)


def test_what_the_page_leaves_out_is_one_press_away_and_stays_when_it_asks_again(opens, client, monkeypatch):
    monkeypatch.setattr(overview, "SHOWN_STAGES", 1)
    monkeypatch.setattr(floor_load, "RISKS", 1)
    for code in ("RENO", "DALLAS"):
        node = make.node(code)
        stock(node, MUG=10)
        packed(node, promise_at=timezone.now() - timedelta(days=1))
    page = opens(Role.OPERATIONS_MANAGER).content.decode()
    assert '<a href="/?queues=all#bottlenecks">1 further queue</a>' in page
    assert '<a href="/?risks=all#risks">1 more</a>' in page
    assert "will miss; 2 missed already" in page
    assert page.count('<strong class="text-bad">missed:</strong>') == 1
    whole = client.get("/", {"queues": "all", "risks": "all", "x": "y"}).content.decode()
    assert 'hx-get="/?queues=all&amp;risks=all"' in whole
    assert '<a href="/?risks=all#bottlenecks">Only the first queues</a>' in whole
    assert '<a href="/?queues=all#risks">Only the first ones</a>' in whole
    assert whole.count('<strong class="text-bad">missed:</strong>') == 2


def test_many_reasons_of_exceptions_leave_room_for_the_rest(opens, client):
    reasons = list(REASONS)[:8]
    for reason in reasons:
        raise_many([Raised(make.order(due=False).id, reason, {})], at=timezone.now())
    page = opens(Role.OPERATIONS_MANAGER).content.decode()
    assert page.count('"/exceptions/?reason=') == 6
    assert '<a href="/?reasons=all#waiting-title">2 further reasons</a>' in page
    whole = client.get("/", {"reasons": "all"}).content.decode()
    assert whole.count('"/exceptions/?reason=') == 8
    assert '<a href="/#waiting-title">Only the most frequent reasons</a>' in whole


def test_a_queue_that_pauses_says_until_when(opens, client, clock, monkeypatch):
    monkeypatch.setattr(overview, "timezone", SimpleNamespace(now=lambda: clock, localtime=timezone.localtime))
    reno = make.node("RENO", hours={str(day): ["09:00", "21:00"] for day in (1, 4)})  # 07:00 on a Tuesday there
    stock(reno, MUG=10)
    parcel = Shipment.objects.filter(pk=packed(reno).pk)
    parcel.update(cut_off_at=clock + timedelta(hours=8))
    assert re.search(r"carrier comes <time [^>]*>15:00 PST</time>", text_of(opens(Role.EXECUTIVE)))
    parcel.update(cut_off_at=clock - timedelta(hours=1))
    assert re.search(r"closed until <time [^>]*>09:00 PST</time>", text_of(client.get("/")))
    reno.hours.pop("1")
    reno.save()
    assert re.search(r"closed until <time [^>]*>Fri 13 Nov, 09:00 PST</time>", text_of(client.get("/")))
    reno.hours["1"] = ["07:00", "21:00"]
    reno.save()
    assert "stands still" in text_of(client.get("/"))
    parcel.update(state="ready", method="pickup", ready_at=clock)
    assert "ready for the customers" in text_of(client.get("/"))
