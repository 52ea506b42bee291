import json
from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.test import APIClient

from dom_project.accounts.models import Role
from inventory import ledger
from inventory.models import FeedRun, LedgerEntry, StockLevel
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    client = APIClient()
    client.force_authenticate(make.user(Role.INTEGRATION))
    return client


@pytest.fixture
def mugs():
    """Five mugs in Reno, two in Dallas."""
    sku = make.sku("MUG")
    make.stock(make.node("RENO-DC"), sku, 5)
    make.stock(make.node("DALLAS-DC"), sku, 2)
    ledger.publish_atp(at=datetime.now(UTC))
    return sku


def counts(*rows):
    return {"counts": list(rows)}


def row(**fields):
    moment = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    return {"node": "RENO-DC", "sku": "MUG", "quantity": 9, "observed_at": moment} | fields


def test_availability_is_told_in_all_and_by_node(shop, mugs):
    assert shop.get("/api/v1/availability/MUG/").json() == {
        "sku": "MUG",
        "available": 7,
        "nodes": [{"node": "RENO-DC", "available": 5}, {"node": "DALLAS-DC", "available": 2}],
    }


def test_an_unknown_sku_is_a_problem_that_names_it(shop):
    answer = shop.get("/api/v1/availability/NOPE/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert (answer.json()["code"], answer.json()["params"]) == ("unknown_sku", {"sku": "NOPE"})


def test_a_cart_is_judged_as_a_whole_and_by_line(shop, mugs):
    make.stock(make.node("BOSTON"), make.sku("PAN"), 1)
    ledger.publish_atp(at=datetime.now(UTC))
    body = {"lines": [{"sku": "MUG", "quantity": 3}, {"sku": "MUG", "quantity": 3}, {"sku": "PAN", "quantity": 1}]}
    answer = shop.post("/api/v1/availability/cart/", body, format="json").json()
    assert answer["enough"] is True
    assert [(line["available"], line["enough"], line["largest_node"]) for line in answer["lines"]] == [
        (7, True, 5),
        (7, True, 5),
        (1, True, 1),
    ]
    assert answer["nodes"] == []
    one = shop.post("/api/v1/availability/cart/", {"lines": [{"sku": "MUG", "quantity": 4}]}, format="json").json()
    assert one["nodes"] == ["RENO-DC"]


def test_a_cart_with_an_unknown_sku_names_the_line(shop, mugs):
    answer = shop.post("/api/v1/availability/cart/", {"lines": [{"sku": "NOPE", "quantity": 1}]}, format="json")
    assert answer.status_code == 422
    assert answer.json()["errors"][0] | {"reason": ""} == {
        "field": "lines[0].sku",
        "code": "unknown_sku",
        "reason": "",
    }


def test_a_quantity_below_0_counts_as_0_and_is_told_back(shop, mugs):
    answer = shop.post("/api/v1/stock/counts/", counts(row(sku="NOPE"), row(quantity=-3)), format="json")
    told = answer.json()
    assert (told["taken"], told["refused"]) == (1, 1)
    assert told["notes"] == [
        {
            "row": 1,
            "field": "quantity",
            "code": "counted_as_nothing",
            "reason": "is below 0: counted as 0, and kept as a data issue",
        }
    ]
    assert StockLevel.objects.get(node__code="RENO-DC").on_hand == 0


def test_the_document_names_the_fields_of_a_counted_row(client):
    client.force_login(make.user(Role.ADMINISTRATOR))
    shapes = client.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()["components"]["schemas"]
    assert set(shapes["CountIn"]["properties"]) == {"node", "sku", "quantity", "external", "observed_at"}


def test_counts_of_good_rows_count_and_bad_rows_are_named(shop, mugs):
    answer = shop.post(
        "/api/v1/stock/counts/",
        counts(row(), row(node="NOPE"), row(sku="NOPE"), row(quantity=10**9), row(observed_at="2026-11-10T09:00:00")),
        format="json",
    )
    assert answer.status_code == 200
    told = answer.json()
    assert (told["taken"], told["refused"], told["changed"], told["stale"]) == (1, 4, 1, 0)
    assert [(error["row"], error["field"]) for error in told["errors"]] == [
        (1, "node"),
        (2, "sku"),
        (3, "quantity"),
        (4, "observed_at"),
    ]
    assert StockLevel.objects.get(node__code="RENO-DC").on_hand == 9


@pytest.mark.parametrize("quantity", ["NaN", 1.5, None, "12x"])
def test_what_is_no_whole_number_counts_nothing(shop, mugs, quantity):
    answer = shop.post("/api/v1/stock/counts/", counts(row(quantity=quantity)), format="json").json()
    assert (answer["taken"], answer["errors"][0]["field"]) == (0, "quantity")
    assert StockLevel.objects.get(node__code="RENO-DC").on_hand == 5
    assert not FeedRun.objects.exists()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_spoils_its_row_only(shop, mugs, number):
    body = json.dumps(counts(row(quantity=0), row())).replace('"quantity": 0', f'"quantity": {number}')
    answer = shop.post("/api/v1/stock/counts/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["taken"]) == (200, 1)
    assert [(error["row"], error["field"]) for error in answer.json()["errors"]] == [(0, "quantity")]


@pytest.mark.parametrize("sku", ["A\x00", "\ud800", ["MUG"], {}])
def test_a_sku_that_is_no_text_spoils_its_row_only(shop, mugs, sku):
    answer = shop.post(
        "/api/v1/stock/counts/", json.dumps(counts(row(sku=sku), row())), content_type="application/json"
    )
    assert (answer.status_code, answer.json()["taken"]) == (200, 1)
    assert [(error["row"], error["field"]) for error in answer.json()["errors"]] == [(0, "sku")]


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("0001-01-01T00:00:00Z", "too_long_ago"),
        ("0001-01-01T00:00:00+14:00", "bad_instant"),
        ("9999-12-31T23:59:59-10:00", "bad_instant"),
    ],
)
def test_a_count_of_no_time_is_refused(shop, mugs, moment, code):
    answer = shop.post("/api/v1/stock/counts/", counts(row(observed_at=moment)), format="json").json()
    assert (answer["taken"], answer["errors"][0]["code"]) == (0, code)
    assert not FeedRun.objects.exists()


def test_a_body_of_brackets_is_no_json(shop, mugs):
    answer = shop.post("/api/v1/stock/counts/", "[" * 100_000, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_json")


@pytest.mark.parametrize("path", ["availability", "skus", "nodes"])
def test_an_address_with_a_nul_names_nothing(shop, path):
    answer = shop.get(f"/api/v1/{path}/A%00/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_count_of_the_future_is_refused(shop, mugs):
    later = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
    answer = shop.post("/api/v1/stock/counts/", counts(row(observed_at=later)), format="json").json()
    assert (answer["taken"], answer["errors"][0]["field"]) == (0, "observed_at")


def test_a_repeated_call_counts_once_and_gets_the_same_answer(shop, mugs):
    body, key = counts(row()), {"HTTP_IDEMPOTENCY_KEY": "count-1"}
    first = shop.post("/api/v1/stock/counts/", body, format="json", **key)
    again = shop.post("/api/v1/stock/counts/", body, format="json", **key)
    assert (first.json(), again["Idempotent-Replayed"]) == (again.json(), "true")
    assert LedgerEntry.objects.filter(verb="count").count() == 1
    other = shop.post("/api/v1/stock/counts/", counts(row(quantity=8)), format="json", **key)
    assert (other.status_code, other.json()["code"]) == (422, "other_body")
    assert StockLevel.objects.get(node__code="RENO-DC").on_hand == 9


def test_lists_go_on_where_the_page_ended(shop):
    for code in ("A", "B", "C"):
        make.node(code)
        make.sku(code)
    for kind in ("nodes", "skus"):
        first = shop.get(f"/api/v1/{kind}/", {"limit": 2}).json()
        assert ([row["code"] for row in first["results"]], first["next"]) == (["A", "B"], "B")
        second = shop.get(f"/api/v1/{kind}/", {"limit": 2, "after": first["next"]}).json()
        assert ([row["code"] for row in second["results"]], second["next"]) == (["C"], None)


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "9" * 400, "000100999"])
def test_a_page_of_no_size_is_refused(shop, limit):
    answer = shop.get("/api/v1/nodes/", {"limit": limit})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "limit")


def test_somebody_bound_to_nodes_sees_no_other():
    reno, dallas = make.node("RENO-DC"), make.node("DALLAS-DC")
    shop = APIClient()
    shop.force_authenticate(make.user(Role.INTEGRATION, nodes=(reno,)))
    assert [row["code"] for row in shop.get("/api/v1/nodes/").json()["results"]] == ["RENO-DC"]
    assert shop.get(f"/api/v1/nodes/{dallas.code}/").status_code == 404


@pytest.mark.parametrize("role", [Role.STORE_ASSOCIATE, Role.EXECUTIVE, Role.CUSTOMER_SERVICE])
def test_counting_is_not_for_everybody(role, mugs):
    client = APIClient()
    client.force_authenticate(make.user(role))
    assert client.post("/api/v1/stock/counts/", counts(row()), format="json").status_code == 403
    assert StockLevel.objects.get(node__code="RENO-DC").on_hand == 5
