"""The network as it is now: what waits where, how fast it moves, which orders will be late. Read afresh every time.

A shipment is in one stage: to pick, to pack (being picked), or waiting (for the carrier, or for the customer). How
long it still needs is the median of what the same node needed from that stage on in the last seven days, parcels and
pickups apart, less what it has spent in the stage already.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.core.cache import cache

from dom_project.lib import db
from inventory import network
from inventory.hours import week_of

MEDIANS_SECONDS = 300
RISKS = 9
MOST_RISKS = 500

# From each stage until the parcel left (pickup: stood ready), by node; node 0 is the whole network. A parcel waits for
# hours for its carrier, a packed pickup for minutes.
MEDIANS = """
SELECT coalesce(node_id, 0), ships,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM done_at - dispatched_at)),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM done_at - picking_at)),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM done_at - packed_at))
FROM (SELECT *, method = 'ship' AS ships, CASE WHEN method = 'ship' THEN shipped_at ELSE ready_at END AS done_at
      FROM fulfillment_shipment WHERE closed_at > %(since)s) s
WHERE done_at IS NOT NULL AND packed_at IS NOT NULL AND picking_at IS NOT NULL
GROUP BY GROUPING SETS ((node_id, ships), (ships))"""

OPEN = """
WITH median AS (
  SELECT * FROM unnest(%(node)s::bigint[], %(ships)s::bool[], %(from_pick)s::float[], %(from_pack)s::float[],
    %(from_wait)s::float[]) AS m(node_id, ships, from_pick, from_pack, from_wait)
), open AS (
  SELECT s.id, s.ref, s.order_id, s.node_id, s.method, s.state, s.cut_off_at, s.transit_days,
         n.time_zone, n.code, n.name, o.ref AS order, o.order_ref, o.promise_at, o.ship_to_time_zone,
         CASE s.state WHEN 'to_pick' THEN 'to_pick' WHEN 'picking' THEN 'to_pack' ELSE 'waiting' END AS stage,
         since.at AS since_at,
         greatest(make_interval(secs => coalesce(CASE s.state WHEN 'to_pick' THEN coalesce(m.from_pick, a.from_pick)
              WHEN 'picking' THEN coalesce(m.from_pack, a.from_pack)
              WHEN 'packed' THEN coalesce(m.from_wait, a.from_wait) END, 0)) - (%(at)s::timestamptz - since.at),
              interval '0') AS needs
  FROM fulfillment_shipment s JOIN inventory_node n ON n.id = s.node_id JOIN routing_order o ON o.id = s.order_id
  CROSS JOIN LATERAL (SELECT CASE s.state WHEN 'to_pick' THEN s.dispatched_at WHEN 'picking' THEN s.picking_at
                                          WHEN 'packed' THEN s.packed_at ELSE s.ready_at END AS at) since
  LEFT JOIN median m ON m.node_id = s.node_id AND m.ships = (s.method = 'ship')
  LEFT JOIN median a ON a.node_id = 0 AND a.ships = (s.method = 'ship')
  WHERE s.closed_at IS NULL
), judged AS MATERIALIZED (
  SELECT *, CASE
      WHEN state = 'ready' THEN NULL
      WHEN method <> 'ship' THEN CASE WHEN %(at)s::timestamptz + needs > promise_at THEN 'too_slow' END
      WHEN ((((%(at)s::timestamptz + needs) AT TIME ZONE time_zone)::date + transit_days + 1)::timestamp
            AT TIME ZONE ship_to_time_zone) > promise_at + interval '1 minute' THEN 'too_slow'
      WHEN cut_off_at < %(at)s::timestamptz THEN 'cut_off_missed' END AS risk
  FROM open
)"""

STAGES = (
    OPEN
    + """, flow AS (
  SELECT node_id, f.stage, count(*) FILTER (WHERE f.entered > %(hour)s) AS came,
         count(*) FILTER (WHERE f.left > %(hour)s) AS went
  FROM fulfillment_shipment s CROSS JOIN LATERAL (VALUES
    ('to_pick', s.dispatched_at, coalesce(s.picking_at, s.closed_at)),
    ('to_pack', s.picking_at, coalesce(s.packed_at, s.closed_at)),
    ('waiting', s.packed_at, s.shipped_at)) f(stage, entered, "left")
  WHERE s.closed_at IS NULL OR s.closed_at > %(hour)s GROUP BY 1, 2
)
SELECT n.code, n.name, j.stage, count(*), min(since_at), coalesce(max(f.came), 0), coalesce(max(f.went), 0),
       min(j.cut_off_at) FILTER (WHERE j.cut_off_at > %(at)s), count(*) FILTER (WHERE risk IS NOT NULL),
       min(j.cut_off_at) FILTER (WHERE j.state = 'packed' AND j.method = 'ship' AND j.cut_off_at > %(at)s),
       bool_or(j.state = 'packed' AND j.method <> 'ship'), bool_and(j.state = 'ready'),
       n.time_zone, n.hours, n.holidays, n.cut_off
FROM judged j JOIN inventory_node n ON n.id = j.node_id LEFT JOIN flow f ON f.node_id = j.node_id AND f.stage = j.stage
GROUP BY n.id, j.stage"""
)

AT_RISK = (
    OPEN
    + """
SELECT "order", order_ref, code, name, state, risk, promise_at, method, ship_to_time_zone,
       count(*) FILTER (WHERE promise_at >= %(at)s) OVER (), count(*) OVER () FROM judged
WHERE risk IS NOT NULL ORDER BY promise_at < %(at)s, promise_at, id LIMIT %(limit)s"""
)

TO_ROUTE = """
SELECT (SELECT count(*) FROM routing_pending), (SELECT min(since_at) FROM routing_pending),
       (SELECT count(*) FROM routing_order WHERE accepted_at > %(hour)s),
       (SELECT count(*) FROM routing_order
        WHERE routed_at > %(hour)s AND accepted_at > %(hour)s - interval '1 day'),
       (SELECT count(*) FROM routing_pending p JOIN routing_order o ON o.id = p.order_id
        WHERE %(at)s::timestamptz + make_interval(secs => %(needs)s) + interval '1 day' > o.promise_at),
       oldest.ref, oldest.order_ref
FROM (VALUES (1)) one LEFT JOIN (
  SELECT o.ref, o.order_ref FROM routing_pending p JOIN routing_order o ON o.id = p.order_id
  ORDER BY p.since_at, o.id LIMIT 1) oldest ON true"""

# Not placed anywhere yet, and even at the network's usual pace the promise is over by then; or in hand for a later
# day, with a parcel that is planned to arrive after the promise.
UNPLACED = """
SELECT o.ref, o.order_ref, '', '', o.state, r.risk, o.promise_at, o.method, o.ship_to_time_zone,
       count(*) FILTER (WHERE o.promise_at >= %(at)s) OVER (), count(*) OVER ()
FROM (
  SELECT id, min(risk) AS risk FROM (
    SELECT id, 'not_placed' AS risk FROM routing_order
    WHERE id IN (SELECT order_id FROM routing_pending
                 UNION SELECT order_id FROM routing_orderexception WHERE closed_at IS NULL
                 UNION SELECT order_id FROM routing_orderline WHERE backordered > 0)
      AND state IN ('pending', 'backordered', 'exception', 'partly_routed', 'partly_shipped')
      AND %(at)s::timestamptz + make_interval(secs => %(needs)s) + interval '1 day' > promise_at
    UNION ALL
    SELECT o.id, 'kept_late' FROM routing_allocation a JOIN routing_order o ON o.id = a.order_id
    JOIN routing_planparcel p ON p.order_id = a.order_id AND p.number = a.parcel
    WHERE a.state = 'open' AND a.dispatched_at IS NULL AND o.method = 'ship'
      AND ((p.arrive_date + 1)::timestamp AT TIME ZONE o.ship_to_time_zone) > o.promise_at + interval '1 minute'
  ) found GROUP BY id
) r JOIN routing_order o USING (id)
ORDER BY o.promise_at < %(at)s, o.promise_at, o.id LIMIT %(limit)s"""

NODES = """
SELECT n.id, n.code, n.name, n.kind, n.city, n.region, n.latitude, n.longitude,
       coalesce(d.taken, 0), coalesce(d.cap, 0), coalesce(u.units, 0), coalesce(u.shipments, 0)
FROM inventory_node n
LEFT JOIN inventory_nodeday d ON d.node_id = n.id
  AND d.ship_date = (%(at)s::timestamptz AT TIME ZONE n.time_zone)::date
LEFT JOIN (SELECT s.node_id, sum(l.quantity) AS units, count(DISTINCT s.id) AS shipments FROM fulfillment_shipment s
           JOIN fulfillment_shipmentline l ON l.shipment_id = s.id AND l.closed_at IS NULL
           WHERE s.closed_at IS NULL GROUP BY 1) u ON u.node_id = n.id
WHERE n.active ORDER BY n.code"""


class Pause(NamedTuple):
    """Why a queue stands still as planned, and until when."""

    code: str  # closed, carrier, customer
    until: datetime | None = None


@dataclass(frozen=True)
class Stage:
    """One node's queue in one stage; node "" is the network's queue of orders to route."""

    node: str
    name: str
    stage: str  # to_route, to_pick, to_pack, waiting
    queue: int
    oldest_at: datetime | None
    came: int  # in the last hour
    went: int
    cut_off_at: datetime | None  # the next one that some of the queue must reach
    late: int  # orders in it that will be late
    pause: Pause | None = None
    time_zone: str = ""  # the node's
    order: str = ""  # of to_route: the order that waits longest
    order_ref: str = ""

    @property
    def minutes_to_clear(self) -> float | None:
        """At the last hour's pace; None when nothing moved."""
        return 60 * self.queue / self.went if self.went else None

    def minutes_to_cut_off(self, at: datetime) -> float | None:
        return (self.cut_off_at - at).total_seconds() / 60 if self.cut_off_at else None

    def clears_in_time(self, at: datetime) -> bool | None:
        """None where nothing can be said: a pause, no cut-off ahead, or nothing moved in the last hour."""
        left, needs = self.minutes_to_cut_off(at), self.minutes_to_clear
        return None if self.pause or left is None or needs is None else needs <= left


@dataclass(frozen=True)
class Risk:
    """An order that has missed its promise, or will if nothing is done."""

    order: str
    order_ref: str
    node: str
    node_name: str
    state: str  # the shipment's, or the order's where there is none
    reason: str  # too_slow, cut_off_missed, not_placed
    promise_at: datetime
    method: str
    time_zone: str  # where the order goes; of a pickup, the node's

    @property
    def promise_date(self) -> date | None:
        """The day there that a parcel was promised for; None for what is collected, which is promised for an hour."""
        return self.promise_at.astimezone(ZoneInfo(self.time_zone)).date() if self.method == "ship" else None


@dataclass(frozen=True)
class Risks:
    """Orders or parcels that will miss their promise, those that have, and the first of them all."""

    ahead: int
    missed: int
    first: list[Risk]


@dataclass(frozen=True)
class NodeLoad:
    id: int
    code: str
    name: str
    kind: str
    city: str
    region: str
    latitude: float | None
    longitude: float | None
    taken: int
    cap: int
    units: int
    shipments: int

    @property
    def load(self) -> float | None:
        """Share of today's parcel slots that is taken; None on a closed day."""
        return self.taken / self.cap if self.cap else None


def medians(*, at: datetime) -> dict[str, list[Any]]:
    """Seconds still needed from each stage on, as columns by node and method; at most five minutes old."""

    def read() -> dict[str, list[Any]]:
        found = db.rows(MEDIANS, {"since": at - timedelta(days=7)}) or [(0, True, None, None, None)]
        names = ("node", "ships", "from_pick", "from_pack", "from_wait")
        return {name: [row[place] for row in found] for place, name in enumerate(names)}

    kept = cache.get_or_set("kpis:stage-medians-by-method", read, MEDIANS_SECONDS)
    return kept or read()


def stages(*, at: datetime) -> list[Stage]:
    """Every queue that is not empty: first the one with most orders that will be late, last those that pause."""
    columns = medians(at=at)
    asked = {"at": at, "hour": at - timedelta(hours=1), "needs": _pace(columns)}
    found = [_stage(row, at) for row in db.rows(STAGES, asked | columns)]
    [(pending, oldest_at, came, went, late, order, order_ref)] = db.rows(TO_ROUTE, asked)
    if pending:
        found.append(
            Stage(
                "", "", "to_route", pending, oldest_at, came, went, None, late, None, "", order or "", order_ref or ""
            )
        )
    return sorted(found, key=lambda stage: (-stage.late, bool(stage.pause), -stage.queue, stage.node, stage.stage))


def _stage(row: Sequence[Any], at: datetime) -> Stage:
    carrier_at, to_lay_ready, all_ready, zone, hours, holidays, cut_off = row[9:]
    calendar = network.Calendar(zone, week_of(json.loads(hours)), frozenset(holidays), cut_off)
    pause = None
    if carrier_at and not to_lay_ready:
        pause = Pause("carrier", carrier_at)
    elif opens_at := network.opens_again_at(calendar, at):
        pause = Pause("closed", opens_at)
    elif all_ready:
        pause = Pause("customer")
    return replace(Stage(*row[:9]), pause=pause, time_zone=zone)


def _pace(columns: Mapping[str, Sequence[Any]]) -> float:
    """Seconds that the network usually needs from the dispatch until a parcel leaves; 0 while nothing is known."""
    rows = zip(columns["node"], columns["ships"], columns["from_pick"], strict=True)
    return next((seconds for node, ships, seconds in rows if node == 0 and ships), None) or 0


def at_risk(*, at: datetime, limit: int = RISKS) -> Risks:
    """What will miss its promise, the soonest first, then what has missed it."""
    columns = medians(at=at)
    asked = {"at": at, "limit": limit, **columns}
    found = [
        db.rows(AT_RISK, asked),
        db.rows(UNPLACED, {"at": at, "limit": limit, "needs": _pace(columns)}),
    ]
    first = [Risk(*row[:9]) for rows in found for row in rows]
    first.sort(key=lambda risk: (risk.promise_at < at, risk.promise_at, risk.order))
    ahead = sum(rows[0][9] for rows in found if rows)
    return Risks(ahead, sum(rows[0][10] for rows in found if rows) - ahead, first[:limit])


def node_loads(*, at: datetime) -> list[NodeLoad]:
    return [NodeLoad(*row) for row in db.rows(NODES, {"at": at})]


def has_moved() -> bool:
    """Whether any order had an event since this process asked last."""
    newest = db.value("SELECT max(id) FROM routing_orderevent")
    moved = newest != cache.get("kpis:newest-event")
    cache.set("kpis:newest-event", newest, None)
    return bool(moved)
