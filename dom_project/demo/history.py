"""Time passes at Juniper & Finch: the real verbs, hour by hour, on a clock that is told what time it is.

The first start plays thirty days; a later one plays what was missed while the demo was off, up to `LONGEST` hours.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from dom_project.lib.db import rows
from fulfillment import answered, shipments
from inventory import capacity, ledger
from inventory.movements import Movement
from routing import intake, requests, shortfalls, sourcing, waiting
from routing.models import Outbox
from routing.reoptimise import reoptimise
from routing.scarcity import receipts, replay

from . import chance, floor
from .demand import Market, orders_of_hour

DAYS = 30
NEW_RULES = timedelta(days=9)  # so long ago the manager changed the rules
NEW_PRICES = timedelta(days=2)  # so long ago the manager let scarcity prices count
ORDERS_PER_DAY = 226
LONGEST = timedelta(hours=72)
STEP = timedelta(hours=2)
AFTER = timedelta(minutes=5)  # cut-offs are at full hours: who orders just before one still gets its truck
PLANNED_ANEW = (2, 6)  # UTC: the evening at home, when work for tomorrow is in hand and the trucks have come
OWNER = "demo"
BATCH = 1000
# A step is long: what it brings is picked and packed within its first half hour.
PACE = floor.Pace(pick=timedelta(minutes=10), pack=timedelta(minutes=25))


def steps(start: datetime, end: datetime) -> Iterator[datetime]:
    """The steps, on full hours, whose work can be done before `end`."""
    at = start.replace(minute=0, second=0, microsecond=0)
    while at + STEP + AFTER <= end:
        yield at
        at += STEP


def play(
    start: datetime,
    end: datetime,
    *,
    per_day: float,
    tell: Callable[[datetime, Counter[str]], None],
    each_morning: Callable[[datetime], None] | None = None,
    together: int = BATCH,
    learn_prices: bool = False,
) -> Counter[str]:
    """Let the hours from `start` to `end` pass. `tell` hears after each simulated day. Returns what happened.

    `together`: how many orders are claimed, and so planned, at once.
    """
    market, total = Market.load(), Counter[str]()
    day = None
    for hour in steps(start, end):
        if hour.date() != day:
            day = hour.date()
            capacity.open_days(at=hour)
            receive_goods(hour)
            answered.learn_odds(at=hour)
            if each_morning:
                each_morning(hour)
            if total:
                tell(hour, total)
        total += one_step(market, hour, end, per_day=per_day, together=together, learn_prices=learn_prices)
    tell(end, total)
    return total


def one_step(
    market: Market,
    start: datetime,
    end: datetime,
    *,
    per_day: float,
    together: int = BATCH,
    learn_prices: bool = False,
) -> Counter[str]:
    """The orders of one step, then what routing and the floor make of them at its end, nothing later than `end`."""
    counts, at = Counter[str](), start + STEP + AFTER
    bodies = [
        body
        for hour in range(STEP // timedelta(hours=1))
        for body in orders_of_hour(market, start + timedelta(hours=hour), per_day=per_day)
    ]
    if bodies:
        answers = intake.accept_orders([requests.read_order(body) for body in bodies], at=at, actor="demo")
        counts["orders"] = sum(isinstance(answer, intake.Accepted) for answer in answers)
    ledger.publish_atp(at=at)
    waiting.wake_waiting(at=at)
    shortfalls.resolve_shortfalls(at=at)
    shipments.answer_recalls(at=at, actor="demo")
    if learn_prices:
        receipts.clear(at=at)
        counts["prices learned"] = replay.replay(at=at, actor="engine") is not None
    while sourcing.source_due(at=at, owner=OWNER, limit=together).claimed >= together:
        continue
    if any(
        (start + timedelta(hours=passed)).hour in PLANNED_ANEW for passed in range(1, STEP // timedelta(hours=1) + 1)
    ):
        counts["planned anew"] = reoptimise(at=at, actor="engine").moved
    while shipments.dispatch_due(at=at, actor="demo", limit=BATCH) >= BATCH:
        continue
    pace = floor.Pace(min(PACE.pick, end - at), min(PACE.pack, end - at))
    counts.update(floor.play(at=at, pace=pace).counts)
    return counts


def receive_goods(at: datetime) -> int:
    """On three days of the week trucks fill up what has sold well. Returns the levels filled."""
    if at.weekday() not in (0, 2, 4):
        return 0
    low = rows(
        """SELECT l.id, n.code, s.code, e.on_hand - l.on_hand
           FROM inventory_stocklevel l JOIN inventory_node n ON n.id = l.node_id
           JOIN inventory_sku s ON s.id = l.sku_id
           JOIN inventory_ledgerentry e ON e.level_id = l.id AND e.key = 'opening:' || l.node_id || ':' || l.sku_id
           WHERE l.on_hand - l.allocated < e.on_hand * CASE WHEN n.kind = 'dc' THEN 0.55 ELSE 0.3 END ORDER BY l.id""",
        [],
    )
    movements = [
        Movement(key=f"receipt:{at:%Y%m%d}:{level}", level_id=level, units=units, day=at.date())
        for level, node, sku, units in low
        if units > 0 and chance.share("truck", node, sku, at.date()) < 0.6
    ]
    if movements:
        ledger.receive_many(movements, at=at, actor="demo")
    return len(movements)


def close_the_books(*, at: datetime) -> None:
    """After the thirty days the ERP begins with what they ended with: it has booked all of it and is told nothing."""
    keys = [key for (key,) in rows("SELECT key FROM inventory_ownmovement WHERE booked_at IS NULL", [])]
    if keys:
        ledger.mark_booked(keys, booked_at=at)
    Outbox.objects.filter(sent_at=None).update(sent_at=at)


def last_moment() -> datetime | None:
    """When something last happened to an order: from there the missed hours begin."""
    ((moment,),) = rows("SELECT max(at) FROM routing_orderevent", [])
    return moment.astimezone(UTC) if moment else None
