"""What a plan says of all its orders at once, and which of them gave way to whom: told with each one's decision."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from routing.engine.plan import Mode, Plan
from routing.engine.unpriced import Unpriced, unpriced
from routing.facts import Facts

NAMED = 3  # orders on either side


class Together:
    """Made once for a batch, asked for every order."""

    def __init__(self, facts: Facts, plan: Plan) -> None:
        self.facts, self.plan = facts, plan
        self.count = int((plan.served == 0).sum()) if plan.mode is not Mode.EXACT_FCFS else 0
        self.gap = gap_of(plan)
        self.hash = plan.hash()
        self.lost: defaultdict[int, list[int]] = defaultdict(list)
        self.won: defaultdict[int, list[int]] = defaultdict(list)
        for row, (loser, winner) in enumerate(zip(plan.loser.tolist(), plan.winner.tolist(), strict=True)):
            self.lost[loser].append(row)
            self.won[winner].append(row)

    @cached_property
    def unpriced(self) -> Mapping[int, Unpriced]:
        """By place of the order, its best plan without scarcity prices where that is another one."""
        return unpriced(self.facts.problem, self.plan)

    def of(self, place: int) -> dict[str, Any]:
        """One order's part: mode, how many were planned together with it (it among them, 0 = it had its turn alone),
        the proven gap in 1/10,000, the plan's hash, and who displaced whom: orders by id, regrets in minor units.
        """
        told: dict[str, Any] = {
            "mode": self.plan.mode.value,
            "together": self.count if self.plan.served[place] == 0 else 0,
            "plan": self.hash,
        }
        if self.gap is not None:
            told["gap"] = self.gap
        for name, rows, others in (
            ("displaced_by", self.lost.get(place), self.plan.winner),
            ("displaced", self.won.get(place), self.plan.loser),
        ):
            if rows:
                told[name] = [self._told(row, others.item(row)) for row in rows[:NAMED]]
        return told

    def _told(self, row: int, other: int) -> dict[str, Any]:
        plan, facts = self.plan, self.facts
        return {
            "order": facts.orders[other].id,
            "sku": facts.lines[plan.lost_line.item(row)].sku,
            "node": facts.problem.node_codes[plan.lost_node.item(row)],
            "regret": plan.regret.item(row),
            "winner_regret": plan.winner_regret.item(row),
        }


def gap_of(plan: Plan) -> int | None:
    """How much more than the proven bound all orders of the plan cost at the most, in 1/10,000, rounded up.

    Of what their parcels cost: what units without a place are weighed with is in both sums, and would make the
    share look small. None where nothing is proven, or no parcel costs anything.
    """
    if plan.bound is None or plan.bound <= 0:
        return None
    over = max(int(np.sum(plan.priced)) - plan.bound, 0)
    of = int(np.sum(plan.invoice) + np.sum(plan.lateness) + np.sum(plan.rejection) + np.sum(plan.scarcity))
    return -(-over * 10_000 // of) if of > 0 else None
