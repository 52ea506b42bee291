"""One week of the demo's shop under three strategies, told by the product's own figures: `make week`.

Thirty days are played once, by the rules with which the shop opened. Three copies of that database then get the very
same orders for a week, in a process each: to the nearest node, to the cheapest one order after another, and to the
optimum (many orders together, plans made anew until the floor has them, prices for what later orders will lack, the
odds of a no). A few days without new orders follow, so that all of the week's parcels leave and all promises fall due.

ORDERS: a day of the week (904, four times the demo's own); USUAL: a day of the thirty before (226); DAYS: of the week;
QUIET: days after it (6); STOCK: share of the demo's own (1); UNPRICED: any text adds the optimum without prices.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import psycopg

BEGIN = datetime(2026, 9, 5, tzinfo=UTC)
MONDAY = BEGIN + timedelta(days=30)
ORDERS = int(os.environ.get("ORDERS", 904))
USUAL = int(os.environ.get("USUAL", 226))
DAYS = int(os.environ.get("DAYS", 7))
STOCK = float(os.environ.get("STOCK", 1))
QUIET = int(os.environ.get("QUIET", 6))  # days; the longest promise is five
FEW = 20  # orders up to which the engine gives each its best in turn
MANY = 1000
MIDNIGHT = timedelta(minutes=5)  # the day's last step ends so long after it
WAYS = {
    # rank, orders together, made anew, prices, odds of a no
    "nearest": ("distance", MANY, False, False, False),
    "cheapest": ("cost", FEW, False, False, False),
    "optimum with prices": ("cost", MANY, True, True, True),
    **({"optimum without prices": ("cost", MANY, True, False, True)} if os.environ.get("UNPRICED") else {}),
}

# Every order of the week, by what the roll-up counted of it.
SENT = """
SELECT count(*), sum(f.parcels), sum(f.cost), sum(l.units),
  sum(l.shipped), sum(l.cancelled), sum(l.waiting), sum(l.promised) FROM routing_order o
CROSS JOIN LATERAL (SELECT coalesce(sum(count), 0)::int AS parcels, coalesce(sum(amount), 0)::bigint AS cost
  FROM kpis_orderfact WHERE order_id = o.id AND name = 'parcels') f
CROSS JOIN LATERAL (SELECT sum(ordered) AS units, sum(shipped) AS shipped, sum(cancelled) AS cancelled,
  sum(backordered + pending) AS waiting, (o.first_promise_at <= %(until)s)::int AS promised
  FROM routing_orderline WHERE order_id = o.id) l
WHERE o.accepted_at > %(since)s
"""
MOVED = """
SELECT count(*), coalesce(sum(invoice - unpriced), 0)::bigint FROM routing_decision
WHERE unpriced IS NOT NULL AND decided_at > %s
"""
LEARNED = """
SELECT count(*), coalesce(max(orders / greatest(futures, 1)), 0), coalesce(round(avg(p.units)), 0),
  coalesce(round(avg(p.price)), 0), coalesce(round(avg(s.nodes), 1), 0) FROM routing_scarcityrun r
CROSS JOIN LATERAL (SELECT count(*) AS units, avg(price) AS price FROM routing_scarcityprice
  WHERE run_id = r.id AND price > 0) p
CROSS JOIN LATERAL (SELECT count(*) AS nodes FROM routing_scarcityslot WHERE run_id = r.id) s
WHERE r.state = 'done' AND r.at > %s
"""


def play_base() -> None:
    """The shop and its thirty days."""
    from django.db import transaction

    from dom_project.demo import history, retailer
    from dom_project.lib import db

    db.execute("SET synchronous_commit = off")
    with transaction.atomic():
        retailer.open_shop(at=BEGIN, years=(BEGIN.year, BEGIN.year + 1), stock=STOCK)
    history.play(BEGIN, MONDAY + MIDNIGHT, per_day=USUAL, tell=_tell("before"))
    db.execute("ANALYZE")


def play_week(name: str) -> None:
    """The week and the quiet days on a copy; prints the figures as JSON."""
    from django.core.management import call_command

    from dom_project.demo import history
    from dom_project.lib import db
    from routing import in_hand

    _rank, together, anew, prices, _odds = WAYS[name]
    end = MONDAY + timedelta(days=DAYS)
    over = end + timedelta(days=QUIET)
    db.execute("SET synchronous_commit = off")
    _go_live(name)
    in_hand.switch(anew, at=MONDAY, actor="bench")
    began = time.perf_counter()
    for start, until, per_day in ((MONDAY, end, ORDERS), (end, over, 0)):
        history.play(
            start,
            until + MIDNIGHT,
            per_day=per_day,
            tell=_tell(name),
            together=together,
            learn_prices=prices and per_day > 0,
        )
    seconds = time.perf_counter() - began
    call_command("verify_invariants", stdout=sys.stderr)
    json.dump(figures(until=over + MIDNIGHT) | {"seconds": seconds}, sys.stdout)


def _go_live(name: str) -> None:
    """Two rules: pickups where they are collected, everything else by the strategy's rank."""
    from dom_project.demo.strategy import default_rules
    from routing import strategies
    from routing.weighing import Weighing

    rank, _together, _anew, prices, odds = WAYS[name]
    rules = [rule for rule in default_rules() if rule["name"] in ("Pickups", "Everything else")]
    rules[1] |= {"rank": rank}
    version = strategies.save_version(
        rules,
        strategy="main",
        author="bench",
        reason=name,
        at=MONDAY,
        weighing=Weighing(counts_no=odds, scarcity_prices=prices),
    )
    strategies.activate(version, at=MONDAY, actor="bench", reason=name)


def figures(*, until: datetime) -> dict[str, Any]:
    """What the KPI page says of the week with its quiet days, and what the same facts say of the week's orders."""
    from dom_project.lib import db
    from kpis import board, snapshots
    from kpis.periods import Period

    snapshots.rebuild(at=until)
    read = board.read(Period(MONDAY.date(), until.date()), at=until)
    told = {card.figure.code: None if card.value is None else float(card.value) for card in read.cards}
    since = MONDAY + MIDNIGHT
    ((orders, parcels, cost, units, shipped, cancelled, waiting, due),) = db.rows(
        SENT, {"since": since, "until": until}
    )
    ((moved, paid_more),) = db.rows(MOVED, [since])
    ((runs, future, priced, price, slots),) = db.rows(LEARNED, [since])
    return told | {
        "orders": orders,
        "parcels_per_order": float(Fraction(int(parcels), orders)),
        "own_cost": float(Fraction(int(cost), orders)),
        "units": int(units),
        "shipped": int(shipped),
        "cancelled": int(cancelled),
        "waiting": int(waiting),
        "due": int(due) / orders,
        "moved_by_prices": moved,
        "paid_more": int(paid_more),
        "runs": runs,
        "future": int(future),
        "priced": int(priced),
        "price": float(price),
        "slots": float(slots),
    }


def _tell(what: str) -> Callable[[datetime, Any], None]:
    def tell(at: datetime, total: Any) -> None:
        sys.stderr.write(f"  {what:20} {at:%d %b}: {total['orders']:,} orders, {total['shipped']:,} parcels\n")
        sys.stderr.flush()

    return tell


ROWS: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
    ("cost per order in $ (KPI page)", lambda row: f"{(row['cost_per_order'] or 0) / 100:,.2f}"),
    ("  of the week's orders alone", lambda row: f"{row['own_cost'] / 100:,.2f}"),
    ("split orders (KPI page)", lambda row: f"{row['split_rate'] or 0:.1%}"),
    ("parcels per order", lambda row: f"{row['parcels_per_order']:.3f}"),
    ("on time (KPI page)", lambda row: f"{row['on_time'] or 0:.1%}"),
    ("stock-out rate (KPI page)", lambda row: f"{row['stock_out_rate'] or 0:.2%}"),
    ("satisfied (KPI page)", lambda row: f"{row['csat'] or 0:.1%}"),
    ("order to ship, hours (KPI page)", lambda row: f"{(row['order_to_ship_p50'] or 0) / 60:.1f}"),
    ("saved by planning anew, $ (KPI page)", lambda row: f"{(row['saved_by_replanning'] or 0) / 100:,.2f}"),
    ("orders", lambda row: f"{row['orders']:,}"),
    ("units ordered", lambda row: f"{row['units']:,}"),
    ("units sent", lambda row: f"{row['shipped']:,}"),
    ("units cancelled", lambda row: f"{row['cancelled']:,}"),
    ("units that wait at the end", lambda row: f"{row['waiting']:,}"),
    ("promises that are due by then", lambda row: f"{row['due']:.1%}"),
    ("plans that prices changed", lambda row: f"{row['moved_by_prices']:,}"),
    ("  paid more for them, $", lambda row: f"{row['paid_more'] / 100:,.2f}"),
    ("replays; orders of a future", lambda row: f"{row['runs']}; {row['future']:,}"),
    ("  prices, mean in cents; slots", lambda row: f"{row['priced']:,}, {row['price']:.0f}; {row['slots']:g}"),
    ("seconds to play", lambda row: f"{row['seconds']:.0f}"),
)


def table(found: dict[str, dict[str, Any]]) -> str:
    """The figures of all strategies beside each other."""
    lines = [f"{'':36}" + "".join(f"{name:>24}" for name in found)]
    lines += [f"{title:36}" + "".join(f"{tell(row):>24}" for row in found.values()) for title, tell in ROWS]
    nearest = found["nearest"]["own_cost"]
    lines.append(
        f"{'  cost beside nearest':36}"
        + "".join(f"{(row['own_cost'] - nearest) / nearest:>+24.1%}" for row in found.values())
    )
    return "\n".join(lines)


def _process(*arguments: str, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.week", *arguments],
        env=os.environ | {"DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
    )


def compare() -> None:
    """Play the base, copy it, play the week on each copy, print one table."""
    url = os.environ["DATABASE_URL"]
    server, _, base = url.rpartition("/")
    print(f"{USUAL:,} orders a day for thirty days, then {ORDERS:,} a day for {DAYS} and {QUIET} days without any")
    print(f"{STOCK:.0%} of the demo's stock")
    sys.stdout.flush()
    if _process("base", url=url).wait():
        raise SystemExit("The days before could not be played.")
    urls = {name: f"{server}/week_{place}" for place, name in enumerate(WAYS)}
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        for each in urls.values():
            connection.execute(f"CREATE DATABASE {each.rpartition('/')[2]} TEMPLATE {base}")  # type: ignore[call-overload]
    playing = {name: _process("play", name, url=each) for name, each in urls.items()}
    told = {name: process.communicate()[0] for name, process in playing.items()}
    failed = [name for name, process in playing.items() if process.returncode]
    if failed:
        raise SystemExit(f"Failed: {', '.join(failed)}")
    print(table({name: json.loads(text) for name, text in told.items()}))


def main() -> None:
    if len(sys.argv) == 1:
        compare()
        return
    import django

    django.setup()
    if sys.argv[1] == "base":
        play_base()
    else:
        play_week(sys.argv[2])


if __name__ == "__main__":
    main()
