"""Rows as the arrays of a problem: one way for the worker and for the page that tests an order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np

from dom_project.lib.api_errors import Refused
from routing import rates
from routing.dense import Array, GivenBack, bits_of, node_days, places_of, pointer, stock_in_place, with_units
from routing.engine.problem import ENGINE_VERSION, Problem
from routing.money import Money
from routing.odds import Odds
from routing.rules import METHODS, Refusal, Rule
from routing.scarcity.prices import Prices
from routing.weighing import Weighing

# What leaving a unit costs, beside its price: more than any parcel, so that a unit is left only when it must be.
UNFILLED = 200_000
MOST_CLASSES = 16
NOTHING: Array = np.zeros(0, np.int16)  # stands for zeros in a problem


class Heads(NamedTuple):
    """What is live now. Everything that it names never changes, so processes keep it."""

    version_id: int | None
    strategy_id: int | None
    weighing: Weighing
    odds_run: int | None
    prices: tuple[int, int] | None  # the run and how many prices of it were cleared
    cards: Mapping[str, int]  # by currency
    newest_card: int | None
    nodes: str
    exchange: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """The nodes of the network by code, as far as they don't change from batch to batch."""

    ids: tuple[int, ...]
    codes: tuple[str, ...]
    place: Mapping[int, int]
    by_id: Array  # places in the order of ids
    sorted_ids: Array
    kind: Array
    groups: tuple[str, ...]
    group: Array
    latitude: Array
    longitude: Array
    fix: tuple[int, ...]
    pick: tuple[int, ...]
    currency: tuple[str, ...]
    abilities: Array
    classes: tuple[frozenset[str], ...]


class Line(NamedTuple):
    order: int  # place of its order
    id: int
    ref: str
    sku_id: int
    sku: str
    units: int
    grams: int
    unit_price: int
    classes: tuple[str, ...]
    category: str
    first_look: bool
    refused: Sequence[int] | None  # nodes
    cubic_mm: int = 0  # 0 = its size is unknown
    category_grams: int | None = None  # median of its category, where its own weight is unknown

    def billed_grams(self, divisor: int) -> int:
        """Grams of all its units as the carrier bills them: the larger of weight and size; 0 = weight unknown."""
        return max(self.grams, self._size_grams(divisor)) * self.units if self.grams else 0

    def likely_grams(self, divisor: int) -> int:
        """The same where the weight is unknown, 0 where nothing is known of its category either."""
        return max(self.category_grams or 0, self._size_grams(divisor)) * self.units

    def _size_grams(self, divisor: int) -> int:
        return -(-self.cubic_mm // divisor) if divisor else 0


class Wanted(NamedTuple):
    """An order as the engine needs it. `parcels` is the highest number that one of its parcels has."""

    id: int
    day: date
    channel: str
    method: str
    pickup_node_id: int
    currency: str
    value: int
    region: str
    latitude: float | None
    longitude: float | None
    slack: int
    parcels: int
    in_exception: bool
    country: str = "US"
    served: bool = True  # some open node lies in its country: rates reach no other

    @property
    def fault(self) -> Refusal | None:
        """Why no node can send it whatever its stock, None when its address is usable or it is collected."""
        if self.method != "ship":
            return None
        if self.latitude is None or self.longitude is None:
            return Refusal("no_address", {})
        return None if self.served else Refusal("country_not_served", {"country": self.country})


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """A problem, and what the commit and the order page need beside it; same places as in the problem."""

    problem: Problem
    orders: Sequence[Wanted]
    lines: Sequence[Line]
    observed_at: Sequence[datetime | None]  # [node] when its source last spoke
    version_id: int | None
    on_hand: Array  # [stock entry] units on the shelf


def build(
    orders: Sequence[Wanted],
    lines: Sequence[Line],
    *,
    name: str,
    at: datetime,
    heads: Heads,
    nodes: Nodes,
    stock: Array,
    days: Sequence[tuple[Any, ...]],
    table: rates.RateTables | None,
    rules: tuple[Rule, ...],
    weighing: Weighing,
    odds: Odds | None,
    prices: Prices | None,
    given_back: GivenBack,
    unhurried: bool = False,
) -> list[Facts]:
    """The facts of orders whose rows are at hand; [] when no line has a unit to source.

    Refuses (`too_many_classes`) goods of more handling classes than a problem can tell apart.
    """
    asked = sorted({line.order for line in lines})
    if not asked:
        return []
    if len(asked) < len(orders):
        lines = lines_of_orders(lines, asked, len(orders))
        orders = [orders[place] for place in asked]
    today = at.date()
    currency = table.currency if table else orders[0].currency
    money = Money(currency, heads.exchange)
    skus = dict(sorted({line.sku: line.sku_id for line in lines}.items()))
    sku_place = {sku_id: place for place, sku_id in enumerate(skus.values())}
    classes = sorted({name for line in lines for name in line.classes})
    if len(classes) > MOST_CLASSES:
        raise Refused("too_many_classes", {"classes": len(classes), "most": MOST_CLASSES})
    channels, channel = places_of([order.channel for order in orders])
    regions, region = places_of([order.region for order in orders])
    categories, category = places_of([line.category for line in lines])
    spots, dest = np.unique(
        np.array([(order.latitude, order.longitude, order.served) for order in orders], np.float64),
        axis=0,
        return_inverse=True,
    )
    km = rates.distances(spots[:, 0], spots[:, 1], nodes.latitude, nodes.longitude)
    zone = rates.zones_of(km, table.zone_km) if table else np.where(km < 0, -1, 0).astype(np.int8)
    zone[spots[:, 2] == 0] = -1
    ship_day, slots_left = node_days(days, today, given_back)
    fix, pick = money.many(nodes.fix, nodes.currency), money.many(nodes.pick, nodes.currency)
    stock = stock_in_place(stock, skus.values())
    if given_back.units:
        stock = with_units(stock, given_back.units)
    forbidden = [[nodes.place[node] for node in line.refused or () if node in nodes.place] for line in lines]
    services = table.services if table else ()
    divisor = table.dimensional_divisor if table else 0
    category_of = dict(zip((line.sku_id for line in lines), category.tolist(), strict=True))
    no_odds, resource_cost = NOTHING, 0
    if odds and weighing.counts_no:
        of_sku = np.array([category_of[sku_id] for sku_id in skus.values()], np.int64)
        no_odds = odds.beside(
            nodes.ids,
            nodes.kind,
            categories,
            node=stock["node"],
            category=of_sku[stock["place"]],
            on_hand=stock["on_hand"],
        )
        resource_cost = odds.cost(currency, heads.strategy_id)
    price = slot_price = NOTHING
    if prices and weighing.scarcity_prices:
        node_ids = np.array(nodes.ids, np.int64)
        sku_ids = np.array(list(skus.values()), np.int64)[stock["place"]]
        price = prices.of_units(sku_ids, node_ids[stock["node"]], money, at=at)
        slot_price = prices.of_slots(node_ids, money, at=at)
    problem = Problem(
        id=name,
        decided_on=today,
        currency=currency,
        late_per_day=table.late_per_day if table else 0,
        rules=rules,
        order_ref=np.array([order.id for order in orders], np.int64),
        dest=dest.reshape(-1).astype(np.int32),
        method=np.array([METHODS.index(order.method) for order in orders], np.int8),
        pinned_node=np.array([nodes.place.get(order.pickup_node_id, -1) for order in orders], np.int16),
        slack=np.array([order.slack for order in orders], np.int64),
        channel=channel,
        region=region,
        value=np.array([money.one(order.value, order.currency) for order in orders], np.int64),
        ptr=pointer(np.array([line.order for line in lines], np.int64), len(orders)),
        line_ref=np.array([line.id for line in lines], np.int64),
        sku=np.array([sku_place[line.sku_id] for line in lines], np.int32),
        units=np.array([line.units for line in lines], np.int32),
        grams=np.array([line.billed_grams(divisor) for line in lines], np.int64),
        likely_grams=np.array([line.likely_grams(divisor) for line in lines], np.int64),
        unfilled=np.array(
            [UNFILLED + money.one(line.unit_price, orders[line.order].currency) for line in lines], np.int64
        ),
        class_bits=np.array([bits_of(line.classes, classes) for line in lines], np.uint16),
        category=category,
        forbid_ptr=np.cumsum([0, *map(len, forbidden)]).astype(np.int32),
        forbid_node=np.array([node for own in forbidden for node in own], np.int16),
        sku_ref=np.array(list(skus.values()), np.int64),
        sku_ptr=pointer(stock["place"], len(skus)),
        stock_node=stock["node"],
        free=stock["free"],
        buffer=stock["buffer"],
        level_ref=stock["id"],
        node_ref=np.array(nodes.ids, np.int64),
        kind=nodes.kind,
        group=nodes.group,
        slots_left=slots_left,
        ship_day=ship_day,
        fix=np.maximum(fix, 0),
        pick=np.maximum(pick, 0),
        node_class_bits=np.array([bits_of(own, classes) for own in nodes.classes], np.uint16),
        abilities=nodes.abilities,
        # Where a node's costs can't be said in the problem's currency it can't be compared: no service serves it.
        service_bits=np.where((fix < 0) | (pick < 0), 0, (1 << len(services)) - 1).astype(np.uint16),
        distance_km=km,
        zone=zone,
        rate=table.rate if table else np.zeros((0, 1, 0), np.int64),
        band_grams=table.band_grams if table else np.zeros(0, np.int64),
        per_kg_above=table.per_kg_above if table else np.zeros((0, 1), np.int64),
        transit=table.transit if table else np.zeros((0, 1), np.int16),
        channels=channels,
        regions=regions,
        categories=categories,
        groups=nodes.groups,
        node_codes=nodes.codes,
        services=services,
        versions={
            "engine": ENGINE_VERSION,
            "strategy": str(heads.version_id or ""),
            "rates": f"{table.code} v{table.version}" if table else "",
            "odds": str(odds.run_id) if odds and weighing.counts_no else "",
            "prices": prices.name(at) if prices and weighing.scarcity_prices else "",
        },
        price=price,
        slot_price=slot_price,
        no_odds=no_odds,
        resource_cost=resource_cost,
        guarded=weighing.guarded,
        cut_off_minutes=min((row[4] for row in days if row[4] is not None), default=-1),
        unhurried=unhurried,
    )
    return [Facts(problem, orders, lines, [row[1] for row in days], heads.version_id, stock["on_hand"])]


def under(problem: Problem, rules: tuple[Rule, ...], weighing: Weighing) -> Problem:
    """The same facts under other rules that weigh no more than these facts hold."""
    weighed = replace(problem, rules=rules, guarded=weighing.guarded)
    if not weighing.counts_no:
        weighed = replace(weighed, no_odds=NOTHING, resource_cost=0)
    return weighed if weighing.scarcity_prices else replace(weighed, price=NOTHING, slot_price=NOTHING)


def lines_of_orders(lines: Sequence[Line], places: Sequence[int], orders: int) -> Sequence[Line]:
    """The lines of the orders at these places, re-numbered."""
    if len(places) == orders:
        return lines
    new = {old: place for place, old in enumerate(places)}
    return [line._replace(order=new[line.order]) for line in lines if line.order in new]
