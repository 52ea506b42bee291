from datetime import timedelta

import pytest

from dom_project.lib import db
from inventory import feeds
from inventory.models import Connection, FeedScope
from tests import make


@pytest.mark.parametrize(
    ("case", "schedule", "age", "told"),
    [
        ("just read", 30, 0, ("fresh", 0)),
        ("one missed", 30, 69, ("fresh", 1)),
        ("two missed", 30, 70, ("late", 1)),
        ("four missed", 30, 140, ("stale", 2)),
        ("hourly, half an hour old", 3600, 1800, ("fresh", 30)),
        ("every eight minutes, a quarter of an hour old", 480, 970, ("stale", 16)),
        ("from the future", 30, -5, ("fresh", 0)),
    ],
)
def test_age_becomes_a_state(clock, case, schedule, age, told):
    assert feeds.age_of(clock - timedelta(seconds=age), schedule, clock) == told, case


def test_what_was_never_read_is_stale(clock):
    assert feeds.age_of(None, 30, clock) == ("stale", None)


@pytest.mark.django_db
def test_freshness_is_by_node_and_of_fed_nodes_only(clock):
    fed, unfed, paused = make.node(), make.node(), make.node()
    erp = Connection.objects.create(ref="erp", name="ERP", address="http://erp", last_success_at=clock)
    off = Connection.objects.create(ref="off", name="Off", address="http://off", active=False)
    FeedScope.objects.create(node=fed, connection=erp, seen_at=clock - timedelta(seconds=90))
    FeedScope.objects.create(node=unfed)
    FeedScope.objects.create(node=paused, connection=off)
    assert feeds.freshness(clock) == {fed.pk: feeds.Freshness("late", 1, "erp", "ERP")}
    assert feeds.worst(db.rows(feeds.SEEN), clock) == "fresh"
    assert feeds.worst(db.rows(feeds.SEEN), clock + timedelta(minutes=5)) == "stale"


@pytest.mark.parametrize(
    ("case", "ages", "told"),
    [
        ("no connection", [], "fresh"),
        ("all read", [0, 69], "fresh"),
        ("one late", [0, 70], "late"),
        ("one stale", [140, 70, 0], "stale"),
    ],
)
def test_the_worst_connection_speaks_for_all(clock, case, ages, told):
    assert feeds.worst([(clock - timedelta(seconds=age), 30) for age in ages], clock) == told, case
