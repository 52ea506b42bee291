"""The steps of a parcel by API: in turn, once, and the same again without harm."""

from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.test import APIClient

from dom_project.accounts.models import Role
from fulfillment.models import Shipment
from tests import make
from tests.fulfillment import sold

from .calls import STEPS, post

pytestmark = pytest.mark.django_db


def test_a_parcel_goes_from_the_shelf_to_the_customer(caller, reno):
    shipment = sold.on_the_floor(reno)
    address = f"shipments/{shipment.ref}"
    assert [post(caller, f"{address}/{step}/").json()["state"] for step in ("pick", "pack")] == ["picking", "packed"]
    gone = post(caller, f"{address}/ship/", {"tracking_number": "TRK9"}).json()
    assert (gone["state"], gone["tracking_number"], gone["lines"][0]["close_reason"]) == ("shipped", "TRK9", "shipped")
    assert post(caller, f"{address}/deliver/").json()["state"] == "delivered"
    order = caller.get(f"/api/v1/orders/{gone['order']}/").json()
    assert (order["state"], [line["delivered"] for line in order["lines"]]) == ("delivered", [2])
    assert order["shipments"][0]["tracking_number"] == "TRK9"


def test_a_step_out_of_turn_is_refused_and_changes_nothing(caller, reno):
    shipment = sold.on_the_floor(reno)
    before = sold.everything()
    answer = post(caller, f"shipments/{shipment.ref}/ship/", {"tracking_number": "TRK9"})
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert sold.everything() == before


def test_one_line_is_picked_and_the_rest_reported_short(caller, reno):
    shipment = sold.on_the_floor(reno)
    (line,) = caller.get(f"/api/v1/shipments/{shipment.ref}/").json()["lines"]
    picked = post(caller, f"shipments/{shipment.ref}/pick/", {"lines": [{"id": line["id"], "picked": 1}]}).json()
    assert picked["lines"][0]["picked"] == 1
    short = post(
        caller, f"shipments/{shipment.ref}/short/", {"id": line["id"], "found": 1, "reason": "damaged"}
    ).json()
    assert {(row["quantity"], row["close_reason"]) for row in short["lines"]} == {(1, ""), (1, "damaged")}


@pytest.mark.parametrize(
    ("step", "body", "field"),
    [
        ("pick", {"lines": [{"id": 999999, "picked": 1}]}, "lines"),
        ("pick", {"lines": [{"id": 1, "picked": 10**9}]}, "lines[0].picked"),
        ("short", {"id": 999999, "found": 0, "reason": "missing"}, "id"),
        ("short", {"id": 1, "found": 0, "reason": "eaten"}, "reason"),
        ("ship", {}, "tracking_number"),
        ("deliver", {"delivered_at": "2026-11-10T09:00:00"}, "delivered_at"),
    ],
)
def test_a_bad_body_names_its_field_and_changes_nothing(caller, reno, step, body, field):
    shipment = sold.on_the_floor(reno)
    before = sold.everything()
    answer = post(caller, f"shipments/{shipment.ref}/{step}/", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert sold.everything() == before


def test_a_line_of_another_shipment_is_not_ours_to_report(caller, reno):
    mine, other = sold.on_the_floor(reno), sold.on_the_floor(reno)
    before = sold.everything()
    line = other.lines.get()
    answer = post(caller, f"shipments/{mine.ref}/short/", {"id": line.pk, "found": 0, "reason": "missing"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_shipment_line")
    assert sold.everything() == before


def test_a_repeated_step_with_its_key_gets_the_first_answer(caller, reno):
    shipment = sold.on_the_floor(reno)
    key = {"HTTP_IDEMPOTENCY_KEY": "pick-1"}
    first = post(caller, f"shipments/{shipment.ref}/pick/", **key)
    again = post(caller, f"shipments/{shipment.ref}/pick/", **key)
    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")


def steps_of(shipment):
    """Each step of a parcel with its body, in turn."""
    line = {"id": shipment.lines.get().pk}
    short = {**line, "found": 2, "reason": "missing"}
    moment = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()  # after it was shipped, and not too far ahead
    return [
        ("pick", {"lines": [{**line, "picked": 2}]}), ("short", short), ("pick", {}), ("pack", {}),
        ("ship", {"tracking_number": " TRK9 "}), ("deliver", {"delivered_at": moment}),
    ]  # fmt: skip


def test_each_step_of_a_parcel_again_is_answered_with_the_shipment_and_changes_nothing(caller, reno):
    shipment = sold.on_the_floor(reno, lines={"MUG": 3})
    steps = steps_of(shipment)
    for done, (step, body) in enumerate(steps, start=1):
        first = post(caller, f"shipments/{shipment.ref}/{step}/", body)
        assert first.status_code == 200, (step, first.json())
        before = sold.everything()
        for again, same in steps[:done]:
            answer = post(caller, f"shipments/{shipment.ref}/{again}/", same)
            assert (answer.status_code, answer.json()) == (200, first.json()), (again, "after", step)
        assert sold.everything() == before, step
    assert first.json()["state"] == "delivered"


def test_a_pickup_made_ready_and_handed_over_again_changes_nothing(caller, reno):
    shipment = sold.packed(reno, method="pickup", ship_to_postcode="")
    for step in ("ready", "hand-over"):
        first = post(caller, f"shipments/{shipment.ref}/{step}/")
        before = sold.everything()
        again = post(caller, f"shipments/{shipment.ref}/{step}/")
        assert (again.status_code, again.json()) == (200, first.json())
        assert sold.everything() == before
    assert post(caller, f"shipments/{shipment.ref}/ready/").status_code == 200
    assert post(caller, f"shipments/{shipment.ref}/deliver/").status_code == 409


@pytest.mark.parametrize(
    ("step", "body", "status", "code"),
    [
        ("pick", {"lines": [{"id": 0, "picked": 1}]}, 409, "line_closed"),
        ("short", {"id": 0, "found": 2, "reason": "damaged"}, 409, "illegal_move"),
        ("short", {"id": 0, "found": 1, "reason": "missing"}, 409, "illegal_move"),
        ("ship", {"tracking_number": "TRK8"}, 409, "illegal_move"),
        ("deliver", {"delivered_at": "2026-11-10T09:00:01-06:00"}, 409, "illegal_move"),
    ],
)
def test_a_step_that_is_done_is_refused_with_another_body(caller, reno, step, body, status, code):
    shipment = sold.on_the_floor(reno, lines={"MUG": 3})
    for done, said in steps_of(shipment):
        assert post(caller, f"shipments/{shipment.ref}/{done}/", said).status_code == 200
    for row in [body, *body.get("lines", [])]:
        if "id" in row:
            row["id"] = shipment.lines.get(close_reason="shipped").pk
    before = sold.everything()
    answer = post(caller, f"shipments/{shipment.ref}/{step}/", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert sold.everything() == before


@pytest.mark.parametrize("step", ["pick", "pack", "ready"])
def test_what_was_done_before_a_cancel_is_not_done_again(caller, reno, step):
    shipment = sold.packed(reno, method="pickup", ship_to_postcode="")
    post(caller, f"shipments/{shipment.ref}/ready/")
    post(caller, f"orders/{shipment.order.ref}/cancel/")
    answer = post(caller, f"shipments/{shipment.ref}/{step}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")


def test_a_line_reported_short_elsewhere_is_no_repeat_here(caller, reno):
    mine, other = sold.on_the_floor(reno), sold.on_the_floor(reno)
    said = {"id": other.lines.get().pk, "found": 0, "reason": "damaged"}
    assert post(caller, f"shipments/{other.ref}/short/", said).status_code == 200
    answer = post(caller, f"shipments/{mine.ref}/short/", said)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_shipment_line")


def test_the_document_says_what_the_same_step_again_does(client):
    client.force_login(make.user(Role.ADMINISTRATOR))
    document = client.get("/api/schema/", {"format": "json"}).json()
    for step in STEPS:
        told = document["paths"][f"/api/v1/shipments/{{ref}}/{step}/"]["post"]["description"]
        assert "The same again, with a key or without one, changes nothing" in told


def test_the_shipments_of_another_node_do_not_exist(reno):
    shipment = sold.on_the_floor(reno)
    picker = APIClient()
    picker.force_authenticate(make.user(Role.STORE_ASSOCIATE, nodes=(make.node("DALLAS-DC"),)))
    assert picker.get("/api/v1/shipments/").json() == {"results": [], "next": None}
    assert picker.get("/api/v1/shipments/", {"node": "RENO"}).status_code == 404
    assert picker.get(f"/api/v1/shipments/{shipment.ref}/").status_code == 404
    assert post(picker, f"shipments/{shipment.ref}/pick/").status_code == 404
    assert Shipment.objects.get().state == "to_pick"
