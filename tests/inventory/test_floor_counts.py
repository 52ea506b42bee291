"""What the floor saw wins until the source really changes its mind."""

import pytest

from dom_project.lib.api_errors import BadInput
from inventory import ledger, levels
from inventory.models import FloorEvidence
from tests.inventory.counting import (
    CHANGED,
    DRIFT,
    allocate,
    at,
    books_are_sound,
    counters,
    erp,
    fed,
    floor,
    say,
    sell,
    snapshot,
    waiting,
)

__all__ = ["books_are_sound", "erp"]
pytestmark = pytest.mark.django_db


def test_the_floor_wins_over_the_unchanged_nightly_figure(erp):
    level = fed(erp, 10)
    assert floor(level, 4, at(14))
    assert counters(level)[0] == 4
    assert snapshot(level, 10, at(20), erp) == DRIFT
    evidence = FloorEvidence.objects.get()
    assert (counters(level)[0], evidence.source_value, evidence.drifted_at) == (4, 10, at(10))


def test_what_the_source_merely_booked_of_ours_is_no_change_of_mind(erp):
    level = fed(erp, 10)
    floor(level, 4, at(14))
    sell(level, 2, at(20, 30), booked_at=at(21))
    assert say(level, 8, at(22), erp) == DRIFT
    assert (counters(level)[0], waiting(level), FloorEvidence.objects.get().source_value) == (2, [], 8)
    assert say(level, 20, at(23), erp) == CHANGED
    assert counters(level)[0] == 20
    assert not FloorEvidence.objects.exists()


def test_nor_is_what_it_may_have_booked_without_telling_us(erp):
    level = fed(erp, 10)
    floor(level, 4, at(14))
    sell(level, 2, at(20, 30))
    assert say(level, 8, at(21), erp) == DRIFT
    assert counters(level)[0] == 2
    ledger.mark_booked(["m"], booked_at=at(20, 45))
    assert say(level, 8, at(22), erp) == DRIFT
    assert (counters(level)[0], waiting(level), FloorEvidence.objects.get().source_value) == (2, [], 8)


def test_a_figure_from_before_the_look_is_what_the_look_overruled(erp):
    level = fed(erp, 10)
    floor(level, 4, at(14))
    assert say(level, 12, at(12), erp) == DRIFT
    assert counters(level)[0] == 4
    assert say(level, 12, at(16), erp) == DRIFT
    assert say(level, 11, at(18), erp) == CHANGED
    assert counters(level)[0] == 11


def test_the_floor_overrules_a_negative_figure_by_its_raw_value(erp):
    level = fed(erp, 3)
    say(level, -3, at(9), erp)
    floor(level, 5, at(14))
    assert say(level, -3, at(20), erp) == DRIFT
    assert counters(level)[0] == 5


def test_an_older_look_changes_nothing_and_a_key_looks_once(erp):
    level = fed(erp, 10)
    floor(level, 4, at(14))
    assert not floor(level, 9, at(13), key="older")
    assert not floor(level, 9, at(15), key="floor")
    assert counters(level)[0] == 4
    assert floor(level, 9, at(15), key="newer")
    assert (counters(level)[0], FloorEvidence.objects.get().source_value) == (9, 10)


@pytest.mark.parametrize(("case", "booking", "on_hand"), [("physical", False, 10), ("booked", True, 4)])
def test_a_look_is_compared_with_physical_observations_only(case, erp, booking, on_hand):
    level = fed(erp, 10, booking=booking)
    assert floor(level, 4, at(6)) is booking
    assert counters(level)[0] == on_hand


def test_a_look_contains_what_happened_before_it(erp):
    level = fed(erp, 10)
    sell(level, 1, at(15), key="after")
    floor(level, 4, at(14))
    assert counters(level)[0] == 3
    sell(level, 2, at(13), key="before")
    assert counters(level)[0] == 3
    assert sorted(waiting(level)) == [-2, -1]
    assert say(level, 10, at(16), erp) == DRIFT


def test_the_floor_finds_fewer_than_are_allocated(erp):
    level = fed(erp, 10)
    allocate(level, 8)
    floor(level, 3, at(14))
    assert counters(level) == (3, 8, 5, 0)
    (short,) = levels.short()
    assert (short.level_id, short.shortfall, short.since_at, short.certain) == (level.pk, 5, at(14), True)


def test_a_look_can_not_find_fewer_than_none(erp):
    level = fed(erp, 10)
    with pytest.raises(BadInput) as refusal:
        floor(level, -1, at(14))
    assert (refusal.value.code, refusal.value.field) == ("out_of_range", "counted")
    assert counters(level)[0] == 10
