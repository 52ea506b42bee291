"""The third beat: a plan into rows. Everything is drawn up before the first lock, then written in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dom_project.lib import db
from inventory import capacity, ledger
from inventory.capacity import ParcelSlot
from inventory.movements import Wanted as WantedUnits
from routing import allocations, decisions, demand, exceptions, history, pending
from routing.allocations import Booking, Looked, Parcel
from routing.drawn import Drawn
from routing.engine import codes
from routing.engine.plan import Action, Outcome, Plan
from routing.exceptions import Raised
from routing.facts import Facts
from routing.gaps import Gaps
from routing.history import Event, Kind
from routing.pending import Claim
from routing.together import Together

# A node could have filled the line: it is left for another reason than stock.
NOT_FOR_STOCK = {
    codes.TOO_MANY_PARCELS,
    codes.OUTRANKED,
    codes.DEARER,
    codes.NO_RULE,
    codes.NO_SLOT,
    codes.BAD_QUANTITY,
    codes.AMOUNT_TOO_LARGE,
}


@dataclass(slots=True)
class Draft:
    """What will be written for one order, if its plan is granted."""

    place: int
    order_id: int
    day: date
    outcome: Outcome
    bookings: list[Booking] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)
    looked: list[Looked] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    raised: list[Raised] = field(default_factory=list)
    closes: bool = False  # it has open exceptions that this look answers
    body: str = ""


@dataclass(frozen=True, slots=True)
class Committed:
    """Orders by what became of them: settled with their outcome, refused with the reason, lost to another worker."""

    settled: Mapping[int, Outcome]
    excepted: frozenset[int]
    refused: Mapping[int, str]
    lost: frozenset[int]


def commit(claim: Claim, facts: Facts, plan: Plan, *, at: datetime) -> Committed:
    """Write the plan of the orders that are still ours, each whole or not at all.

    What the ledger or a full day refuses is looked at again; of it only the next look is written.
    """
    return write(claim, facts, plan, drafts_of(facts, plan, claim, at=at), at=at)


@db.retry_on_conflict
def write(claim: Claim, facts: Facts, plan: Plan, drafts: Sequence[Draft], *, at: datetime) -> Committed:
    """The one transaction: orders, fence, node days, levels, then routing's rows."""
    with db.batch_plans():
        demand.lock_orders(claim.order_ids)
        ours = pending.still_leased(claim)
        return grant(claim, facts, plan, [draft for draft in drafts if draft.order_id in ours], ours, at=at)


def grant(
    claim: Claim, facts: Facts, plan: Plan, drafts: Sequence[Draft], ours: Collection[int], *, at: datetime
) -> Committed:
    """Slots, then units, then rows, for orders that are locked and ours."""
    refused: dict[int, str] = dict.fromkeys(capacity.grant_many(slots_of(drafts)), "no_slot")
    refused |= ledger.allocate_many(units_of([draft for draft in drafts if draft.order_id not in refused]), at=at)
    granted = [draft for draft in drafts if draft.order_id not in refused]
    take(granted, at=at)
    pending.settle(done=[draft.order_id for draft in granted], refused=refused)
    raised = [row for draft in granted for row in draft.raised]
    answered: dict[str, list[int]] = {}
    for draft in granted:
        if draft.closes:
            answered.setdefault(draft.raised[0].reason if draft.raised else "", []).append(draft.order_id)
    for reason, order_ids in answered.items():
        exceptions.close_many(order_ids, at=at, by="engine", but=[reason])
    exceptions.raise_many(raised, at=at)
    looks = [claim.looks[draft.order_id] + 1 for draft in granted]
    decisions.save(facts, plan, [draft.place for draft in granted], [draft.body for draft in granted], looks, at=at)
    events = [event for draft in granted for event in draft.events]
    history.record_many(events, actor="engine", at=at, request_id=facts.problem.id)
    return Committed(
        settled={draft.order_id: draft.outcome for draft in granted},
        excepted=frozenset(row.order_id for row in raised),
        refused=refused,
        lost=frozenset(claim.looks) - frozenset(ours),
    )


def take(drafts: Sequence[Draft], *, at: datetime) -> None:
    """Slots and rows of orders whose units the ledger has granted."""
    capacity.take_many(slots_of(drafts))
    allocations.book(
        [row for draft in drafts for row in draft.bookings],
        [row for draft in drafts for row in draft.parcels],
        [row for draft in drafts for row in draft.looked],
        at=at,
    )


def units_of(drafts: Sequence[Draft]) -> list[WantedUnits]:
    """What is asked of the ledger, order by order."""
    return [
        WantedUnits(allocations.key_of(row.id), draft.day, row.order_id, row.level_id, row.quantity)
        for draft in drafts
        for row in draft.bookings
    ]


def slots_of(drafts: Sequence[Draft]) -> list[ParcelSlot]:
    """One slot for each parcel."""
    return [
        ParcelSlot(draft.order_id, parcel.node_id, parcel.ship_date, parcel.number)
        for draft in drafts
        for parcel in draft.parcels
    ]


def drafts_of(facts: Facts, plan: Plan, claim: Claim, *, at: datetime) -> list[Draft]:
    """What each order's plan comes to as rows, in claim order. Draws the ids of its allocations."""
    ids = iter(allocations.next_ids(len(plan.line)) if len(plan.line) else ())
    gaps, together = Gaps(facts, plan), Together(facts, plan)
    return [
        draft_of(Drawn(facts, plan, place, gaps, together), ids, look=claim.looks[order.id] + 1)
        for place, order in enumerate(facts.orders)
    ]


def draft_of(drawn: Drawn, ids: Any, *, look: int) -> Draft:
    """One order's rows; its parcels go on counting after its earlier ones."""
    order, problem = drawn.order, drawn.facts.problem
    first = order.parcels + 1
    draft = Draft(drawn.place, order.id, order.day, drawn.outcome, closes=order.in_exception)
    for parcel in drawn.parcels:
        draft.parcels.append(
            Parcel(
                order_id=order.id,
                number=first + parcel.number,
                node_id=problem.node_ref.item(parcel.node),
                ship_date=drawn.date(parcel.ship_day),
                arrive_date=drawn.date(parcel.arrive_day),
                service=drawn.service(parcel),
                transit_days=parcel.arrive_day - parcel.ship_day,
                zone=drawn.zone(parcel.node),
                distance_km=drawn.distance_km(parcel.node),
                grams=parcel.grams,
                freight_cost=parcel.freight,
                handling_cost=parcel.handling,
                lateness_cost=parcel.lateness,
                currency=problem.currency,
            )
        )
    given: dict[int, int] = {}
    for choice in drawn.choices:
        given[choice.line] = given.get(choice.line, 0) + choice.units
        draft.bookings.append(
            Booking(
                id=next(ids),
                order_id=order.id,
                line_id=drawn.facts.lines[choice.line].id,
                level_id=problem.level_ref.item(choice.entry),
                node_id=problem.node_ref.item(choice.node),
                ship_date=draft.parcels[choice.parcel].ship_date,
                parcel=first + choice.parcel,
                quantity=choice.units,
                on_hand=drawn.facts.on_hand.item(choice.entry),
            )
        )
    waits = drawn.action is Action.BACKORDER
    left = []
    for place in drawn.lines:
        line, units = drawn.facts.lines[place], given.get(place, 0)
        short = line.units - units
        why = drawn.plan.reason.item(place)
        stocked_out = short > 0 and why != codes.NO_CODE and why not in NOT_FOR_STOCK and not drawn.fault
        draft.looked.append(Looked(line.id, units, short if waits else 0, stocked_out))
        if short:
            left.append(drawn.left(place, short))
    draft.body = drawn.body(look=look)
    _tell(draft, drawn, left, look)
    return draft


def _tell(draft: Draft, drawn: Drawn, left: list[dict[str, Any]], look: int) -> None:
    """The events of an order's look, and the exception it ends in."""
    if draft.parcels:
        kind = Kind.PARTLY_ROUTED if left else Kind.ROUTED
        codes_of_nodes = drawn.facts.problem.node_codes
        parcels = [
            {
                "number": row.number,
                "node": codes_of_nodes[parcel.node],
                "ship_date": row.ship_date.isoformat(),
                "arrive_date": row.arrive_date.isoformat(),
            }
            for row, parcel in zip(draft.parcels, drawn.parcels, strict=True)
        ]
        data = {
            "parcels": parcels,
            "rule": drawn.rule_ref,
            "invoice": drawn.plan.invoice.item(draft.place),
            "currency": drawn.facts.problem.currency,
            "look": look,
        }
        draft.events.append(Event(draft.order_id, kind, data))
    if not left:
        return
    if drawn.action is Action.BACKORDER:
        draft.events.append(Event(draft.order_id, Kind.BACKORDERED, {"lines": left, "look": look}))
        return
    why = drawn.why
    params = {**why.params, "lines": left}
    draft.raised.append(Raised(draft.order_id, why.code, params))
    draft.events.append(Event(draft.order_id, Kind.EXCEPTION, {"reason": why.code, **params, "look": look}))
