"""Lists of stock as people read them: by SKU, by node, the levels of one of either. Pages are cut by SKU code.

`nodes` are the ids of the nodes that the reader may see, None for all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from dom_project.lib import db

PAGE = 50
Nodes = Sequence[int] | None
Row = TypeVar("Row", bound="SkuRow | LevelRow")

SEEN = "(%(nodes)s::bigint[] IS NULL OR l.node_id = ANY(%(nodes)s::bigint[]))"
ISSUES = f"""
  SELECT l.sku_id, l.node_id, l.id AS level_id
  FROM inventory_dataissue i JOIN inventory_stocklevel l ON l.id = i.level_id
  WHERE i.closed_at IS NULL AND {SEEN}"""
NAMED = """(%(q)s = '' OR s.code ILIKE %(like)s OR s.name ILIKE %(like)s
  OR s.id IN (SELECT b.sku_id FROM inventory_barcode b WHERE b.code = %(q)s))"""

SKUS = f"""
WITH page AS MATERIALIZED (
  SELECT s.id, s.code, s.name, s.active, coalesce(c.code, '') AS category
  FROM inventory_sku s LEFT JOIN inventory_category c ON c.id = s.category_id
  WHERE {{cursor}} AND {NAMED} AND (%(category)s = '' OR c.code = %(category)s) AND CASE %(only)s
    WHEN 'short' THEN s.id IN (SELECT l.sku_id FROM inventory_stocklevel l WHERE l.shortfall > 0 AND {SEEN})
    WHEN 'issues' THEN s.id IN (SELECT sku_id FROM ({ISSUES}) i)
    WHEN 'out' THEN NOT EXISTS (SELECT FROM inventory_stocklevel l WHERE l.sku_id = s.id AND l.atp > 0 AND {SEEN})
    ELSE true END
  ORDER BY s.code {{way}} LIMIT %(most)s
)
SELECT p.code, p.name, p.active, p.category, coalesce(t.on_hand, 0) AS on_hand, coalesce(t.allocated, 0) AS allocated,
  coalesce(t.shortfall, 0) AS shortfall, t.nodes,
  CASE WHEN %(nodes)s::bigint[] IS NULL THEN coalesce(a.atp, 0) ELSE coalesce(t.atp, 0) END AS atp,
  (SELECT count(*) FROM ({ISSUES}) i WHERE i.sku_id = p.id) AS issues
FROM page p LEFT JOIN inventory_publishedatp a ON a.sku_id = p.id
CROSS JOIN LATERAL (
  SELECT sum(l.on_hand) AS on_hand, sum(l.allocated) AS allocated, sum(l.shortfall) AS shortfall, sum(l.atp) AS atp,
    count(*) FILTER (WHERE l.on_hand > 0) AS nodes
  FROM inventory_stocklevel l WHERE l.sku_id = p.id AND {SEEN}) t
ORDER BY p.code {{way}}"""

LEVELS = f"""
SELECT l.id, s.code, s.name, coalesce(c.code, '') AS category, l.on_hand, l.allocated, l.external, l.safety_stock,
  l.atp, l.shortfall, l.shelf, EXISTS (SELECT FROM inventory_floorevidence e WHERE e.level_id = l.id) AS seen_by_floor,
  (SELECT count(*) FROM inventory_dataissue i WHERE i.level_id = l.id AND i.closed_at IS NULL) AS issues
FROM inventory_stocklevel l JOIN inventory_sku s ON s.id = l.sku_id
LEFT JOIN inventory_category c ON c.id = s.category_id
WHERE l.node_id = %(node)s AND {{cursor}} AND {NAMED} AND CASE %(only)s
    WHEN 'short' THEN l.shortfall > 0
    WHEN 'out' THEN l.atp = 0
    WHEN 'issues' THEN EXISTS (SELECT FROM inventory_dataissue i WHERE i.level_id = l.id AND i.closed_at IS NULL)
    ELSE true END
ORDER BY s.code {{way}} LIMIT %(most)s"""

OF_SKU = f"""
SELECT l.id, n.id AS node_id, n.code, n.name, n.kind, n.active, l.on_hand, l.allocated, l.external, l.safety_stock,
  l.atp, l.shortfall, EXISTS (SELECT FROM inventory_floorevidence e WHERE e.level_id = l.id) AS seen_by_floor,
  (SELECT count(*) FROM inventory_dataissue i WHERE i.level_id = l.id AND i.closed_at IS NULL) AS issues
FROM inventory_stocklevel l JOIN inventory_node n ON n.id = l.node_id
WHERE l.sku_id = %(sku)s AND {SEEN} ORDER BY l.atp DESC, l.on_hand DESC, n.name, n.id"""

NODES = f"""
SELECT n.id, n.code, n.name, n.kind, n.active, coalesce(t.on_hand, 0) AS on_hand,
  coalesce(t.allocated, 0) AS allocated, coalesce(t.atp, 0) AS atp, coalesce(t.shortfall, 0) AS shortfall,
  coalesce(t.skus, 0) AS skus, coalesce(i.issues, 0) AS issues
FROM inventory_node n
LEFT JOIN (
  SELECT l.node_id, sum(l.on_hand) AS on_hand, sum(l.allocated) AS allocated, sum(l.atp) AS atp,
    sum(l.shortfall) AS shortfall, count(*) FILTER (WHERE l.on_hand > 0) AS skus
  FROM inventory_stocklevel l WHERE {SEEN} GROUP BY 1) t ON t.node_id = n.id
LEFT JOIN (SELECT node_id, count(*) AS issues FROM ({ISSUES}) i GROUP BY 1) i ON i.node_id = n.id
WHERE %(nodes)s::bigint[] IS NULL OR n.id = ANY(%(nodes)s::bigint[]) ORDER BY n.name, n.id"""

TOTALS = f"""
SELECT coalesce(sum(l.on_hand), 0)::bigint AS on_hand, coalesce(sum(l.allocated), 0)::bigint AS allocated,
  coalesce(sum(l.atp), 0)::bigint AS atp, count(*) FILTER (WHERE l.shortfall > 0) AS short,
  coalesce(sum(l.shortfall), 0)::bigint AS shortfall, count(*) FILTER (WHERE l.on_hand > 0) AS stocked,
  count(*) AS levels, (SELECT count(*) FROM ({ISSUES}) i) AS issues
FROM inventory_stocklevel l WHERE {SEEN} AND (%(node)s::bigint IS NULL OR l.node_id = %(node)s)"""


@dataclass(frozen=True, slots=True)
class SkuRow:
    """One SKU over all nodes seen, in units. `atp` is the published figure, or the sum of the nodes seen."""

    code: str
    name: str
    active: bool
    category: str
    on_hand: int
    allocated: int
    shortfall: int
    nodes: int
    atp: int
    issues: int


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One SKU at one node, in units."""

    id: int
    code: str
    name: str
    category: str
    on_hand: int
    allocated: int
    external: int
    safety_stock: int
    atp: int
    shortfall: int
    shelf: str
    seen_by_floor: bool
    issues: int


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One node of one SKU, in units."""

    id: int
    node_id: int
    code: str
    name: str
    kind: str
    active: bool
    on_hand: int
    allocated: int
    external: int
    safety_stock: int
    atp: int
    shortfall: int
    seen_by_floor: bool
    issues: int


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node over all SKUs, in units. `skus` are those of which any is on hand."""

    id: int
    code: str
    name: str
    kind: str
    active: bool
    on_hand: int
    allocated: int
    atp: int
    shortfall: int
    skus: int
    issues: int


@dataclass(frozen=True, slots=True)
class Totals:
    on_hand: int
    allocated: int
    atp: int
    short: int
    shortfall: int
    stocked: int
    levels: int
    issues: int


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows by SKU code, with the cursors of the neighbouring pages ("" at the ends)."""

    rows: list[Row]
    newer: str = ""
    older: str = ""


def by_sku(
    *, q: str = "", category: str = "", only: str = "", before: str = "", after: str = "", nodes: Nodes = None
) -> Page[SkuRow]:
    """SKUs by code. `q` is part of a code or name, or a whole barcode; `only` is short, issues, out or "" for all."""
    return _page(SkuRow, SKUS, {"q": q, "category": category, "only": only, "nodes": _ids(nodes)}, before, after)


def of_node(node_id: int, *, q: str = "", only: str = "", before: str = "", after: str = "") -> Page[LevelRow]:
    """The levels of one node by SKU code; `q` and `only` as `by_sku`."""
    return _page(LevelRow, LEVELS, {"node": node_id, "q": q, "only": only}, before, after)


def of_sku(sku_id: int, *, nodes: Nodes = None) -> list[PlaceRow]:
    """The levels of one SKU, most ATP first."""
    return db.rows_as(PlaceRow, OF_SKU, {"sku": sku_id, "nodes": _ids(nodes)})


def by_node(*, nodes: Nodes = None) -> list[NodeRow]:
    """The nodes by name with what they hold."""
    return db.rows_as(NodeRow, NODES, {"nodes": _ids(nodes)})


def totals(*, nodes: Nodes = None, node_id: int | None = None) -> Totals:
    """The sums over all levels seen, or over one node's."""
    return db.rows_as(Totals, TOTALS, {"nodes": _ids(nodes), "node": node_id})[0]


def _page(kind: Callable[..., Row], sql: str, params: dict[str, Any], before: str, after: str) -> Page[Row]:
    q = params["q"]
    like = "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    params |= {"like": like, "before": before, "after": after, "most": PAGE + 1}
    if before:
        found = db.rows_as(kind, sql.format(cursor="s.code < %(before)s", way="DESC"), params)
        more, rows = len(found) > PAGE, found[:PAGE][::-1]
        return Page(rows, rows[0].code if more else "", rows[-1].code if rows else "")
    found = db.rows_as(kind, sql.format(cursor="s.code > %(after)s" if after else "true", way="ASC"), params)
    more, rows = len(found) > PAGE, found[:PAGE]
    return Page(rows, rows[0].code if after and rows else "", rows[-1].code if more else "")


def _ids(nodes: Nodes) -> list[int] | None:
    return None if nodes is None else list(nodes)
