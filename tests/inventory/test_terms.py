from datetime import time

import pytest

from dom_project.lib.api_errors import BadInput, NotFound
from inventory import audit, capacity, network, terms
from inventory.models import NodeDay
from tests import make

pytestmark = pytest.mark.django_db

NEW = {"daily_capacity": 40, "cut_off": time(16, 30), "pickup_ready_minutes": 60}


def test_open_days_take_the_new_capacity_and_those_set_by_hand_keep_theirs(clock):
    node = make.node()
    capacity.open_days(at=clock)
    today = network.local_day(node, clock)
    capacity.set_cap(node.pk, today, 7, at=clock, actor="user:1")
    changed = terms.set_terms(node.pk, **NEW, at=clock, actor="user:1")
    assert (changed.daily_capacity, changed.cut_off, changed.pickup_ready_minutes) == (40, time(16, 30), 60)
    caps = dict(NodeDay.objects.filter(node=node).values_list("ship_date", "cap"))
    assert caps.pop(today) == 7
    assert set(caps.values()) == {40}


def test_parcels_above_a_lower_capacity_are_overload(clock):
    node = make.node()
    capacity.open_days(at=clock)
    NodeDay.objects.filter(node=node).update(taken=50)
    terms.set_terms(node.pk, **NEW, at=clock, actor="user:1")
    assert set(NodeDay.objects.filter(node=node).values_list("cap", "taken", "overload")) == {(40, 50, 10)}


@pytest.mark.parametrize(
    ("field", "value"), [("daily_capacity", -1), ("daily_capacity", 1_000_001), ("pickup_ready_minutes", 100_001)]
)
def test_what_is_out_of_range_changes_nothing(clock, field, value):
    node = make.node()
    with pytest.raises(BadInput) as refused:
        terms.set_terms(node.pk, **(NEW | {field: value}), at=clock, actor="user:1")
    assert (refused.value.code, refused.value.field) == ("out_of_range", field)
    node.refresh_from_db()
    assert (node.daily_capacity, node.cut_off) == (100, time(15))


def test_a_node_that_is_not_there_is_not_found(clock):
    with pytest.raises(NotFound, match="unknown_node"):
        terms.set_terms(0, **NEW, at=clock, actor="user:1")


WEEK = {"0": ["09:00", "21:00"], "6": ["11:00", "18:00"]}


def test_a_cut_off_after_the_latest_closing_time_changes_nothing(clock):
    node = make.node(hours=WEEK)
    with pytest.raises(BadInput) as refused:
        terms.set_terms(node.pk, **(NEW | {"cut_off": time(21, 1)}), at=clock, actor="user:1")
    assert (refused.value.code, refused.value.field) == ("cut_off_after_closing", "cut_off")
    assert refused.value.params == {"cut_off": "21:01", "closing": "21:00"}
    node.refresh_from_db()
    assert (node.daily_capacity, node.cut_off) == (100, time(15))


@pytest.mark.parametrize(
    ("case", "hours", "cut_off"),
    [
        ("at closing time", WEEK, time(21)),
        ("later than on Sundays only", WEEK, time(19)),
        ("open to the end of the day", {"0": ["09:00", "24:00"]}, time(23, 30)),
        ("no opening hours", {}, time(23, 30)),
    ],
)
def test_a_cut_off_within_the_opening_hours_is_taken(clock, case, hours, cut_off):
    node = make.node(hours=hours)
    changed = terms.set_terms(node.pk, **(NEW | {"cut_off": cut_off}), at=clock, actor="user:1")
    assert changed.cut_off == cut_off, case


def test_other_terms_change_where_a_late_cut_off_stands_already(clock):
    node = make.node(hours=WEEK, cut_off=time(22))
    changed = terms.set_terms(node.pk, **(NEW | {"cut_off": time(22)}), at=clock, actor="user:1")
    assert (changed.daily_capacity, changed.cut_off) == (40, time(22))


def test_who_set_the_terms_is_remembered_with_the_moment(clock):
    node = make.node()
    terms.set_terms(node.pk, **NEW, at=clock, actor="user:4")
    [change, _made] = audit.changes("NodeEvent", pgh_obj=node.pk)
    assert (change.at, change.actor) == (clock, "user:4")
