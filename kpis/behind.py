"""The orders behind a figure: each with what it adds to it, the ones that hurt it first."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dom_project.lib import db
from fulfillment.search import SHOWN_STATE

from .metrics import Figure
from .periods import Period

PAGE = 50


@dataclass(frozen=True)
class OrderRow:
    ref: str
    order_ref: str
    channel: str
    state: str
    accepted_at: datetime
    promise_at: datetime
    node: str  # its name
    cost: int  # minor units in the period: of the order's parcels, or what its moves saved
    currency: str
    whole: int  # its part in what the figure divides by
    part: int  # its part in what is counted
    minutes: int | None  # order to ship, the class's lower end
    parcels: int | None  # that have left
    method: str
    time_zone: str  # where the order goes

    @property
    def promise_date(self) -> date | None:
        """The day there that a parcel was promised for; None for what is collected, which is promised for an hour."""
        return self.promise_at.astimezone(ZoneInfo(self.time_zone)).date() if self.method == "ship" else None


@dataclass(frozen=True)
class Page:
    rows: list[OrderRow]
    total: int  # orders
    counted: int  # what the figure divides by: these orders, their lines or their answers
    next_after: str


FOUND = """
WITH f AS (
  SELECT order_id, max(node) AS node, coalesce(sum(amount), 0)::bigint AS cost, max(currency) AS currency,
         coalesce(sum(count) FILTER (WHERE name = %(whole)s OR name LIKE %(class)s), 0)::bigint AS whole,
         coalesce(sum(count) FILTER (WHERE name = %(part)s), 0)::bigint AS part,
         max(CASE WHEN name LIKE 'to_ship:%%' THEN 15 * substr(name, 9)::int END) AS minutes,
         max(CASE WHEN name LIKE 'sent:%%' THEN substr(name, 6)::int END) AS parcels
  FROM kpis_orderfact p
  WHERE (name = ANY(%(names)s) OR name LIKE %(class)s) AND day BETWEEN %(start)s AND %(end)s
    AND (%(channel)s = '' OR channel = %(channel)s) AND (%(node)s = '' OR node = %(node)s)
    AND (NOT %(promises)s OR EXISTS (
      SELECT FROM routing_order o WHERE o.id = p.order_id AND o.first_promise_at <= %(at)s))
  GROUP BY order_id
), ranked AS (
  SELECT *, count(*) OVER () AS total, (sum(whole) OVER ())::bigint AS counted, {badness} AS badness FROM f {only}
)
SELECT o.ref, o.order_ref, c.name, {state}, o.accepted_at, o.first_promise_at, coalesce(n.name, r.node), r.cost,
       r.currency, r.whole, r.part, r.minutes, r.parcels, o.method, o.ship_to_time_zone, r.total, r.counted, r.badness,
       r.order_id
FROM ranked r JOIN routing_order o ON o.id = r.order_id JOIN inventory_channel c ON c.id = o.channel_id
LEFT JOIN inventory_node n ON n.code = r.node
WHERE (r.badness, r.order_id) < (%(badness)s, %(order)s) ORDER BY r.badness DESC, r.order_id DESC LIMIT %(limit)s"""

BADNESS = {
    "cost_per_order": "cost",
    "split_rate": "coalesce(parcels, 0)",
    "on_time": "whole - part",
    "stock_out_rate": "part",
    "csat": "whole - part",
    "order_to_ship_p50": "coalesce(minutes, 0)",
    "saved_by_replanning": "greatest(cost, 0)",
}
HURTS = {
    "split_rate": "WHERE parcels > 1",
    "on_time": "WHERE whole > part",
    "stock_out_rate": "WHERE part > 0",
    "csat": "WHERE whole > part",
}


def orders(
    figure: Figure,
    period: Period,
    *,
    at: datetime,
    channel: str = "",
    node: str = "",
    after: str = "",
    only: str = "",
) -> Page:
    """A page of the orders in the figure; `after` is the last page's cursor, `only` = "hurts" leaves good ones out.

    Promises for later than `at` aren't in it yet.
    """
    badness, _sep, order = after.partition("-")
    known = all(part.isascii() and part.isdigit() and len(part) < 19 for part in (badness, order))
    classes = [name for name in figure.behind if name.endswith(":")]
    asked = {
        "names": [name for name in figure.behind if not name.endswith(":")],
        "class": f"{classes[0]}%" if classes else "",
        "whole": figure.whole,
        "part": figure.behind[-1],
        "promises": "promised" in figure.behind,
        "at": at,
        "start": period.start,
        "end": period.end,
        "channel": channel,
        "node": node,
        "badness": int(badness) if known else 2**62,
        "order": int(order) if known else 2**62,
        "limit": PAGE + 1,
    }
    statement = FOUND.format(
        badness=BADNESS[figure.code], state=SHOWN_STATE, only=HURTS.get(figure.code, "") if only == "hurts" else ""
    )
    found = db.rows(statement, asked)
    rows = [OrderRow(*row[:15]) for row in found[:PAGE]]
    last = found[PAGE - 1] if len(found) > PAGE else None
    total, counted = found[0][15:17] if found else (0, 0)
    return Page(rows, total, counted, f"{last[17]}-{last[18]}" if last else "")
