"""Find orders: by whatever a person has in hand, by state, by node, newest first."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dom_project.lib import db
from dom_project.lib.crypto import keyed_hash
from fulfillment.access import AT_NODES
from fulfillment.cursors import Place
from routing.intake import email_key, phone_key


class Row(NamedTuple):
    """An order in a list. `units` of `lines` lines; `nodes` are the codes of those that have or had a part of it.

    The promise is a day or an hour of `time_zone`, where the order goes. `state` is as in `SHOWN_STATE`; `due` is the
    value of the units that are not cancelled.
    """

    id: int
    ref: str
    order_ref: str
    channel: str
    method: str
    state: str
    customer: str
    city: str
    region: str
    units: int
    lines: int
    shipped: int
    value: int
    due: int
    currency: str
    accepted_at: datetime
    promise_at: datetime
    time_zone: str
    nodes: Sequence[str]

    @property
    def cancelled(self) -> int:
        """The value of the units that are cancelled."""
        return self.value - self.due


class Page(NamedTuple):
    """`before` asks for the older page, `after` for the newer one; None where there is none."""

    rows: Sequence[Row]
    before: Place | None
    after: Place | None = None


# Each way to find an order has its own index; the order of the list is read from one too.
BY_TEXT = """o.id IN (
  SELECT id FROM routing_order WHERE ref = ANY(%(spelt)s)
  UNION ALL SELECT id FROM routing_order WHERE order_ref = ANY(%(spelt)s)
  UNION ALL (SELECT id FROM routing_order WHERE (order_ref LIKE %(begins_0)s OR order_ref LIKE %(begins_1)s
      OR order_ref LIKE %(begins_2)s) AND NOT EXISTS (SELECT FROM routing_order WHERE order_ref = ANY(%(spelt)s))
    ORDER BY id DESC LIMIT 1000)
  UNION ALL SELECT order_id FROM fulfillment_shipment WHERE ref = ANY(%(spelt)s)
  UNION ALL SELECT order_id FROM fulfillment_shipment
    WHERE tracking_number = ANY(%(spelt)s) AND tracking_number <> ''
  UNION ALL SELECT order_id FROM routing_allocation WHERE id = %(allocation)s
  UNION ALL SELECT r.id FROM routing_order r JOIN routing_customer c ON c.id = r.customer_id
    WHERE (c.email_hash = %(email)s AND c.email_hash <> '') OR (c.phone_hash = %(phone)s AND c.phone_hash <> '')
  UNION ALL SELECT r.id FROM routing_order r JOIN routing_customer c ON c.id = r.customer_id
    WHERE to_tsvector('simple'::regconfig, coalesce(c.name, '')) @@ to_tsquery('simple'::regconfig, %(name)s))"""
# An order that only waits for its customer is routed, or partly shipped, as far as routing goes: all that is still
# open of it lies ready, and nothing waits to be sourced. `dossier.waits_for_customer` says the same of one order.
SHOWN_STATE = """CASE WHEN o.state IN ('routed', 'partly_shipped') AND o.method <> 'ship'
  AND EXISTS (
    SELECT FROM fulfillment_shipment s WHERE s.order_id = o.id AND s.state = 'ready' AND s.closed_at IS NULL)
  AND NOT EXISTS (SELECT FROM routing_allocation a WHERE a.order_id = o.id AND a.state = 'open' AND NOT EXISTS (
    SELECT FROM fulfillment_shipment s WHERE s.order_id = o.id AND s.parcel = a.parcel AND s.state = 'ready'))
  AND NOT EXISTS (SELECT FROM routing_orderline p WHERE p.order_id = o.id AND p.pending > 0)
  THEN 'ready' ELSE o.state END"""
LEDGER_KEY = re.compile(r"(?:alloc|ship|release):([0-9]{1,18})")
AT_NODE = AT_NODES.format(order="o", nodes="%(nodes)s")
LIST = """
SELECT o.id, o.ref, o.order_ref, n.code, o.method, {state}, coalesce(c.name, ''), coalesce(c.city, ''),
  o.ship_to_region, l.units, l.lines, l.shipped, o.value, l.due, o.currency, o.accepted_at, o.promise_at,
  o.ship_to_time_zone, coalesce(a.nodes, ARRAY[]::text[])
FROM (SELECT * FROM routing_order o WHERE {where}
  ORDER BY o.accepted_at {way}, o.id {way} LIMIT %(limit)s) o
JOIN inventory_channel n ON n.id = o.channel_id LEFT JOIN routing_customer c ON c.id = o.customer_id
CROSS JOIN LATERAL (SELECT coalesce(sum(ordered), 0)::int AS units, count(*)::int AS lines,
  coalesce(sum(shipped), 0)::int AS shipped,
  coalesce(sum((ordered - cancelled) * unit_price), 0)::bigint AS due FROM routing_orderline WHERE order_id = o.id) l
CROSS JOIN LATERAL (SELECT array_agg(DISTINCT x.code ORDER BY x.code) AS nodes FROM routing_allocation p
  JOIN inventory_node x ON x.id = p.node_id WHERE p.order_id = o.id AND p.state <> 'released') a
ORDER BY o.accepted_at DESC, o.id DESC
"""
BY_STATE = """
SELECT state, count(*)::int FROM (
  SELECT {state} AS state FROM routing_order o WHERE {where} ORDER BY o.accepted_at DESC, o.id DESC LIMIT %(most)s
) s GROUP BY state
"""


def orders(
    *,
    text: str = "",
    states: Collection[str] = (),
    channel: str = "",
    method: str = "",
    nodes: Collection[int] | None = None,
    accepted_from: datetime | None = None,
    accepted_until: datetime | None = None,
    before: Place | None = None,
    after: Place | None = None,
    limit: int = 50,
) -> Page:
    """One page of the orders that match everything asked for, the newest first. One query.

    `text` is a whole reference (ours, the channel's, a shipment's), ledger key, tracking number, e-mail address or
    phone number, or words of the customer's name, each at least its beginning. What is no whole reference of the
    channel's finds the newest thousand that begin so, from three characters on.
    `nodes` are ids of those that ship or hand over, as in `access.orders_of`; None means any.
    `before` and `after` come from the page that was seen, at most one of them.
    """
    where, params = _where(text, channel, method, nodes, accepted_from, accepted_until)
    if states:
        where.append(f"{SHOWN_STATE} = ANY(%(states)s::text[])")
    if before or after:
        where.append(f"(o.accepted_at, o.id) {'<' if before else '>'} (%(edge_at)s, %(edge_id)s)")
    params |= {"states": list(states), "limit": limit + 1}
    params |= dict(zip(("edge_at", "edge_id"), before or after or (None, None), strict=True))
    sql = LIST.format(state=SHOWN_STATE, where=" AND ".join(where), way="ASC" if after else "DESC")
    found = [Row(*row) for row in db.rows(sql, params)]
    more = len(found) > limit
    if after:
        shown = found[1:] if more else found
        return Page(shown, _edge(shown[-1:]), _edge(shown[:1]) if more else None)
    shown = found[:limit]
    return Page(shown, _edge(shown[-1:]) if more else None, _edge(shown[:1]) if before else None)


def _edge(rows: Sequence[Row]) -> Place | None:
    return (rows[0].accepted_at, rows[0].id) if rows else None


def count_by_state(
    *,
    text: str = "",
    channel: str = "",
    method: str = "",
    nodes: Collection[int] | None = None,
    accepted_from: datetime | None = None,
    accepted_until: datetime | None = None,
    most: int | None = None,
) -> dict[str, int]:
    """How many of the orders that match are in each state; states without any are left out. One query.

    `most` looks at so many of the newest only: a page need not count millions.
    """
    where, params = _where(text, channel, method, nodes, accepted_from, accepted_until)
    return dict(db.rows(BY_STATE.format(state=SHOWN_STATE, where=" AND ".join(where)), params | {"most": most}))


def _where(
    text: str,
    channel: str,
    method: str,
    nodes: Collection[int] | None,
    accepted_from: datetime | None,
    accepted_until: datetime | None,
) -> tuple[list[str], dict[str, Any]]:
    where = ["true"]
    params: dict[str, Any] = {"channel": channel, "method": method, "from": accepted_from, "until": accepted_until}
    if text := text.strip():
        where.append(BY_TEXT)
        params |= {"spelt": [text, text.upper(), text.lower()], "name": _name_query(text)}
        params |= {f"begins_{place}": _beginning(spelt) for place, spelt in enumerate(params["spelt"])}
        key = LEDGER_KEY.fullmatch(text)
        params["allocation"] = int(key[1]) if key else None
        params |= {"email": keyed_hash(email_key(text)), "phone": keyed_hash(phone_key(text))}
    if channel:
        where.append("o.channel_id = (SELECT id FROM inventory_channel WHERE code = %(channel)s)")
    if method:
        where.append("o.method = %(method)s")
    if nodes is not None:
        where.append(AT_NODE)
        params["nodes"] = list(nodes)
    if accepted_from:
        where.append("o.accepted_at >= %(from)s")
    if accepted_until:
        where.append("o.accepted_at < %(until)s")
    return where, params


def _beginning(text: str) -> str | None:
    """What LIKE asks for whatever begins so; None, finding nothing, for what is too short."""
    return re.sub(r"([\\%_])", r"\\\1", text) + "%" if len(text) >= 3 else None


def _name_query(text: str) -> str:
    """What a name must have, as PostgreSQL asks: words that begin so. Empty, finding nothing, for what is no name."""
    words = re.findall(r"[^\W_]+", text)
    letters = sum(character.isalpha() for character in text)
    return " & ".join(f"{word}:*" for word in words) if letters >= 2 and "@" not in text else ""
