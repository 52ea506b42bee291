"""What every call of the API has in common: its document, its errors, its parameters."""

import pytest
from rest_framework.test import APIClient

from dom_project.accounts.models import Role
from tests import make
from tests.fulfillment import sold

from .calls import STEPS, post

pytestmark = pytest.mark.django_db


def test_the_document_of_the_api_gives_every_call_a_name_and_a_shape_of_its_own(client, capsys):
    client.force_login(make.user(Role.ADMINISTRATOR))
    document = client.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()
    assert capsys.readouterr().err == ""  # where the generator warns of two of one name
    steps = {path: document["paths"][f"/api/v1/shipments/{{ref}}/{path}/"]["post"] for path in STEPS}
    assert {path: step["operationId"] for path, step in steps.items()} == {
        "pick": "pick_shipment",
        "short": "short_shipment",
        "pack": "pack_shipment",
        "ready": "ready_shipment",
        "ship": "ship_shipment",
        "hand-over": "hand_over_shipment",
        "deliver": "deliver_shipment",
    }
    assert len({step["description"] for step in steps.values()}) == len(steps)


def test_the_document_of_the_api_describes_every_endpoint(client):
    client.force_login(make.user(Role.ADMINISTRATOR))
    document = client.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()
    assert {path.removeprefix("/api/v1/") for path in document["paths"] if path.startswith("/api/v1/")} == {
        "availability/cart/",
        "availability/{sku}/",
        "feedback/",
        "nodes/",
        "nodes/{code}/",
        "orders/",
        "orders/bulk/",
        "orders/{ref}/",
        "orders/{ref}/cancel/",
        "returns/",
        "shipments/",
        "shipments/{ref}/",
        "shipments/{ref}/deliver/",
        "shipments/{ref}/hand-over/",
        "shipments/{ref}/pack/",
        "shipments/{ref}/pick/",
        "shipments/{ref}/ready/",
        "shipments/{ref}/ship/",
        "shipments/{ref}/short/",
        "skus/",
        "skus/{code}/",
        "stock/counts/",
    }
    assert set(document["paths"]["/api/v1/orders/"]) == {"get", "post"}


def test_errors_name_fields_of_the_request(caller, reno):
    shipment = sold.on_the_floor(reno)
    line, order = shipment.lines.get().pk, shipment.order
    back = {"key": "r1", "order": "nowhere", "line_ref": "1", "quantity": 1, "node": reno.code}
    told = {
        f"shipments/{shipment.ref}/pick/": ({"lines": [{"id": line, "picked": 99}]}, "lines[0].picked"),
        f"shipments/{shipment.ref}/short/": ({"id": line, "found": 99, "reason": "missing"}, "found"),
        f"orders/{order.ref}/cancel/": ({"lines": ["nope"]}, "lines"),
        "returns/": (back, "order"),
    }
    before = sold.everything()
    for path, (body, field) in told.items():
        [error] = post(caller, path, body).json()["errors"]
        assert (error["field"], "row" in error) == (field, False)
    assert not post(caller, "returns/", back).json()["detail"].startswith("0")
    assert not post(caller, "feedback/", {"order": order.ref, "score": 5}).json()["detail"].startswith("0")
    assert sold.everything() == before


def test_a_verb_that_an_address_does_not_take_is_405_and_no_address_404(caller):
    answer = caller.put("/api/v1/orders/", {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    for ask in (caller.get, caller.post):
        answer = ask("/api/v1/nope/")
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert caller.get("/api/v1/orders").status_code == 301


def test_a_token_that_is_not_known_is_told_apart_from_none(db):
    answer = APIClient().get("/api/v1/orders/", headers={"Authorization": "Bearer nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")
    assert answer.json()["detail"] == "This token is not known, has ended or was revoked."
    assert APIClient().get("/api/v1/orders/").json()["code"] == "not_logged_in"


@pytest.mark.parametrize("path", ["orders", "shipments", "nodes", "skus"])
def test_a_parameter_that_a_list_does_not_take_is_refused(caller, path):
    answer = caller.get(f"/api/v1/{path}/", {"limit": 1, "colour": "red"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "colour")
    assert answer.json()["params"]["unknown"] == ["colour"]
    assert answer.json()["detail"].startswith("colour: is not a parameter of this call; it takes after, limit")


def test_a_head_is_answered_as_its_get_without_the_body(caller):
    assert caller.head("/api/v1/nodes/", {"limit": 1}).status_code == 200
    assert caller.head("/api/v1/nodes/", {"colour": "red"}).status_code == 400
    reader = APIClient()
    reader.force_authenticate(make.user(Role.EXECUTIVE))
    assert {method("/api/v1/shipments/").status_code for method in (reader.get, reader.head)} == {403}


@pytest.mark.parametrize(
    "path",
    ["nodes/RENO", "skus/MUG", "availability/MUG", "orders/{order}", "shipments/{shipment}"],
)
def test_a_single_read_takes_no_parameter(caller, reno, path):
    shipment = sold.on_the_floor(reno)
    address = f"/api/v1/{path.format(order=shipment.order.ref, shipment=shipment.ref)}/"
    assert caller.get(address).status_code == 200
    answer = caller.get(address, {"expand": "lines"})
    assert (answer.status_code, answer.json()["code"]) == (400, "takes_no_parameter")
    assert answer.json()["detail"] == "expand: is not a parameter of this call; it takes none"


@pytest.mark.parametrize(
    "path",
    [
        "orders", "orders/bulk", "orders/{order}/cancel", "returns", "feedback", "stock/counts", "availability/cart",
        *(f"shipments/{{shipment}}/{step}" for step in STEPS),
    ],
)  # fmt: skip
def test_a_post_with_a_parameter_is_refused_and_changes_nothing(caller, reno, path):
    shipment = sold.on_the_floor(reno)
    before = sold.everything()
    answer = post(caller, f"{path.format(order=shipment.order.ref, shipment=shipment.ref)}/?dry_run=1")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "dry_run")
    assert sold.everything() == before
