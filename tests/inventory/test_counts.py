"""Counts are statements about a moment: own movements, stale figures."""

from datetime import timedelta

import pytest

from dom_project.lib.api_errors import BadInput
from inventory import ledger
from inventory.models import Connection, LedgerEntry, OwnMovement
from inventory.movements import Count, Movement
from tests import make
from tests.inventory.counting import (
    CHANGED,
    DAY,
    NOTHING,
    STALE,
    allocate,
    at,
    books_are_sound,
    counters,
    erp,
    fed,
    move,
    run_of,
    say,
    sell,
    snapshot,
    waiting,
)

__all__ = ["books_are_sound", "erp"]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("case", "booking", "booked_at", "moment", "said", "on_hand", "still_waiting"),
    [
        ("physical, counted before it happened", False, None, at(8), 50, 30, [-20]),
        ("physical, counted after it happened", False, None, at(9, 30), 30, 30, []),
        ("physical, the moment itself contains it", False, None, at(9), 30, 30, []),
        ("physical, booking does not matter", False, at(9, 45), at(9, 30), 30, 30, []),
        ("booked before the figure", True, at(9, 15), at(9, 30), 30, 30, []),
        ("booked after the figure", True, at(9, 45), at(9, 30), 50, 30, [-20]),
        ("not booked yet", True, None, at(9, 30), 50, 30, [-20]),
    ],
)
def test_a_count_adds_the_own_movements_that_it_can_not_contain(
    case, erp, booking, booked_at, moment, said, on_hand, still_waiting
):
    level = fed(erp, 50, booking=booking)
    sell(level, 20, at(9), booked_at=booked_at)
    assert counters(level)[0] == 30
    assert say(level, said, moment, erp) == NOTHING
    assert counters(level)[0] == on_hand
    assert waiting(level) == still_waiting


def test_a_system_that_does_not_say_has_booked_after_its_delay(erp):
    Connection.objects.update(booking_delay_seconds=600)
    level = fed(erp, 50)
    sell(level, 20, at(9))
    assert OwnMovement.objects.get().booked_at == at(9, 10)
    assert say(level, 50, at(9, 9), erp) == NOTHING
    assert say(level, 30, at(9, 10), erp) == NOTHING
    assert (counters(level)[0], waiting(level)) == (30, [])


def test_what_is_booked_later_goes_with_the_figure_that_contains_it(erp):
    level = fed(erp, 50)
    sell(level, 20, at(9))
    assert ledger.mark_booked(["m", "unknown"], booked_at=at(11)) == 1
    assert ledger.mark_booked(["m"], booked_at=at(12)) == 0
    assert say(level, 30, at(11), erp) == NOTHING
    assert (counters(level)[0], waiting(level)) == (30, [])


def test_a_booking_that_we_hear_of_after_the_figure_ends_the_double_count(erp):
    level = fed(erp, 50)
    move(ledger.receive_many, level, 40, at(9))
    assert say(level, 90, at(9, 30), erp) == CHANGED
    assert counters(level)[0] == 130
    assert ledger.mark_booked(["m"], booked_at=at(9, 15)) == 1
    assert (counters(level)[0], waiting(level)) == (90, [])


@pytest.mark.parametrize(
    ("case", "booking", "happened_at", "booked_at", "on_hand", "still_waiting"),
    [
        ("a physical count saw that it was gone", False, at(7, 50), None, 48, []),
        ("a physical count came before it", False, at(8, 10), None, 46, [-2]),
        ("the system had booked it", True, at(7, 50), at(7, 55), 48, []),
        ("the system booked it later", True, at(7, 50), at(8, 5), 46, [-2]),
        ("the system has not booked it", True, at(7, 50), None, 46, [-2]),
    ],
)
def test_a_movement_that_reaches_us_late_counts_unless_the_figure_contains_it(
    case, erp, booking, happened_at, booked_at, on_hand, still_waiting
):
    level = fed(erp, 50, booking=booking)
    say(level, 48, at(8), erp)
    sell(level, 2, happened_at, booked_at=booked_at)
    assert counters(level)[0] == on_hand
    assert waiting(level) == still_waiting


def test_a_file_of_eight_applied_at_ten_brings_nothing_back_that_was_shipped_between():
    level = make.level(50)
    allocate(level, 20)
    move(ledger.ship_many, level, 20, at(9))
    assert say(level, 50, at(8), None) == NOTHING
    assert counters(level) == (30, 0, 0, 30)
    assert say(level, 28, at(12), None) == CHANGED
    assert (counters(level)[0], waiting(level)) == (28, [])


def test_goods_received_after_the_count_are_no_false_shortfall(erp):
    level = fed(erp, 10, booking=False)
    move(ledger.receive_many, level, 40, at(8, 30))
    allocate(level, 45)
    assert say(level, 10, at(8), erp) == NOTHING
    assert counters(level) == (50, 45, 0, 5)


def test_an_older_observation_is_counted_and_not_applied(erp):
    level = fed(erp, 50)
    say(level, 40, at(9), erp)
    assert say(level, 44, at(8, 30), erp) == STALE
    assert counters(level)[0] == 40
    assert snapshot(level, 45, at(8, 45), erp) == STALE
    assert counters(level)[0] == 40


def test_a_count_sets_what_others_reserved(erp):
    level = fed(erp, 10)
    assert say(level, 10, at(9), erp, external=4) == CHANGED
    assert counters(level) == (10, 0, 0, 6)
    entry = LedgerEntry.objects.latest("id")
    assert (entry.verb, entry.on_hand, entry.external, entry.actor) == ("count", 0, 4, "feed:erp")


def test_a_figure_that_no_level_could_hold_is_refused_whole(erp):
    level = fed(erp, 10)
    counts = [Count(level.pk, 5), Count(level.pk, 10**10)]
    with pytest.raises(BadInput) as refusal:
        ledger.count_levels(counts, run=run_of(erp, at(9)), part=0, at=at(10))
    assert (refusal.value.field, refusal.value.row) == ("quantity", 1)
    assert counters(level)[0] == 10


def test_one_key_on_two_days_is_two_movements_that_wait_as_one(erp):
    level = fed(erp, 50)
    for day, units in ((DAY, 3), (DAY + timedelta(days=1), 4)):
        ledger.adjust_many([Movement("m", level.pk, -units, day)], at=at(9), actor="test")
    assert (counters(level)[0], waiting(level)) == (43, [-7])
    assert say(level, 50, at(9, 30), erp) == NOTHING
    assert ledger.mark_booked(["m"], booked_at=at(10)) == 1
    assert say(level, 43, at(11), erp) == NOTHING
    assert (counters(level)[0], waiting(level)) == (43, [])


def test_one_key_on_two_days_comes_in_one_batch_too(erp):
    level = fed(erp, 50)
    batch = [
        Movement("m", level.pk, -3, DAY, booked_at=at(9, 30)),
        Movement("m", level.pk, -4, DAY + timedelta(days=1)),
    ]
    ledger.adjust_many(batch, at=at(9), actor="test")
    own = OwnMovement.objects.get()
    assert (counters(level)[0], own.units, own.booked_at) == (43, -7, None)
    ledger.adjust_many(batch, at=at(9), actor="test")
    assert (counters(level)[0], waiting(level)) == (43, [-7])
