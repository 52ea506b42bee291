"""Shipments over HTTP: what a node has to do, and each step of it."""

from collections.abc import Callable
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dom_project.accounts.access import Right
from dom_project.accounts.api import actor_of
from dom_project.lib import db
from dom_project.lib.api_errors import BadInput
from fulfillment import access, shipments
from fulfillment.models import Shipment, ShipmentLine
from fulfillment.states import State
from inventory import api_calls
from inventory.access import node_for
from inventory.api_calls import AFTER, KEY, LIMIT, REFUSALS, Instant, ProblemOut
from routing.requests import LARGEST_QUANTITY


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


class PickedLine(serializers.Serializer[Any]):
    id = serializers.IntegerField(min_value=1, help_text="The shipment line's id.")
    picked = serializers.IntegerField(min_value=0, max_value=LARGEST_QUANTITY, help_text="Units found so far, in all.")


class PickIn(serializers.Serializer[Any]):
    lines = serializers.ListField(
        child=PickedLine(), required=False, min_length=1, max_length=2000, help_text="Left out: everything was found."
    )


class ShortIn(serializers.Serializer[Any]):
    id = serializers.IntegerField(min_value=1, help_text="The shipment line's id.")
    found = serializers.IntegerField(min_value=0, max_value=LARGEST_QUANTITY, help_text="Units found of it, in all.")
    reason = serializers.ChoiceField([reason.value for reason in shipments.Reason])


class ShipIn(serializers.Serializer[Any]):
    tracking_number = serializers.CharField(max_length=64)


class DeliverIn(serializers.Serializer[Any]):
    delivered_at = Instant(required=False, help_text="When the customer had it; left out: now.")


class NothingIn(serializers.Serializer[Any]):
    """A step that needs no more than its address."""


class Shipments(APIView):
    """Shipments of one node or all, by their id."""

    rights = {"GET": Right.WORK_FLOOR}

    @extend_schema(
        operation_id="list_shipments",
        parameters=[AFTER, LIMIT, OpenApiParameter("node", str), OpenApiParameter("state", str)],
        responses={200: ShipmentsOut, 404: ProblemOut, 422: ProblemOut},
    )
    def get(self, request: Request) -> Response:
        api_calls.only(request, "after", "limit", "node", "state")
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


class OneShipment(APIView):
    rights = {"GET": Right.WORK_FLOOR}

    @extend_schema(operation_id="read_shipment", responses={200: ShipmentOut, 404: ProblemOut})
    def get(self, request: Request, ref: str) -> Response:
        return Response(_read(access.shipment_for(request.user, ref).pk))


class Step(APIView):
    """One step of the floor; answers with the shipment as it is afterwards."""

    rights = {"POST": Right.WORK_FLOOR}
    verb = ""
    shape: type[serializers.Serializer[Any]] = NothingIn

    def act(self, shipment: Shipment, body: dict[str, Any], **by: Any) -> None:
        raise NotImplementedError

    @db.retry_on_conflict
    def post(self, request: Request, ref: str) -> Response:
        at = timezone.now()
        shipment = access.shipment_for(request.user, ref)

        def step() -> tuple[int, Any]:
            body = api_calls.checked(self.shape, request, at=at)
            self.act(shipment, body, at=at, actor=actor_of(request))
            return 200, _read(shipment.pk)

        return api_calls.once(request, f"{self.verb} {ref}", step, at=at)


def _step(verb: str, shape: type[serializers.Serializer[Any]], act: Callable[..., None], doc: str) -> type[Step]:
    """An endpoint for a verb of the floor."""

    # A method of its own: what is said of it for the API's document is kept on it.
    @extend_schema(
        operation_id=verb, description=doc, parameters=[KEY], request=shape, responses={200: ShipmentOut, **REFUSALS}
    )
    def post(self: Step, request: Request, ref: str) -> Response:
        return Step.post(self, request, ref)

    parts = {"verb": verb, "shape": shape, "act": act, "post": post, "__doc__": doc}
    return type(verb.title().replace("_", ""), (Step,), parts)


def _pick(_self: Step, shipment: Shipment, body: dict[str, Any], **by: Any) -> None:
    if "lines" not in body:
        shipments.pick_whole_many([shipment.pk], **by)
        return
    wanted = {line["id"]: line["picked"] for line in body["lines"]}
    _check_lines(shipment, set(wanted), "lines")
    try:
        shipments.pick_many(list(wanted.items()), **by)
    except BadInput as refused:
        if refused.field == "units":
            ids = [line["id"] for line in body["lines"]]
            refused.field = f"lines[{ids.index(refused.params['id'])}].picked"
        raise


def _short(_self: Step, shipment: Shipment, body: dict[str, Any], **by: Any) -> None:
    _check_lines(shipment, {body["id"]}, "id")
    try:
        shipments.report_short(body["id"], body["found"], body["reason"], **by)
    except BadInput as refused:
        if refused.field == "units":
            refused.field = "found"
        raise


def _ship(_self: Step, shipment: Shipment, body: dict[str, Any], **by: Any) -> None:
    shipments.ship_many([(shipment.pk, body["tracking_number"])], **by)


def _deliver(_self: Step, shipment: Shipment, body: dict[str, Any], **by: Any) -> None:
    moment = body.get("delivered_at")
    shipments.deliver_many([shipment.pk], delivered_at={shipment.pk: moment} if moment else None, **by)


def _plain(verb: Callable[..., Any]) -> Callable[..., None]:
    def act(_self: Step, shipment: Shipment, _body: dict[str, Any], **by: Any) -> None:
        verb([shipment.pk], **by)

    return act


def _check_lines(shipment: Shipment, ids: set[int], field: str) -> None:
    own = set(ShipmentLine.objects.filter(shipment=shipment).values_list("id", flat=True))
    if strange := ids - own:
        raise BadInput("unknown_shipment_line", {"id": min(strange)}, field=field)


Pick = _step("pick_shipment", PickIn, _pick, "Units found. Starts the shipment if nobody had started it.")
Short = _step("short_shipment", ShortIn, _short, "Fewer units found than wanted; the others are routed again.")
Pack = _step("pack_shipment", NothingIn, _plain(shipments.pack_many), "Everything is picked and packed.")
Ship = _step("ship_shipment", ShipIn, _ship, "The carrier took it.")
Ready = _step("ready_shipment", NothingIn, _plain(shipments.make_ready_many), "The customer may come for it.")
HandOver = _step("hand_over_shipment", NothingIn, _plain(shipments.hand_over_many), "The customer has taken it.")
Deliver = _step("deliver_shipment", DeliverIn, _deliver, "The parcel reached the customer.")


def _with_parts(found: Any) -> Any:
    lines = ShipmentLine.objects.select_related("sku", "order_line").order_by("order_line__position", "id")
    return found.select_related("order", "node").prefetch_related(Prefetch("lines", lines, to_attr="told_lines"))


def _read(shipment_id: int) -> dict[str, Any]:
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
