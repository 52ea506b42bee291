"""The replay: draw what may come, solve each future on what is there now, keep the mean of its prices."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from django.db import InterfaceError, OperationalError

from dom_project.lib import db
from routing.engine.problem import Problem
from routing.engine.scarcity import Worth, worth_of
from routing.models import ScarcityRun
from routing.money import Money
from routing.scarcity import forecast, futures, past, pricing, runs, scene, worth
from routing.scarcity.futures import Ints
from routing.scarcity.past import Past
from routing.scarcity.runs import Made
from routing.scarcity.scene import Scene

FUTURES = 8
DAYS = 7  # so far a future looks at the most; no date of a receipt is known, only how often they come
HISTORY = 28  # days of it, from which futures can be drawn
MOST_ORDERS = 5_000  # of one future; where more are expected it looks less far


def replay(*, at: datetime, actor: str) -> ScarcityRun | None:
    """Learn prices, if someone asked for it or it is time. Returns the run that is done, None if there was none to do.

    One at a time. Safe to stop anywhere and to repeat: what a dead process began is begun again.
    """
    with db.only_run("routing.scarcity") as alone:
        run = runs.to_do(at=at, actor=actor) if alone else None
        if run is None:
            return None
        runs.begin(run, at=at)
        try:
            return _learned(run, at=at)
        except (OperationalError, InterfaceError):
            raise  # the next ring begins it again
        except Exception as error:
            runs.fail(run, f"{type(error).__name__}: {error}")
            raise


def _learned(run: ScarcityRun, *, at: datetime) -> ScarcityRun:
    with db.read_only_snapshot(batch=True):
        db.execute("SET LOCAL statement_timeout = '120s'")  # eight weeks of a large ledger, a few times a day
        before = past.orders(at=at)
        days = min(past.days_between_receipts(at=at) or DAYS, DAYS)
    run.history_days = before.history_days
    if before.history_days >= HISTORY:
        run.basis, (drawn, run.hours) = ScarcityRun.Basis.FUTURES, draw(before, days, at=at, seed=run.pk)
        asked = np.unique(np.concatenate(drawn))
    else:
        run.basis, drawn, run.hours = ScarcityRun.Basis.CONSUMED, [], 24 * days
        asked = np.arange(len(before.ids))[-MOST_ORDERS:]
    runs.tell(run, futures=len(drawn), solved=0)
    seen = scene.read(before.ids[asked].tolist(), at=at)
    run.entry_id, run.orders = seen.entry_id, sum(map(len, drawn))
    everything = seen.problem_of(before.ids[asked].tolist(), name=f"scarcity-{run.pk}", hours=run.hours)
    if everything is None:
        run.currency = seen.currency
        return runs.finish(run, Made.nothing())
    run.currency, run.skus = everything.currency, len(everything.sku_ref)
    found = _solved(run, seen, everything, [before.ids[own].tolist() for own in drawn])
    seen_days = len(drawn) * run.hours / 24 if drawn else float(max(before.days_ago[asked].max(initial=0), 1))
    counted = _counted(seen, [before.ids[own] for own in drawn or [asked]])
    return runs.finish(run, _made(seen, everything, found, counted, days=seen_days, hours=run.hours, at=at))


def draw(before: Past, days: int, *, at: datetime, seed: int) -> tuple[list[Ints], int]:
    """The futures of so many days as places of past orders, and the hours they look ahead. Same seed, same futures."""
    today = at.date()
    expected = forecast.expected_orders(before.counts(), today.weekday(), days)
    kept = forecast.within(expected, MOST_ORDERS)
    weekdays = before.weekdays(today)
    found = [futures.draw(weekdays, kept, today.weekday(), [seed, sample]) for sample in range(FUTURES)]
    return found, forecast.hours_of(expected, kept)


def _solved(run: ScarcityRun, seen: Scene, everything: Problem, drawn: Sequence[Sequence[int]]) -> list[Worth]:
    found = []
    for number, order_ids in enumerate(drawn, start=1):
        future = seen.problem_of(order_ids, name=f"scarcity-{run.pk}-{number}", hours=run.hours)
        if future is not None:
            found.append(pricing.spread_out(everything, future, worth_of(future)))
        runs.tell(run, futures=len(drawn), solved=number)
    return found


def _counted(seen: Scene, drawn: Sequence[Ints]) -> Counter[int]:
    """Units asked for by SKU, in all of these."""
    asked: Counter[int] = Counter()
    for order_id, times in Counter(np.concatenate(drawn).tolist()).items():
        for line in seen.lines[order_id]:
            asked[line.sku_id] += line.units * times
    return asked


def _made(
    seen: Scene,
    everything: Problem,
    found: Sequence[Worth],
    asked: Counter[int],
    *,
    days: float,
    hours: int,
    at: datetime,
) -> Made:
    skus = everything.sku_ref.tolist()
    price, cost = past.prices_of(skus, Money(everything.currency, seen.heads.exchange))
    grams = np.zeros(len(skus), np.int64)
    each = np.where(everything.grams > 0, everything.grams, everything.likely_grams) // np.maximum(everything.units, 1)
    grams[everything.sku] = np.maximum(each, 0)
    shelf = pricing.Shelf(*past.shelves(everything.level_ref, at=at).of(everything.level_ref))
    made = pricing.prices(everything, found, shelf, price, worth.margins(price, cost), grams, hours=hours)
    entry_sku = np.repeat(np.arange(len(skus)), np.diff(everything.sku_ptr))
    return Made(
        sku=everything.sku_ref[entry_sku],
        node=everything.node_ref[everything.stock_node],
        price=made.unit,
        cold=made.cold,
        walk_in=made.walk_in,
        per_day=pricing.per_day(everything, asked, days)[entry_sku],
        slot_node=everything.node_ref,
        slot=made.slot,
    )
