"""What was learned about saying no, as people look for it: the network, the kinds, node by node, one node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dom_project.lib import db
from routing.models import OddsRun
from routing.odds import START_COST
from routing.shrinkage import BUCKETS, PARTS

HIGH = 3000  # in 1/10,000: from here on a rule may do better than a cost
PAGE = 40

COLUMNS = """
SELECT o.depth, o.kind, coalesce(n.code, '') AS node, coalesce(n.name, '') AS name, coalesce(c.code, '') AS category,
  coalesce(c.name, '') AS category_name, o.bucket, o.asked, o.no, o.odds, o.odds_before
FROM routing_noodds o LEFT JOIN inventory_node n ON n.id = o.node_id
LEFT JOIN inventory_category c ON c.id = o.category_id
"""
ABOVE = f"{COLUMNS} WHERE o.run_id = %s AND o.depth < 2 ORDER BY o.depth, o.odds DESC, o.kind"
NODES = f"""
SELECT found.*, count(*) OVER () AS total FROM ({COLUMNS} WHERE o.run_id = %(run)s AND o.depth = 2
  AND (%(kind)s = '' OR o.kind = %(kind)s) AND o.odds >= %(least)s) found
ORDER BY found.odds DESC, found.asked DESC, found.name, found.node LIMIT %(limit)s OFFSET %(offset)s
"""
# The narrowest places: a node that is high as a whole is told once, not with each of its shelves.
HIGHEST = f"""
SELECT * FROM ({COLUMNS} WHERE o.run_id = %(run)s AND o.depth >= 2 AND o.odds >= %(least)s
  AND NOT EXISTS (SELECT FROM routing_noodds above WHERE above.run_id = o.run_id AND above.node_id = o.node_id
    AND above.odds >= %(least)s AND above.depth < o.depth
    AND (above.depth = 2 OR above.category_id IS NOT DISTINCT FROM o.category_id))) found
ORDER BY found.odds DESC, found.asked DESC, found.name, found.category_name, found.bucket LIMIT %(limit)s
"""
OF_NODE = f"""
{COLUMNS} WHERE o.run_id = %s AND n.code = %s AND o.depth >= 2 ORDER BY o.depth, c.name, c.code, o.bucket
"""
# The strategy's own, else the mean of all of them; before any line was sourced again the first guess.
COST = """
SELECT lines, cost, currency FROM (
  SELECT CASE WHEN strategy_id IS NULL THEN 1 ELSE 0 END AS rank, lines, cost, currency
  FROM routing_resourcingcost WHERE run_id = %(run)s AND (strategy_id = %(strategy)s OR strategy_id IS NULL)
  UNION ALL (SELECT 2, 0, %(start)s, currency FROM routing_ratecard WHERE live ORDER BY id DESC LIMIT 1)
) c ORDER BY rank, lines DESC, currency LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A place that was asked, at a depth of `NoOdds`. Odds are in 1/10,000."""

    depth: int
    kind: str
    node: str
    name: str
    category: str
    category_name: str
    bucket: int
    asked: int
    no: int
    odds: int
    odds_before: int
    total: int = 0  # places in the whole list

    @property
    def raw(self) -> float | None:
        """Noes of those asked, as they were counted; None when nobody asked."""
        return self.no / self.asked if self.asked else None

    @property
    def share(self) -> float:
        return self.odds / PARTS

    @property
    def change(self) -> float:
        """Against a week ago, as a difference of shares, to a tenth of a point."""
        return round((self.odds - self.odds_before) / PARTS, 3)

    @property
    def is_high(self) -> bool:
        return self.odds >= HIGH

    @property
    def units(self) -> str:
        """The units on hand of its bucket: 1, 2, 3–5, 6+; "" for all."""
        return units_of(self.bucket)


class Shelf(NamedTuple):
    """One category at one node: the odds of all of it, then those of each bucket (None: never asked)."""

    whole: Place
    buckets: Sequence[Place | None]


class Cost(NamedTuple):
    """What sourcing a line again is expected to cost, learned from so many lines. Minor units."""

    lines: int
    cost: int
    currency: str


def units_of(bucket: int) -> str:
    """The units on hand that fall into a bucket."""
    if not bucket:
        return ""
    first = BUCKETS[bucket - 1]
    if bucket == len(BUCKETS):
        return f"{first}+"
    last = BUCKETS[bucket] - 1
    return str(first) if first == last else f"{first}–{last}"


def above_nodes(run: OddsRun) -> list[Place]:
    """The network, then the kinds of nodes."""
    return db.rows_as(Place, ABOVE, [run.pk])


def nodes(run: OddsRun, *, kind: str = "", high: bool = False, page: int = 0) -> list[Place]:
    """Nodes that were asked, those with the highest odds first; one more than a page when there are more."""
    wanted = {"run": run.pk, "kind": kind, "least": HIGH if high else 0, "limit": PAGE + 1, "offset": page * PAGE}
    return db.rows_as(Place, NODES, wanted)


def highest(run: OddsRun, *, limit: int) -> list[Place]:
    """The places whose odds are so high that a rule may leave them out; of a high node its parts are left out."""
    return db.rows_as(Place, HIGHEST, {"run": run.pk, "least": HIGH, "limit": limit})


def of_node(run: OddsRun, code: str) -> tuple[Place, list[Shelf]] | None:
    """One node and its categories; None when it was never asked."""
    found = db.rows_as(Place, OF_NODE, [run.pk, code])
    if not found:
        return None
    buckets: Mapping[tuple[str, int], Place] = {(row.category, row.bucket): row for row in found if row.depth == 4}
    shelves = [
        Shelf(row, [buckets.get((row.category, bucket)) for bucket in range(1, len(BUCKETS) + 1)])
        for row in found
        if row.depth == 3
    ]
    return found[0], shelves


def cost(run: OddsRun, strategy_id: int | None) -> Cost | None:
    """What a no is expected to cost with this strategy. None where neither it nor a rate card is known."""
    found = db.rows(COST, {"run": run.pk, "strategy": strategy_id, "start": START_COST})
    return Cost(*found[0]) if found else None
