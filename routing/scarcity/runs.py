"""Runs of the replay as rows: asked for, begun, told how far they are, done with all their prices at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from dom_project.lib import db
from inventory.letters import storable
from routing import strategies
from routing.engine.problem import Int64
from routing.models import ScarcityPrice, ScarcityRun, ScarcitySlot

EVERY = timedelta(hours=4)
UNUSED_EVERY = timedelta(hours=23)  # while no live strategy counts them: known when someone switches them on
EXPIRES = timedelta(hours=24)
STOPPED = "stopped_three_times"  # as an error: a code; else what was raised
KEPT = 6  # runs whose prices are kept
MOST_TRIES = 3

State = ScarcityRun.State
OPEN = (State.ASKED, State.RUNNING)

PRICES = """
INSERT INTO routing_scarcityprice (run_id, sku_id, node_id, price, cold, walk_in, per_day)
SELECT %(run)s, * FROM unnest(%(sku)s::bigint[], %(node)s::bigint[], %(price)s::int[], %(cold)s::int[],
  %(walk_in)s::int[], %(per_day)s::float8[])
"""
SLOTS = """
INSERT INTO routing_scarcityslot (run_id, node_id, price)
SELECT %(run)s, * FROM unnest(%(node)s::bigint[], %(price)s::int[])
"""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What a run learned: by SKU and node, and by node (`slot…`). Only prices above 0 are kept."""

    sku: Int64
    node: Int64
    price: Int64
    cold: Int64
    walk_in: Int64
    per_day: NDArray[np.float64]
    slot_node: Int64
    slot: Int64

    @classmethod
    def nothing(cls) -> "Made":
        """Nothing has a price."""
        none = np.zeros(0, np.int64)
        return cls(none, none, none, none, none, np.zeros(0), none, none)

    def units(self) -> dict[str, list[Any]]:
        """The columns of the units that have a price, now or once it has expired."""
        kept = (self.price > 0) | (self.cold > 0)
        names = ("sku", "node", "price", "cold", "walk_in", "per_day")
        return {name: getattr(self, name)[kept].tolist() for name in names}

    def slots(self) -> dict[str, list[int]]:
        """The columns of the slots that have a price."""
        kept = self.slot > 0
        return {"node": self.slot_node[kept].tolist(), "price": self.slot[kept].tolist()}


def newest() -> ScarcityRun | None:
    """The run that decisions use now, expired or not; None before the first."""
    return ScarcityRun.objects.filter(state=State.DONE).order_by("-id").first()


def is_expired(learned_at: datetime, *, at: datetime) -> bool:
    """What was learned is so old that only what was consumed before it counts."""
    return at >= learned_at + EXPIRES


def open_run() -> ScarcityRun | None:
    """The run that waits or is being made, None when there is none."""
    return ScarcityRun.objects.filter(state__in=OPEN).first()


def last() -> ScarcityRun | None:
    """The newest run, whatever became of it."""
    return ScarcityRun.objects.order_by("-id").first()


def is_due(*, at: datetime) -> bool:
    """The newest prices are old enough to be learned again: hours while they count, a day while they don't.

    One that failed is not tried again before that either.
    """
    newest = last()
    live = strategies.live_version()
    every = EVERY if live and live.weighing.scarcity_prices else UNUSED_EVERY
    return newest is None or newest.asked_at <= at - every


def ask(*, at: datetime, actor: str) -> ScarcityRun:
    """A run that will be made at the next ring: the one that is open, else a new one."""
    while True:
        ScarcityRun.objects.bulk_create([ScarcityRun(asked_at=at, asked_by=actor)], ignore_conflicts=True)
        if run := open_run():  # else the one that was in the way has just ended
            return run


def to_do(*, at: datetime, actor: str) -> ScarcityRun | None:
    """The run to make now: what is open, also what a dead process left; a new one when it is time."""
    run = open_run()
    if run is None and is_due(at=at):
        run = ask(at=at, actor=actor)
    if run and run.tries >= MOST_TRIES:
        fail(run, STOPPED)
        return None
    return run


def begin(run: ScarcityRun, *, at: datetime) -> None:
    """From here on it is running; a run that is begun again forgets how far it was."""
    run.state, run.at, run.tries, run.solved = State.RUNNING, at, run.tries + 1, 0
    run.save(update_fields=["state", "at", "tries", "solved"])


def tell(run: ScarcityRun, *, futures: int, solved: int) -> None:
    """Write how far it is, for those who watch."""
    run.futures, run.solved = futures, solved
    run.save(update_fields=["futures", "solved"])


@transaction.atomic
def finish(run: ScarcityRun, made: Made) -> ScarcityRun:
    """Write all its prices and make it the one that decisions use, whole or not at all. Old prices are forgotten."""
    db.execute(PRICES, {"run": run.pk, **made.units()})
    db.execute(SLOTS, {"run": run.pk, **made.slots()})
    run.state = State.DONE
    run.save()
    kept = ScarcityRun.objects.filter(state=State.DONE).order_by("-id").values_list("id", flat=True)[:KEPT]
    oldest = min(kept)
    ScarcityPrice.objects.filter(run_id__lt=oldest).delete()
    ScarcitySlot.objects.filter(run_id__lt=oldest).delete()
    return run


def fail(run: ScarcityRun, error: str) -> None:
    """It made no prices: those before it stay. `error`: `STOPPED`, or what was raised."""
    run.state, run.error = State.FAILED, storable(error)[:300]
    run.save(update_fields=["state", "error"])
