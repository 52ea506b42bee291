"""The steps of a shipment over HTTP: picked, short, packed, shipped, ready, handed over, delivered."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dom_project.accounts.access import Right
from dom_project.accounts.api import actor_of
from dom_project.lib import db
from dom_project.lib.api_errors import BadInput, Refused
from fulfillment import access, shipments
from fulfillment.api_shipments import ShipmentOut, read
from fulfillment.models import Shipment, ShipmentLine
from fulfillment.shipments import repeats
from inventory import api_calls
from inventory.api_calls import KEY, REFUSALS, Instant
from routing.requests import LARGEST_QUANTITY

AGAIN = (
    "The same again, with a key or without one, changes nothing and is answered with the shipment as it is; "
    "another body for a step that is done is refused."
)


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


class Step(api_calls.Endpoint):
    """One step of the floor; answers with the shipment as it is afterwards."""

    rights = {"POST": Right.WORK_FLOOR}
    verb = ""
    shape: type[serializers.Serializer[Any]] = NothingIn

    @staticmethod
    def act(shipment: Shipment, body: dict[str, Any], **by: Any) -> None:
        raise NotImplementedError

    @staticmethod
    def is_done(shipment: Shipment, body: dict[str, Any]) -> bool:
        raise NotImplementedError

    @db.retry_on_conflict
    def post(self, request: Request, ref: str) -> Response:
        at = timezone.now()
        shipment = access.shipment_for(request.user, ref)

        def step() -> tuple[int, Any]:
            body = api_calls.checked(self.shape, request, at=at)
            try:
                self.act(shipment, body, at=at, actor=actor_of(request))
            except Refused:
                shipment.refresh_from_db()
                if not self.is_done(shipment, body):
                    raise
            return 200, read(shipment.pk)

        return api_calls.once(request, f"{self.verb} {ref}", step, at=at)


def _step(
    verb: str,
    shape: type[serializers.Serializer[Any]],
    act: Callable[..., None],
    is_done: Callable[[Shipment, dict[str, Any]], bool],
    doc: str,
) -> type[Step]:
    """An endpoint for a verb of the floor."""
    doc = f"{doc} {AGAIN}"

    # A method of its own: what is said of it for the API's document is kept on it.
    @extend_schema(
        operation_id=verb, description=doc, parameters=[KEY], request=shape, responses={200: ShipmentOut, **REFUSALS}
    )
    def post(self: Step, request: Request, ref: str) -> Response:
        return Step.post(self, request, ref)

    verbs = {"act": staticmethod(act), "is_done": staticmethod(is_done), "post": post}
    parts = {"verb": verb, "shape": shape, "__doc__": doc, **verbs}
    return type(verb.title().replace("_", ""), (Step,), parts)


def _plain(verb: str, act: Callable[..., Any], is_done: Callable[[Shipment], bool], doc: str) -> type[Step]:
    """An endpoint for a verb that needs no body."""
    return _step(
        verb,
        NothingIn,
        lambda shipment, _body, **by: act([shipment.pk], **by),
        lambda shipment, _body: is_done(shipment),
        doc,
    )


def _pick(shipment: Shipment, body: dict[str, Any], **by: Any) -> None:
    wanted = _found(body)
    if wanted is None:
        shipments.pick_whole_many([shipment.pk], **by)
        return
    _check_lines(shipment, set(wanted), "lines")
    try:
        shipments.pick_many(list(wanted.items()), **by)
    except BadInput as refused:
        if refused.field == "units":
            ids = [line["id"] for line in body["lines"]]
            refused.field = f"lines[{ids.index(refused.params['id'])}].picked"
        raise


def _found(body: dict[str, Any]) -> dict[int, int] | None:
    """Units by line, None for everything."""
    return {line["id"]: line["picked"] for line in body["lines"]} if "lines" in body else None


def _short(shipment: Shipment, body: dict[str, Any], **by: Any) -> None:
    _check_lines(shipment, {body["id"]}, "id")
    try:
        shipments.report_short(body["id"], body["found"], body["reason"], **by)
    except BadInput as refused:
        if refused.field == "units":
            refused.field = "found"
        raise


def _ship(shipment: Shipment, body: dict[str, Any], **by: Any) -> None:
    shipments.ship_many([(shipment.pk, body["tracking_number"])], **by)


def _deliver(shipment: Shipment, body: dict[str, Any], **by: Any) -> None:
    moment = body.get("delivered_at")
    shipments.deliver_many([shipment.pk], delivered_at={shipment.pk: moment} if moment else None, **by)


def _check_lines(shipment: Shipment, ids: set[int], field: str) -> None:
    own = set(ShipmentLine.objects.filter(shipment=shipment).values_list("id", flat=True))
    if strange := ids - own:
        raise BadInput("unknown_shipment_line", {"id": min(strange)}, field=field)


Pick = _step(
    "pick_shipment",
    PickIn,
    _pick,
    lambda shipment, body: repeats.picked(shipment, _found(body)),
    "Units found. Starts the shipment if nobody had started it.",
)
Short = _step(
    "short_shipment",
    ShortIn,
    _short,
    lambda shipment, body: repeats.short(shipment, body["id"], body["found"], body["reason"]),
    "Fewer units found than wanted; the others are routed again.",
)
Pack = _plain("pack_shipment", shipments.pack_many, repeats.packed, "Everything is picked and packed.")
Ship = _step(
    "ship_shipment",
    ShipIn,
    _ship,
    lambda shipment, body: repeats.shipped(shipment, body["tracking_number"]),
    "The carrier took it.",
)
Ready = _plain("ready_shipment", shipments.make_ready_many, repeats.made_ready, "The customer may come for it.")
HandOver = _plain("hand_over_shipment", shipments.hand_over_many, repeats.handed_over, "The customer has taken it.")
Deliver = _step(
    "deliver_shipment",
    DeliverIn,
    _deliver,
    lambda shipment, body: repeats.delivered(shipment, body.get("delivered_at")),
    "The parcel reached the customer.",
)
