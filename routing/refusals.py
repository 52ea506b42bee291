"""Nodes that said no to a line: they are not asked again."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dom_project.lib import db

REFUSE = """
INSERT INTO routing_linerefusal (line_id, node_id, reason, at)
SELECT line_id, node_id, reason, %s FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS u(line_id, node_id, reason)
ON CONFLICT (line_id, node_id) DO NOTHING
"""


class NodeRefusal(NamedTuple):
    """A node that can't send a line after all, and why."""

    line_id: int
    node_id: int
    reason: str


def refuse_many(refused: Sequence[NodeRefusal], *, at: datetime) -> int:
    """Never source these lines from these nodes again. The first no is kept. Returns how many were new.

    The caller holds the order locks, so that no look at the lines is under way.
    """
    if not refused:
        return 0
    columns = [[row.line_id for row in refused], [row.node_id for row in refused], [row.reason for row in refused]]
    return db.execute(REFUSE, [at, *columns])
