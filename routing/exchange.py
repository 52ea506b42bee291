"""One plan for another: what orders hold is given back and their new plans are booked, under the same locks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from msgspec import json

from dom_project.lib import db
from inventory import capacity, ledger
from inventory.capacity import ParcelSlot
from routing import allocations, decisions, demand, history, holdings
from routing.commit import Draft, draft_of, slots_of, take, units_of
from routing.drawn import Drawn
from routing.engine.moves import Judged, Move
from routing.engine.plan import Plan
from routing.facts import Facts
from routing.gaps import Gaps
from routing.history import Event, Kind
from routing.holdings import Holdings
from routing.models import Reoptimisation
from routing.together import Together

TRIES = 8  # each leaves out what the one before was refused


@dataclass(slots=True)
class Swap:
    """What will be written for one order, if it is exchanged."""

    move: Move
    draft: Draft
    old: tuple[int, ...]  # allocations
    look: int


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Order ids by what became of them, and how many `stayed`, by reason: `changed` since the facts were read too.

    `saved` and `sooner`: what the moved ones save together, and the days by which they arrive earlier.
    """

    moved: Sequence[int]
    refused: Sequence[int]
    stayed: Mapping[str, int]
    saved: int
    sooner: int

    @property
    def considered(self) -> int:
        return len(self.moved) + len(self.refused) + sum(self.stayed.values())


class _Refused(Exception):
    def __init__(self, order_ids: Iterable[int]) -> None:
        self.order_ids = frozenset(order_ids)


def exchange(
    found: Holdings, plan: Plan, judged: Judged, stayed: Mapping[str, int], *, at: datetime, actor: str
) -> Exchanged:
    """Exchange the judged orders' plans in one transaction, each group whole or not at all, and keep the run's row.

    What the ledger or a day refuses leaves its group exactly as it was; the others go through. So stays what does not
    stand as it stood when the facts were read: dispatched, cancelled, recalled or moved meanwhile. A promise never
    changes.
    """
    return _write(found, plan, _drawn_up(found, plan, judged), stayed, at=at, actor=actor)


@db.retry_on_conflict
def _write(
    found: Holdings,
    plan: Plan,
    groups: Sequence[Sequence[Swap]],
    stayed: Mapping[str, int],
    *,
    at: datetime,
    actor: str,
) -> Exchanged:
    with db.batch_plans():
        swaps = [swap for group in groups for swap in group]
        stands = {swap.draft.order_id: found.stands[swap.draft.order_id] for swap in swaps}
        demand.lock_orders(stands)
        ours = holdings.still(stands)
        left = [group for group in groups if all(swap.draft.order_id in ours for swap in group)]
        capacity.lock_many(_slots(found, left))
        ledger.lock_many(_levels(found, left))
        refused: list[int] = []
        for _ in range(TRIES):
            try:
                with transaction.atomic():
                    _swap(found.facts, plan, [swap for group in left for swap in group], at=at, actor=actor)
                break
            except _Refused as error:
                out = [group for group in left if any(swap.draft.order_id in error.order_ids for swap in group)]
                left = [group for group in left if group not in out]
                refused += [swap.draft.order_id for group in out for swap in group]
        else:
            refused += [swap.draft.order_id for group in left for swap in group]
            left = []
        moved = [swap for group in left for swap in group]
        changed = len(swaps) - len(moved) - len(refused)
        done = Exchanged(
            moved=[swap.draft.order_id for swap in moved],
            refused=refused,
            stayed={**stayed, **({"changed": changed} if changed else {})},
            saved=sum(swap.move.saved for swap in moved),
            sooner=sum(swap.move.sooner for swap in moved),
        )
        _keep(found, plan, done, at=at, actor=actor)
    return done


def _swap(facts: Facts, plan: Plan, swaps: Sequence[Swap], *, at: datetime, actor: str) -> None:
    """Everything of these orders, or _Refused with those that find no place."""
    drafts = [swap.draft for swap in swaps]
    allocations.lift([allocation_id for swap in swaps for allocation_id in swap.old], at=at, actor=actor)
    refused = set(capacity.grant_many(slots_of(drafts)))
    refused |= set(
        ledger.allocate_many(units_of([d for d in drafts if d.order_id not in refused]), at=at, actor=actor)
    )
    if refused:
        raise _Refused(refused)
    take(drafts, at=at)
    decisions.save(
        facts, plan, [draft.place for draft in drafts], [d.body for d in drafts], [s.look for s in swaps], at=at
    )
    events = [event for draft in drafts for event in draft.events]
    history.record_many(events, actor=actor, at=at, request_id=facts.problem.id)


def _keep(found: Holdings, plan: Plan, done: Exchanged, *, at: datetime, actor: str) -> None:
    Reoptimisation.objects.create(
        at=at,
        problem_ref=found.facts.problem.id,
        mode=plan.mode,
        currency=found.facts.problem.currency,
        considered=done.considered,
        moved=len(done.moved),
        refused=len(done.refused),
        saved=done.saved,
        sooner=done.sooner,
        stayed=done.stayed,
        actor=actor,
    )


def _slots(found: Holdings, groups: Sequence[Sequence[Swap]]) -> list[ParcelSlot]:
    """The slots that are taken and those that are left."""
    problem = found.facts.problem
    drafts = [swap.draft for group in groups for swap in group]
    left = [
        ParcelSlot(
            draft.order_id,
            problem.node_ref.item(parcel.node),
            problem.decided_on + timedelta(days=parcel.ship_day),
            number,
        )
        for draft in drafts
        for number, parcel in enumerate(found.held[draft.place])
    ]
    return slots_of(drafts) + left


def _levels(found: Holdings, groups: Sequence[Sequence[Swap]]) -> set[int]:
    """The levels of which units are taken and of which some are left."""
    level_ref = found.facts.problem.level_ref
    drafts = [swap.draft for group in groups for swap in group]
    held = [found.held[draft.place] for draft in drafts]
    left = {level_ref.item(entry) for parcels in held for parcel in parcels for _, entry, _ in parcel.pieces}
    return left | {row.level_id for draft in drafts for row in draft.bookings}


def _drawn_up(found: Holdings, plan: Plan, judged: Judged) -> list[list[Swap]]:
    """What each order's exchange comes to as rows. Draws the ids of the new allocations."""
    pieces = sum(len(plan.choices(move.order)) for group in judged.groups for move in group)
    ids = iter(allocations.next_ids(pieces) if pieces else ())
    gaps, together = Gaps(found.facts, plan), Together(found.facts, plan)
    return [
        [_swap_of(found, Drawn(found.facts, plan, move.order, gaps, together), move, ids) for move in group]
        for group in judged.groups
    ]


def _swap_of(found: Holdings, drawn: Drawn, move: Move, ids: Any) -> Swap:
    stand = found.stands[drawn.order.id]
    look = stand.looks + 1
    draft = draft_of(drawn, ids, look=look)
    why = _why(found, move)
    draft.events = [Event(drawn.order.id, Kind.REPLANNED, {**draft.events[0].data, **why})]
    told = drawn.told(look=look)
    told["facts"]["replaced"] = why
    draft.body = json.encode(told).decode()
    return Swap(move, draft, stand.allocations, look)


def _why(found: Holdings, move: Move) -> dict[str, Any]:
    """What is told of an exchange: the nodes that are left, what it saves in minor units, the days it comes sooner."""
    problem = found.facts.problem
    nodes = dict.fromkeys(problem.node_codes[parcel.node] for parcel in found.held[move.order])
    return {"from": list(nodes), "saved": move.saved, "sooner": move.sooner, "currency": problem.currency}
