from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import plotly.offline
import pytest
from django.conf import settings
from django.urls import reverse

from dom_project.accounts.models import Role
from kpis import behind, board, charts, periods
from kpis.metrics import FIGURES, Unit
from kpis.models import DailyFact, OrderFact, Target
from tests import make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 10, 15, tzinfo=UTC)
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
    assert periods.latest(periods.TODAY, at=afternoon) == periods.Period(date(2026, 11, 10), date(2026, 11, 10))
    assert periods.latest(periods.TODAY, at=afternoon).before == periods.Period(date(2026, 11, 9), date(2026, 11, 9))
    assert periods.latest(periods.TODAY, at=night) == periods.Period(date(2026, 11, 9), date(2026, 11, 10))


def test_figures_stand_against_target_and_the_days_before():
    make.node("RENO-DC")
    fact("parcels", 2, 2000), fact("orders_begun", 2)
    fact("parcels", 1, 1500, day=date(2026, 10, 29)), fact("orders_begun", 1, day=date(2026, 10, 29))
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
    page = behind.orders(FIGURES["on_time"], PERIOD)
    assert ([row.order_ref for row in page.rows], page.total, page.next_after) == (["LATE", "GOOD"], 2, "")
    assert [row.order_ref for row in behind.orders(FIGURES["on_time"], PERIOD, only="hurts").rows] == ["LATE"]


def test_pages_of_orders_follow_each_other_without_gap_or_repeat(monkeypatch):
    monkeypatch.setattr(behind, "PAGE", 2)
    orders = [make.order(f"O{number}") for number in range(5)]
    for number, order in enumerate(orders):
        fact("parcels", 1, 100 * (number % 3), order=order, node=f"N{number}")
    seen, after = [], ""
    for _page in range(3):
        page = behind.orders(FIGURES["cost_per_order"], PERIOD, after=after)
        seen += [(row.cost, row.order_ref) for row in page.rows]
        after = page.next_after
    assert seen == [(200, "O2"), (100, "O4"), (100, "O1"), (0, "O3"), (0, "O0")]
    assert after == ""


def test_the_chart_carries_versions_target_and_both_periods():
    figure = charts.trend(
        unit=Unit.MONEY, name="Cost", first_day=date(2026, 11, 3), values=[1000.0, None], before=[1200.0, 900.0],
        before_name="before", target=1100.0, target_name="Target", marks=[(AT, "7")],
    )  # fmt: skip
    assert [trace["y"] for trace in figure["data"]] == [[12.0, 9.0], [10.0, None]]
    assert figure["data"][1]["x"] == ["2026-11-03", "2026-11-04"]
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["Target", "7"]


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


def test_the_file_has_a_row_per_day_and_figure(client, django_assert_max_num_queries):
    client.force_login(make.user(Role.EXECUTIVE))
    day = periods.latest(7, at=datetime.now(UTC)).end - timedelta(days=1)
    fact("parcels", 2, 2001, day=day), fact("orders_begun", 2, day=day)
    with django_assert_max_num_queries(12):
        rows = client.get(reverse("kpi_csv"), {"days": 7}).content.decode().splitlines()
    assert rows == ["day,figure,value,unit,target,orders_or_lines", f"{day},cost_per_order,1000.5000,minor units,,2"]


def test_the_part_of_the_page_brings_what_stands_beside_it_and_today_asks_again(client):
    client.force_login(make.user(Role.EXECUTIVE))
    today = periods.latest(periods.TODAY, at=datetime.now(UTC)).end
    fact("parcels", 2, 2000, day=today), fact("orders_begun", 2, day=today)
    part = client.get(reverse("kpis"), {"days": 1}, headers={"HX-Request": "true"}).content.decode()
    assert '<span id="kpi-counted" hx-swap-oob="true">2 orders · 2 parcels</span>' in part
    assert "export.csv?days=1&amp;figure=cost_per_order" in part
    assert "Today up to now" in part
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
    for number in range(20):
        fact("parcels", 1, 100, node=f"N{number}")
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
    assert behind.orders(FIGURES["cost_per_order"], PERIOD, after=after) == behind.Page([], 0, "")
