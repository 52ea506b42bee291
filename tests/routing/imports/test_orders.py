from datetime import UTC, datetime

import pytest

from inventory.imports import drafts
from routing.models import Order, OrderLine
from tests import make
from tests.filing import faults

pytestmark = pytest.mark.django_db

HEADER = "order_ref,placed_at,customer_ref,ship_to_zip,sku,description,quantity,unit_price\n"
CONSTANTS = {"channel": "web", "country": "US", "method": "ship"}


@pytest.fixture(autouse=True)
def _goods(db):
    make.channel("web")
    make.node("RENO")
    make.sku("MUG")
    make.sku("PLATE")


def row(ref="1001", *, placed_at="2026-11-01T10:00:00Z", postcode="10001", sku="MUG", quantity="2", price="6.95"):
    return f"{ref},{placed_at},C1,{postcode},{sku},A thing,{quantity},{price}\n"


def take_orders(take, *rows, **settled):
    return take("orders", HEADER + "".join(rows), constants=CONSTANTS, **settled)


def test_neighbours_with_one_ref_are_one_order(take, clock):
    run = take_orders(take, row(), row(sku="PLATE", quantity="1", price="2.1"), row("1002"))
    assert (run.state, run.rows_good, faults(run)) == ("done", 3, [])
    order = Order.objects.get(order_ref="1001")
    assert (order.channel.code, order.method, order.currency, order.value) == ("web", "ship", "USD", 2 * 695 + 210)
    assert (order.placed_at, order.ship_to_postcode) == (datetime(2026, 11, 1, 10, tzinfo=UTC), "10001")
    assert order.promise_at > clock
    assert list(order.lines.order_by("position").values_list("sku__code", "ordered", "unit_price")) == [
        ("MUG", 2, 695),
        ("PLATE", 1, 210),
    ]


def test_rows_of_one_order_apart_in_a_chunk_are_one_order_too(take):
    take_orders(take, row(), row("1002"), row(sku="PLATE"))
    assert OrderLine.objects.filter(order__order_ref="1001").count() == 2


def test_an_order_keyed_in_over_minutes_was_placed_at_its_first_row(take):
    take_orders(take, row(), row(placed_at="2026-11-01T10:01:00Z"))
    assert Order.objects.get().placed_at.minute == 0


def test_one_sku_twice_in_an_order_is_two_lines(take):
    take_orders(take, row(), row())
    assert OrderLine.objects.count() == 2


@pytest.mark.parametrize(
    ("case", "bad", "field", "reason"),
    [
        ("an unknown SKU", {"sku": "NOPE"}, "sku", "unknown_sku"),
        ("nothing ordered", {"quantity": "0"}, "quantity", "out_of_range"),
        ("a milliard", {"quantity": "1000000000"}, "quantity", "out_of_range"),
        ("NaN", {"quantity": "NaN"}, "quantity", "not_a_number"),
        ("a price too fine", {"price": "6.955"}, "unit_price", "too_fine"),
        ("another customer's postcode", {"postcode": "99999"}, "postcode", "differs_in_order"),
    ],
)
def test_one_bad_row_sends_its_whole_order_back_and_no_other(take, case, bad, field, reason):
    run = take_orders(take, row(), row(**bad), row("1002"))
    assert faults(run) == [(2, "", "order_not_taken"), (3, field, reason)], case
    assert [order.order_ref for order in Order.objects.all()] == ["1002"]


@pytest.mark.parametrize(
    ("case", "bad", "field", "reason"),
    [
        ("no offset", {"placed_at": "2026-11-01T10:00:00"}, "placed_at", "no_offset"),
        ("the future", {"placed_at": "2027-11-01T10:00:00Z"}, "placed_at", "in_the_future"),
        ("no ref", {"ref": ""}, "order_ref", "missing"),
        ("no ZIP code", {"postcode": "ABC"}, "postcode", "not_a_zip_code"),
        ("a ZIP code that lost its zero", {"postcode": "2139"}, "postcode", "not_a_zip_code"),
    ],
)
def test_a_bad_head_is_named_at_the_first_row(take, case, bad, field, reason):
    run = take_orders(take, row(**bad))
    assert (faults(run), Order.objects.count()) == ([(2, field, reason)], 0), case


def test_a_wrong_zip_code_is_told_in_the_preview_and_as_the_api_tells_it(bring, clock):
    run = bring("orders", HEADER + row(postcode="ABC") + row("1002"), constants=CONSTANTS)
    [bad, good] = drafts.preview(run, at=clock).rows
    assert [(fault.field, fault.reason, fault.params) for fault in bad.faults] == [
        ("postcode", "not_a_zip_code", {"value": "ABC"})
    ]
    assert not good.faults


def test_a_postcode_of_a_country_without_a_pattern_is_taken_as_it_is(take):
    run = take("orders", HEADER + row(postcode="SW1A 1AA"), constants=CONSTANTS | {"country": "GB"})
    assert faults(run) == []
    assert Order.objects.get().ship_to_postcode == "SW1A 1AA"


@pytest.mark.parametrize("postcode", ["10001-1234", "100011234", ""])
def test_a_zip_code_may_have_nine_digits_or_be_left_out(take, postcode):
    assert faults(take_orders(take, row(postcode=postcode))) == []


def test_an_order_with_too_many_lines_goes_back_whole(take):
    run = take_orders(take, *[row()] * 2001)
    assert (run.rows_bad, Order.objects.count()) == (2001, 0)
    assert faults(run)[0] == (2, "lines", "too_many")


def test_the_same_file_again_changes_nothing_and_another_body_is_refused(take):
    take_orders(take, row())
    assert take_orders(take, row()).rows_good == 1
    run = take_orders(take, row(quantity="3"))
    assert faults(run) == [(2, "order_ref", "order_came_before")]
    assert OrderLine.objects.get().ordered == 2


def test_local_times_take_the_zone_of_the_file(take):
    take("orders", HEADER + row(placed_at="2026-11-05 10:00"), constants=CONSTANTS | {"time_zone": "America/Chicago"})
    assert Order.objects.get().placed_at == datetime(2026, 11, 5, 16, tzinfo=UTC)


def test_the_preview_knows_what_intake_will_refuse(bring, clock):
    run = bring("orders", HEADER + row() + row("1002", sku="NOPE"), constants=CONSTANTS)
    preview = drafts.preview(run, at=clock)
    assert [[fault.reason for fault in shown.faults] for shown in preview.rows] == [[], ["unknown_sku"]]
    assert Order.objects.count() == 0
