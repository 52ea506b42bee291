from datetime import UTC, datetime

import pytest

from dom_project.lib.api_errors import BadInput, Refused
from routing import requests
from routing.requests import LineRequest, OrderRequest, body_hash, minor_units, read_order
from tests import make


def row(**fields):
    return {
        "channel": "web",
        "order_ref": "O-1",
        "placed_at": "2026-11-10T15:00:00Z",
        "lines": [{"sku": "MUG", "quantity": "12", "unit_price": "695"}],
    } | fields


def test_a_files_text_becomes_an_order():
    assert read_order(row(priority="2")) == OrderRequest(
        channel="web",
        order_ref="O-1",
        placed_at=datetime(2026, 11, 10, 15, tzinfo=UTC),
        lines=[LineRequest(sku="MUG", quantity=12, unit_price=695)],
        priority=2,
    )


@pytest.mark.parametrize(
    ("case", "quantity", "code"),
    [
        ("nothing", "", "not_whole"),
        ("zero", "0", "too_small"),
        ("a thousand million", "1000000000", "too_large"),
        ("NaN", "NaN", "not_whole"),
        ("Infinity", "inf", "not_whole"),
        ("a fraction", "1.5", "not_whole"),
        ("a comma", "1,5", "not_whole"),
        ("words", "a dozen", "not_whole"),
        ("a number that is none", float("nan"), "not_whole"),
    ],
)
def test_a_files_bad_quantity_is_refused_with_row_field_and_reason(case, quantity, code):
    refused = read_order(row(lines=[{"sku": "MUG", "quantity": quantity}]), row=17)
    assert isinstance(refused, BadInput)
    assert (refused.row, refused.field, refused.code) == (17, "lines[0].quantity", code)


@pytest.mark.parametrize(
    ("case", "placed_at", "code"),
    [
        ("no offset", "2026-11-10T15:00:00", "no_offset"),
        ("a day", "2026-11-10", "not_an_instant"),
        ("another country's", "10/11/2026 15:00", "not_an_instant"),
        ("a number", "1762786800", "not_an_instant"),
        ("nothing", "", "not_an_instant"),
    ],
)
def test_a_files_bad_instant_is_refused(case, placed_at, code):
    refused = read_order(row(placed_at=placed_at), row=3)
    assert isinstance(refused, Refused)
    assert (refused.row, refused.field, refused.code) == (3, "placed_at", code)


def test_nan_in_one_row_does_not_loosen_the_others():
    head = '{"channel": "web", "order_ref": "A", "placed_at": "2026-11-10T15:00:00Z", '
    line = '"lines": [{"sku": "MUG", "quantity": '
    good, nan, text = (f"{head}{line}{quantity}}}]}}" for quantity in ("2", "NaN", '"2"'))
    results = requests.decode_orders(f"[{good}, {nan}, {text}]".encode())
    assert [type(result).__name__ for result in results] == ["OrderRequest", "BadInput", "BadInput"]
    assert [(result.row, result.code) for result in results[1:]] == [(1, "not_whole"), (2, "not_whole")]


def test_the_hash_is_the_same_for_the_same_order_only():
    assert body_hash(make.request("O-1")) == body_hash(make.request("O-1"))
    assert body_hash(make.request("O-1")) != body_hash(make.request("O-1", priority=4))


@pytest.mark.parametrize(
    ("text", "currency", "units"),
    [("6.95", "USD", 695), (" 6.9 ", "USD", 690), ("7", "GBP", 700), ("700", "JPY", 700), ("1.234", "KWD", 1234),
     ("6.950", "USD", 695), ("0", "USD", 0), ("1e2", "USD", 10000)],
)  # fmt: skip
def test_an_amount_becomes_minor_units_of_its_currency(text, currency, units):
    assert minor_units(text, currency) == units


@pytest.mark.parametrize("text", ["6.955", "", "six", "NaN", "-1", "Infinity", "6,95", "1e99999999", "1.5e-9"])
def test_an_amount_that_does_not_come_out_whole_is_refused(text):
    with pytest.raises(BadInput) as refused:
        minor_units(text, "USD")
    assert (refused.value.code, refused.value.params) == ("not_an_amount", {"value": text})
