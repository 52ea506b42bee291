"""Words and figures as pages show them: pure, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from django.template import Context, Template

from dom_project.templatetags import drawings, figures, moments

AT = datetime(2026, 11, 24, 2, 5, tzinfo=UTC)


def rendered(source: str, **context: object) -> str:
    return Template("{% load fairlead %}" + source).render(Context(context))


def test_what_may_lie_a_year_away_says_its_year() -> None:
    assert ">Tue 24 Nov 2026, 02:05 UTC</time>" in rendered("{% dated at %}", at=AT)
    assert ">Tue 24 Nov, 02:05 UTC</time>" in rendered("{% when at %}", at=AT)


@pytest.mark.parametrize(
    ("case", "minor", "currency", "told"),
    [
        ("dollars", 123456, "USD", "$1,234.56"),
        ("less than one", 7, "USD", "$0.07"),
        ("a loss", -24, "GBP", "−£0.24"),
        ("no minor units", 1500, "JPY", "¥1,500"),
        ("thousandths", 1500, "KWD", "1.500 KWD"),
        ("no symbol", 990, "CHF", "9.90 CHF"),
        ("a quotient", Fraction(100, 3), "USD", "$0.33"),
        ("a trifle below zero", -0.3, "USD", "$0.00"),
        ("unknown", None, "USD", "–"),
    ],
)
def test_money_is_written_as_its_currency_writes_it(case: str, minor: int | None, currency: str, told: str) -> None:
    assert figures.money(minor, currency) == told


def test_a_difference_of_money_carries_its_sign() -> None:
    assert [figures.signed_money(minor) for minor in (14, -24, 0)] == ["+$0.14", "−$0.24", "$0.00"]


@pytest.mark.parametrize(
    ("case", "length", "told"),
    [
        ("seconds", 25, "25 s"),
        ("minutes", timedelta(minutes=40), "40 min"),
        ("hours", timedelta(hours=7, minutes=48), "7 h 48 min"),
        ("whole hours", 7200, "2 h"),
        ("days", timedelta(days=3, hours=2), "3 d 2 h"),
        ("late", timedelta(minutes=-25), "−25 min"),
        ("unknown", None, "–"),
    ],
)
def test_a_length_of_time_has_its_two_largest_units(case: str, length: timedelta | float | None, told: str) -> None:
    assert figures.duration(length) == told


def test_shares_quantities_and_minutes_have_words() -> None:
    assert figures.percent(Fraction(241, 250)) == "96.4 %"
    assert figures.percent(None) == "–"
    assert [figures.points(share) for share in (0.006, -0.011, 0)] == ["+0.6 pt", "−1.1 pt", "0.0 pt"]
    assert [figures.quantity(units) for units in (1204, -3, None)] == ["1,204", "−3", "–"]
    assert [figures.minutes_left(minutes) for minutes in (40, -25)] == ["40 min left", "25 min over"]
    assert [figures.units(number) for number in (1, 1200)] == ["1 unit", "1,200 units"]
    assert moments.day(date(2026, 11, 5)) == "Thu 5 Nov"


def test_an_instant_says_its_zone_and_is_left_alone_when_the_zone_was_given() -> None:
    assert rendered("{% when at %}", at=AT) == (
        '<time datetime="2026-11-24T02:05:00+00:00" data-time="when">Tue 24 Nov, 02:05 UTC</time>'
    )
    assert rendered('{% when at "America/Denver" %}', at=AT) == (
        '<time datetime="2026-11-24T02:05:00+00:00">Mon 23 Nov, 19:05 MST</time>'
    )
    assert rendered("{% age at %}", at=None) == "–"


def test_a_line_of_figures_leaves_a_gap_where_one_is_unknown() -> None:
    drawn = drawings.sparkline([0, 10, None, 5, 5])
    assert 'd="M0.0 34.0L25.0 4.0M75.0 19.0L100.0 19.0"' in drawn
    assert "style=" not in drawn


def test_too_few_figures_draw_no_line() -> None:
    assert [drawings.sparkline(values) for values in ([], [3], [None, 3])] == ["", "", ""]


def test_figures_that_never_change_draw_a_level_line() -> None:
    assert 'd="M0.0 34.0L100.0 34.0"' in drawings.sparkline([7, 7])


@pytest.mark.parametrize(
    ("case", "value", "most", "tone", "width"),
    [
        ("room left", 42, 120, "good", "35.0"),
        ("nearly full", 97, 120, "warn", "80.8"),
        ("full", 120, 120, "bad", "100.0"),
        ("over-full", 150, 120, "bad", "100.0"),
        ("closed and empty", 0, 0, "good", "0.0"),
        ("closed, yet something", 3, 0, "bad", "100.0"),
    ],
)
def test_a_load_has_a_tone_and_a_width(case: str, value: int, most: int, tone: str, width: str) -> None:
    drawn = drawings.meter(value, most)
    assert f"meter tone-{tone}" in drawn
    assert f'class="meter-bar" width="{width}"' in drawn


def test_a_state_is_told_by_word_and_icon_beside_its_colour() -> None:
    badge = rendered('{% state "order" "backordered" %}')
    assert "Back-ordered" in badge
    assert "#calendar-due" in badge


def test_a_state_that_nobody_described_shows_its_code() -> None:
    assert "Half done" in rendered('{% state "order" "half_done" %}')


def test_what_people_typed_is_escaped() -> None:
    assert "&lt;b&gt;" in rendered("{% badge word %}", word="<b>")
    assert "<script>" not in rendered('{% icon "truck" "" label %}', label='"><script>')
    assert "<script>" not in drawings.stacked([('"><script>', 3)])


def test_a_category_without_a_drawing_is_a_parcel() -> None:
    assert "#glyph-kitchen" in drawings.glyph("kitchen")
    assert "icons.svg#package" in drawings.glyph("garage")
