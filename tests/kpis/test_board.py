from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import plotly.offline
import pytest
import time_machine
from django.conf import settings
from django.urls import reverse

from dom_project.accounts.models import Role
from kpis import behind, board, charts, periods, sheet
from kpis.metrics import FIGURES, Unit
from kpis.models import Cursor, DailyFact, OrderFact, Target
from routing.models import StrategyActivation
from tests import make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 10, 15, tzinfo=UTC)
LATER = datetime(2026, 12, 1, tzinfo=UTC)  # every promise is due
PERIOD = periods.Period(date(2026, 11, 3), date(2026, 11, 9))


def fact(name, count, amount=0, *, day=date(2026, 11, 5), node="RENO-DC", order=None):
    currency = "USD" if name == "parcels" else ""
    DailyFact.objects.create(
        day=day, node=node, channel="web", name=name, count=count, amount=amount, currency=currency
    )
    if order:
        OrderFact.objects.create(
            order_id=order.pk,
            day=day,
            node=node,
            channel="web",
            name=name,
            count=count,
            amount=amount,
            currency=currency,
        )


def orders_on(*days):
    for day in days:
        fact("orders", 1, day=day, node="")


def test_a_period_ends_with_the_last_day_that_is_over_everywhere():
    make.node("RENO-DC", time_zone="America/Los_Angeles")
    make.node("BOSTON", time_zone="America/New_York")
    assert periods.latest(7, at=datetime(2026, 11, 10, 6, tzinfo=UTC)).end == date(2026, 11, 8)
    assert periods.latest(7, at=datetime(2026, 11, 10, 9, tzinfo=UTC)) == periods.Period(
        date(2026, 11, 3), date(2026, 11, 9)
    )


def test_today_is_the_day_that_it_is_at_the_nodes():
    make.node("RENO-DC", time_zone="America/Los_Angeles")
    make.node("BOSTON", time_zone="America/New_York")
    afternoon, night = datetime(2026, 11, 10, 15, tzinfo=UTC), datetime(2026, 11, 10, 6, tzinfo=UTC)
    assert periods.latest(periods.TODAY, at=afternoon) == periods.Period(date(2026, 11, 10), date(2026, 11, 10), True)
    assert periods.latest(periods.TODAY, at=afternoon).before == periods.Period(date(2026, 11, 9), date(2026, 11, 9))
    assert periods.latest(periods.TODAY, at=night) == periods.Period(date(2026, 11, 9), date(2026, 11, 10), True)


def test_figures_stand_against_target_and_the_days_before():
    make.node("RENO-DC")
    fact("parcels", 2, 2000), fact("orders_begun", 2)
    fact("parcels", 1, 1500, day=date(2026, 10, 29)), fact("orders_begun", 1, day=date(2026, 10, 29))
    orders_on(*(date(2026, 10, number) for number in (27, 28, 30)))
    Target.objects.create(metric="cost_per_order", from_date=date(2026, 1, 1), value=900)
    Target.objects.create(metric="cost_per_order", from_date=date(2026, 11, 8), value=1100)
    card = board.read(PERIOD, at=AT).cards[0]
    assert (card.value, card.previous, card.change, card.target, card.met, card.better) == (
        1000,
        1500,
        -500,
        1100,
        True,
        True,
    )
    assert card.trend == [None, None, 1000.0, None, None, None, None]
    assert board.read(PERIOD, at=AT).nodes == [board.NodeRow("RENO-DC", "Reno-Dc", 2, Fraction(1000), None, None)]


def test_costs_of_two_currencies_are_not_shown_as_one():
    fact("parcels", 2, 2000), fact("orders_begun", 2)
    DailyFact.objects.create(
        day=date(2026, 11, 5), node="X", channel="ca", name="parcels", count=1, amount=5, currency="CAD"
    )
    read = board.read(PERIOD, at=AT)
    assert read.mixed_currencies
    assert read.cards[0].value is None


def test_the_orders_that_hurt_a_figure_come_first_and_alone_when_asked():
    late, good = make.order("LATE"), make.order("GOOD")
    for order in (late, good):
        fact("promised", 1, order=order, node=f"N{order.pk}")
    fact("on_time", 1, order=good, node=f"N{good.pk}")
    page = behind.orders(FIGURES["on_time"], PERIOD, at=LATER)
    assert ([row.order_ref for row in page.rows], page.total, page.next_after) == (["LATE", "GOOD"], 2, "")
    assert [row.order_ref for row in behind.orders(FIGURES["on_time"], PERIOD, at=LATER, only="hurts").rows] == [
        "LATE"
    ]


def test_pages_of_orders_follow_each_other_without_gap_or_repeat(monkeypatch):
    monkeypatch.setattr(behind, "PAGE", 2)
    orders = [make.order(f"O{number}") for number in range(5)]
    for number, order in enumerate(orders):
        fact("parcels", 1, 100 * (number % 3), order=order, node=f"N{number}")
    seen, after = [], ""
    for _page in range(3):
        page = behind.orders(FIGURES["cost_per_order"], PERIOD, at=LATER, after=after)
        seen += [(row.cost, row.order_ref) for row in page.rows]
        after = page.next_after
    assert seen == [(200, "O2"), (100, "O4"), (100, "O1"), (0, "O3"), (0, "O0")]
    assert after == ""


def test_the_chart_carries_versions_target_and_both_periods():
    figure = charts.trend(
        unit=Unit.MONEY, name="Cost", first_day=date(2026, 11, 3), values=[1000.0, None], before=[1200.0, 900.0],
        before_name="before", target=1100.0, target_name="Target", marks=[(AT.date(), "7")],
    )  # fmt: skip
    assert [trace["y"] for trace in figure["data"]] == [[12.0, 9.0], [10.0, None]]
    assert figure["data"][1]["x"] == ["2026-11-03", "2026-11-04"]
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["Target", "7"]


@pytest.mark.parametrize(
    ("values", "target", "axis"),
    [
        ([0.0, None], None, {"tickformat": ".1%", "range": [0, 1]}),
        ([0.0, 0.2], None, {"tickformat": ".1%"}),
        ([0.0, 0.0], 0.95, {"tickformat": ".1%"}),
    ],
)
def test_a_share_that_is_zero_all_the_time_stands_on_the_axis(values, target, axis):
    figure = charts.trend(
        unit=Unit.SHARE, name="Split", first_day=date(2026, 11, 3), values=values, before=[0.0], before_name="before",
        target=target, target_name="Target", marks=[],
    )  # fmt: skip
    assert figure["layout"]["yaxis"] == axis


def test_a_version_is_marked_on_the_day_that_it_was_at_the_retailers(client, settings):
    settings.RETAILER_TIME_ZONE = "America/Chicago"
    at = datetime(2026, 11, 15, 1, tzinfo=UTC)  # Saturday evening in Chicago
    make.strategy()
    StrategyActivation.objects.update(activated_at=at)
    client.force_login(make.user(Role.EXECUTIVE))
    with time_machine.travel(datetime(2026, 11, 20, tzinfo=UTC), tick=False):
        page = client.get(reverse("kpis"), {"days": 14})
    [mark] = [shape["x0"] for shape in page.context["figure"]["layout"]["shapes"] if shape["yref"] == "paper"]
    assert mark == "2026-11-14"
    assert ">Sat 14 Nov, 19:00 CST</time>" in page.content.decode()


@pytest.mark.parametrize(
    ("currency", "minor", "target", "drawn", "axis"),
    [
        ("USD", 1234.0, 1100.0, [12.34, 11.0], {"tickprefix": "$", "tickformat": ",.2f"}),
        ("JPY", 1234.0, 1100.0, [1234.0, 1100.0], {"tickprefix": "¥", "tickformat": ",.0f"}),
        ("KWD", 1234.0, 1100.0, [1.234, 1.1], {"ticksuffix": " KWD", "tickformat": ",.3f"}),
    ],
)
def test_the_chart_divides_money_as_its_currency_is_divided(currency, minor, target, drawn, axis):
    figure = charts.trend(
        unit=Unit.MONEY, name="Cost", first_day=date(2026, 11, 3), values=[minor], before=[], before_name="",
        target=target, target_name="Target", marks=[], currency=currency,
    )  # fmt: skip
    layout = figure["layout"]
    assert [figure["data"][0]["y"][0], layout["shapes"][0]["y0"]] == drawn
    assert layout["annotations"][0]["y"] == drawn[1]
    assert layout["yaxis"] == axis
    sign = (axis.get("tickprefix", ""), axis.get("ticksuffix", ""))
    assert figure["data"][0]["hovertemplate"] == f"{sign[0]}%{{y:{axis['tickformat']}}}{sign[1]}"


def test_a_card_tells_its_target_as_its_value_and_judges_what_it_tells(client):
    make.node("RENO-DC")
    Target.objects.create(metric="on_time", from_date=date(2026, 1, 1), value="0.9504")
    day = periods.latest(7, at=datetime.now(UTC)).end
    fact("promised", 10000, day=day), fact("on_time", 9496, day=day)
    client.force_login(make.user(Role.EXECUTIVE))
    page = client.get(reverse("kpis"), {"days": 7}).content.decode()
    assert '<p class="kpi-value">95.0 %</p>' in page
    assert "<dt>Target</dt><dd>95.0 %</dd>" in page
    assert page.count("Target met") == 1
    assert "Target missed" not in page


def test_plotly_in_python_and_in_the_browser_belong_together():
    vendored = (settings.BASE_DIR / "static" / "vendor" / "plotly-basic.min.js").read_text()[:400]
    assert f"v{plotly.offline.get_plotlyjs_version()}" in vendored


@pytest.mark.parametrize("name", ["kpis", "kpi_csv"])
def test_the_page_and_its_file_are_for_those_who_may_see_figures(client, name):
    assert client.get(reverse(name)).status_code == 302
    client.force_login(make.user(Role.STORE_ASSOCIATE))
    assert client.get(reverse(name)).status_code == 403
    client.force_login(make.user(Role.EXECUTIVE))
    assert client.get(reverse(name), {"days": "x", "figure": "nope", "node": "\0"}).status_code == 200
    assert client.get(reverse(name), {"days": "9" * 5000}).status_code == 200


def test_the_file_has_the_period_the_one_before_and_each_day_in_units_of_the_currency(
    client, django_assert_max_num_queries
):
    client.force_login(make.user(Role.EXECUTIVE))
    period = periods.latest(7, at=datetime.now(UTC))
    day, before = period.end - timedelta(days=1), period.before.start
    fact("parcels", 2, 2001, day=day), fact("orders_begun", 2, day=day)
    fact("parcels", 1, 1500, day=before), fact("orders_begun", 1, day=before)
    Target.objects.create(metric="cost_per_order", from_date=date(2026, 1, 1), value=900)
    with django_assert_max_num_queries(12):
        rows = client.get(reverse("kpi_csv"), {"days": 7}).content.decode().splitlines()
    assert rows == [
        "span,start_date,end_date,figure,value,unit,currency,target,counted,days_with_figures",
        f"period,{period.start},{period.end},cost_per_order,10.0050,money,USD,9.0000,2,1",
        f"period_before,{before},{before + timedelta(days=6)},cost_per_order,15.0000,money,USD,9.0000,1,1",
        f"day,{day},{day},cost_per_order,10.0050,money,USD,9.0000,2,1",
    ]


def test_the_file_is_named_after_its_period_and_narrowed_to_a_node():
    make.node("RENO-DC", time_zone="America/Los_Angeles")
    fact("parcels", 2, 2001), fact("orders_begun", 2), fact("parcels", 1, 900, node="BOSTON")
    file = sheet.write(7, at=datetime(2026, 11, 10, 9, tzinfo=UTC), node="RENO-DC")
    assert file.name == "fairlead-kpis-2026-11-03-2026-11-09.csv"
    assert file.text.splitlines() == [
        "span,start_date,end_date,figure,value,unit,currency,target,counted,days_with_figures",
        "period,2026-11-03,2026-11-09,cost_per_order,10.0050,money,USD,,2,1",
        "day,2026-11-05,2026-11-05,cost_per_order,10.0050,money,USD,,2,1",
    ]


def test_the_part_of_the_page_brings_what_stands_beside_it_and_today_asks_again(client):
    client.force_login(make.user(Role.EXECUTIVE))
    today = periods.latest(periods.TODAY, at=datetime.now(UTC)).end
    fact("parcels", 2, 2000, day=today), fact("orders_begun", 2, day=today)
    Cursor.objects.create(name="order-events", moved_at=datetime.now(UTC))
    part = client.get(reverse("kpis"), {"days": 1}, headers={"HX-Request": "true"}).content.decode()
    assert '<span id="kpi-counted" hx-swap-oob="true">2 orders · 2 parcels, counted at <time ' in part
    assert "export.csv?days=1&amp;figure=cost_per_order" in part
    assert "Since midnight, by each node" in part
    assert 'hx-trigger="every 10s"' in part
    whole = client.get(reverse("kpis")).content.decode()
    assert "hx-swap-oob" not in whole
    assert 'hx-trigger="every 10s"' not in whole


def test_the_nodes_that_send_most_come_first_and_all_are_one_press_away(client):
    client.force_login(make.user(Role.EXECUTIVE))
    day = periods.latest(7, at=datetime.now(UTC)).end
    for number in range(15):
        fact("parcels", 20 - number, 100, node=f"N{number:02}", day=day)
    page = client.get(reverse("kpis")).content.decode()
    assert "N11" in page
    assert ">N12<" not in page
    assert "All 15 nodes" in page
    assert ">N14<" in client.get(reverse("kpis"), {"nodes": "all"}).content.decode()


def test_the_page_takes_few_queries(client, django_assert_max_num_queries):
    client.force_login(make.user(Role.EXECUTIVE))
    period = periods.latest(14, at=datetime.now(UTC))
    for number in range(20):  # on every day of both periods, so that they are compared
        for days in range(28):
            fact("parcels", 1, 100, node=f"N{number}", day=period.end - timedelta(days=days))
    with django_assert_max_num_queries(12):
        client.get(reverse("kpis"))


def test_the_orders_of_a_figure_are_a_page_and_an_unknown_figure_is_not(client):
    client.force_login(make.user(Role.EXECUTIVE))
    assert client.get(reverse("kpi_orders", args=["csat"])).status_code == 200
    assert client.get(reverse("kpi_orders", args=["nope"])).status_code == 404


def test_the_orders_of_a_figure_tell_a_parcels_promise_as_its_day_and_a_pickups_as_its_hour(client):
    client.force_login(make.user(Role.EXECUTIVE))
    friday_night = datetime(2026, 11, 14, 7, 59, tzinfo=UTC)  # the end of Friday in California
    day = periods.latest(7, at=datetime.now(UTC)).end
    for method in ("ship", "pickup"):
        order = make.order(method=method, first_promise_at=friday_night)
        fact("promised", 1, order=order, node=f"N{order.pk}", day=day)
    page = client.get(reverse("kpi_orders", args=["on_time"]), {"only": 'x"&y'}).content.decode()
    assert page.count('<td class="from-md">Fri 13 Nov</td>') == 1
    assert page.count(">Fri 13 Nov, 23:59 PST</time>") == 1
    assert "only=hurts" in page
    assert "only=x" not in page


@pytest.mark.parametrize("after", ["9" * 30 + "-1", "1-" + "9" * 30, "²-1", "1-", "-5-1"])
def test_a_cursor_that_was_never_given_begins_at_the_first_page(after):
    assert behind.orders(FIGURES["cost_per_order"], PERIOD, at=LATER, after=after) == behind.Page([], 0, 0, "")


def test_a_promise_counts_once_it_is_due_in_the_figure_and_among_its_orders():
    make.node("RENO-DC")
    due, ahead = AT - timedelta(minutes=1), AT + timedelta(minutes=1)
    for ref, promise, kept in (("KEPT", due, 1), ("MISSED", due, 0), ("EARLY", ahead, 1), ("AHEAD", ahead, 0)):
        order = make.order(ref, first_promise_at=promise)
        fact("promised", 1, order=order, day=AT.date(), node=ref)
        if kept:
            fact("on_time", 1, order=order, day=AT.date(), node=ref)
    today = periods.latest(periods.TODAY, at=AT)
    card = board.read(today, at=AT).cards[1]
    assert (card.value, card.orders, card.trend) == (Fraction(1, 2), 2, [0.5])
    page = behind.orders(FIGURES["on_time"], today, at=AT)
    assert ([row.order_ref for row in page.rows], page.total, page.counted) == (["MISSED", "KEPT"], 2, 2)
    assert board.read(today, at=AT + timedelta(minutes=2)).cards[1].orders == 4
    assert board.read(today, at=AT, node="AHEAD").cards[1].value is None


def test_a_day_that_is_not_over_is_neither_compared_nor_judged(client):
    make.node("RENO-DC")
    Target.objects.create(metric="cost_per_order", from_date=date(2026, 1, 1), value=900)
    now = datetime.now(UTC)
    today = periods.latest(periods.TODAY, at=now)
    for day in (today.end, today.before.end):
        fact("parcels", 1, 1000, day=day), fact("orders_begun", 1, day=day)
    read = board.read(today, at=now)
    card = read.cards[0]
    assert (card.value, card.target, card.previous, card.change, card.met) == (1000, 900, None, None, None)
    assert read.compared is False
    client.force_login(make.user(Role.EXECUTIVE))
    page = client.get(reverse("kpis"), {"days": 1}).content.decode()
    assert "Judged when the day is over" in page
    assert "Target missed" not in page
    assert "<dt>Before</dt>" not in page
    assert "1 days" not in page


def test_days_before_that_are_mostly_empty_are_told_and_not_compared_with(client):
    make.node("RENO-DC")
    period = periods.latest(28, at=datetime.now(UTC))
    for place in (-2, -1, 0, 27):
        day = period.start + timedelta(days=place)
        fact("parcels", 1, 1000 + place, day=day), fact("orders_begun", 1, day=day)
    read = board.read(period, at=datetime.now(UTC))
    assert (read.days_covered, read.days_covered_before, read.compared) == (2, 2, False)
    assert (read.cards[0].previous, read.cards[0].change, read.cards[0].trend_before) == (None, None, [])
    client.force_login(make.user(Role.EXECUTIVE))
    page = client.get(reverse("kpis"), {"days": 28}).content.decode()
    assert "2 of 28 days have figures" in page
    assert "<dt>Before</dt><dd>only 2 of 28 days</dd>" in page


def test_a_change_is_what_the_two_shown_figures_differ_by():
    card = board.Card(FIGURES["on_time"], Fraction(8614, 10000), Fraction(8516, 10000), None, [], [], 9)
    assert (card.shown, card.shown_before, card.change) == (
        Fraction(861, 1000),
        Fraction(852, 1000),
        Fraction(9, 1000),
    )


def test_the_page_behind_a_card_counts_what_the_card_counts():
    first, later = make.order("FIRST"), make.order("LATER")
    fact("parcels", 1, 100, order=first), fact("orders_begun", 1, order=first)
    fact("parcels", 1, 300, order=later, node="OTHER")
    page = behind.orders(FIGURES["cost_per_order"], PERIOD, at=LATER)
    assert (page.counted, page.total, len(page.rows)) == (1, 2, 2)
    assert board.read(PERIOD, at=LATER).cards[0].orders == page.counted
    fact("looked", 3, order=first, node="")
    lines = behind.orders(FIGURES["stock_out_rate"], PERIOD, at=LATER)
    assert (lines.counted, lines.total) == (3, 1)
    assert board.read(PERIOD, at=LATER).cards[2].orders == 3


def test_the_orders_behind_a_figure_name_their_node():
    make.node("RENO-DC", name="Reno distribution centre")
    fact("parcels", 1, 100, order=make.order())
    [row] = behind.orders(FIGURES["cost_per_order"], PERIOD, at=LATER).rows
    assert row.node == "Reno distribution centre"


def test_costs_in_two_currencies_leave_the_file_without_costs(client):
    client.force_login(make.user(Role.EXECUTIVE))
    day = periods.latest(7, at=datetime.now(UTC)).end
    fact("parcels", 2, 2000, day=day), fact("orders_begun", 2, day=day), fact("looked", 4, day=day)
    DailyFact.objects.create(day=day, channel="ca", name="parcels", count=1, amount=5, currency="CAD")
    answer = client.get(reverse("kpi_csv"), {"days": 7})
    assert answer.status_code == 200
    assert {row.split(",")[3] for row in answer.content.decode().splitlines()[1:]} == {"stock_out_rate"}


def test_the_axis_of_a_few_days_marks_each_once():
    figure = charts.trend(
        unit=Unit.SHARE, name="On time", first_day=date(2026, 11, 23), values=[0.5], before=[], before_name="",
        target=None, target_name="", marks=[],
    )  # fmt: skip
    assert [trace["name"] for trace in figure["data"]] == ["On time"]
    assert figure["layout"]["xaxis"]["tickvals"] == ["2026-11-23"]
