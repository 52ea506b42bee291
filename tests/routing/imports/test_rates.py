import pytest

from routing.models import RateCard
from routing.rates import tables
from tests.filing import faults

pytestmark = pytest.mark.django_db

HEADER = "carrier,service,zone,up_to_grams,price,transit_days,further_kg_price\n"
CONSTANTS = {"card": "standard", "currency": "USD", "zone_km": "500"}
ROWS = "ups,ground,1,1000,5.10,2,1.20\nups,ground,1,5000,7.00,2,1.20\nups,ground,2,1000,6.10,4,1.50\n"
LAST = "ups,ground,2,5000,9.00,4,1.50\n"


def test_a_file_becomes_the_next_version_of_its_card(take):
    for _ in range(2):
        run = take("rates", HEADER + ROWS + LAST, constants=CONSTANTS)
        assert (run.rows_good, faults(run)) == (4, [])
    card = RateCard.objects.get(live=True)
    assert (card.code, card.version, card.currency, card.zone_km) == ("standard", 2, "USD", [500])
    arrays = tables(card)
    assert arrays.rate.tolist() == [[[510, 700], [610, 900]]]
    assert (arrays.transit.tolist(), arrays.per_kg_above.tolist()) == ([[2, 4]], [[120, 150]])


def test_a_card_may_carry_nothing_above_its_last_weight(take):
    rows = (ROWS + LAST).replace(",1.20\n", ",\n")
    run = take("rates", HEADER + rows, constants=CONSTANTS)
    assert (run.rows_good, faults(run)) == (4, [])
    assert tables(RateCard.objects.get(live=True)).per_kg_above.tolist() == [[-1, 150]]


def test_a_card_may_bill_by_size(take):
    run = take("rates", HEADER + ROWS + LAST, constants=CONSTANTS | {"dimensional_divisor": "5000"})
    assert (run.rows_good, faults(run)) == (4, [])
    assert tables(RateCard.objects.get(live=True)).dimensional_divisor == 5000


@pytest.mark.parametrize("divisor", ["many", "-1", "1000001", "0.5"])
def test_a_divisor_that_no_carrier_has_is_named_and_no_card_published(take, divisor):
    run = take("rates", HEADER + ROWS + LAST, constants=CONSTANTS | {"dimensional_divisor": divisor})
    assert {field for _, field, _ in faults(run)} == {"dimensional_divisor"}
    assert RateCard.objects.count() == 0


@pytest.mark.parametrize(
    ("case", "last", "field", "reason"),
    [
        ("a hole", "", "", "card_cells_missing"),
        ("two prices for one cell", LAST + LAST, "price", "rate_twice"),
        ("a price that falls", LAST.replace("9.00", "1.00"), "price", "card_prices_fall"),
    ],
)
def test_a_card_that_makes_no_sense_is_not_published_and_goes_back_whole(take, case, last, field, reason):
    run = take("rates", HEADER + ROWS + last, constants=CONSTANTS)
    told = faults(run)
    assert (field, reason) in {(field, reason) for _, field, reason in told}, case
    assert {reason for _, _, reason in told} == {reason, "card_not_taken"}
    assert RateCard.objects.count() == 0


def test_a_bad_row_names_its_field_and_the_card_waits_for_it(take):
    run = take("rates", HEADER + ROWS + LAST.replace("9.00", "nine"), constants=CONSTANTS)
    assert (5, "price", "not_a_number") in faults(run)
    assert RateCard.objects.count() == 0
