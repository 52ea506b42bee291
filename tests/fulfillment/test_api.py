from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.test import APIClient

from dom_project.accounts.models import Role
from fulfillment.models import Feedback, Return, Shipment
from routing.models import Order
from tests import make
from tests.fulfillment import sold

pytestmark = pytest.mark.django_db
STEPS = ("pick", "short", "pack", "ship", "ready", "hand-over", "deliver")


@pytest.fixture
def reno():
    node = make.node("RENO-DC")
    sold.stock(node, MUG=10)
    return node


@pytest.fixture
def caller():
    client = APIClient()
    client.force_authenticate(make.user(Role.INTEGRATION))
    return client


def post(client, path, body=None, **headers):
    return client.post(f"/api/v1/{path}", body or {}, format="json", **headers)


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
    assert picker.get("/api/v1/shipments/", {"node": "RENO-DC"}).status_code == 404
    assert picker.get(f"/api/v1/shipments/{shipment.ref}/").status_code == 404
    assert post(picker, f"shipments/{shipment.ref}/pick/").status_code == 404
    assert Shipment.objects.get().state == "to_pick"


def test_an_order_is_cancelled_by_line_and_says_what_became_of_it(caller, reno):
    order = sold.on_the_floor(reno).order
    done = post(caller, f"orders/{order.ref}/cancel/", {"lines": ["1"]}).json()
    assert (done["changed"], done["whole"]) == (True, True)
    assert [(line["cancelled"], line["put_back"], line["shipped"]) for line in done["lines"]] == [(2, 0, 0)]
    assert Order.objects.get().state == "cancelled"
    assert post(caller, f"orders/{order.ref}/cancel/").json()["changed"] is False


def test_what_has_left_is_not_cancelled(caller, reno):
    order = sold.shipped(reno).order
    answer = post(caller, f"orders/{order.ref}/cancel/")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_shipped")


def test_an_unknown_line_is_named(caller, reno):
    order = sold.on_the_floor(reno).order
    answer = post(caller, f"orders/{order.ref}/cancel/", {"lines": ["nope"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_line")
    assert Order.objects.get().state == "routed"


def test_units_come_back_once_per_key(caller, reno):
    order = sold.shipped(reno).order
    body = {"key": "R-1", "order": order.ref, "line_ref": "1", "quantity": 1, "node": "RENO-DC"}
    assert post(caller, "returns/", body).status_code == 201
    again = post(caller, "returns/", body)
    assert (again.status_code, again.json()) == (200, {"key": "R-1", "repeated": True})
    assert Return.objects.count() == 1
    torn = post(caller, "returns/", body | {"key": "R-2", "disposition": "\ud800"})
    assert (torn.status_code, torn.json()["errors"][0]["field"]) == (422, "disposition")
    too_many = post(caller, "returns/", body | {"key": "R-2", "quantity": 2})
    assert too_many.status_code in (409, 422)
    assert Return.objects.count() == 1


@pytest.fixture
def dallas(reno):
    """A caller bound to another node."""
    user = make.user(Role.INTEGRATION, nodes=(make.node("DALLAS"),))
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_what_one_store_sent_may_come_back_at_another_but_only_to_one_s_own(dallas, reno):
    order = sold.shipped(reno).order
    body = {"key": "R-1", "order": order.ref, "line_ref": "1", "quantity": 1, "node": "RENO-DC"}
    answer = post(dallas, "returns/", body)
    assert (answer.status_code, answer.json()["code"], Return.objects.count()) == (404, "unknown_node", 0)
    assert post(dallas, "returns/", body | {"node": "DALLAS"}).status_code == 201
    assert Return.objects.get().node.code == "DALLAS"


def test_nobody_answers_for_an_order_that_does_not_exist_to_them(dallas, reno):
    order = sold.shipped(reno).order
    answers = [post(dallas, "feedback/", {"order": ref, "score": 1}) for ref in (order.ref, "WF-NONE")]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "unknown_order")] * 2
    assert not Feedback.objects.exists()


def test_a_customer_answers_once(caller, reno):
    order = sold.shipped(reno).order
    body = {"order": order.ref, "score": 5, "comment": "Quick"}
    assert [post(caller, "feedback/", body).status_code for _ in range(2)] == [201, 200]
    assert post(caller, "feedback/", body | {"score": 6}).status_code == 422
    assert post(caller, "feedback/", body | {"score": 1}).status_code == 409
    assert Feedback.objects.get().score == 5


def test_orders_are_listed_newest_first_page_by_page(caller):
    at = datetime(2026, 11, 10, 15, tzinfo=UTC)
    for number in range(3):
        make.order(f"O-{number}", placed_at=at + timedelta(minutes=number))
    first = caller.get("/api/v1/orders/", {"limit": 2}).json()
    assert [order["order_ref"] for order in first["results"]] == ["O-2", "O-1"]
    second = caller.get("/api/v1/orders/", {"limit": 2, "after": first["next"]}).json()
    assert ([order["order_ref"] for order in second["results"]], second["next"]) == (["O-0"], None)
    assert caller.get("/api/v1/orders/", {"order_ref": "O-1"}).json()["results"][0]["order_ref"] == "O-1"


@pytest.mark.parametrize("after", ["x", "2026-11-10T15:00:00_1", "2026-11-10T15:00:00+00:00_x", "_"])
def test_a_made_up_cursor_is_refused(caller, after):
    answer = caller.get("/api/v1/orders/", {"after": after})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "after")


def test_a_page_of_orders_takes_few_queries(caller, reno, django_assert_max_num_queries):
    for _ in range(5):
        sold.on_the_floor(reno, lines={"MUG": 1})
    with django_assert_max_num_queries(7):
        assert len(caller.get("/api/v1/orders/").json()["results"]) == 5


def test_orders_carry_no_personal_data(caller, reno):
    order = sold.on_the_floor(reno).order
    assert "customer" not in caller.get(f"/api/v1/orders/{order.ref}/").json()


def test_the_document_of_the_api_gives_every_call_a_name_and_a_shape_of_its_own(client, capsys):
    client.force_login(make.user(Role.ADMINISTRATOR))
    document = client.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json").json()
    assert capsys.readouterr().err == ""  # where the generator warns of two of one name
    steps = {
        path: document["paths"][f"/api/v1/shipments/{{ref}}/{path}/"]["post"]
        for path in ("pick", "short", "pack", "ready", "ship", "hand-over", "deliver")
    }
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


def test_a_cancelled_order_is_named_by_both_refs(caller, reno):
    order = sold.on_the_floor(reno).order
    done = post(caller, f"orders/{order.ref}/cancel/").json()
    assert (done["order"], done["order_ref"]) == (order.ref, order.order_ref)


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
    ["nodes/RENO-DC", "skus/MUG", "availability/MUG", "orders/{order}", "shipments/{shipment}"],
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


def test_orders_are_listed_by_state(caller, reno):
    order = sold.on_the_floor(reno).order
    found = caller.get("/api/v1/orders/", {"state": "routed"}).json()["results"]
    assert [row["ref"] for row in found] == [order.ref]
    assert caller.get("/api/v1/orders/", {"state": "shipped"}).json()["results"] == []
    assert caller.get("/api/v1/orders/", {"state": "lost"}).json()["errors"][0]["field"] == "state"
