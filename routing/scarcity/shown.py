"""Prices as people look for them, and what they changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from dom_project.lib import db
from routing.models import ScarcityRun
from routing.scarcity import runs

PAGE = 40
MOVED_DAYS = 14
SORTS = {"price": "price DESC", "cover": "cover NULLS LAST, price DESC", "sku": "sku"}

# Days of cover: what all nodes can promise, at the pace of the futures.
PRICES = """
SELECT found.*, count(*) OVER () AS total FROM (
  SELECT s.code AS sku, s.name, n.code AS node, n.name AS node_name, p.{column} AS price, p.walk_in, l.id AS level,
    coalesce(l.atp, 0) AS left, a.atp / nullif(p.per_day, 0) AS cover
  FROM routing_scarcityprice p JOIN inventory_sku s ON s.id = p.sku_id JOIN inventory_node n ON n.id = p.node_id
  LEFT JOIN inventory_stocklevel l ON l.sku_id = p.sku_id AND l.node_id = p.node_id
  LEFT JOIN inventory_publishedatp a ON a.sku_id = p.sku_id
  WHERE p.run_id = %(run)s AND p.cleared_at IS NULL AND p.{column} > 0 AND (%(node)s = '' OR n.code = %(node)s)
    AND (%(like)s = '' OR s.code ILIKE %(like)s OR s.name ILIKE %(like)s)
) found ORDER BY {order}, sku, node LIMIT %(limit)s OFFSET %(offset)s
"""
NODES = """
SELECT n.code, n.name, count(*) FROM routing_scarcityprice p JOIN inventory_node n ON n.id = p.node_id
WHERE p.run_id = %s AND p.cleared_at IS NULL AND p.{column} > 0 GROUP BY n.code, n.name ORDER BY n.name, n.code
"""
SLOTS = """
SELECT n.code, n.name, p.price FROM routing_scarcityslot p JOIN inventory_node n ON n.id = p.node_id
WHERE p.run_id = %s ORDER BY p.price DESC, n.name LIMIT %s
"""
# Of an order that was moved twice the newer move counts.
MOVES = """
SELECT DISTINCT ON (order_id) order_id, decided_at, invoice, unpriced, currency, plan FROM routing_decision
WHERE unpriced IS NOT NULL AND decided_at > %(since)s AND decided_at <= %(at)s
ORDER BY order_id, decided_at DESC, id DESC
"""
BY_DAY = f"""
SELECT (decided_at AT TIME ZONE %(zone)s)::date AS day, count(*) AS orders, sum(invoice - unpriced)::bigint AS cost,
  currency
FROM ({MOVES}) moved GROUP BY 1, currency ORDER BY 1 DESC, currency
"""
NEWEST = f"""
SELECT o.ref, o.order_ref, moved.decided_at, (moved.invoice - moved.unpriced)::bigint AS cost, moved.currency,
  ARRAY(SELECT coalesce(n.name, p.parcel ->> 'node')
        FROM jsonb_array_elements(moved.plan -> 'parcels') WITH ORDINALITY AS p(parcel, place)
        LEFT JOIN inventory_node n ON n.code = p.parcel ->> 'node' ORDER BY p.place) AS nodes,
  ARRAY(SELECT coalesce(n.name, p.code)
        FROM jsonb_array_elements_text(moved.plan -> 'unpriced' -> 'nodes') WITH ORDINALITY AS p(code, place)
        LEFT JOIN inventory_node n ON n.code = p.code ORDER BY p.place) AS otherwise
FROM ({MOVES}) moved JOIN routing_order o ON o.id = moved.order_id
ORDER BY moved.decided_at DESC, o.ref DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Price:
    """One unit of a SKU at a node. `left`: units that can be promised there; `cover`: days, of all nodes together."""

    sku: str
    name: str
    node: str
    node_name: str
    price: int
    walk_in: int
    level: int | None
    left: int
    cover: float | None
    total: int

    @property
    def is_for_the_till(self) -> bool:
        """What the till would miss is all of its price."""
        return self.walk_in == self.price


class Slot(NamedTuple):
    """A parcel slot of a node."""

    node: str
    name: str
    price: int


@dataclass(frozen=True, slots=True)
class Day:
    """Orders of one day that went elsewhere because of prices, and what that cost in their invoices."""

    day: date
    orders: int
    cost: int
    currency: str


@dataclass(frozen=True, slots=True)
class Moved:
    """One of them: the nodes of its parcels, and those without prices, by name. `cost`: what is paid more now."""

    ref: str
    order_ref: str
    decided_at: datetime
    cost: int
    currency: str
    nodes: Sequence[str]
    otherwise: Sequence[str]


def is_expired(run: ScarcityRun, *, at: datetime) -> bool:
    """Only what was consumed before the run still counts."""
    return run.at is not None and runs.is_expired(run.at, at=at)


def prices(
    run: ScarcityRun, *, at: datetime, q: str = "", node: str = "", sort: str = "price", page: int = 0
) -> list[Price]:
    """The prices that count now, in order of `SORTS`; one more than a page when there are more."""
    like = "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" if q else ""
    sql = PRICES.format(column=_column(run, at), order=SORTS[sort])
    asked = {"run": run.pk, "node": node, "like": like, "limit": PAGE + 1, "offset": page * PAGE}
    return db.rows_as(Price, sql, asked)


def nodes(run: ScarcityRun, *, at: datetime) -> list[tuple[str, str, int]]:
    """Nodes where something has a price: code, name, how many SKUs."""
    return [(code, name, count) for code, name, count in db.rows(NODES.format(column=_column(run, at)), [run.pk])]


def slots(run: ScarcityRun, *, limit: int) -> list[Slot]:
    """Nodes whose parcel slots have a price, the dearest first."""
    return [Slot(*row) for row in db.rows(SLOTS, [run.pk, limit])]


def moved_by_day(*, at: datetime, zone: str) -> list[Day]:
    """Each of the last days on which prices moved orders, the newest first; days begin in that time zone."""
    return db.rows_as(Day, BY_DAY, {"since": at - timedelta(days=MOVED_DAYS), "at": at, "zone": zone})


def moved(*, at: datetime, limit: int) -> list[Moved]:
    """The orders that prices moved last."""
    return db.rows_as(Moved, NEWEST, {"since": at - timedelta(days=MOVED_DAYS), "at": at, "limit": limit})


def _column(run: ScarcityRun, at: datetime) -> str:
    return "cold" if is_expired(run, at=at) else "price"
