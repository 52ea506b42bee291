"""Before a read counts: would it change too much at once? Then nothing of it does, and a person is asked."""

from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from dom_project.lib import db
from inventory.models import FeedRun

ZEROED_SHARE, ZEROED_LEAST = 0.20, 50  # of a node's stocked SKUs, turned 0 or vanished
FALLEN_SHARE, FALLEN_LEAST = 0.40, 100  # of a node's units
ROWS_SHARE, ROWS_LEAST, ROWS_OF = 0.70, 20, 7  # of the median of the last snapshots
REJECTED_SHARE, REJECTED_LEAST = 0.05, 20  # of the rows
BIGGEST = 10

_NODES = """
SELECT n.code, count(*) FILTER (WHERE l.on_hand > 0) AS stocked,
       count(*) FILTER (WHERE l.on_hand > 0 AND s.on_hand <= 0) AS zeroed, sum(l.on_hand) AS units,
       sum(CASE WHEN s.run_id IS NULL THEN l.on_hand ELSE greatest(s.on_hand, 0) END) AS after
FROM inventory_stocklevel l JOIN inventory_node n ON n.id = l.node_id
LEFT JOIN inventory_feedstage s ON s.run_id = %(run)s AND s.node_id = l.node_id AND s.sku_id = l.sku_id
WHERE l.node_id IN (SELECT DISTINCT node_id FROM inventory_feedstage WHERE run_id = %(run)s)
GROUP BY n.code ORDER BY n.code"""

_BIGGEST = """
SELECT n.code, k.code, l.on_hand, greatest(s.on_hand, 0)
FROM inventory_feedstage s JOIN inventory_stocklevel l ON l.node_id = s.node_id AND l.sku_id = s.sku_id
JOIN inventory_node n ON n.id = l.node_id JOIN inventory_sku k ON k.id = l.sku_id
WHERE s.run_id = %(run)s ORDER BY abs(l.on_hand - greatest(s.on_hand, 0)) DESC, n.code, k.code LIMIT %(most)s"""


class NodeChange(NamedTuple):
    """What a read would do to one node: its stocked SKUs, how many of them turn 0, its units before and after."""

    node: str
    stocked: int
    zeroed: int
    units: int
    after: int


class Verdict(NamedTuple):
    reason: str
    params: dict[str, Any]


def verdict(run: FeedRun) -> Verdict | None:
    """The reason to ask a person before this staged run counts, with the ten biggest changes, or None."""
    nodes = [NodeChange(*row) for row in db.rows(_NODES, {"run": run.pk})]
    found = too_much(nodes) or _too_few_rows(run) or _too_many_rejected(run)
    if found is None:
        return None
    biggest = [
        {"node": node, "sku": sku, "before": before, "after": after}
        for node, sku, before, after in db.rows(_BIGGEST, {"run": run.pk, "most": BIGGEST})
    ]
    return Verdict(found.reason, {**found.params, "biggest": biggest})


def too_much(nodes: Sequence[NodeChange]) -> Verdict | None:
    """The node rules. Below the least numbers a change is a day's business, not a broken export."""
    stocked, zeroed = sum(node.stocked for node in nodes), sum(node.zeroed for node in nodes)
    if stocked >= 2 and zeroed == stocked:
        return Verdict("all_zero", {"stocked": stocked, "nodes": [node.node for node in nodes if node.zeroed]})
    for reason, judged in (
        ("all_zero", [node for node in nodes if node.zeroed == node.stocked >= 2]),
        ("many_zero", [n for n in nodes if n.zeroed >= ZEROED_LEAST and n.zeroed > ZEROED_SHARE * n.stocked]),
        ("units_fell", [n for n in nodes if n.units - n.after > max(FALLEN_SHARE * n.units, FALLEN_LEAST - 1)]),
    ):
        if judged:
            worst = max(judged, key=lambda node: (node.units - node.after, node.node))
            return Verdict(reason, {**worst._asdict(), "nodes": [node.node for node in judged]})
    return None


def _too_few_rows(run: FeedRun) -> Verdict | None:
    if run.kind != FeedRun.Kind.SNAPSHOT:
        return None
    past = FeedRun.objects.filter(
        connection=run.connection_id, kind=FeedRun.Kind.SNAPSHOT, state=FeedRun.State.APPLIED
    ).order_by("-id")
    usual = median(list(past.values_list("rows_read", flat=True)[:ROWS_OF]) or [0])
    if run.rows_read < min(ROWS_SHARE * usual, usual - ROWS_LEAST + 1):
        return Verdict("few_rows", {"rows": run.rows_read, "usual": int(usual)})
    return None


def _too_many_rejected(run: FeedRun) -> Verdict | None:
    if run.rejected >= REJECTED_LEAST and run.rejected > REJECTED_SHARE * run.rows_read:
        return Verdict("many_rejected", {"rejected": run.rejected, "rows": run.rows_read})
    return None
