"""ORM in, facts out: the problem of some orders as arrays, all of one instant, in a fixed number of queries."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache

import numpy as np

from dom_project.lib import arrays, db
from routing import odds, rates, strategies
from routing.dense import STOCK, Array, GivenBack, bits_of
from routing.facts import Facts, Heads, Line, Nodes, Wanted, build, lines_of_orders
from routing.rules import KINDS, METHODS, Rule
from routing.scarcity import prices
from routing.weighing import Weighing

# The sum tells a change of a node from none though it was committed after a later one; the newest moment does not.
HEADS = """
SELECT (SELECT jsonb_build_array(v.id, v.strategy_id, v.counts_no, v.scarcity_prices, v.guarded)
   FROM routing_strategyactivation a JOIN routing_strategyversion v ON v.id = a.version_id ORDER BY a.id DESC LIMIT 1),
  (SELECT max(id) FROM routing_oddsrun),
  (SELECT jsonb_build_array(id, cleared) FROM routing_scarcityrun WHERE state = 'done' ORDER BY id DESC LIMIT 1),
  (SELECT jsonb_object_agg(currency, id) FROM (
     SELECT DISTINCT ON (currency) currency, id FROM routing_ratecard WHERE live ORDER BY currency, id DESC) c),
  (SELECT max(id) FROM routing_ratecard WHERE live),
  (SELECT row(count(*), max(id), sum(extract(epoch FROM changed_at)))::text FROM inventory_node),
  (SELECT jsonb_object_agg(base || quote, rate) FROM (
     SELECT DISTINCT ON (base, quote) base, quote, rate FROM inventory_exchangerate
     WHERE from_date <= %s ORDER BY base, quote, from_date DESC) r)
"""
NODES = """
SELECT n.id, n.code, n.kind, coalesce(g.code, ''), n.latitude, n.longitude, n.shipment_cost, n.unit_cost, n.currency,
  CASE WHEN n.active THEN n.abilities ELSE '{}' END, n.handling_classes
FROM inventory_node n LEFT JOIN inventory_nodegroup g ON g.id = n.group_id ORDER BY n.code
"""
ORDERS = """
SELECT o.id, o.day, c.code, o.method, coalesce(o.pickup_node_id, 0), o.currency, o.value, o.ship_to_region,
  o.ship_to_latitude, o.ship_to_longitude,
  ((o.promise_at - interval '1 microsecond') AT TIME ZONE o.ship_to_time_zone)::date - %(today)s::date,
  coalesce((SELECT max(p.number) FROM routing_planparcel p WHERE p.order_id = o.id), 0),
  EXISTS (SELECT FROM routing_orderexception e
          WHERE e.order_id = o.id AND e.closed_at IS NULL AND e.room = 'routing'),
  o.ship_to_country, EXISTS (SELECT FROM inventory_node n WHERE n.active AND n.country = o.ship_to_country)
FROM unnest(%(order_id)s::bigint[]) WITH ORDINALITY AS u(id, place)
JOIN routing_order o USING (id) JOIN inventory_channel c ON c.id = o.channel_id ORDER BY u.place
"""
LINES = """
SELECT u.place - 1, l.id, l.line_ref, l.sku_id, s.code, {units}, s.weight_grams, l.unit_price, s.handling_classes,
  coalesce(k.code, ''), l.first_looked_at IS NULL,
  (SELECT array_agg(r.node_id) FROM routing_linerefusal r WHERE r.line_id = l.id),
  s.length_mm::bigint * s.width_mm * s.height_mm,
  CASE WHEN s.weight_grams = 0 THEN (
    SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY o.weight_grams) FROM inventory_sku o
    WHERE o.category_id = s.category_id AND o.weight_grams > 0) END
FROM unnest(%(order_id)s::bigint[]) WITH ORDINALITY AS u(order_id, place)
JOIN routing_orderline l USING (order_id) JOIN inventory_sku s ON s.id = l.sku_id
LEFT JOIN inventory_category k ON k.id = s.category_id
WHERE {units} > 0 ORDER BY u.place, l.position
"""
KEPT_UNITS = """(SELECT coalesce(sum(a.quantity), 0)::int FROM routing_allocation a
  WHERE a.order_id = l.order_id AND a.line_id = l.id AND a.state = 'open' AND a.dispatched_at IS NULL)"""
LEVELS = """
SELECT array_agg(l.id), array_agg(l.node_id), array_agg(l.sku_id), array_agg(l.safety_stock),
  array_agg(CASE WHEN l.shortfall > 0 THEN 0 ELSE l.on_hand - l.allocated - l.external END), array_agg(l.on_hand)
FROM inventory_stocklevel l WHERE l.on_hand > 0 AND l.sku_id = ANY(%s::bigint[])
"""
# A day counts while its cut-off lies ahead, by the node's own clock; a closed day has no row or no cap.
NODE_DAYS = """
SELECT n.id, greatest(f.observed_at, f.seen_at),
  array_agg(d.ship_date - %(today)s::date ORDER BY d.ship_date) FILTER (WHERE d.cap > 0),
  array_agg(greatest(d.cap - d.taken, 0) ORDER BY d.ship_date) FILTER (WHERE d.cap > 0),
  floor(extract(epoch FROM min((d.ship_date + n.cut_off) AT TIME ZONE n.time_zone) FILTER (WHERE d.cap > 0)
    - %(at)s::timestamptz) / 60)::int
FROM inventory_node n LEFT JOIN inventory_feedscope f ON f.node_id = n.id
LEFT JOIN inventory_nodeday d ON d.node_id = n.id AND d.ship_date >= %(today)s::date - 1
  AND d.ship_date <= %(today)s::date + 15 AND (d.ship_date + n.cut_off) AT TIME ZONE n.time_zone > %(at)s
GROUP BY n.id, f.observed_at, f.seen_at ORDER BY n.code
"""


def gather(
    order_ids: Sequence[int],
    *,
    at: datetime,
    name: str,
    rules: Sequence[Rule] | None = None,
    weighing: Weighing | None = None,
    every_unit: bool = False,
    kept: bool = False,
    given_back: GivenBack | None = None,
) -> list[Facts]:
    """The facts of these orders in this order: one problem per currency of rate card, so nearly always one.

    Five queries, eleven when this process has not seen the versions and prices yet. `rules` and what they weigh take
    the place of the live ones; `every_unit` asks for units that are allocated or back-ordered too, `kept` for those
    alone that are allocated and that no floor has. An order with nothing to source is left out.
    """
    with db.read_only_snapshot(batch=True):
        today = at.date()
        heads = heads_of(today)
        nodes = nodes_of(heads.nodes)
        orders = [Wanted(*row) for row in db.rows(ORDERS, {"order_id": list(order_ids), "today": today})]
        lines = lines_of([order.id for order in orders], every_unit=every_unit, kept=kept)
        stock = stock_of({line.sku_id for line in lines}, nodes)
        days = db.rows(NODE_DAYS, {"today": today, "at": at})
        cards = sorted({card_for(heads, order.currency) for order in orders})
        tables = {card: rates.tables(card) for card in cards if card}
        weighing = weighing or heads.weighing
        learned = odds.of_run(heads.odds_run) if heads.odds_run else None
        scarce = prices.of_run(*heads.prices) if heads.prices and weighing.scarcity_prices else None
        if rules is None:
            rules = strategies.parsed_rules(heads.version_id) if heads.version_id else ()
    found = []
    for card in cards:
        own = [place for place, order in enumerate(orders) if card_for(heads, order.currency) == card]
        found += build(
            [orders[place] for place in own],
            lines_of_orders(lines, own, len(orders)),
            name=name if len(cards) == 1 else f"{name}-{card}",
            at=at,
            heads=heads,
            nodes=nodes,
            stock=stock,
            days=days,
            table=tables.get(card),
            rules=tuple(rules),
            weighing=weighing,
            odds=learned,
            prices=scarce,
            given_back=given_back or GivenBack(),
            unhurried=kept,
        )
    return found


def heads_of(today: date) -> Heads:
    """What is live now: strategy version, odds, prices, rate cards, state of the nodes, exchange rates of the day."""
    version, odds_run, priced, cards, newest, nodes, exchange = db.rows(HEADS, [today])[0]
    version_id, strategy_id, *parts = json.loads(version or "[null, null]")
    rated = {pair: float(rate) for pair, rate in json.loads(exchange or "{}").items()}
    return Heads(
        version_id,
        strategy_id,
        Weighing(*parts),
        odds_run,
        tuple(json.loads(priced)) if priced else None,
        json.loads(cards or "{}"),
        newest,
        nodes,
        rated,
    )


def card_for(heads: Heads, currency: str) -> int:
    """The rate card for orders in this currency: its own, else the newest. 0 without any."""
    return heads.cards.get(currency) or heads.newest_card or 0


def lines_of(order_ids: Sequence[int], *, every_unit: bool = False, kept: bool = False) -> list[Line]:
    """The open lines of these orders, by order and position."""
    units = "(l.pending + l.allocated + l.backordered)" if every_unit else KEPT_UNITS if kept else "l.pending"
    found = db.rows(LINES.format(units=units), {"order_id": list(order_ids)})
    return [Line(*row) for row in found]


def stock_of(sku_ids: set[int], nodes: Nodes) -> Array:
    """Levels with stock on hand of these SKUs, as [level] of (id, node place, sku, free, buffer, on hand)."""
    ids, node_ids, skus, buffer, free, on_hand = arrays.columns(LEVELS, [sorted(sku_ids)], "888444")
    known = np.isin(node_ids, nodes.sorted_ids)
    stock = np.empty(int(known.sum()), STOCK)
    stock["node"] = nodes.by_id[np.searchsorted(nodes.sorted_ids, node_ids[known])]
    for name, column in (("id", ids), ("sku", skus), ("free", free), ("buffer", buffer), ("on_hand", on_hand)):
        stock[name] = column[known]
    return stock


@lru_cache(maxsize=2)
def nodes_of(state: str) -> Nodes:
    """All nodes, by code; read again when the state of the table is another. Inactive ones can do nothing."""
    found = db.rows(NODES)
    ids, codes, kinds, groups, latitude, longitude, fix, pick, currency, abilities, classes = (
        zip(*found, strict=True) if found else ((),) * 11
    )
    names = tuple(sorted({group for group in groups if group}))
    by_id = np.argsort(np.array(ids, np.int64), kind="stable")
    return Nodes(
        ids=ids,
        codes=codes,
        place={node_id: place for place, node_id in enumerate(ids)},
        by_id=by_id,
        sorted_ids=np.array(ids, np.int64)[by_id],
        kind=np.array([KINDS.index(kind) for kind in kinds], np.int8),
        groups=names,
        group=np.array([names.index(group) if group else -1 for group in groups], np.int16),
        latitude=np.array(latitude, np.float64),
        longitude=np.array(longitude, np.float64),
        fix=fix,
        pick=pick,
        currency=currency,
        abilities=np.array([bits_of(own, METHODS) for own in abilities], np.uint16),
        classes=tuple(map(frozenset, classes)),
    )
