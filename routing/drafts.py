"""An order request with everything that it names looked up and checked: what intake may write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from dom_project.lib import db
from dom_project.lib.api_errors import BadInput
from inventory import moments
from inventory.models import Node
from routing.places import is_postcode, place_of
from routing.promise import Nodes, Wish, active_nodes
from routing.requests import CustomerRequest, OrderRequest, body_hash

LATEST = timedelta(days=3650)
LARGEST_VALUE = 2**53
BUILT = frozenset({"ship", "pickup"})
PLANNED = frozenset({"curbside", "same_day"})

CHANNELS = """
SELECT id, code, currency, time_zone, default_promise_days FROM inventory_channel WHERE code = ANY(%s) AND active
"""
SKUS = "SELECT code, id, price, currency FROM inventory_sku WHERE code = ANY(%s)"


class Sku(NamedTuple):
    id: int
    price: int
    currency: str


class Channel(NamedTuple):
    id: int
    code: str
    currency: str
    time_zone: str
    default_promise_days: int


@dataclass(frozen=True, slots=True)
class Masters:
    """What the orders of one call refer to, by code."""

    channels: Mapping[str, Channel]
    skus: Mapping[str, Sku]
    nodes: Nodes
    node_place: Mapping[str, int]


class Destination(NamedTuple):
    country: str
    region: str
    postcode: str
    latitude: float | None
    longitude: float | None
    time_zone: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An order that may be written: the request with everything that it names looked up."""

    request: OrderRequest
    hash: str
    channel: Channel
    to: Destination
    pickup_node: int
    sku_ids: Sequence[int]
    prices: Sequence[int]  # of a unit of each line
    value: int

    @property
    def key(self) -> tuple[int, str]:
        return self.channel.id, self.request.order_ref

    def wish(self) -> Wish:
        units: dict[int, int] = {}
        for sku, line in zip(self.sku_ids, self.request.lines, strict=True):
            units[sku] = units.get(sku, 0) + line.quantity
        return Wish(
            list(units.items()),
            self.to.latitude,
            self.to.longitude,
            self.to.time_zone,
            self.channel.default_promise_days,
            self.pickup_node,
        )


def masters_of(requests: Sequence[OrderRequest]) -> Masters:
    """The channels and SKUs that these requests name and all active nodes: three small queries."""
    nodes = active_nodes()
    channels = db.rows(CHANNELS, [list({request.channel for request in requests})])
    skus = db.rows(SKUS, [list({line.sku for request in requests for line in request.lines})])
    return Masters(
        channels={row[1]: Channel(*row) for row in channels},
        skus={row[0]: Sku(*row[1:]) for row in skus},
        nodes=nodes,
        node_place={node.code: place for place, node in enumerate(nodes.rows)},
    )


def draft_of(request: OrderRequest, masters: Masters, *, at: datetime) -> Draft:
    """The request as it may be written. Raises BadInput with the first field that is wrong."""
    channel = masters.channels.get(request.channel)
    if channel is None:
        raise BadInput("unknown_channel", {"channel": request.channel}, field="channel")
    if request.currency not in ("", channel.currency):
        params = {"currency": request.currency, "wanted": channel.currency}
        raise BadInput("other_currency", params, field="currency")
    _check_instants(request, at)
    pickup = _pickup_place(request, masters)
    skus = _skus(request, masters)
    prices = [
        line.unit_price if line.unit_price is not None else sku.price if sku.currency == channel.currency else 0
        for line, sku in zip(request.lines, skus, strict=True)
    ]
    value = sum(line.quantity * price for line, price in zip(request.lines, prices, strict=True))
    if value > LARGEST_VALUE:
        raise BadInput("too_large", {"most": LARGEST_VALUE}, field="lines")
    customer = request.customer
    if customer and (customer.latitude is None) != (customer.longitude is None):
        raise BadInput("half_a_place", field="customer.latitude")
    if customer and not is_postcode(customer.postcode, customer.country):
        raise BadInput("not_a_zip_code", {"value": customer.postcode}, field="customer.postcode")
    return Draft(
        request=request,
        hash=body_hash(request),
        channel=channel,
        to=_destination(customer or CustomerRequest(), channel)
        if pickup is None
        else _at_node(masters.nodes.rows[pickup]),
        pickup_node=0 if pickup is None else masters.nodes.rows[pickup].pk,
        sku_ids=[sku.id for sku in skus],
        prices=prices,
        value=value,
    )


def _check_instants(request: OrderRequest, at: datetime) -> None:
    if request.placed_at > at + moments.AHEAD:
        raise BadInput("in_the_future", {"value": request.placed_at.isoformat()}, field="placed_at")
    if request.placed_at < moments.FIRST:
        raise BadInput("too_long_ago", {"value": request.placed_at.isoformat()}, field="placed_at")
    if request.promise_at and not request.placed_at <= request.promise_at <= at + LATEST:
        raise BadInput("promise_out_of_reach", {"value": request.promise_at.isoformat()}, field="promise_at")


def _pickup_place(request: OrderRequest, masters: Masters) -> int | None:
    """Where the order is handed over, as a place among the nodes; None for one that is shipped."""
    if request.method in PLANNED:
        raise BadInput("method_not_built", {"method": request.method}, field="method")
    if request.method not in BUILT:
        raise BadInput("unknown_method", {"method": request.method}, field="method")
    if request.method == "ship":
        if request.pickup_node:
            raise BadInput("pickup_node_without_pickup", field="pickup_node")
        return None
    if not request.pickup_node:
        raise BadInput("missing", field="pickup_node")
    place = masters.node_place.get(request.pickup_node)
    if place is None:
        raise BadInput("unknown_node", {"node": request.pickup_node}, field="pickup_node")
    if not masters.nodes.hands_over[place]:
        raise BadInput("not_pickup_node", {"node": request.pickup_node}, field="pickup_node")
    return place


def _skus(request: OrderRequest, masters: Masters) -> list[Sku]:
    found = []
    refs: set[str] = set()
    for place, line in enumerate(request.lines):
        sku = masters.skus.get(line.sku)
        if sku is None:
            raise BadInput("unknown_sku", {"sku": line.sku}, field=f"lines[{place}].sku")
        ref = line.line_ref or str(place + 1)
        if ref in refs:
            raise BadInput("line_ref_twice", {"line_ref": ref}, field=f"lines[{place}].line_ref")
        refs.add(ref)
        found.append(sku)
    return found


def _destination(customer: CustomerRequest, channel: Channel) -> Destination:
    place = place_of(customer.postcode, customer.country)
    given = customer.latitude is not None
    return Destination(
        country=customer.country,
        region=customer.region.strip() or (place.region if place else ""),
        postcode=customer.postcode,
        latitude=customer.latitude if given or not place else place.latitude,
        longitude=customer.longitude if given or not place else place.longitude,
        time_zone=(place.time_zone if place else "") or channel.time_zone,
    )


def _at_node(node: Node) -> Destination:
    return Destination(node.country, node.region, node.postcode, node.latitude, node.longitude, node.time_zone)
