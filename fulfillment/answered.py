"""What the floor answered when it was asked: found, or not; and what it cost to source again what was not."""

from datetime import datetime, timedelta

from dom_project.lib import db
from routing import odds, shrinkage
from routing.models import OddsRun
from routing.shrinkage import Answers, Place

from .shipments import Reason

RESOURCED_DAYS = 28
PLACE = 4  # columns of an answer's place
# A line is asked for once a shipment; a part that was not found is a row of its own beside it, so the two are one
# answer. What waits, was recalled or was cancelled has not been answered.
ANSWERS = """
WITH answered AS (
  SELECT s.node_id, l.sku_id, max(a.on_hand) AS on_hand, (%(today)s::date - s.dispatched_at::date) + 1 AS age,
    bool_or(l.close_reason = ANY(%(no)s)) AS no
  FROM fulfillment_shipment s JOIN fulfillment_shipmentline l ON l.shipment_id = s.id
  JOIN routing_allocation a ON a.id = l.allocation_id
  WHERE s.dispatched_at >= %(since)s AND s.dispatched_at <= %(at)s
    AND (l.close_reason = ANY(%(no)s) OR s.packed_at IS NOT NULL AND l.close_reason IN ('', 'shipped'))
  GROUP BY s.id, l.order_line_id, l.sku_id
)
SELECT n.kind, n.id, coalesce(k.category_id, 0), width_bucket(a.on_hand, %(buckets)s::int[]),
  count(*), count(*) FILTER (WHERE a.no),
  sum((%(weight)s::int[])[a.age]), coalesce(sum((%(weight)s::int[])[a.age]) FILTER (WHERE a.no), 0),
  sum((%(before)s::int[])[a.age]), coalesce(sum((%(before)s::int[])[a.age]) FILTER (WHERE a.no), 0)
FROM answered a JOIN inventory_node n ON n.id = a.node_id JOIN inventory_sku k ON k.id = a.sku_id
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
# Orders that shipped whole although a node said no to a line: what the parcels that went came to, less what the last
# plan before the first no would have, where it held all of the order. Lateness counts on both sides.
RESOURCED = """
WITH again AS (
  SELECT l.order_id, count(DISTINCT l.id) AS lines, min(r.at) AS first_no_at
  FROM routing_linerefusal r JOIN routing_orderline l ON l.id = r.line_id
  WHERE r.at >= %(since)s AND r.at <= %(at)s GROUP BY l.order_id
), ordered AS (
  SELECT order_id, sum(ordered) AS units FROM again JOIN routing_orderline l USING (order_id)
  GROUP BY order_id HAVING bool_and(l.shipped = l.ordered)
), planned AS (
  SELECT DISTINCT ON (d.order_id) d.order_id, d.currency, v.strategy_id, d.invoice + p.lateness AS cost
  FROM again a JOIN ordered o USING (order_id) JOIN routing_decision d USING (order_id)
  JOIN routing_strategyversion v ON v.id = d.strategy_version_id
  CROSS JOIN LATERAL (
    SELECT sum((p ->> 'lateness')::bigint) AS lateness,
      sum((SELECT sum((l ->> 'units')::int) FROM jsonb_array_elements(p -> 'lines') l)) AS units
    FROM jsonb_array_elements(d.plan -> 'parcels') p) p
  WHERE d.decided_at < a.first_no_at AND p.units = o.units ORDER BY d.order_id, d.decided_at DESC, d.id DESC
), gone AS (
  SELECT s.order_id, sum(s.freight_cost + s.handling_cost + p.lateness_cost) AS cost
  FROM ordered JOIN fulfillment_shipment s USING (order_id)
  JOIN routing_planparcel p ON p.order_id = s.order_id AND p.number = s.parcel
  WHERE s.shipped_at IS NOT NULL GROUP BY s.order_id
)
SELECT p.currency, p.strategy_id, sum(a.lines)::int, sum(g.cost - p.cost)::bigint
FROM again a JOIN planned p USING (order_id) JOIN gone g USING (order_id) GROUP BY 1, 2 ORDER BY 1, 2
"""


def learn_odds(*, at: datetime) -> OddsRun | None:
    """Learn anew, once a day, how likely each node says no and what that costs. None when it was done already.

    Stopped anywhere, it has written nothing; two at once write one run.
    """
    if not odds.is_due(at=at):
        return None
    with db.read_only_snapshot():
        db.execute("SET LOCAL statement_timeout = '10min'")  # half a year of a large network is read once a day
        answers, costs = answers_until(at), resourced_until(at)
    return odds.learn(answers, costs, at=at)


def answers_until(at: datetime) -> list[tuple[Place, Answers]]:
    """What each node answered within the horizon, by kind, node, category and units on hand as it was decided."""
    found = db.rows(
        ANSWERS,
        {
            "at": at,
            "today": at.date(),
            "since": at - timedelta(days=shrinkage.HORIZON - 1),
            "no": [str(reason) for reason in Reason],
            "buckets": list(shrinkage.BUCKETS),
            "weight": shrinkage.weights(),
            "before": shrinkage.weights_before(),
        },
    )
    return [(tuple(row[:PLACE]), Answers(*map(int, row[PLACE:]))) for row in found]


def resourced_until(at: datetime) -> dict[str, dict[int, tuple[int, int]]]:
    """Lines sourced again in four weeks and what they cost extra in minor units, by currency and strategy."""
    costs: dict[str, dict[int, tuple[int, int]]] = {}
    found = db.rows(RESOURCED, {"at": at, "since": at - timedelta(days=RESOURCED_DAYS)})
    for currency, strategy, lines, extra in found:
        costs.setdefault(currency, {})[strategy] = (lines, extra)
    return costs
