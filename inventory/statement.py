"""One stock level explained: what its figures are made of, every movement with its balance."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, Q

from dom_project.lib import db

from .models import SafetyRule, Sku, StockLevel

PAGE = 50

# What followed is taken off the level's own figures, so one page needs no sum from the beginning.
ENTRIES = """
WITH page AS MATERIALIZED (
  SELECT * FROM inventory_ledgerentry WHERE level_id = %(level)s AND {cursor} ORDER BY id {way} LIMIT %(most)s
), later AS (
  SELECT coalesce(sum(x.on_hand), 0) AS on_hand, coalesce(sum(x.allocated), 0) AS allocated
  FROM inventory_ledgerentry x WHERE x.level_id = %(level)s AND x.id > (SELECT max(id) FROM page)
)
SELECT e.id, e.at, e.verb, e.on_hand, e.allocated, e.external, e.shortfall, e.reason, e.actor,
  coalesce(e.key, '') AS key, coalesce(r.kind, '') AS run_kind, coalesce(c.name, '') AS source,
  (l.on_hand - later.on_hand - sum(e.on_hand) OVER w + e.on_hand)::int AS on_hand_then,
  (l.allocated - later.allocated - sum(e.allocated) OVER w + e.allocated)::int AS allocated_then
FROM page e CROSS JOIN later JOIN inventory_stocklevel l ON l.id = e.level_id
LEFT JOIN inventory_feedchunk k ON k.id = e.chunk_id LEFT JOIN inventory_feedrun r ON r.id = k.run_id
LEFT JOIN inventory_connection c ON c.id = r.connection_id
WINDOW w AS (ORDER BY e.id DESC) ORDER BY e.id DESC"""

# By what follows the verb in the key. A part split off is given back under a key of its own, which leaves a remainder.
OPEN = """
SELECT min(key) AS key, sum(allocated)::int AS units, min(at) AS at FROM inventory_ledgerentry
WHERE level_id = %(level)s AND allocated <> 0 GROUP BY substr(key, strpos(key, ':')) HAVING sum(allocated) <> 0
ORDER BY 3, 1"""

SHORT_SINCE = """
SELECT at FROM inventory_ledgerentry WHERE level_id = %s AND shortfall > 0 ORDER BY id DESC LIMIT 1"""

KEPT = """
SELECT safety_rule_id, count(*)::int, sum(safety_stock)::bigint FROM inventory_stocklevel
WHERE safety_rule_id IS NOT NULL GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement: the delta of each counter in units, and what was on hand and allocated after it.

    A count came with a run of `source`, or with a file or call (`run_kind`); everything else has a key.
    """

    id: int
    at: datetime
    verb: str
    on_hand: int
    allocated: int
    external: int
    shortfall: int
    reason: str
    actor: str
    key: str
    run_kind: str
    source: str
    on_hand_then: int
    allocated_then: int


@dataclass(frozen=True, slots=True)
class Held:
    """Units allocated under one key of the ledger and neither shipped nor released."""

    key: str
    units: int
    at: datetime


class Entries(NamedTuple):
    """A page of the ledger, the newest first, with the cursors of its neighbours (None at the ends)."""

    rows: list[Entry]
    newer: int | None
    older: int | None


def entries(level_id: int, *, before: int | None = None, after: int | None = None) -> Entries:
    """The newest movements, those older than the id `after`, or those newer than `before`."""
    params = {"level": level_id, "before": before, "after": after, "most": PAGE + 1}
    if before:
        found = db.rows_as(Entry, ENTRIES.format(cursor="id > %(before)s", way="ASC"), params)
        more, rows = len(found) > PAGE, found[-PAGE:]
        return Entries(rows, rows[0].id if more else None, rows[-1].id if rows else None)
    found = db.rows_as(Entry, ENTRIES.format(cursor="id < %(after)s" if after else "true", way="DESC"), params)
    more, rows = len(found) > PAGE, found[:PAGE]
    return Entries(rows, rows[0].id if after and rows else None, rows[-1].id if more else None)


def held(level: StockLevel) -> list[Held]:
    """The open allocations of a level as the ledger knows them, the oldest first; their sum is `allocated`."""
    found = db.rows_as(Held, OPEN, {"level": level.pk})
    left, given_back = [row for row in found if row.units > 0], [row.units for row in found if row.units < 0]
    for units in given_back:
        same = next((row for row in left if row.units == -units), None)
        if same:
            left.remove(same)
        else:
            left.append(Held("", units, found[-1].at))
    return left


def short_since(level: StockLevel) -> datetime | None:
    """When the shortfall last grew, None without one."""
    since: datetime | None = db.value(SHORT_SINCE, [level.pk]) if level.shortfall else None
    return since


def rules_for(sku: Sku, *, level: StockLevel | None = None) -> list[SafetyRule]:
    """The active safety rules that speak of this SKU (at this level's node), in the order in which they win."""
    of_sku = Q(sku=sku) | Q(sku=None, category=None)
    if sku.category_id:
        of_sku |= Q(sku=None, category=sku.category_id)
    rules = SafetyRule.objects.filter(of_sku, active=True).select_related("sku", "category", "node", "group")
    if level:
        here = Q(node=level.node_id) | Q(node=None, group=None)
        if level.node.group_id:
            here |= Q(node=None, group=level.node.group_id)
        rules = rules.filter(here)
    return list(rules.order_by(*_NARROW_FIRST, "-created_at", "-pk"))


def all_rules() -> list[SafetyRule]:
    """Every safety rule: those of a SKU, of a category, of any; inside each the narrower scope of nodes first."""
    rules = SafetyRule.objects.select_related("sku", "category", "node", "group")
    return list(rules.order_by(*_NARROW_FIRST, "-created_at", "-pk"))


def kept_by_rule() -> dict[int, tuple[int, int]]:
    """By rule: how many levels it decides, and how many units it keeps back there in all."""
    return {rule: (levels, units) for rule, levels, units in db.rows(KEPT)}


_NARROW_FIRST = [F(name).asc(nulls_last=True) for name in ("sku", "category", "node", "group")]
