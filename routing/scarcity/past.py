"""What the past holds for a replay: which orders came, what they asked for, how each shelf was filled and sold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

import numpy as np

from dom_project.lib import arrays, db
from inventory.models import Sku
from routing import gather
from routing.facts import Line, Wanted
from routing.money import Money
from routing.scarcity.futures import Ints

LONGEST = timedelta(days=56)
# What a source told; a look at the shelf has no chunk. Between two figures lie the till's sales and what came.
TOLD = "(e.verb = 'count' AND e.chunk_id IS NOT NULL)"
# Goods came: booked by us, or the figure of a source rose by more than a miscount does.
RECEIPT = f"(e.verb = 'receive' AND e.on_hand > 0 OR {TOLD} AND e.on_hand > 1)"

ORDERS = """
SELECT array_agg(id ORDER BY accepted_at, id), array_agg(day - %s::date ORDER BY accepted_at, id) FROM routing_order
WHERE accepted_at >= %s AND accepted_at <= %s AND method = 'ship' AND day <= %s::date
"""
FIRST = "SELECT min(accepted_at) FROM routing_order"
# As it was asked for: its promise as far ahead as it was when it came.
BASKETS = """
SELECT o.id, o.day, c.code, o.method, 0, o.currency, o.value, o.ship_to_region, o.ship_to_latitude,
  o.ship_to_longitude,
  ((o.promise_at - interval '1 microsecond') AT TIME ZONE o.ship_to_time_zone)::date
    - (o.accepted_at AT TIME ZONE o.ship_to_time_zone)::date,
  0, false, o.ship_to_country, EXISTS (SELECT FROM inventory_node n WHERE n.active AND n.country = o.ship_to_country)
FROM unnest(%s::bigint[]) WITH ORDINALITY AS u(id, place)
JOIN routing_order o USING (id) JOIN inventory_channel c ON c.id = o.channel_id ORDER BY u.place
"""
# `since_receipt`: what moved the shelf after goods last came; `sold`: what a connected till took from it, which comes
# as a figure that is lower than ours.
SHELVES = f"""
SELECT array_agg(l.id), array_agg(l.on_hand - f.since_receipt), array_agg(f.sold), array_agg(f.counted_days)
FROM unnest(%(level)s::bigint[]) AS u(id) JOIN inventory_stocklevel l USING (id)
CROSS JOIN LATERAL (
  SELECT coalesce(sum(e.on_hand) FILTER (WHERE e.id > e.receipt), 0)::int AS since_receipt,
    coalesce(-sum(e.on_hand) FILTER (WHERE {TOLD} AND e.on_hand < 0), 0)::int AS sold,
    coalesce(ceil(extract(epoch FROM %(at)s::timestamptz - min(e.at) FILTER (WHERE {TOLD})) / 86400), 0)::int
      AS counted_days
  FROM (SELECT e.id, e.verb, e.chunk_id, e.on_hand, e.at,
          coalesce(max(e.id) FILTER (WHERE {RECEIPT}) OVER (), 0) AS receipt
        FROM inventory_ledgerentry e WHERE e.level_id = l.id AND e.at > %(since)s AND e.at <= %(at)s) e
) f
"""
# How long goods of one shelf are awaited, as a rule: shelves that are filled often speak more often.
BETWEEN_RECEIPTS = f"""
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM gap) / 86400)
FROM (
  SELECT e.at - lag(e.at) OVER (PARTITION BY e.level_id ORDER BY e.id) AS gap FROM inventory_ledgerentry e
  WHERE e.at > %(since)s AND e.at <= %(at)s AND {RECEIPT}
) g WHERE gap >= interval '12 hours'
"""
LEAST_GAPS = 20  # fewer say nothing of the rule


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """The shipped-for orders before an instant, the oldest first."""

    ids: Ints
    days_ago: Ints  # 0 = on the day of the instant itself
    history_days: int  # since the first order of all

    def counts(self) -> list[int]:
        """Orders of each whole day, the oldest first; without a day before the first order that is told."""
        whole = self.days_ago[self.days_ago > 0]
        if not len(whole):
            return []
        found: list[int] = np.bincount(whole, minlength=int(whole.max()) + 1)[:0:-1].tolist()
        return found

    def weekdays(self, today: date) -> Ints:
        """The weekday of each order, 0 to 6."""
        found: Ints = (today.weekday() - self.days_ago) % 7
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Shelves:
    """[level, by id] units after the last receipt, units that a till sold, days since figures of it first came."""

    ids: Ints
    stocked: Ints
    sold: Ints
    counted_days: Ints

    def of(self, levels: Ints) -> tuple[Ints, Ints, Ints]:
        """Stocked, sold, counted days of these levels; 0 for one that is not known."""
        if not len(self.ids):
            nothing = np.zeros(len(levels), np.int64)
            return nothing, nothing, nothing
        place = np.searchsorted(self.ids, levels).clip(0, len(self.ids) - 1)
        known = self.ids[place] == levels
        stocked, sold, counted = (
            np.where(known, column[place], 0) for column in (self.stocked, self.sold, self.counted_days)
        )
        return stocked, sold, counted


def orders(*, at: datetime) -> Past:
    """The orders to be sent that came until `at`, from the eight whole weeks before its day on."""
    today = at.date()
    # From midnight on: a part of a day would count as a whole one.
    since = at.replace(hour=0, minute=0, second=0, microsecond=0) - LONGEST
    ids, days = arrays.columns(ORDERS, [today, since, at, today], "84")
    first: datetime | None = db.value(FIRST)
    return Past(ids.astype(np.int64), -days.astype(np.int64), (at - first).days if first else 0)


def baskets(order_ids: Sequence[int]) -> tuple[list[Wanted], list[list[Line]]]:
    """These orders as they were asked for, each with its lines; no node has refused them yet."""
    found = [Wanted(*row) for row in db.rows(BASKETS, [list(order_ids)])]
    lines: list[list[Line]] = [[] for _ in found]
    place = {order.id: at for at, order in enumerate(found)}
    ids = [order.id for order in found]
    for row in db.rows(gather.LINES.format(units="l.ordered"), {"order_id": ids}):
        line = Line(*row)
        own = place[ids[line.order]]
        lines[own].append(line._replace(order=own, refused=None))
    return found, lines


def shelves(levels: Ints, *, at: datetime) -> Shelves:
    """What the ledger tells of these levels in the eight weeks before `at`."""
    columns = arrays.columns(SHELVES, {"level": levels.tolist(), "at": at, "since": at - LONGEST}, "8444")
    order = np.argsort(columns[0])
    return Shelves(*(column[order].astype(np.int64) for column in columns))


def days_between_receipts(*, at: datetime) -> int | None:
    """Days from one receipt of a shelf to its next, the median of the eight weeks before; None when too few came."""
    count, days = db.rows(BETWEEN_RECEIPTS, {"at": at, "since": at - LONGEST})[0]
    return max(ceil(days), 1) if count >= LEAST_GAPS else None


def prices_of(sku_ids: Sequence[int], money: Money) -> tuple[Ints, Ints]:
    """What each SKU sells for and what it cost, in the currency of `money`; 0 where it can't be said in it."""
    found = {
        pk: (price, cost, currency)
        for pk, price, cost, currency in Sku.objects.filter(pk__in=list(sku_ids)).values_list(
            "pk", "price", "cost", "currency"
        )
    }
    rows = [found.get(pk, (0, 0, money.currency)) for pk in sku_ids]
    currencies = [row[2] for row in rows]
    price = money.many([row[0] for row in rows], currencies)
    cost = money.many([row[1] for row in rows], currencies)
    return np.maximum(price, 0), np.maximum(cost, 0)
