import pytest

from routing.places import Place, is_postcode, place_of


def test_a_zip_code_lies_where_the_table_says():
    assert place_of("89502") == Place(39.4972, -119.7764, "NV", "Reno", "America/Los_Angeles")
    assert place_of(" 89502-1234 ") == place_of("89502")


@pytest.mark.parametrize(
    ("case", "postcode", "country"),
    [
        ("unknown", "00000", "US"),
        ("foreign", "89502", "CA"),
        ("too short", "895", "US"),
        ("letters", "SW1A 1AA", "US"),
        ("other digits", "٨٩٥٠٢", "US"),
        ("empty", "", "US"),
    ],
)
def test_what_the_table_does_not_know_has_no_place(case, postcode, country):
    assert place_of(postcode, country) is None


def test_military_post_has_a_region_but_no_coordinates():
    assert place_of("09001") == Place(None, None, "AE", "Apo", "")


def test_a_town_that_stands_where_a_time_zone_should_is_not_believed():
    assert place_of("99634").time_zone == "America/Anchorage"


@pytest.mark.parametrize("postcode", ["89502", "89502-1234", "895021234", " 89502 ", "", "00000"])
def test_a_zip_code_has_five_digits_or_nine_or_is_left_out(postcode):
    assert is_postcode(postcode, "US")


@pytest.mark.parametrize("postcode", ["2139", "895021", "89502-12", "ABC", "٨٩٥٠٢", "SW1A 1AA"])
def test_what_looks_otherwise_is_no_zip_code(postcode):
    assert not is_postcode(postcode, "US")


def test_a_postcode_of_another_country_is_taken_as_it_is():
    assert is_postcode("SW1A 1AA", "GB")
    assert is_postcode("2139", "AU")
