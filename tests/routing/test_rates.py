import numpy as np
import pytest

from dom_project.lib.api_errors import BadInput
from routing import rates
from routing.models import RateBand, RateCard
from routing.rates import RateRow
from tests import make

ROW = RateRow("fleet", "ground", 0, 1000, 600, 2, 60)


@pytest.mark.django_db
def test_a_card_becomes_arrays_by_service_zone_and_band():
    tables = rates.tables(make.rate_card())
    assert tables.services == ("fleet/express", "fleet/ground")
    assert tables.band_grams.tolist() == [1000, 5000, 20000]
    assert tables.rate[1].tolist() == [[600, 900, 1500], [750, 1050, 1650], [900, 1200, 1800]]
    assert tables.rate[0, 2].tolist() == [1800, 2400, 3600]
    assert tables.transit.tolist() == [[1, 1, 2], [2, 3, 5]]
    assert tables.per_kg_above.tolist() == [[120, 120, 120], [60, 60, 60]]
    assert (tables.currency, tables.late_per_day, tables.zones) == ("USD", 400, 3)
    with pytest.raises(ValueError, match="read-only"):
        tables.rate[0, 0, 0] = 1


@pytest.mark.django_db
def test_a_service_that_skips_a_zone_has_no_price_and_no_days_there():
    card = make.rate_card(
        rows=[ROW, ROW._replace(zone=1), ROW._replace(zone=2), ROW._replace(service="local", transit_days=1)]
    )
    tables = rates.tables(card)
    assert tables.services == ("fleet/ground", "fleet/local")
    assert tables.transit.tolist() == [[2, 2, 2], [1, -1, -1]]
    assert tables.rate[1, :, 0].tolist() == [600, -1, -1]
    assert tables.per_kg_above[1].tolist() == [60, -1, -1]


@pytest.mark.django_db
def test_a_new_card_of_the_same_code_replaces_the_live_one_and_keeps_the_old():
    first = make.rate_card()
    second = make.rate_card(late_cost_per_day=500)
    first.refresh_from_db()
    assert (first.version, first.live, second.version, second.live) == (1, False, 2, True)
    assert rates.live_card_id() == second.pk
    assert rates.tables(first).late_per_day == 400
    assert rates.tables(second).late_per_day == 500


@pytest.mark.django_db
def test_a_card_in_the_wanted_currency_comes_first():
    pounds = make.rate_card("uk", currency="GBP")
    dollars = make.rate_card()
    assert rates.live_card_id("GBP") == pounds.pk
    assert rates.live_card_id("EUR") == dollars.pk


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("case", "rows", "more", "code", "field"),
    [
        ("nothing in it", [], {}, "card_empty", "rows"),
        ("a zone nobody serves", [ROW], {}, "card_cells_missing", "rows"),
        ("a band missing", [ROW, ROW._replace(up_to_grams=5000), ROW._replace(zone=1)], {"zone_km": [300]},
         "card_cells_missing", "rows"),
        ("heavier is cheaper", [ROW, ROW._replace(up_to_grams=5000, price=599)], {"zone_km": []},
         "card_prices_fall", "price"),
        ("a cell twice", [ROW, ROW._replace(price=700)], {"zone_km": []}, "rate_twice", "price"),
        ("two transit times of one road", [ROW, ROW._replace(up_to_grams=5000, transit_days=3)], {"zone_km": []},
         "rate_rows_differ", "transit_days"),
        ("a zone beyond the last", [ROW._replace(zone=1)], {"zone_km": []}, "not_a_whole_number", "zone"),
        ("a price below nothing", [ROW._replace(price=-1)], {"zone_km": []}, "not_a_whole_number", "price"),
        ("a fraction", [ROW._replace(price=1.5)], {"zone_km": []}, "not_a_whole_number", "price"),
        ("no number", [ROW._replace(further_kg_price="")], {"zone_km": []}, "not_a_whole_number", "further_kg_price"),
        ("an absurd divisor", [ROW], {"zone_km": [], "dimensional_divisor": 1_000_001}, "not_a_whole_number",
         "dimensional_divisor"),
        ("zones that fall", [ROW], {"zone_km": [300, 200]}, "zones_not_ascending", "zone_km"),
        ("a currency in words", [ROW], {"zone_km": [], "currency": "usd"}, "bad_currency", "currency"),
        ("no carrier", [ROW._replace(carrier=" ")], {"zone_km": []}, "bad_text", "carrier"),
    ],
)  # fmt: skip
def test_a_card_that_makes_no_sense_is_refused_and_nothing_is_written(case, rows, more, code, field):
    live = make.rate_card()
    with pytest.raises(BadInput) as refused:
        rates.save_card(
            "standard",
            rows,
            **{"name": "x", "currency": "USD", "zone_km": [300, 1500], "at": live.published_at} | more,
        )
    assert (refused.value.code, refused.value.field) == (code, field)
    live.refresh_from_db()
    assert live.live
    assert (RateCard.objects.count(), RateBand.objects.count()) == (1, 18)


@pytest.mark.django_db
def test_missing_cells_are_listed():
    with pytest.raises(BadInput) as refused:
        make.rate_card(rows=[ROW, ROW._replace(up_to_grams=5000), ROW._replace(zone=1)])
    assert refused.value.params == {
        "count": 2,
        "cells": [{"carrier": "fleet", "service": "ground", "zone": 1, "up_to_grams": 5000}, {"zone": 2}],
    }


def test_distances_are_great_circles_and_unknown_places_have_none():
    quarter = 10_008  # of the way around a globe of 6,371 km radius
    assert rates.distances([0, None], [0, None], [0, 0, 90], [0, 90, 0]).tolist() == [[0, quarter, quarter], [-1] * 3]
    reno, new_york = ([39.5296], [-119.8138]), ([40.7128], [-74.0060])
    assert rates.distances(*reno, *new_york).tolist() == rates.distances(*new_york, *reno).tolist() == [[3852]]
    assert rates.distances([np.nan], [1.0], [2.0], [3.0]).tolist() == [[-1]]


def test_a_zone_ends_with_its_upper_distance():
    km = np.array([-1, 0, 300, 301, 1500, 1501, 20000], np.int32)
    assert rates.zones_of(km, [300, 1500]).tolist() == [-1, 0, 0, 1, 1, 2, 2]
    assert rates.zones_of(km, []).tolist() == [-1, 0, 0, 0, 0, 0, 0]
