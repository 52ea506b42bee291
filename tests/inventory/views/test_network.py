"""The network with its map, and one node whose days and terms a person changes."""

import json
from datetime import time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dom_project.accounts.models import Role
from inventory import capacity, network
from inventory.models import Connection, FeedScope, NodeDay
from tests import make

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
TERMS = {"daily_capacity": "40", "cut_off": "16:30", "pickup_ready_minutes": "60"}


@pytest.fixture
def reno():
    node = make.node("RENO", name="Reno DC")
    capacity.open_days(at=timezone.now())
    return node


@pytest.fixture
def today(reno):
    return NodeDay.objects.get(node=reno, ship_date=network.local_day(reno, timezone.now()))


def feed(node, minutes):
    seen_at = timezone.now() - timedelta(minutes=minutes)
    erp, _new = Connection.objects.get_or_create(ref="erp", defaults={"name": "ERP", "address": "http://erp"})
    FeedScope.objects.create(node=node, connection=erp, seen_at=seen_at)


def test_a_node_on_the_map_says_what_its_colours_and_rings_say(manager, reno, today):
    NodeDay.objects.filter(pk=today.pk).update(taken=95)
    feed(reno, 75)
    page = manager.get(reverse("network"))
    (dot,) = page.context["dots"]
    assert (dot.tone, dot.feed, dot.said, dot.old) == ("bad", "stale", "Reno DC: stale", "1 h 15 min")
    assert dot.label.endswith("95 of 100 parcels today, feed stale, last read 1 h 15 min ago")
    assert [row.node.code for row in page.context["first"]] == ["RENO"]


def test_a_node_without_coordinates_is_in_the_list_and_said_to_be_off_the_map(manager, reno):
    make.node("HONOLULU", name="Honolulu store", latitude=21.3, longitude=-157.8)
    make.node("NOWHERE", name="Nowhere", latitude=None, longitude=None)
    page = manager.get(reverse("network"))
    assert [dot.node.code for dot in page.context["dots"]] == ["RENO"]
    assert "2 nodes lie off the map or have no coordinates; the list has them." in page.text
    assert "Honolulu store" in page.text


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("", ["DENVER", "RENO"]),
        ("?q=den", ["DENVER"]),
        ("?kind=store", ["DENVER"]),
        ("?group=west", ["DENVER"]),
        ("?only=stale", ["RENO"]),
        ("?only=full", []),
        ("?only=closed", ["DENVER"]),
        ("?q=%00nothing", []),
    ],
)
def test_nodes_are_found(manager, reno, asked, shown):
    make.node("DENVER", name="Denver store", kind="store", group=make.group("west"), hours={})
    feed(reno, 60)
    assert [row.node.code for row in manager.get(reverse("network") + asked).context["rows"]] == shown


def test_a_day_is_set_by_hand_and_set_back_by_undo(manager, reno, today):
    url = reverse("network_cap", args=["RENO"])
    answer = manager.post(url, {"ship_date": today.ship_date, "cap": "60"}, headers=HTMX)
    today.refresh_from_db()
    assert (answer.status_code, today.cap, today.by_hand) == (200, 60, True)
    assert "by hand, usually 100" in answer.text
    assert manager.post(told(answer)["undo"]).status_code == 302
    today.refresh_from_db()
    assert today.cap == 100
    page = manager.get(reverse("node", args=["RENO"])).text
    assert "set to 60" in page
    assert "Maya Lind" in page


def test_fewer_parcels_than_are_granted_are_asked_about_first(manager, reno, today):
    NodeDay.objects.filter(pk=today.pk).update(taken=50)
    url, sent = reverse("network_cap", args=["RENO"]), {"ship_date": today.ship_date, "cap": "40"}
    assert "10 parcels are granted above 40 already." in manager.post(url, sent, headers=HTMX).text
    manager.post(url, sent | {"cap": "30", "sure": "40"}, headers=HTMX)
    today.refresh_from_db()
    assert (today.cap, today.overload) == (100, 0)
    manager.post(url, sent | {"sure": "40"}, headers=HTMX)
    today.refresh_from_db()
    assert (today.cap, today.taken, today.overload) == (40, 50, 10)


@pytest.mark.parametrize(
    ("cap", "said"),
    [
        ("", "Please give a whole number from 0 to 1,000,000."),
        ("-1", "Please give a whole number from 0 to 1,000,000."),
        ("NaN", "Please give a whole number from 0 to 1,000,000."),
        ("1" * 40, "Please give a whole number from 0 to 1,000,000."),
    ],
)
def test_a_bad_figure_of_a_day_is_refused_at_its_field(manager, reno, today, cap, said):
    answer = manager.post(
        reverse("network_cap", args=["RENO"]), {"ship_date": today.ship_date, "cap": cap}, headers=HTMX
    )
    today.refresh_from_db()
    assert (answer.status_code, today.cap, today.by_hand) == (422, 100, False)
    assert said in answer.text


@pytest.mark.parametrize("day", ["", "2001-01-01", "soon"])
def test_a_day_that_is_none_of_the_next_is_not_found(manager, reno, day):
    assert manager.post(reverse("network_cap", args=["RENO"]), {"ship_date": day, "cap": "1"}).status_code == 404
    assert not NodeDay.objects.filter(by_hand=True).exists()


def test_the_usual_terms_are_set_and_set_back_by_undo(manager, reno, today):
    answer = manager.post(reverse("network_terms", args=["RENO"]), TERMS, headers=HTMX)
    reno.refresh_from_db()
    assert (reno.daily_capacity, reno.cut_off, reno.pickup_ready_minutes) == (40, time(16, 30), 60)
    assert set(NodeDay.objects.filter(node=reno).values_list("cap", flat=True)) == {40}
    assert told(answer)["text"] == "Saved: 40 parcels a day, cut-off 16:30."
    manager.post(told(answer)["undo"])
    reno.refresh_from_db()
    assert (reno.daily_capacity, reno.cut_off, reno.pickup_ready_minutes) == (100, time(15), 120)
    assert set(NodeDay.objects.filter(node=reno).values_list("cap", flat=True)) == {100}


def test_a_lower_capacity_names_the_days_that_have_more_first(manager, reno, today):
    NodeDay.objects.filter(pk=today.pk).update(taken=50)
    url = reverse("network_terms", args=["RENO"])
    asked = manager.post(url, TERMS, headers=HTMX).text
    assert "On 1 day more than 40 parcels are granted already:" in asked
    reno.refresh_from_db()
    assert reno.daily_capacity == 100
    manager.post(url, TERMS | {"sure": "40"}, headers=HTMX)
    today.refresh_from_db()
    assert (today.cap, today.overload) == (40, 10)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("daily_capacity", "", "Please give a whole number from 0 to 1,000,000."),
        ("daily_capacity", "-4", "Please give a whole number from 0 to 1,000,000."),
        ("daily_capacity", "1000001", "Please give a whole number from 0 to 1,000,000."),
        ("cut_off", "25:00", "Please give a time of day like 15:00."),
        ("cut_off", "", "Please give a time of day like 15:00."),
        ("pickup_ready_minutes", "1.5", "Please give a whole number from 0 to 100,000."),
    ],
)
def test_bad_terms_are_refused_at_their_field(manager, reno, field, value, said):
    answer = manager.post(reverse("network_terms", args=["RENO"]), TERMS | {field: value}, headers=HTMX)
    reno.refresh_from_db()
    assert (answer.status_code, reno.daily_capacity, reno.cut_off) == (422, 100, time(15))
    assert said in answer.text


def test_a_cut_off_after_closing_time_is_refused_at_its_field(manager, reno):
    reno.hours = {"0": ["09:00", "21:00"]}
    reno.save(update_fields=["hours"])
    answer = manager.post(reverse("network_terms", args=["RENO"]), TERMS | {"cut_off": "22:00"}, headers=HTMX)
    reno.refresh_from_db()
    assert (answer.status_code, reno.daily_capacity, reno.cut_off) == (422, 100, time(15))
    assert "It closes at 21:00 at the latest, so no parcel leaves at 22:00." in answer.text


@pytest.mark.parametrize("name", ["network_cap", "network_terms"])
def test_who_only_looks_changes_nothing(client, reno, today, name):
    client.force_login(make.user(Role.EXECUTIVE))
    assert (
        client.post(reverse(name, args=["RENO"]), TERMS | {"ship_date": today.ship_date, "cap": 1}).status_code == 403
    )
    page = client.get(reverse("node", args=["RENO"]) + "?change=terms").text
    assert "Change capacity or cut-off" not in page
    assert "Save" not in page
    reno.refresh_from_db()
    assert reno.daily_capacity == 100


def test_it_works_without_scripts_too(manager, reno, today):
    for name, sent in (("network_cap", {"ship_date": today.ship_date, "cap": "60"}), ("network_terms", TERMS)):
        answer = manager.post(reverse(name, args=["RENO"]), sent)
        assert (answer.status_code, answer["Location"]) == (302, reverse("node", args=["RENO"]))


def told(answer):
    """The toast that came beside a fragment."""
    return json.loads(answer["HX-Trigger"])["toast"]
