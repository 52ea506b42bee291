from datetime import UTC, datetime
from decimal import Decimal

import pytest

from inventory.integrations.connector import Fault, ReadFailed, StockFact
from inventory.integrations.json_http import translate

READ_AT = datetime(2026, 11, 10, 15, tzinfo=UTC)
GOOD = {
    "node": " Reno-DC ",
    "sku": "MUG-01",
    "on_hand": 46,
    "reserved": 3,
    "changed_at": "2026-11-10T15:59:12+01:00",
    "version": 118,
}
DEFAULT = translate.mapping_of({})


def read(row, mapping=DEFAULT):
    return translate.fact_of(row, mapping, received_at=READ_AT)


def test_a_good_row_becomes_a_fact_in_utc_with_folded_codes():
    changed_at = datetime(2026, 11, 10, 14, 59, 12, tzinfo=UTC)
    assert read(GOOD) == StockFact("reno-dc", "mug-01", 46, 3, changed_at, 118, clamped=False)


@pytest.mark.parametrize(
    ("case", "change", "reason", "path", "value"),
    [
        ("null is not zero", {"on_hand": None}, "missing", "on_hand", "None"),
        ("a half", {"on_hand": Decimal("1.5")}, "not_whole", "on_hand", "1.5"),
        ("NaN", {"on_hand": "NaN"}, "not_a_number", "on_hand", "NaN"),
        ("grouping", {"on_hand": "1,234"}, "not_a_number", "on_hand", "1,234"),
        ("true", {"on_hand": True}, "not_a_number", "on_hand", "True"),
        ("a list", {"on_hand": [1]}, "not_a_number", "on_hand", "[1]"),
        ("a milliard", {"on_hand": 10**9}, "absurd", "on_hand", "1000000000"),
        ("a short text, an endless number", {"on_hand": Decimal("1e999999999")}, "absurd", "on_hand", "1E+999999999"),
        ("reserved below zero", {"reserved": -1}, "negative", "reserved", "-1"),
        ("no SKU", {"sku": None}, "missing", "sku", "None"),
        ("blank SKU", {"sku": "  "}, "blank", "sku", ""),
        ("SKU as a float", {"sku": Decimal("4.5")}, "not_text", "sku", "4.5"),
        ("no moment", {"changed_at": None}, "missing", "changed_at", "None"),
        ("no offset", {"changed_at": "2026-11-10T15:00:00"}, "no_offset", "changed_at", "2026-11-10T15:00:00"),
        ("no instant", {"changed_at": "yesterday"}, "not_an_instant", "changed_at", "yesterday"),
    ],
)
def test_a_row_that_can_not_be_believed_names_field_reason_and_value(case, change, reason, path, value):
    fault = read(GOOD | change)
    assert isinstance(fault, Fault), case
    assert (fault.reason, fault.path, fault.value, fault.raw) == (reason, path, value, GOOD | change)


def test_a_row_that_is_no_object_is_a_fault():
    assert read("MUG").reason == "missing"


@pytest.mark.parametrize(
    ("case", "change", "on_hand"),
    [("digits as text", {"on_hand": "46"}, 46), ("a whole decimal", {"on_hand": Decimal("46.0")}, 46)]
    + [("below zero is taken as it is", {"on_hand": -3}, -3)],
)
def test_numbers_are_read_as_they_are_meant(case, change, on_hand):
    assert read(GOOD | change).on_hand == on_hand, case


def test_a_moment_more_than_five_minutes_ahead_is_taken_as_now():
    near, far = (read(GOOD | {"changed_at": f"2026-11-10T15:{minute}:00Z"}) for minute in ("04", "06"))
    assert (near.changed_at.minute, near.clamped) == (4, False)
    assert (far.changed_at, far.clamped) == (READ_AT, True)


def test_a_mapping_finds_values_by_path_and_changes_them():
    mapping = translate.mapping_of(
        {
            "node": {"constant": "RENO"},
            "sku": {"path": "item.codes.0", "case": "upper"},
            "on_hand": "qty",
            "reserved": "",
            "changed_at": "",
            "version": "",
        }
    )
    row = {"item": {"codes": ["mug-1"]}, "qty": 5}
    assert read(row, mapping) == StockFact("reno", "mug-1", 5, 0, None, 0, clamped=False)


@pytest.mark.parametrize(
    ("case", "mapping", "key"),
    [
        ("an unknown key", {"colour": "x"}, "colour"),
        ("no path for the SKU", {"sku": ""}, "sku"),
        ("an unknown case", {"sku": {"path": "a", "case": "title"}}, "sku"),
        ("no page size", {"limit": 0}, "limit"),
        ("rows that are no path", {"rows": 7}, "rows"),
        ("parameters that are no names", {"params": {"since": 1}}, "params"),
    ],
)
def test_a_wrong_mapping_names_its_key(case, mapping, key):
    with pytest.raises(ReadFailed) as failed:
        translate.mapping_of(mapping)
    assert (failed.value.code, failed.value.params) == ("mapping_wrong", {"key": key}), case


def test_a_page_keeps_good_rows_beside_faults_and_its_marks():
    answer = {"as_of": "2026-11-10T14:59:59Z", "complete": True, "count": 2, "next": None}
    page = translate.page_of(answer | {"rows": [GOOD, GOOD | {"on_hand": None}]}, DEFAULT, received_at=READ_AT)
    assert [fact.sku for fact in page.facts] == ["mug-01"]
    assert [fault.reason for fault in page.faults] == ["missing"]
    assert (page.as_of, page.complete, page.announced, page.next) == (
        datetime(2026, 11, 10, 14, 59, 59, tzinfo=UTC),
        True,
        2,
        None,
    )


@pytest.mark.parametrize(
    ("case", "answer", "code"),
    [
        ("no object", [], "no_rows"),
        ("rows that are none", {"rows": {}}, "no_rows"),
        ("no count", {"rows": [], "as_of": "2026-11-10T14:59:59Z", "complete": True}, "no_count"),
        ("no moment", {"rows": [], "count": 0, "complete": True}, "no_as_of"),
    ],
)
def test_an_answer_without_the_mapped_shape_is_no_answer(case, answer, code):
    with pytest.raises(ReadFailed) as failed:
        translate.page_of(answer, DEFAULT, received_at=READ_AT)
    assert failed.value.code == code, case
