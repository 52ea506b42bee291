"""Shipments over HTTP: what a node has to do. Its steps are in `api_steps`."""

from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dom_project.accounts.access import Right
from dom_project.lib.api_errors import BadInput
from fulfillment import access
from fulfillment.models import Shipment, ShipmentLine
from fulfillment.states import State
from inventory import api_calls
from inventory.access import node_for
from inventory.api_calls import AFTER, LIMIT, ProblemOut


class ShipmentLineOut(serializers.Serializer[Any]):
    id, quantity, picked = (serializers.IntegerField() for _ in range(3))
    line_ref, sku, close_reason = (serializers.CharField() for _ in range(3))


class ShipmentOut(serializers.Serializer[Any]):
    ref, order, order_ref, node, state, method, service, tracking_number = (serializers.CharField() for _ in range(8))
    ship_date, arrive_date = serializers.DateField(), serializers.DateField()
    cut_off_at = serializers.DateTimeField()
    dispatched_at, shipped_at, delivered_at = (serializers.DateTimeField(allow_null=True) for _ in range(3))
    lines = ShipmentLineOut(many=True)


class ShipmentsOut(serializers.Serializer[Any]):
    results = ShipmentOut(many=True)
    next = serializers.CharField(allow_null=True)


class Shipments(api_calls.Endpoint):
    """Shipments of one node or all, by their id."""

    rights = {"GET": Right.WORK_FLOOR}
    takes = {"GET": ("after", "limit", "node", "state")}

    @extend_schema(
        operation_id="list_shipments",
        parameters=[AFTER, LIMIT, OpenApiParameter("node", str), OpenApiParameter("state", str)],
        responses={200: ShipmentsOut, 400: ProblemOut, 404: ProblemOut, 422: ProblemOut},
    )
    def get(self, request: Request) -> Response:
        limit = api_calls.limit_of(request)
        found = access.shipments_of(request.user)
        if node := api_calls.text_of(request, "node"):
            found = found.filter(node=node_for(request.user, node))
        if state := api_calls.text_of(request, "state"):
            if state not in set(State):
                raise BadInput("bad_value", {"value": state}, field="state")
            found = found.filter(state=state)
        after = api_calls.text_of(request, "after", longest=18) or "0"
        if not (after.isascii() and after.isdigit()):
            raise BadInput("bad_value", {"value": after}, field="after")
        read = _with_parts(found.filter(id__gt=int(after))).order_by("id")[: limit + 1]
        return api_calls.page(read, limit, lambda shipment: str(shipment.pk), told)


class OneShipment(api_calls.Endpoint):
    rights = {"GET": Right.WORK_FLOOR}

    @extend_schema(operation_id="read_shipment", responses={200: ShipmentOut, 400: ProblemOut, 404: ProblemOut})
    def get(self, request: Request, ref: str) -> Response:
        return Response(read(access.shipment_for(request.user, ref).pk))


def _with_parts(found: Any) -> Any:
    lines = ShipmentLine.objects.select_related("sku", "order_line").order_by("order_line__position", "id")
    return found.select_related("order", "node").prefetch_related(Prefetch("lines", lines, to_attr="told_lines"))


def read(shipment_id: int) -> dict[str, Any]:
    """The shipment as it is now, in the shape of `ShipmentOut`."""
    return told(_with_parts(Shipment.objects.filter(pk=shipment_id)).get())


def told(shipment: Any) -> dict[str, Any]:
    """A shipment as the API tells it."""
    plain = ("ref", "state", "method", "service", "tracking_number")
    moments = ("ship_date", "arrive_date", "cut_off_at", "dispatched_at", "shipped_at", "delivered_at")
    return {
        **{name: getattr(shipment, name) for name in plain},
        **{name: api_calls.iso(getattr(shipment, name)) for name in moments},
        "order": shipment.order.ref,
        "order_ref": shipment.order.order_ref,
        "node": shipment.node.code,
        "lines": [
            {
                **{name: getattr(line, name) for name in ("id", "quantity", "picked", "close_reason")},
                "line_ref": line.order_line.line_ref,
                "sku": line.sku.code,
            }
            for line in shipment.told_lines
        ],
    }
