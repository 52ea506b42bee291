"""A source that says fewer than are allocated, fewer than none, or denies what was shipped."""

import pytest

from inventory import ledger, levels
from inventory.models import DataIssue
from tests.inventory.counting import (
    CHANGED,
    NOTHING,
    allocate,
    at,
    books_are_sound,
    counters,
    erp,
    fed,
    move,
    say,
    sell,
    snapshot,
)

__all__ = ["books_are_sound", "erp"]
pytestmark = pytest.mark.django_db


def test_fewer_than_are_allocated_are_believed_and_the_gap_is_kept(erp):
    level = fed(erp, 10)
    allocate(level, 7)
    assert say(level, 4, at(9), erp) == CHANGED
    assert counters(level) == (4, 7, 3, 0)
    assert say(level, 9, at(11), erp) == CHANGED
    assert counters(level) == (9, 7, 0, 2)


def test_a_negative_figure_is_zero_and_an_issue_until_it_makes_sense(erp):
    level = fed(erp, 5)
    allocate(level, 2)
    say(level, -8, at(9), erp)
    assert counters(level) == (0, 2, 2, 0)
    assert list(DataIssue.objects.values_list("kind", "raw", "closed_at")) == [("negative_count", -8, None)]
    say(level, -3, at(9, 30), erp)
    assert DataIssue.objects.get().raw == -3
    assert say(level, 0, at(11), erp) == NOTHING
    assert DataIssue.objects.get().closed_at == at(10)


def test_a_shortfall_says_since_when_and_whether_the_source_said_so_again(erp):
    level = fed(erp, 10)
    allocate(level, 8)
    snapshot(level, 5, at(9), erp)
    told = [(short.shortfall, short.since_at, short.certain, short.seen_again) for short in levels.short()]
    assert told == [(3, at(10), False, False)]
    assert snapshot(level, 5, at(9, 15), erp) == NOTHING
    assert [short.seen_again for short in levels.short()] == [True]


def test_a_shortfall_of_our_own_making_is_certain(erp):
    level = fed(erp, 10)
    allocate(level, 8)
    sell(level, 4, at(9))
    assert [(short.shortfall, short.certain) for short in levels.short()] == [(2, True)]


def test_acknowledging_shipping_and_booking_change_terms_and_not_atp(erp):
    level = fed(erp, 46)
    say(level, 46, at(8), erp, external=5 - 2)
    allocate(level, 3)
    assert counters(level) == (46, 3, 0, 40)
    say(level, 46, at(8, 30), erp, external=6 - 3)
    assert counters(level)[3] == 40
    move(ledger.ship_many, level, 2, at(9))
    assert counters(level) == (44, 1, 0, 40)
    ledger.mark_booked(["m"], booked_at=at(9, 10))
    say(level, 44, at(9, 20), erp, external=4 - 1)
    assert counters(level) == (44, 1, 0, 40)


def test_shipping_what_a_count_denied_is_counted_away_again_by_the_next_figure(erp):
    level = fed(erp, 10)
    allocate(level, 5)
    say(level, 3, at(8), erp)
    move(ledger.ship_many, level, 5, at(9), booked_at=at(9))
    assert counters(level) == (0, 0, 0, 0)
    assert say(level, -2, at(10), erp) == NOTHING
    assert set(DataIssue.objects.values_list("kind", "raw")) == {("shipped_denied", -2), ("negative_count", -2)}
