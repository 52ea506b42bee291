"""Stock over HTTP: what can be promised, and the masters behind it."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dom_project.accounts.access import Right
from dom_project.lib.api_errors import BadInput, NotFound
from inventory import access, api_calls, levels
from inventory.api_calls import AFTER, LIMIT, ProblemOut
from inventory.models import Node, Sku

MOST_LINES, LARGEST = 200, 10_000_000
PROBLEMS = {400: ProblemOut, 404: ProblemOut, 422: ProblemOut}


class NodeUnits(serializers.Serializer[Any]):
    node = serializers.CharField()
    available = serializers.IntegerField()


class AvailabilityOut(serializers.Serializer[Any]):
    sku = serializers.CharField()
    available = serializers.IntegerField(help_text="Published ATP: the sum over all nodes.")
    nodes = NodeUnits(many=True)


class CartLineIn(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=LARGEST)


class CartIn(serializers.Serializer[Any]):
    lines = serializers.ListField(child=CartLineIn(), min_length=1, max_length=MOST_LINES)


class CartLineOut(CartLineIn):
    available = serializers.IntegerField()
    enough = serializers.BooleanField()
    largest_node = serializers.IntegerField(help_text="The most that one node alone can give.")


class CartOut(serializers.Serializer[Any]):
    enough = serializers.BooleanField(help_text="Every line can be served, from several nodes if need be.")
    lines = CartLineOut(many=True)
    nodes = serializers.ListField(child=serializers.CharField(), help_text="Nodes that alone have the whole cart.")


class NodeOut(serializers.Serializer[Any]):
    code, name, kind, group, city, region, postcode, country, time_zone, cut_off = (
        serializers.CharField() for _ in range(10)
    )
    latitude, longitude = serializers.FloatField(allow_null=True), serializers.FloatField(allow_null=True)
    daily_capacity = serializers.IntegerField()
    abilities, handling_classes = (serializers.ListField(child=serializers.CharField()) for _ in range(2))
    active = serializers.BooleanField()


class SkuOut(serializers.Serializer[Any]):
    code, name, category, currency = (serializers.CharField() for _ in range(4))
    barcodes, handling_classes = (serializers.ListField(child=serializers.CharField()) for _ in range(2))
    weight_grams, length_mm, width_mm, height_mm, price = (serializers.IntegerField() for _ in range(5))
    active = serializers.BooleanField()


class NodesOut(serializers.Serializer[Any]):
    results = NodeOut(many=True)
    next = serializers.CharField(allow_null=True)


class SkusOut(serializers.Serializer[Any]):
    results = SkuOut(many=True)
    next = serializers.CharField(allow_null=True)


class Availability(api_calls.Endpoint):
    """What can be promised of one SKU, in all and by node."""

    rights = {"GET": Right.SEE_NETWORK}

    @extend_schema(
        operation_id="read_availability", responses={200: AvailabilityOut, 400: ProblemOut, 404: ProblemOut}
    )
    def get(self, request: Request, sku: str) -> Response:
        found = _sku_of(sku)
        codes = dict(access.nodes_of(request.user).values_list("id", "code"))
        nodes: list[dict[str, Any]] = [
            {"node": codes[node], "available": atp}
            for _sku, node, atp in levels.atp_by_node([found.pk])
            if node in codes and atp
        ]
        nodes.sort(key=lambda row: (-row["available"], row["node"]))
        return Response({"sku": found.code, "available": levels.atp_of([found.pk])[found.pk], "nodes": nodes})


class CartAvailability(api_calls.Endpoint):
    """Whether a cart can be served, and from which nodes whole. It reserves nothing."""

    rights = {"POST": Right.SEE_NETWORK}

    @extend_schema(operation_id="read_cart_availability", request=CartIn, responses={200: CartOut, **PROBLEMS})
    def post(self, request: Request) -> Response:
        lines = api_calls.checked(CartIn, request, at=timezone.now())["lines"]
        asked: dict[str, int] = {}
        for line in lines:
            asked[line["sku"]] = asked.get(line["sku"], 0) + line["quantity"]
        ids = dict(Sku.objects.filter(code__in=asked).values_list("code", "id"))
        for place, line in enumerate(lines):
            if line["sku"] not in ids:
                raise BadInput("unknown_sku", {"sku": line["sku"]}, field=f"lines[{place}].sku")
        wanted = {ids[code]: units for code, units in asked.items()}
        cart = levels.cart(wanted)
        codes = dict(access.nodes_of(request.user).values_list("id", "code"))
        told = []
        for line in lines:
            sku_id = ids[line["sku"]]
            told.append(
                {
                    **line,
                    "available": cart.published[sku_id],
                    "enough": cart.published[sku_id] >= wanted[sku_id],
                    "largest_node": cart.largest[sku_id],
                }
            )
        nodes = sorted(codes[node] for node in cart.whole if node in codes)
        return Response({"enough": cart.enough(wanted), "lines": told, "nodes": nodes})


class Nodes(api_calls.Endpoint):
    rights = {"GET": Right.SEE_NETWORK}
    takes = {"GET": ("after", "limit", "kind")}

    @extend_schema(
        operation_id="list_nodes",
        parameters=[AFTER, LIMIT, OpenApiParameter("kind", str)],
        responses={200: NodesOut, 400: ProblemOut, 422: ProblemOut},
    )
    def get(self, request: Request) -> Response:
        limit = api_calls.limit_of(request)
        found = (
            access.nodes_of(request.user).select_related("group").filter(code__gt=api_calls.text_of(request, "after"))
        )
        if kind := api_calls.text_of(request, "kind"):
            found = found.filter(kind=kind)
        return api_calls.page(found.order_by("code")[: limit + 1], limit, lambda node: str(node.code), _node)


class OneNode(api_calls.Endpoint):
    rights = {"GET": Right.SEE_NETWORK}

    @extend_schema(operation_id="read_node", responses={200: NodeOut, 400: ProblemOut, 404: ProblemOut})
    def get(self, request: Request, code: str) -> Response:
        return Response(_node(access.node_for(request.user, code)))


class Skus(api_calls.Endpoint):
    rights = {"GET": Right.SEE_NETWORK}
    takes = {"GET": ("after", "limit")}

    @extend_schema(
        operation_id="list_skus", parameters=[AFTER, LIMIT], responses={200: SkusOut, 400: ProblemOut, 422: ProblemOut}
    )
    def get(self, request: Request) -> Response:
        limit = api_calls.limit_of(request)
        found = Sku.objects.filter(code__gt=api_calls.text_of(request, "after")).order_by("code")
        read = found.select_related("category").prefetch_related("barcodes")[: limit + 1]
        return api_calls.page(read, limit, lambda sku: str(sku.code), _sku)


class OneSku(api_calls.Endpoint):
    rights = {"GET": Right.SEE_NETWORK}

    @extend_schema(operation_id="read_sku", responses={200: SkuOut, 400: ProblemOut, 404: ProblemOut})
    def get(self, request: Request, code: str) -> Response:
        return Response(_sku(_sku_of(code)))


def _sku_of(code: str) -> Sku:
    # An address may hold a NUL, which the database takes in no text.
    sku = Sku.objects.select_related("category").filter(code=code).first() if code.isprintable() else None
    if sku is None:
        raise NotFound("unknown_sku", {"sku": code[:64]})
    return sku


def _node(node: Node) -> dict[str, Any]:
    plain = ("code", "name", "kind", "city", "region", "postcode", "country", "time_zone", "latitude", "longitude")
    lists = ("daily_capacity", "abilities", "handling_classes", "active")
    return {
        **{name: getattr(node, name) for name in plain + lists},
        "group": node.group.code if node.group else "",
        "cut_off": node.cut_off.isoformat("minutes"),
    }


def _sku(sku: Sku) -> dict[str, Any]:
    plain = ("code", "name", "weight_grams", "length_mm", "width_mm", "height_mm", "price", "currency", "active")
    return {
        **{name: getattr(sku, name) for name in plain},
        "handling_classes": sku.handling_classes,
        "category": sku.category.code if sku.category else "",
        "barcodes": sorted(barcode.code for barcode in sku.barcodes.all()),
    }
