import json
from datetime import UTC, datetime
from threading import Event, Thread

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client

from dom_project.accounts import tokens
from dom_project.accounts.models import ApiToken, Role
from inventory import idempotency
from inventory.models import IdempotentCall
from routing.models import Customer, Order, OrderEvent, OrderLine, Pending
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_the_clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def shop():
    make.channel("web")
    make.rate_card()
    make.stock(make.node("RENO"), make.sku("MUG"), 50)


class Caller:
    """A system with a token of the integration role."""

    def __init__(self, role=Role.INTEGRATION):
        self.user = make.user(role)
        self.key = tokens.make(self.user, name="storefront", at=NOW)
        self.client = Client()

    def sends(self, body, *, url="/api/v1/orders/", key="", content_type="application/json"):
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        headers = {"Authorization": f"Bearer {self.key}"} | ({"Idempotency-Key": key} if key else {})
        return self.client.post(url, text, content_type=content_type, headers=headers)

    def sends_many(self, body, **more):
        return self.sends(body, url="/api/v1/orders/bulk/", **more)


@pytest.fixture
def storefront(shop):
    return Caller()


def order(ref="O-1", **fields):
    body = {
        "channel": "web",
        "order_ref": ref,
        "placed_at": "2026-11-10T09:00:00-06:00",
        "lines": [{"sku": "MUG", "quantity": 2, "unit_price": 1990}],
        "customer": {"name": "Ada Field", "email": "ada@example.com", "postcode": "95814"},
    }
    return {name: value for name, value in (body | fields).items() if value is not ...}


def line(**fields):
    return [{"sku": "MUG", "quantity": 1} | fields]


def counts():
    return [model.objects.count() for model in (Customer, Order, OrderLine, OrderEvent, Pending)]


def test_an_order_is_created_and_told_its_promise(storefront):
    answer = storefront.sends(order())
    made = Order.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "ref": made.ref,
        "channel": "web",
        "order_ref": "O-1",
        "promise_at": "2026-11-12T07:59:59Z",
        "promise_source": "computed",
        "repeated": False,
    }
    assert made.placed_at == NOW
    assert OrderEvent.objects.get().actor.startswith("token:")


def test_the_same_order_again_is_answered_from_the_stored_one(storefront):
    first = storefront.sends(order()).json()
    again = storefront.sends(order())
    assert (again.status_code, again.json()) == (200, first | {"repeated": True})
    assert counts() == [1] * 5


def test_another_body_under_the_same_ref_is_a_problem(storefront):
    ref = storefront.sends(order()).json()["ref"]
    answer = storefront.sends(order(lines=line(quantity=9)))
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json() == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "order_ref: was sent before with another body",
        "code": "other_body",
        "params": {"order_ref": "O-1", "ref": ref},
        "errors": [{"field": "order_ref", "code": "other_body", "reason": "was sent before with another body"}],
    }
    assert OrderLine.objects.get().ordered == 2


def test_a_repeated_call_gets_the_stored_answer_word_for_word(storefront):
    first = storefront.sends(order(), key="call-1")
    again = storefront.sends(order(), key="call-1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotent-Replayed"] == "true"
    assert counts() == [1] * 5


def test_a_key_used_for_another_body_is_refused(storefront):
    storefront.sends(order(), key="call-1")
    answer = storefront.sends(order("O-2"), key="call-1")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert counts() == [1] * 5


def test_a_key_of_somebody_else_is_another_key(storefront):
    storefront.sends(order(), key="call-1")
    assert Caller().sends(order("O-2"), key="call-1").status_code == 201


def test_a_refused_call_may_be_mended_under_the_same_key(storefront):
    assert storefront.sends(order(lines=line(sku="CUP")), key="call-1").status_code == 422
    assert IdempotentCall.objects.count() == 0
    assert storefront.sends(order(), key="call-1").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_a_call_whose_first_try_is_still_at_work_is_told_to_wait(storefront, clock):
    begun, done = Event(), Event()
    scope = f"create_order token:{ApiToken.objects.get().pk}"

    def first_try():
        with transaction.atomic():
            idempotency.begin(scope, "call-1", "x", at=clock)
            begun.set()
            done.wait(10)
        connection.close()

    worker = Thread(target=first_try)
    worker.start()
    assert begun.wait(10)
    answer = storefront.sends(order(), key="call-1")
    done.set()
    worker.join()
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (409, "in_flight", "1")
    assert counts() == [0] * 5


BAD = [
    ("not JSON", "<html>", 400, "not_json", ""),
    ("half a body", '{"channel": "web", "order_', 400, "not_json", ""),
    ("nothing", " ", 400, "not_json", ""),
    ("not UTF-8", b'{"channel": "\xff"}', 400, "not_json", ""),
    ("brackets without end", "[" * 100_000, 422, "wrong_type", ""),
    ("brackets without end inside", '{"tags": ' + "[" * 100_000, 422, "wrong_type", ""),
    ("braces without end", '{"x": ' * 100_000, 422, "unknown_field", ""),
    ("a list", "[]", 422, "wrong_type", ""),
    ("no channel", order(channel=...), 422, "missing", "channel"),
    ("unknown channel", order(channel="fax"), 422, "unknown_channel", "channel"),
    ("empty order ref", order(""), 422, "missing", "order_ref"),
    ("an order ref of 65 letters", order("x" * 65), 422, "too_long", "order_ref"),
    ("a NUL in the order ref", order("a\x00b"), 422, "bad_format", "order_ref"),
    ("half a surrogate pair", order("a\ud800b"), 422, "bad_format", "order_ref"),
    ("half a pair for an instant", order(placed_at="\ud800"), 422, "bad_format", "placed_at"),
    ("half a pair for a quantity", order(lines=line(quantity="\ud800")), 422, "bad_format", "lines[0].quantity"),
    ("half a pair for a line", order(lines=["\ud800"]), 422, "bad_format", "lines[0]"),
    ("a line break", order("a\nb"), 422, "bad_format", "order_ref"),
    ("blanks around", order(" a"), 422, "bad_format", "order_ref"),
    ("unknown SKU", order(lines=line(sku="CUP")), 422, "unknown_sku", "lines[0].sku"),
    ("a NUL in the SKU", order(lines=line(sku="MUG\x00")), 422, "bad_format", "lines[0].sku"),
    ("no lines", order(lines=[]), 422, "no_lines", "lines"),
    ("2,001 lines", order(lines=line() * 2001), 422, "too_many", "lines"),
    ("quantity 0", order(lines=line(quantity=0)), 422, "too_small", "lines[0].quantity"),
    ("quantity -1", order(lines=line(quantity=-1)), 422, "too_small", "lines[0].quantity"),
    ("quantity 10⁹", order(lines=line(quantity=10**9)), 422, "too_large", "lines[0].quantity"),
    ("quantity 10⁴⁰⁰", order(lines=line(quantity=10**400)), 422, "too_large", "lines[0].quantity"),
    ("NaN", order(lines=line(quantity=float("nan"))), 422, "not_whole", "lines[0].quantity"),
    ("Infinity", order(lines=line(quantity=float("inf"))), 422, "not_whole", "lines[0].quantity"),
    ("a fraction", order(lines=line(quantity=1.5)), 422, "not_whole", "lines[0].quantity"),
    ("a quantity in words", order(lines=line(quantity="two")), 422, "not_whole", "lines[0].quantity"),
    ("true", order(lines=line(quantity=True)), 422, "not_whole", "lines[0].quantity"),
    ("a price below 0", order(lines=line(unit_price=-1)), 422, "too_small", "lines[0].unit_price"),
    ("no offset", order(placed_at="2026-11-10T15:00:00"), 422, "no_offset", "placed_at"),
    ("no instant", order(placed_at="yesterday"), 422, "not_an_instant", "placed_at"),
    ("a 30th of February", order(placed_at="2026-02-30T00:00:00Z"), 422, "not_an_instant", "placed_at"),
    ("6 minutes ahead", order(placed_at="2026-11-10T15:06:00Z"), 422, "in_the_future", "placed_at"),
    ("a promise without offset", order(promise_at="2026-11-12T00:00:00"), 422, "no_offset", "promise_at"),
    ("other currency", order(currency="EUR"), 422, "other_currency", "currency"),
    ("curbside", order(method="curbside"), 422, "method_not_built", "method"),
    ("pickup at an unknown node", order(method="pickup", pickup_node="MARS"), 422, "unknown_node", "pickup_node"),
    (
        "a ZIP code that lost its zero",
        order(customer={"postcode": "2139"}),
        422,
        "not_a_zip_code",
        "customer.postcode",
    ),
    (
        "six digits",
        order(customer={"postcode": "895021", "latitude": 39.5, "longitude": -119.8}),
        422,
        "not_a_zip_code",
        "customer.postcode",
    ),
    ("a country in words", order(customer={"country": "Utah"}), 422, "bad_format", "customer.country"),
    ("a latitude of 91", order(customer={"latitude": 91, "longitude": 0}), 422, "too_large", "customer.latitude"),
    ("an unknown field", order(colour="red"), 422, "unknown_field", "colour"),
    ("an unknown field inside", order(lines=line(colour="red")), 422, "unknown_field", "lines[0].colour"),
    ("priority 0", order(priority=0), 422, "too_small", "priority"),
]


@pytest.mark.parametrize(("case", "body", "status", "code", "field"), BAD)
def test_bad_input_is_a_problem_with_field_and_reason_and_nothing_is_written(
    storefront, case, body, status, code, field
):
    answer = storefront.sends(body)
    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"], problem["code"]) == (status, "application/problem+json", code)
    if field:
        assert [error["field"] for error in problem["errors"]] == [field]
        assert problem["errors"][0]["reason"]
        assert "?" not in problem["detail"]
    assert counts() == [0] * 5


def test_a_wrong_zip_code_is_told_as_in_a_file_and_a_postcode_of_elsewhere_is_taken(storefront):
    refused = storefront.sends(order(customer={"postcode": "SW1A 1AA"})).json()
    assert refused["detail"] == "customer.postcode: “SW1A 1AA” is not a ZIP code like 89502 or 89502-1234"
    assert storefront.sends(order(customer={"postcode": "SW1A 1AA", "country": "GB"})).status_code == 201
    assert storefront.sends(order("nine", customer={"postcode": "89502-1234"})).status_code == 201
    assert storefront.sends(order("none", customer={"postcode": " "})).status_code == 201


@pytest.mark.parametrize(("case", "body", "status", "code", "field"), [bad for bad in BAD if bad[4]])
def test_in_bulk_a_bad_row_is_told_and_its_neighbours_are_taken(storefront, case, body, status, code, field):
    answer = storefront.sends_many([order("A"), body, order("B")])
    told = answer.json()
    assert (answer.status_code, told["accepted"], told["repeated"], told["refused"]) == (200, 2, 0, 1)
    assert [row["status"] for row in told["results"]] == ["accepted", "refused", "accepted"]
    error = told["results"][1]["error"]
    assert (error["row"], error["field"], error["code"]) == (1, field, code)
    assert error["reason"]
    assert sorted(Order.objects.values_list("order_ref", flat=True)) == ["A", "B"]
    assert counts() == [2] * 5


def test_a_thousand_rows_of_all_kinds_get_a_result_each(storefront):
    storefront.sends(order("O-5"))
    rows = [order(f"O-{row}", lines=line(quantity=0 if row % 100 == 7 else 2)) for row in range(1000)]
    rows[5] = order("O-5")  # sent before
    rows[6] = order("O-5", lines=line(quantity=9))  # with another body
    rows[8] = "nonsense"
    told = storefront.sends_many(rows).json()
    assert (told["accepted"], told["repeated"], told["refused"]) == (987, 1, 12)
    assert [row["row"] for row in told["results"]] == list(range(1000))
    assert told["results"][5]["status"] == "repeated"
    assert told["results"][6]["error"]["code"] == "other_body"
    assert told["results"][8]["error"] == {
        "row": 8, "field": "", "code": "wrong_type", "reason": "must be of the type object, not str",
    }  # fmt: skip
    assert counts() == [988] * 5


@pytest.mark.parametrize(
    ("case", "body", "status", "code"),
    [
        ("no rows", [], 422, "wrong_number_of_rows"),
        ("1,001 rows", [0] * 1001, 422, "wrong_number_of_rows"),
        ("one order", order(), 422, "not_a_list"),
        ("half a body", '[{"channel": "web"', 400, "not_json"),
    ],
)
def test_a_bulk_call_that_is_no_list_of_orders_is_a_problem(storefront, case, body, status, code):
    answer = storefront.sends_many(body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert counts() == [0] * 5


def test_a_repeated_bulk_call_gets_the_stored_answer(storefront):
    first = storefront.sends_many([order("A"), order("B", channel="fax")], key="k")
    assert storefront.sends_many([order("A"), order("B", channel="fax")], key="k").json() == first.json()
    assert counts() == [1] * 5


def test_a_body_that_is_not_json_by_its_type_is_refused(storefront):
    answer = storefront.sends("a=1", content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.json()["code"]) == (415, "not_that_type")


def test_a_body_that_is_too_big_is_refused(storefront, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = storefront.sends(order())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_big")


def test_who_has_no_token_is_asked_for_one_and_who_may_not_is_told_so(storefront):
    answer = Client().post("/api/v1/orders/", order(), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_logged_in")
    answer = Caller(Role.EXECUTIVE).sends(order())
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert counts() == [0] * 5


def test_a_person_in_a_session_may_send_orders_with_the_pages_token(shop):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(make.user(Role.OPERATIONS_MANAGER))
    refused = browser.post("/api/v1/orders/", order(), content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    browser.cookies["csrftoken"] = "a" * 32
    taken = browser.post(
        "/api/v1/orders/", order(), content_type="application/json", headers={"X-CSRFToken": "a" * 32}
    )
    assert taken.status_code == 201
    assert OrderEvent.objects.get().actor.startswith("user:")
