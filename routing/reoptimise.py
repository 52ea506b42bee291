"""Plans are made anew until the floor gets them: gather what is held, solve it again, exchange what is worth it."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dom_project.lib import db
from routing import holdings, in_hand
from routing.engine.moves import judge
from routing.engine.solve import solve
from routing.exchange import exchange
from routing.holdings import Holdings
from routing.sourcing import NOT_OURS

log = logging.getLogger(__name__)

TOGETHER = 1000  # orders of one problem
MOST = 5000  # orders of one run
ROUNDS = 4  # of solving what is left of a problem

NAME = "SELECT nextval('routing_fence')"


@dataclass(frozen=True, slots=True)
class Reoptimised:
    """What a run did. `saved`: minor units by currency; `stayed`: orders that were not moved, by reason.

    `refused`: orders whose exchange the ledger or a day refused; they hold what they held. `busy`: another run was on.
    """

    considered: int = 0
    moved: int = 0
    refused: int = 0
    saved: Mapping[str, int] = field(default_factory=dict)
    stayed: Mapping[str, int] = field(default_factory=dict)
    busy: bool = False

    def __add__(self, other: "Reoptimised") -> "Reoptimised":
        return Reoptimised(
            self.considered + other.considered,
            self.moved + other.moved,
            self.refused + other.refused,
            _sum(self.saved, other.saved),
            _sum(self.stayed, other.stayed),
        )


def reoptimise(*, at: datetime, actor: str, limit: int = MOST) -> Reoptimised:
    """Plan up to `limit` orders anew that no floor has, and exchange each plan that saves what a move must save.

    One run at a time. Does nothing while it is switched off. Safe to stop anywhere and to repeat: each problem is
    exchanged in one transaction, and only of orders that stand as they stood when their facts were read.
    """
    if not in_hand.is_on():
        return Reoptimised()
    with db.only_run("routing.reoptimise") as alone:
        if not alone:
            return Reoptimised(busy=True)
        order_ids, why_not = holdings.candidates(at=at)
        why_not["next_time"] = max(len(order_ids) - limit, 0)
        done = Reoptimised(stayed=+why_not)
        for start in range(0, min(len(order_ids), limit), TOGETHER):
            done += _together(order_ids[:limit][start : start + TOGETHER], at=at, actor=actor)
    return done


def _together(order_ids: Sequence[int], *, at: datetime, actor: str) -> Reoptimised:
    """One problem; what raises is halved until the one order that does is found, and stays."""
    name = f"{db.value(NAME)}-anew"
    done = Reoptimised()
    try:
        for found in holdings.read(order_ids, at=at, name=name):
            done += _solved(found, at=at, actor=actor)
    except NOT_OURS:
        raise
    except Exception:
        if len(order_ids) == 1:
            log.exception("Order %s can't be planned anew", order_ids[0])
            return done + Reoptimised(considered=1, stayed={"failed": 1})
        middle = len(order_ids) // 2
        for part in (order_ids[:middle], order_ids[middle:]):
            done += _together(part, at=at, actor=actor)
    return done


def _solved(found: Holdings, *, at: datetime, actor: str) -> Reoptimised:
    """Solve, judge, exchange. What orders that stay would have left to others is not there: the rest is solved again.

    A last time without a further look: whatever leans on such an order then is refused.
    """
    problem, stayed = found.facts.problem, Counter[str]()
    for rounds_left in reversed(range(ROUNDS)):
        plan = solve(found.facts.problem)
        judged = judge(found.facts.problem, plan, found.held, found.begun)
        if not judged.unwilling or not rounds_left:
            break
        rest = [row.id for place, row in enumerate(found.facts.orders) if place not in judged.unwilling]
        again = holdings.read(rest, at=at, name=problem.id)
        if len(again) != 1:
            break
        stayed.update(judged.stays[place] for place in judged.unwilling)
        [found] = again
    stayed.update(judged.stays.values())
    done = exchange(found, plan, judged, stayed, at=at, actor=actor)
    return Reoptimised(
        considered=done.considered,
        moved=len(done.moved),
        refused=len(done.refused),
        saved={problem.currency: done.saved} if done.moved else {},
        stayed=done.stayed,
    )


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    # Not Counter's own sum: that forgets what is not above 0, as a saving may be.
    return {key: total for key in sorted({*one, *other}) if (total := one.get(key, 0) + other.get(key, 0))}
