"""Before a read counts: would it change too much at once? Then nothing of it does, and a person is asked."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Any, NamedTuple

from dom_project.lib import db
from inventory.feed_limits import USUAL, Limits, limits_of
from inventory.models import FeedRun

# Below these numbers a change is a day's business, whatever its share is.
ZEROED_LEAST, FALLEN_LEAST, ROWS_LEAST, REJECTED_LEAST, JUMPED_LEAST = 50, 100, 20, 20, 20
ROWS_OF = 7  # the last snapshots, of which the median is what is usual
JUMP_FACTOR, JUMP_UNITS = 10, 100  # a level jumps when it grows by more than this many times itself, and units
BIGGEST = 10

_NODES = """
SELECT n.code, count(*) FILTER (WHERE l.on_hand > 0) AS stocked,
       count(*) FILTER (WHERE l.on_hand > 0 AND s.on_hand <= 0) AS zeroed, sum(l.on_hand) AS units,
       sum(CASE WHEN s.run_id IS NULL THEN l.on_hand ELSE greatest(s.on_hand, 0) END) AS after,
       count(*) FILTER (WHERE l.on_hand > 0
         AND s.on_hand - l.on_hand > greatest(%(factor)s * l.on_hand::bigint, %(jump)s)) AS jumped
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
    """What a read would do to one node: its stocked SKUs, how many turn 0 or jump, its units before and after."""

    node: str
    stocked: int
    zeroed: int
    units: int
    after: int
    jumped: int = 0


class Verdict(NamedTuple):
    reason: str
    params: dict[str, Any]


def verdict(run: FeedRun, *, at: datetime) -> Verdict | None:
    """The reason to ask a person before this staged run counts, with the ten biggest changes, or None."""
    limits = limits_of(run.connection, at)
    params = {"run": run.pk, "factor": JUMP_FACTOR, "jump": JUMP_UNITS}
    nodes = [NodeChange(*row) for row in db.rows(_NODES, params)]
    found = too_much(nodes, limits) or _too_few_rows(run, limits) or _too_many_rejected(run, limits)
    if found is None:
        return None
    biggest = [
        {"node": node, "sku": sku, "before": before, "after": after}
        for node, sku, before, after in db.rows(_BIGGEST, {"run": run.pk, "most": BIGGEST})
    ]
    return Verdict(found.reason, {**found.params, "biggest": biggest})


def too_much(nodes: Sequence[NodeChange], limits: Limits = USUAL) -> Verdict | None:
    """The node rules; that all of a node's SKUs turn 0 or jump is asked about under any limits."""
    stocked, zeroed = sum(node.stocked for node in nodes), sum(node.zeroed for node in nodes)
    if stocked >= 2 and zeroed == stocked:
        return Verdict("all_zero", {"stocked": stocked, "nodes": [node.node for node in nodes if node.zeroed]})
    for reason, judged in (
        ("all_zero", [node for node in nodes if node.zeroed == node.stocked >= 2]),
        ("many_zero", [n for n in nodes if n.zeroed >= ZEROED_LEAST and _over(limits.zeroed, n.zeroed, n.stocked)]),
        (
            "units_fell",
            [
                n
                for n in nodes
                if n.units - n.after >= FALLEN_LEAST and _over(limits.fallen, n.units - n.after, n.units)
            ],
        ),
        ("many_jumped", [node for node in nodes if _jumps(node, limits)]),
    ):
        if judged:
            worst = max(judged, key=lambda node: (abs(node.units - node.after), node.node))
            return Verdict(reason, {**worst._asdict(), "nodes": [node.node for node in judged]})
    return None


def _jumps(node: NodeChange, limits: Limits) -> bool:
    if node.jumped == node.stocked >= 2:
        return True
    return node.jumped >= JUMPED_LEAST and _over(limits.jumped, node.jumped, node.stocked)


def _over(percent: int, part: int, whole: int) -> bool:
    return part * 100 > percent * whole


def _too_few_rows(run: FeedRun, limits: Limits) -> Verdict | None:
    if run.kind != FeedRun.Kind.SNAPSHOT:
        return None
    past = FeedRun.objects.filter(
        connection=run.connection_id, kind=FeedRun.Kind.SNAPSHOT, state=FeedRun.State.APPLIED
    ).order_by("-id")
    usual = median(list(past.values_list("rows_read", flat=True)[:ROWS_OF]) or [0])
    if run.rows_read * 100 < limits.rows * usual and run.rows_read <= usual - ROWS_LEAST:
        return Verdict("few_rows", {"rows": run.rows_read, "usual": int(usual)})
    return None


def _too_many_rejected(run: FeedRun, limits: Limits) -> Verdict | None:
    if run.rejected >= REJECTED_LEAST and _over(limits.rejected, run.rejected, run.rows_read):
        return Verdict("many_rejected", {"rejected": run.rejected, "rows": run.rows_read})
    return None
