"""Allocations: units of a level for a line. The only writer of `Allocation` and `PlanParcel`.

The caller holds the order locks, and ends with `history.record`, which refreshes the orders' state.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any, Literal, NamedTuple

from dom_project.lib import db
from inventory import capacity, ledger
from inventory.capacity import ParcelSlot
from inventory.movements import Movement
from routing import in_hand, pending


class Booking(NamedTuple):
    """Units of one level for one line. `id` comes from `next_ids`; the ledger's key is `key_of(id)`."""

    id: int
    order_id: int
    line_id: int
    level_id: int
    node_id: int
    ship_date: date
    parcel: int
    quantity: int
    on_hand: int = 0  # units on the shelf as it was decided


class Parcel(NamedTuple):
    """A parcel as planned. Costs are in minor units of `currency`; `number` is the order's own count, from 1."""

    order_id: int
    number: int
    node_id: int
    ship_date: date
    arrive_date: date
    service: str
    transit_days: int
    zone: int
    distance_km: int
    grams: int
    freight_cost: int
    handling_cost: int
    lateness_cost: int
    currency: str


class Looked(NamedTuple):
    """What a look did to a line: units taken from pending, and whether no eligible node could fill it."""

    line_id: int
    allocated: int
    backordered: int
    stocked_out: bool


class Allocated(NamedTuple):
    """An allocation as it was changed. `day` is the order's, the partition of its ledger keys."""

    id: int
    order_id: int
    line_id: int
    level_id: int
    node_id: int
    ship_date: date
    parcel: int
    quantity: int
    day: date


To = Literal["pending", "cancelled", "backordered"]

IDS = "SELECT nextval('routing_allocation_id_seq') FROM generate_series(1, %s)"
BOOK = """
WITH line AS MATERIALIZED (
  SELECT * FROM unnest(%(id)s::bigint[], %(order_id)s::bigint[], %(line_id)s::bigint[], %(level_id)s::bigint[],
    %(node_id)s::bigint[], %(ship_date)s::date[], %(parcel)s::smallint[], %(quantity)s::int[],
    %(on_hand)s::int[]) AS u(id, order_id, line_id, level_id, node_id, ship_date, parcel, quantity, on_hand)
), parcel AS (
  INSERT INTO routing_planparcel (order_id, number, node_id, ship_date, arrive_date, service, transit_days, zone,
    distance_km, grams, freight_cost, handling_cost, lateness_cost, currency, planned_at)
  SELECT u.*, %(at)s FROM unnest(%(p_order_id)s::bigint[], %(p_number)s::smallint[], %(p_node_id)s::bigint[],
    %(p_ship_date)s::date[], %(p_arrive_date)s::date[], %(p_service)s::text[], %(p_transit_days)s::smallint[],
    %(p_zone)s::smallint[], %(p_distance_km)s::int[], %(p_grams)s::bigint[], %(p_freight_cost)s::bigint[],
    %(p_handling_cost)s::bigint[], %(p_lateness_cost)s::bigint[], %(p_currency)s::text[]) AS u
), looked AS (
  UPDATE routing_orderline l SET allocated = l.allocated + u.allocated, backordered = l.backordered + u.backordered,
    pending = l.pending - u.allocated - u.backordered, last_looked_at = %(at)s,
    first_looked_at = coalesce(l.first_looked_at, %(at)s),
    stocked_out = CASE WHEN l.first_looked_at IS NULL THEN u.stocked_out ELSE l.stocked_out END
  FROM unnest(%(l_line_id)s::bigint[], %(l_allocated)s::int[], %(l_backordered)s::int[], %(l_stocked_out)s::bool[])
    AS u(line_id, allocated, backordered, stocked_out) WHERE l.id = u.line_id
)
INSERT INTO routing_allocation
  (id, order_id, line_id, level_id, node_id, ship_date, parcel, quantity, on_hand, allocated_at)
SELECT id, order_id, line_id, level_id, node_id, ship_date, parcel, quantity, on_hand, %(at)s FROM line
"""
COLUMNS = "a.id, a.order_id, a.line_id, a.level_id, a.node_id, a.ship_date, a.parcel, a.quantity, o.day"
CHANGE = """
UPDATE routing_allocation a SET {change} FROM routing_order o
WHERE o.id = a.order_id AND {which} AND a.state = 'open' RETURNING {columns}
"""
COUNT = """
WITH moved AS (
  SELECT line_id, sum(quantity)::int AS quantity
  FROM unnest(%s::bigint[], %s::int[]) AS u(line_id, quantity) GROUP BY line_id
)
UPDATE routing_orderline l SET allocated = l.allocated - m.quantity, {to} = l.{to} + m.quantity
FROM moved m WHERE l.id = m.line_id
"""
EMPTIED = """
SELECT DISTINCT u.order_id, u.node_id, u.ship_date, u.parcel
FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::smallint[]) AS u(order_id, node_id, ship_date, parcel)
WHERE NOT EXISTS (SELECT FROM routing_allocation a WHERE a.order_id = u.order_id AND a.node_id = u.node_id
  AND a.ship_date = u.ship_date AND a.parcel = u.parcel AND a.state <> 'released')
"""
SPLIT = """
WITH cut AS (
  UPDATE routing_allocation SET quantity = quantity - %(quantity)s
  WHERE id = %(id)s AND state = 'open' AND quantity > %(quantity)s RETURNING *
)
INSERT INTO routing_allocation
  (order_id, line_id, level_id, node_id, ship_date, parcel, quantity, on_hand, allocated_at, dispatched_at,
   recall_wanted_at)
SELECT order_id, line_id, level_id, node_id, ship_date, parcel, %(quantity)s, on_hand, allocated_at, dispatched_at,
  recall_wanted_at FROM cut RETURNING id
"""
WANT_RECALL = """
UPDATE routing_allocation SET recall_wanted_at = %s
WHERE id = ANY(%s::bigint[]) AND state = 'open' AND dispatched_at IS NOT NULL AND recall_wanted_at IS NULL
"""
CLEAR_RECALL = """
UPDATE routing_allocation SET recall_refused_at = recall_wanted_at, recall_wanted_at = NULL
WHERE id = ANY(%s::bigint[]) AND recall_wanted_at IS NOT NULL
"""


def next_ids(count: int) -> list[int]:
    """Ids for allocations that are about to be booked, so that the ledger's keys can name them."""
    return sorted(allocation_id for (allocation_id,) in db.rows(IDS, [count]))


def key_of(allocation_id: int) -> str:
    """The key of an allocation's ledger entry."""
    return f"alloc:{allocation_id}"


def book(bookings: Sequence[Booking], parcels: Sequence[Parcel], looked: Sequence[Looked], *, at: datetime) -> None:
    """Write allocations, the parcels they travel in and what the look did to the lines, in one statement.

    Only what the ledger and the node days have granted may be booked, in their transaction. `looked` has each line
    once, with the sum of its bookings.
    """
    if not looked:
        return
    db.execute(
        BOOK,
        {
            "at": at,
            **_columns("", Booking, bookings),
            **_columns("p_", Parcel, parcels),
            **_columns("l_", Looked, looked),
        },
    )


def mark_dispatched(order_ids: Collection[int], *, at: datetime, ahead: int | None = None) -> list[Allocated]:
    """Hand the open, undispatched allocations of these orders that are due to the floor: by order and parcel.

    Routing leaves them alone from then on. Held orders are left out, and what is kept in hand (see `in_hand`): that
    goes to the one node `ahead` of its day, and nothing else then.
    """
    which = in_hand.due("%s") if ahead is None else "o.held_reason = '' AND a.node_id = %s"
    sql = CHANGE.format(
        change="dispatched_at = %s",
        which=f"a.order_id = ANY(%s::bigint[]) AND a.dispatched_at IS NULL AND {which}",
        columns=COLUMNS,
    )
    wanted = [at, sorted(order_ids), at if ahead is None else ahead]
    found = [Allocated(*row) for row in db.rows(sql, wanted)]
    return sorted(found, key=lambda row: (row.order_id, row.parcel, row.id))


def mark_recalled(allocation_ids: Collection[int]) -> list[Allocated]:
    """Take dispatched allocations back from the floor: routing may release them again. Returns them."""
    return _change("dispatched_at = NULL, recall_wanted_at = NULL", allocation_ids, [])


def want_recall(allocation_ids: Collection[int], *, at: datetime) -> int:
    """Ask the floor for dispatched allocations back. Returns how many were not asked for before."""
    return db.execute(WANT_RECALL, [at, sorted(allocation_ids)])


def clear_recall(allocation_ids: Collection[int]) -> int:
    """The floor keeps these: take the wish away, for the shortfall that it was about. Returns rows."""
    return db.execute(CLEAR_RECALL, [sorted(allocation_ids)])


def split(allocation_id: int, quantity: int) -> int | None:
    """Cut `quantity` units off an open allocation into a new one beside it, dispatched alike. Returns the new id.

    None when it is not open, or holds no more than that: nothing is changed then. The stock does not move.
    """
    made: int | None = db.value(SPLIT, {"id": allocation_id, "quantity": quantity})
    return made


def release(allocation_ids: Collection[int], *, to: To, at: datetime, actor: str) -> list[Allocated]:
    """Give the units of open allocations back to the stock, and the parcel's slot with its last allocation.

    The line counts them as `to`; "pending" makes the orders due again under a new fence. Returns what was released:
    what is shipped or released already is left as it is. Releases dispatched ones too: routing's own verbs ask for
    undispatched ones only, and the floor's for what it has given back. Records no event.
    """
    freed = _close(allocation_ids, to, at=at)
    if freed and to == "pending":
        pending.add({row.order_id for row in freed}, at=at)
    _give_back(freed, at=at, actor=actor)
    return freed


def lift(allocation_ids: Collection[int], *, at: datetime, actor: str) -> list[Allocated]:
    """As `release` to pending, for units that the same transaction books anew: the orders are not made due."""
    freed = _close(allocation_ids, "pending", at=at)
    _give_back(freed, at=at, actor=actor)
    return freed


def ship(
    allocation_ids: Collection[int], *, at: datetime, actor: str, booked_at: datetime | None = None
) -> list[Allocated]:
    """Open allocations left the node: units out of the stock, lines count them as shipped. Returns those that did.

    `at` is when they left; `booked_at` when the owning system has booked it, None while it has not. Records no event.
    """
    gone = _change("state = 'shipped', recall_wanted_at = NULL, closed_at = %s", allocation_ids, [at])
    if not gone:
        return []
    _count(gone, "shipped")
    movements = [Movement(f"ship:{row.id}", row.level_id, row.quantity, row.day, booked_at=booked_at) for row in gone]
    ledger.ship_many(movements, at=at, actor=actor)
    return gone


def by_order(rows: Sequence[Allocated]) -> dict[int, list[Allocated]]:
    """The same rows, by order, order ids ascending."""
    ordered = sorted(rows, key=lambda row: (row.order_id, row.id))
    return {order_id: list(own) for order_id, own in groupby(ordered, key=lambda row: row.order_id)}


def _change(change: str, allocation_ids: Collection[int], params: list[object]) -> list[Allocated]:
    sql = CHANGE.format(change=change, which="a.id = ANY(%s::bigint[])", columns=COLUMNS)
    return sorted(Allocated(*row) for row in db.rows(sql, [*params, sorted(allocation_ids)]))


def _close(allocation_ids: Collection[int], to: To, *, at: datetime) -> list[Allocated]:
    freed = _change("state = 'released', recall_wanted_at = NULL, closed_at = %s", allocation_ids, [at])
    if freed:
        _count(freed, to)
    return freed


def _give_back(freed: Sequence[Allocated], *, at: datetime, actor: str) -> None:
    """Slots of parcels that are empty now, then the units."""
    if not freed:
        return
    parcels = [(row.order_id, row.node_id, row.ship_date, row.parcel) for row in freed]
    emptied = db.rows(EMPTIED, [list(column) for column in zip(*parcels, strict=True)])
    if emptied:
        capacity.give_back_many([ParcelSlot(*row) for row in emptied])
    movements = [Movement(f"release:{row.id}", row.level_id, row.quantity, row.day) for row in freed]
    ledger.release_many(movements, at=at, actor=actor)


def _count(rows: Sequence[Allocated], to: str) -> None:
    db.execute(COUNT.format(to=to), [[row.line_id for row in rows], [row.quantity for row in rows]])


def _columns(prefix: str, kind: type[Any], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {f"{prefix}{name}": [row[place] for row in rows] for place, name in enumerate(kind._fields)}
