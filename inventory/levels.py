"""Reads of stock, as plain rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dom_project.lib import db

# A join, not `= ANY`: with that PostgreSQL walks the whole key (node, SKU).
STOCK = """
SELECT l.sku_id, l.node_id, l.id,
  CASE WHEN l.shortfall > 0 THEN 0 ELSE greatest(l.on_hand - l.allocated - l.external, 0) END, l.safety_stock
FROM (SELECT DISTINCT unnest(%(sku)s::bigint[]) AS sku_id) w JOIN inventory_stocklevel l USING (sku_id)
ORDER BY l.sku_id, l.node_id"""

BY_NODE = """
SELECT l.sku_id, l.node_id, l.atp
FROM (SELECT DISTINCT unnest(%(sku)s::bigint[]) AS sku_id) w JOIN inventory_stocklevel l USING (sku_id)
ORDER BY l.sku_id, l.node_id"""

# Bytes, which numpy takes as they are: rows of their own would cost the caller more than the server.
ARRAYS = """
SELECT string_agg(int8send(l.sku_id) || int8send(l.node_id) || int4send(l.atp), ''::bytea)
FROM (SELECT DISTINCT unnest(%(sku)s::bigint[]) AS sku_id) w JOIN inventory_stocklevel l USING (sku_id)
WHERE l.atp > 0"""
ENTRY = np.dtype([("sku", ">i8"), ("node", ">i8"), ("atp", ">i4")])

PUBLISHED = "SELECT sku_id, atp FROM inventory_publishedatp WHERE sku_id = ANY(%(sku)s::bigint[])"

# Since when: the last entry that raised the shortfall. Seen again: a later observation of the level's own, or a later
# complete read of its node, which writes nothing where nothing changed. Both need no row per level.
SHORT = """
SELECT l.id AS level_id, l.node_id, l.sku_id, l.shortfall, raised.at AS since_at,
  raised.key IS NOT NULL OR e.level_id IS NOT NULL AS certain,
  coalesce(greatest(f.observed_at, v.observed_at) > coalesce(run.observed_at, raised.at), false) AS seen_again
FROM inventory_stocklevel l
CROSS JOIN LATERAL (
  SELECT x.at, x.key, x.chunk_id FROM inventory_ledgerentry x
  WHERE x.level_id = l.id AND x.shortfall > 0 ORDER BY x.id DESC LIMIT 1) raised
LEFT JOIN inventory_feedchunk chunk ON chunk.id = raised.chunk_id
LEFT JOIN inventory_feedrun run ON run.id = chunk.run_id
LEFT JOIN inventory_feedscope f ON f.node_id = l.node_id
LEFT JOIN inventory_levelobservation v ON v.level_id = l.id
LEFT JOIN inventory_floorevidence e ON e.level_id = l.id
WHERE l.shortfall > 0 ORDER BY raised.at, l.id"""


@dataclass(frozen=True, slots=True)
class Short:
    """A level with fewer units than are allocated.

    `certain`: the floor saw it or we lost the units ourselves, so nothing is waited for. `seen_again`: the source has
    said it twice.
    """

    level_id: int
    node_id: int
    sku_id: int
    shortfall: int
    since_at: datetime
    certain: bool
    seen_again: bool


def stock_rows(sku_ids: Iterable[int]) -> list[tuple[int, int, int, int, int]]:
    """(SKU, node, level, free, safety stock) of each level of these SKUs, by SKU and node id.

    Free = on hand − allocated − external, never below 0, and 0 while a shortfall is open. The safety stock is not
    taken off.
    """
    return db.rows(STOCK, {"sku": list(sku_ids)})


def atp_by_node(sku_ids: Iterable[int]) -> list[tuple[int, int, int]]:
    """(SKU, node, ATP) of each level of these SKUs, by SKU and node id."""
    return db.rows(BY_NODE, {"sku": list(sku_ids)})


def atp_arrays(sku_ids: Iterable[int]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """SKU, node and ATP of each level of these SKUs that has any, in no order."""
    found = np.frombuffer(bytes(db.value(ARRAYS, {"sku": list(sku_ids)}) or b""), ENTRY)
    return found["sku"].astype(np.int64), found["node"].astype(np.int64), found["atp"].astype(np.int64)


def atp_of(sku_ids: Sequence[int]) -> dict[int, int]:
    """The published ATP of each of these SKUs, 0 for one that is stocked nowhere."""
    sku_ids = list(sku_ids)
    return dict.fromkeys(sku_ids, 0) | dict(db.rows(PUBLISHED, {"sku": sku_ids}))


@dataclass(frozen=True, slots=True)
class Cart:
    """What a cart finds: published ATP and the most of one node by SKU, and the nodes that alone have all of it."""

    published: Mapping[int, int]
    largest: Mapping[int, int]
    whole: Sequence[int]

    def enough(self, wanted: Mapping[int, int]) -> bool:
        """Whether these units of each SKU can be served, from several nodes if need be."""
        return all(self.published[sku_id] >= units for sku_id, units in wanted.items())


def cart(wanted: Mapping[int, int]) -> Cart:
    """Whether and where these units of each SKU could be had. Reserves nothing."""
    largest = dict.fromkeys(wanted, 0)
    served: dict[int, int] = {}
    for sku_id, node, atp in atp_by_node(wanted):
        largest[sku_id] = max(largest[sku_id], atp)
        served[node] = served.get(node, 0) + (atp >= wanted[sku_id])
    return Cart(atp_of(list(wanted)), largest, [node for node, lines in served.items() if lines == len(wanted)])


def short() -> list[Short]:
    """The levels with a shortfall, the oldest first."""
    return db.rows_as(Short, SHORT)
