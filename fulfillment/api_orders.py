"""Orders over HTTP as the whole house sees them: read, list, cancel; and what comes back from customers."""

from typing import Any

from django.db.models import Prefetch, Q
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dom_project.accounts.access import Right
from dom_project.accounts.api import actor_of
from dom_project.lib import db
from dom_project.lib.api_errors import BadInput
from fulfillment import access, cursors, feedback, orders, returns
from fulfillment.models import Shipment
from inventory import api_calls
from inventory.access import node_for
from inventory.api_calls import AFTER, KEY, LIMIT, REFUSALS, ProblemOut
from routing.api import OrderIntake
from routing.models import Order, OrderLine
from routing.requests import LARGEST_QUANTITY


class LineOut(serializers.Serializer[Any]):
    line_ref, sku = serializers.CharField(), serializers.CharField()
    ordered, pending, allocated, backordered, shipped, delivered, returned, cancelled = (
        serializers.IntegerField() for _ in range(8)
    )
    unit_price = serializers.IntegerField(help_text="In minor units of the order's currency.")


class ParcelOut(serializers.Serializer[Any]):
    ref, node, state, service, tracking_number = (serializers.CharField() for _ in range(5))
    ship_date, arrive_date = serializers.DateField(), serializers.DateField()
    shipped_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)


class OrderOut(serializers.Serializer[Any]):
    ref, channel, order_ref, state, method, currency, promise_source = (serializers.CharField() for _ in range(7))
    value, revision = serializers.IntegerField(), serializers.IntegerField()
    placed_at, accepted_at, first_promise_at, promise_at = (serializers.DateTimeField() for _ in range(4))
    lines = LineOut(many=True)
    shipments = ParcelOut(many=True)


class OrdersOut(serializers.Serializer[Any]):
    results = OrderOut(many=True)
    next = serializers.CharField(allow_null=True)


class CancelIn(serializers.Serializer[Any]):
    lines = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, min_length=1, max_length=2000,
        help_text="line_ref of each line; left out: the whole order.",
    )  # fmt: skip


class CancelledLine(serializers.Serializer[Any]):
    line_ref, sku = serializers.CharField(), serializers.CharField()
    ordered, cancelled, shipped = (serializers.IntegerField() for _ in range(3))
    put_back = serializers.IntegerField(help_text="Cancelled once the goods are back on the shelf.")


class CancelOut(serializers.Serializer[Any]):
    order = serializers.CharField(help_text="Our ref of the order.")
    order_ref = serializers.CharField(help_text="The channel's own.")
    changed = serializers.BooleanField(help_text="False: it was cancelled before.")
    whole = serializers.BooleanField(help_text="Every unit asked for is cancelled.")
    lines = CancelledLine(many=True)


class ReturnIn(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=100, help_text="The return's own name: the same again is the same return.")
    order = serializers.CharField(max_length=64, help_text="Our ref of the order.")
    line_ref = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=LARGEST_QUANTITY)
    node = serializers.CharField(max_length=64)
    disposition = serializers.ChoiceField([d.value for d in returns.Disposition], default="restock")
    reason = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)


class ReturnOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    repeated = serializers.BooleanField()


class FeedbackIn(serializers.Serializer[Any]):
    order = serializers.CharField(max_length=64, help_text="Our ref of the order.")
    score = serializers.IntegerField(min_value=1, max_value=5)
    comment = serializers.CharField(max_length=1000, required=False, default="", allow_blank=True)


class FeedbackOut(serializers.Serializer[Any]):
    kept = serializers.BooleanField(help_text="False: the same answer was kept before.")


class Orders(OrderIntake):
    """Take an order in; list orders, the newest first."""

    rights = {**OrderIntake.rights, "GET": Right.SEE_ORDERS}
    takes = {"GET": ("after", "limit", "channel", "order_ref", "state")}

    @extend_schema(
        operation_id="list_orders",
        parameters=[
            AFTER,
            LIMIT,
            *(OpenApiParameter(name, str) for name in ("channel", "order_ref")),
            OpenApiParameter("state", str, enum=Order.State.values),
        ],
        responses={200: OrdersOut, 400: ProblemOut, 422: ProblemOut},
    )
    def get(self, request: Request) -> Response:
        limit = api_calls.limit_of(request)
        found = access.orders_of(request.user)
        if channel := api_calls.text_of(request, "channel"):
            found = found.filter(channel__code=channel)
        if order_ref := api_calls.text_of(request, "order_ref"):
            found = found.filter(order_ref=order_ref)
        if state := api_calls.text_of(request, "state"):
            if state not in Order.State.values:
                raise BadInput("bad_value", {"value": state}, field="state")
            found = found.filter(state=state)
        if after := api_calls.text_of(request, "after"):
            place = cursors.read(after)
            if place is None:
                raise BadInput("bad_value", {"value": after[:20]}, field="after")
            moment, number = place
            found = found.filter(Q(accepted_at__lt=moment) | Q(accepted_at=moment, id__lt=number))
        read = _with_parts(found).order_by("-accepted_at", "-id")[: limit + 1]
        return api_calls.page(read, limit, lambda order: cursors.written((order.accepted_at, order.pk)), told)


class OneOrder(api_calls.Endpoint):
    rights = {"GET": Right.SEE_ORDERS}

    @extend_schema(operation_id="read_order", responses={200: OrderOut, 400: ProblemOut, 404: ProblemOut})
    def get(self, request: Request, ref: str) -> Response:
        order = access.order_for(request.user, ref)
        return Response(told(_with_parts(Order.objects.filter(pk=order.pk)).get()))


class CancelOrder(api_calls.Endpoint):
    """Cancel an order, or some of its lines, wherever the units are by now. What has left stays as it is."""

    rights = {"POST": Right.CHANGE_ORDERS}

    @extend_schema(
        operation_id="cancel_order", parameters=[KEY], request=CancelIn, responses={200: CancelOut, **REFUSALS}
    )
    @db.retry_on_conflict
    def post(self, request: Request, ref: str) -> Response:
        at = timezone.now()
        order = access.order_for(request.user, ref)

        def cancel() -> tuple[int, Any]:
            lines = api_calls.checked(CancelIn, request, at=at).get("lines")
            try:
                done = orders.cancel(order.ref, line_refs=lines, at=at, actor=actor_of(request))
            except BadInput as refused:
                if refused.field == "line_refs":
                    refused.field = "lines"
                raise
            return 200, {
                "order": order.ref,
                "order_ref": order.order_ref,
                "changed": done.changed,
                "whole": done.whole,
                "lines": [line._asdict() for line in done.lines],
            }

        return api_calls.once(request, f"cancel_order {ref}", cancel, at=at)


class Returns(api_calls.Endpoint):
    """Take units of one line back into a node's stock, or write them off.

    The node must be one of the caller's own. The order may be anybody's: customers bring back to one store what
    another has sent, and who knows the ref and the line holds the slip.
    """

    rights = {"POST": Right.WORK_FLOOR}

    @extend_schema(
        operation_id="take_back",
        parameters=[KEY],
        request=ReturnIn,
        responses={201: ReturnOut, 200: ReturnOut, **REFUSALS},
    )
    @db.retry_on_conflict
    def post(self, request: Request) -> Response:
        at = timezone.now()

        def take_back() -> tuple[int, Any]:
            body = api_calls.checked(ReturnIn, request, at=at)
            node = node_for(request.user, body["node"])
            taken = returns.take_back(
                body["order"], body["line_ref"], body["quantity"], key=body["key"], node=node.code,
                disposition=body["disposition"], reason=body["reason"], at=at, actor=actor_of(request),
            )  # fmt: skip
            return 200 if taken.repeated else 201, taken._asdict()

        return api_calls.once(request, "take_back", take_back, at=at)


class FeedbackGiven(api_calls.Endpoint):
    """Keep what a customer thought of an order that has left, 1 to 5."""

    rights = {"POST": Right.GIVE_FEEDBACK}

    @extend_schema(
        operation_id="give_feedback",
        parameters=[KEY],
        request=FeedbackIn,
        responses={201: FeedbackOut, 200: FeedbackOut, **REFUSALS},
    )
    @db.retry_on_conflict
    def post(self, request: Request) -> Response:
        at = timezone.now()

        def give() -> tuple[int, Any]:
            body = api_calls.checked(FeedbackIn, request, at=at)
            order = access.order_for(request.user, body["order"])
            kept = feedback.give(order.ref, body["score"], body["comment"], at=at, actor=actor_of(request))
            return 201 if kept else 200, {"kept": kept}

        return api_calls.once(request, "give_feedback", give, at=at)


def _with_parts(found: Any) -> Any:
    lines = OrderLine.objects.select_related("sku").order_by("position")
    shipments = Shipment.objects.select_related("node").order_by("parcel")
    return found.select_related("channel").prefetch_related(
        Prefetch("lines", lines, to_attr="told_lines"), Prefetch("shipments", shipments, to_attr="told_shipments")
    )


def told(order: Any) -> dict[str, Any]:
    """An order as the API tells it; personal data stays inside."""
    plain = ("ref", "order_ref", "state", "method", "currency", "promise_source", "value", "revision")
    moments = ("placed_at", "accepted_at", "first_promise_at", "promise_at")
    days = ("ship_date", "arrive_date", "shipped_at", "delivered_at")
    units = ("ordered", "pending", "allocated", "backordered", "shipped", "delivered", "returned", "cancelled")
    return {
        **{name: getattr(order, name) for name in plain},
        **{name: api_calls.iso(getattr(order, name)) for name in moments},
        "channel": order.channel.code,
        "lines": [
            {
                "line_ref": line.line_ref,
                "sku": line.sku.code,
                **{name: getattr(line, name) for name in units},
                "unit_price": line.unit_price,
            }
            for line in order.told_lines
        ],
        "shipments": [
            {
                **{name: getattr(shipment, name) for name in ("ref", "state", "service", "tracking_number")},
                **{name: api_calls.iso(getattr(shipment, name)) for name in days},
                "node": shipment.node.code,
            }
            for shipment in order.told_shipments
        ],
    }
