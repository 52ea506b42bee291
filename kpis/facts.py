"""What is counted of an order, one statement each. Days are local: the node's, the destination's or the channel's.

Every fact is a function of the order's rows alone, never of the moment at which it is counted: counted again, or
counted late, it is the same. `orders` is the array of order ids to count.
"""

# The node of an order is the node of its last parcel: the one that left last, else the one that was dispatched last.
LAST_PARCEL = """
SELECT DISTINCT ON (s.order_id) s.order_id, n.code AS node, n.time_zone, s.shipped_at
FROM fulfillment_shipment s JOIN inventory_node n ON n.id = s.node_id
WHERE s.order_id = ANY(%(orders)s::bigint[]) AND s.state <> 'cancelled'
ORDER BY s.order_id, s.shipped_at DESC NULLS FIRST, s.dispatched_at DESC, s.id DESC"""

# Units that are wanted, and what has become of them. Cancelled goods that wait to be put back are wanted no more.
UNITS = """
SELECT l.order_id, sum(l.ordered - l.cancelled) - coalesce(max(w.units), 0) AS wanted,
       sum(l.shipped) AS shipped, sum(l.delivered) AS delivered
FROM routing_orderline l LEFT JOIN (
  SELECT s.order_id, sum(t.quantity) AS units FROM fulfillment_shipment s
  JOIN fulfillment_shipmentline sl ON sl.shipment_id = s.id JOIN fulfillment_task t ON t.shipment_line_id = sl.id
  WHERE s.order_id = ANY(%(orders)s::bigint[]) AND t.kind = 'put_back' AND t.done_at IS NULL GROUP BY 1
) w ON w.order_id = l.order_id
WHERE l.order_id = ANY(%(orders)s::bigint[]) GROUP BY l.order_id"""

ACCEPTED = """
SELECT o.id, (o.accepted_at AT TIME ZONE c.time_zone)::date, '', c.code, 'orders', 1, o.value, o.currency
FROM routing_order o JOIN inventory_channel c ON c.id = o.channel_id WHERE o.id = ANY(%(orders)s::bigint[])"""

# The invoice cost of each parcel on the day on which it left its node.
PARCELS = """
SELECT s.order_id, (s.shipped_at AT TIME ZONE n.time_zone)::date, n.code, c.code, 'parcels', count(*),
       sum(s.freight_cost + s.handling_cost), s.currency
FROM fulfillment_shipment s JOIN inventory_node n ON n.id = s.node_id JOIN routing_order o ON o.id = s.order_id
JOIN inventory_channel c ON c.id = o.channel_id
WHERE s.order_id = ANY(%(orders)s::bigint[]) AND s.shipped_at IS NOT NULL GROUP BY 1, 2, 3, 4, 8"""

# An order counts once, with its first parcel: the orders that a period's parcels are divided by.
FIRST_PARCEL = """
SELECT * FROM (
  SELECT DISTINCT ON (s.order_id) s.order_id, (s.shipped_at AT TIME ZONE n.time_zone)::date, n.code, c.code,
         'orders_begun', 1, 0, ''
  FROM fulfillment_shipment s JOIN inventory_node n ON n.id = s.node_id JOIN routing_order o ON o.id = s.order_id
  JOIN inventory_channel c ON c.id = o.channel_id
  WHERE s.order_id = ANY(%(orders)s::bigint[]) AND s.shipped_at IS NOT NULL
  ORDER BY s.order_id, s.shipped_at, s.id) first"""

# By how many parcels of it have left, on the day and at the node of the first: 'sent:2' is an order in two.
SENT = """
SELECT order_id, day, node, channel, 'sent:' || parcels, 1, 0, '' FROM (
  SELECT s.order_id, (s.shipped_at AT TIME ZONE n.time_zone)::date AS day, n.code AS node, c.code AS channel,
         count(*) OVER (PARTITION BY s.order_id) AS parcels,
         row_number() OVER (PARTITION BY s.order_id ORDER BY s.shipped_at, s.id) AS place
  FROM fulfillment_shipment s JOIN inventory_node n ON n.id = s.node_id JOIN routing_order o ON o.id = s.order_id
  JOIN inventory_channel c ON c.id = o.channel_id
  WHERE s.order_id = ANY(%(orders)s::bigint[]) AND s.shipped_at IS NOT NULL) p
WHERE place = 1"""

# A promise falls on the local day that it ends; kept when every unit was delivered (pickup: stood ready) by then.
# What stood ready and was cancelled afterwards is neither ready nor late.
PROMISED = f"""
SELECT o.id, (o.first_promise_at AT TIME ZONE o.ship_to_time_zone - interval '1 microsecond')::date,
       coalesce(l.node, ''), c.code, f.name, 1, 0, ''
FROM routing_order o JOIN inventory_channel c ON c.id = o.channel_id JOIN ({UNITS}) u ON u.order_id = o.id
LEFT JOIN ({LAST_PARCEL}) l ON l.order_id = o.id
CROSS JOIN LATERAL (
  SELECT coalesce(sum(sl.picked) FILTER (WHERE s.ready_at IS NOT NULL), 0) AS ready, max(s.ready_at) AS ready_at,
         max(s.delivered_at) AS delivered_at
  FROM fulfillment_shipment s JOIN fulfillment_shipmentline sl ON sl.shipment_id = s.id
  WHERE s.order_id = o.id AND s.state <> 'cancelled' AND sl.close_reason IN ('', 'shipped')) k
CROSS JOIN LATERAL (VALUES ('promised', true),
  ('on_time', CASE WHEN o.method IN ('pickup', 'curbside')
              THEN k.ready >= u.wanted AND k.ready_at <= o.first_promise_at
              ELSE u.delivered >= u.wanted AND k.delivered_at <= o.first_promise_at END)) f(name, counts)
WHERE u.wanted > 0 AND f.counts"""

# Lines at their first look. A stocked-out one found no eligible node that could fill it.
LOOKED = """
SELECT o.id, (l.first_looked_at AT TIME ZONE c.time_zone)::date, '', c.code, f.name,
       count(*) FILTER (WHERE f.counts), 0, ''
FROM routing_orderline l JOIN routing_order o ON o.id = l.order_id JOIN inventory_channel c ON c.id = o.channel_id
CROSS JOIN LATERAL (VALUES ('looked', true), ('stocked_out', l.stocked_out)) f(name, counts)
WHERE o.id = ANY(%(orders)s::bigint[]) AND l.first_looked_at IS NOT NULL
GROUP BY 1, 2, 4, 5 HAVING count(*) FILTER (WHERE f.counts) > 0"""

ANSWERS = f"""
SELECT o.id, (b.given_at AT TIME ZONE c.time_zone)::date, coalesce(l.node, ''), c.code, f.name, 1, 0, ''
FROM fulfillment_feedback b JOIN routing_order o ON o.id = b.order_id JOIN inventory_channel c ON c.id = o.channel_id
LEFT JOIN ({LAST_PARCEL}) l ON l.order_id = o.id
CROSS JOIN LATERAL (VALUES ('answers', true), ('satisfied', b.score >= 4)) f(name, counts)
WHERE o.id = ANY(%(orders)s::bigint[]) AND f.counts"""

# Intake to the last unit shipped, in classes of 15 minutes: 'to_ship:00012' is from 180 to 195 minutes.
TO_SHIP = f"""
SELECT o.id, (l.shipped_at AT TIME ZONE l.time_zone)::date, l.node, c.code,
       'to_ship:' || lpad((greatest(extract(epoch FROM l.shipped_at - o.accepted_at), 0)::bigint / 900)::text, 5, '0'),
       1, 0, ''
FROM routing_order o JOIN inventory_channel c ON c.id = o.channel_id JOIN ({UNITS}) u ON u.order_id = o.id
JOIN ({LAST_PARCEL}) l ON l.order_id = o.id
WHERE u.wanted > 0 AND u.shipped >= u.wanted AND l.shipped_at IS NOT NULL"""

# What each move to another plan saved of the invoice, at the node that it went to.
REPLANNED = """
SELECT e.order_id, (e.at AT TIME ZONE n.time_zone)::date, n.code, c.code, 'replanned', count(*),
       sum((e.data ->> 'saved')::bigint), e.data ->> 'currency'
FROM routing_orderevent e JOIN inventory_node n ON n.code = e.data #>> '{parcels,0,node}'
JOIN routing_order o ON o.id = e.order_id JOIN inventory_channel c ON c.id = o.channel_id
WHERE e.order_id = ANY(%(orders)s::bigint[]) AND e.kind = 'replanned' GROUP BY 1, 2, 3, 4, 8"""

ALL = (ACCEPTED, PARCELS, FIRST_PARCEL, SENT, PROMISED, LOOKED, ANSWERS, TO_SHIP, REPLANNED)
COLUMNS = "order_id, day, node, channel, name, count, amount, currency"
EVERY_FACT = " UNION ALL ".join(f"({statement})" for statement in ALL)
