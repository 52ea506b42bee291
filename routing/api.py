"""Orders come in over HTTP: one, or up to a thousand at once."""

from hashlib import sha256
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from dom_project.accounts.access import Right
from dom_project.accounts.api import actor_of
from dom_project.lib import db, problems
from dom_project.lib.api_errors import Refused
from inventory import api_calls, idempotency
from inventory.api_calls import KEY, ErrorOut, ProblemOut
from routing import intake, requests
from routing.intake import Accepted


class LineIn(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=requests.LARGEST_QUANTITY)
    line_ref = serializers.CharField(max_length=64, required=False, help_text="Without one: its place, from 1.")
    unit_price = serializers.IntegerField(
        min_value=0,
        max_value=requests.LARGEST_PRICE,
        required=False,
        help_text="In minor units of the currency. Left out: the SKU's own price, 0 if that is in another currency.",
    )


class CustomerIn(serializers.Serializer[Any]):
    ref, name, email, phone, street, city, region, postcode = (
        serializers.CharField(max_length=longest, required=False) for longest in (64, 120, 254, 40, 200, 80, 40, 16)
    )
    country = serializers.CharField(min_length=2, max_length=2, default="US")
    latitude = serializers.FloatField(min_value=-90, max_value=90, required=False)
    longitude = serializers.FloatField(min_value=-180, max_value=180, required=False)


class OrderIn(serializers.Serializer[Any]):
    """The shape for the API's document; `routing.requests` reads and checks it."""

    channel = serializers.CharField(max_length=64)
    order_ref = serializers.CharField(max_length=64)
    placed_at = serializers.DateTimeField(help_text="With its offset from UTC.")
    lines = serializers.ListField(child=LineIn(), min_length=1, max_length=requests.MOST_LINES)
    method = serializers.ChoiceField(["ship", "pickup"], default="ship")
    pickup_node = serializers.CharField(max_length=64, required=False)
    currency = serializers.CharField(max_length=3, required=False, help_text="The channel's.")
    customer = CustomerIn(required=False)
    promise_at = serializers.DateTimeField(required=False, help_text="The channel's own promise: it wins.")
    priority = serializers.IntegerField(min_value=1, max_value=9, default=5, help_text="1 is the most urgent.")
    customer_tier = serializers.CharField(max_length=24, required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=24), max_length=20, required=False)


class AcceptedOut(serializers.Serializer[Any]):
    ref, channel, order_ref = serializers.CharField(), serializers.CharField(), serializers.CharField()
    promise_at = serializers.DateTimeField()
    promise_source = serializers.ChoiceField(["channel", "computed", "default"])
    repeated = serializers.BooleanField(help_text="It was here before; nothing was written.")


class RowOut(AcceptedOut):
    row = serializers.IntegerField(help_text="From 0.")
    status = serializers.ChoiceField(["accepted", "repeated", "refused"])
    error = ErrorOut(required=False)


class IntakeOut(serializers.Serializer[Any]):
    accepted, repeated, refused = (serializers.IntegerField() for _ in range(3))
    results = RowOut(many=True)


class OrderIntake(api_calls.Endpoint):
    """Take one order in."""

    rights = {"POST": Right.TAKE_ORDERS}

    @extend_schema(
        operation_id="create_order",
        parameters=[KEY],
        request=OrderIn,
        responses={201: AcceptedOut, 200: AcceptedOut, 400: ProblemOut, 409: ProblemOut, 422: ProblemOut},
    )
    @db.retry_on_conflict
    def post(self, request: Request) -> Response:
        at, body, actor = timezone.now(), _body(request), actor_of(request)

        def take() -> tuple[int, Any]:
            order = requests.decode_order(body)
            accepted = intake.accept_order(order, at=at, actor=actor, request_id=_request_id(request))
            return 200 if accepted.repeated else 201, _told(accepted)

        return _answer(request, "create_order", body, take, at)


class OrdersIntake(api_calls.Endpoint):
    """Take up to 1,000 orders in, each by itself: a bad one does not stop the others."""

    rights = {"POST": Right.TAKE_ORDERS}

    @extend_schema(
        operation_id="create_orders",
        parameters=[KEY],
        request=OrderIn(many=True),
        responses={200: IntakeOut, 400: ProblemOut, 409: ProblemOut, 422: ProblemOut},
    )
    @db.retry_on_conflict
    def post(self, request: Request) -> Response:
        at, body, actor = timezone.now(), _body(request), actor_of(request)

        def take() -> tuple[int, Any]:
            orders = requests.decode_orders(body)
            results = intake.accept_orders(orders, at=at, actor=actor, request_id=_request_id(request))
            rows = [_row(place, result) for place, result in enumerate(results)]
            counts = {
                status: sum(row["status"] == status for row in rows) for status in ("accepted", "repeated", "refused")
            }
            return 200, {**counts, "results": rows}

        return _answer(request, "create_orders", body, take, at)


def _answer(request: Request, verb: str, body: bytes, take: Any, at: Any) -> Response:
    key = request.headers.get("Idempotency-Key", "")
    status, answer, again = idempotency.once(f"{verb} {actor_of(request)}", key, body, take, at=at)
    return Response(answer, status=status, headers={"Idempotent-Replayed": "true"} if again else None)


def _body(request: Request) -> bytes:
    """The raw body: msgspec reads it, not DRF's parser."""
    if (request.content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType(request.content_type or "")
    return bytes(request.body)


def _request_id(request: Request) -> str:
    given = request.headers.get("X-Request-Id", "")
    return given if len(given) <= 64 and given.isprintable() else sha256(given.encode()).hexdigest()


def _told(accepted: Accepted) -> dict[str, Any]:
    return {
        "ref": accepted.ref,
        "channel": accepted.channel,
        "order_ref": accepted.order_ref,
        "promise_at": accepted.promise_at.isoformat().replace("+00:00", "Z"),
        "promise_source": accepted.promise_source,
        "repeated": accepted.repeated,
    }


def _row(place: int, result: Accepted | Refused) -> dict[str, Any]:
    if isinstance(result, Refused):
        return {"row": place, "status": "refused", "error": problems.error_of(result)}
    return {"row": place, "status": "repeated" if result.repeated else "accepted", **_told(result)}
