"""The odds that a node says no: learned by runs, read once per process, laid beside the stock of a problem."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from dom_project.lib import db
from routing import shrinkage
from routing.models import NoOdds, OddsRun, ResourcingCost
from routing.rules import KINDS
from routing.shrinkage import Answers, Place

EVERY = timedelta(hours=23)  # a ring each hour, a run each day
KEPT = 8  # runs whose details are kept
# What sourcing a line again is taken to cost before any was: about a light parcel more than what the line saves in
# the parcel that it leaves. In minor units.
START_COST = 500
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('odds of a no', 0))"
# Parents before children; with the costs of sourcing again first, by currency and strategy.
ROWS = """
SELECT -1, currency, coalesce(strategy_id, 0), '', 0, cost, 0 FROM routing_resourcingcost WHERE run_id = %(run)s
UNION ALL
SELECT o.depth, o.kind, coalesce(o.node_id, 0), coalesce(c.code, ''), o.bucket, o.odds, o.id
FROM routing_noodds o LEFT JOIN inventory_category c ON c.id = o.category_id WHERE o.run_id = %(run)s ORDER BY 1, 7
"""


@dataclass(frozen=True, slots=True, eq=False)
class Odds:
    """What one run learned. Odds are in 1/10,000, costs in minor units."""

    run_id: int
    node_ids: NDArray[np.int64]  # ascending
    categories: tuple[str, ...]
    table: NDArray[np.int16]  # [node, then kind; category, then all others; bucket] of the nearest place with answers
    costs: Mapping[tuple[str, int | None], int]

    def beside(
        self,
        node_ids: Sequence[int],
        kinds: NDArray[Any],
        categories: Sequence[str],
        *,
        node: NDArray[Any],
        category: NDArray[Any],
        on_hand: NDArray[Any],
    ) -> NDArray[np.int16]:
        """[entry] the odds of stock entries: places of their nodes and of their categories (−1: none), units there.

        A node that was never asked has the odds of its kind, a category those of the node.
        """
        ids = np.array(node_ids, np.int64)
        row = np.searchsorted(self.node_ids, ids).clip(0, max(len(self.node_ids) - 1, 0))
        known = self.node_ids[row] == ids if len(self.node_ids) else np.zeros(len(ids), np.bool_)
        row = np.where(known, row, len(self.node_ids) + kinds.astype(np.int64))
        place = {code: at for at, code in enumerate(self.categories)}
        column = np.array([place.get(code, len(place)) for code in (*categories, "")], np.int64)
        return self.table[row[node], column[category], shrinkage.bucket_of(on_hand)]

    def cost(self, currency: str, strategy_id: int | None) -> int:
        """What sourcing a line again is expected to cost."""
        mean = self.costs.get((currency, None), START_COST)
        return self.costs.get((currency, strategy_id), mean)


@lru_cache(maxsize=4)
def of_run(run_id: int) -> Odds:
    """The odds of a run; read once per process, since a run never changes."""
    found = db.rows(ROWS, {"run": run_id})
    rows = [row[:6] for row in found if row[0] >= 0]
    nodes = sorted({row[2] for row in rows} - {0})
    codes = sorted({row[3] for row in rows if row[0] > 2})  # "" = goods without a category
    network = next((odds for depth, *_place, odds in rows if depth == 0), shrinkage.told(shrinkage.PRIOR))
    table = np.full((len(nodes) + len(KINDS), len(codes) + 1, len(shrinkage.BUCKETS) + 1), network, np.int16)
    row_of, column_of = ({key: at for at, key in enumerate(keys)} for keys in (nodes, codes))
    of_kind = {kind: len(nodes) + at for at, kind in enumerate(KINDS)}
    for depth, kind, node, code, bucket, odds in rows:  # parents first, each over what it inherits
        if depth == 1:
            table[of_kind[kind]] = odds
        elif depth == 2:
            table[row_of[node]] = odds
        elif depth > 2:
            table[row_of[node], column_of[code], slice(None) if depth == 3 else bucket] = odds
    table.setflags(write=False)
    costs = {(row[1], row[2] or None): row[5] for row in found if row[0] < 0}
    return Odds(run_id, np.array(nodes, np.int64), tuple(codes), table, costs)


def newest_run() -> OddsRun | None:
    """The run that decisions use now, None before the first."""
    return OddsRun.objects.order_by("-id").first()


def is_due(*, at: datetime) -> bool:
    """No run was learned within the last day."""
    newest = newest_run()
    return newest is None or newest.learned_at <= at - EVERY


@transaction.atomic
def learn(
    answers: Iterable[tuple[Place, Answers]],
    costs: Mapping[str, Mapping[int, tuple[int, int]]],
    *,
    at: datetime,
) -> OddsRun | None:
    """Write a run learned from these, whole or not at all; None when one was learned within the last day.

    `answers` are leaves of `shrinkage`: (kind, node id, category id or 0, bucket or 0). `costs` are lines sourced
    again and what they cost extra by currency and strategy. Details of runs long ago are forgotten.
    """
    db.execute(LOCK)  # of two that learn at once the second finds the first one's run
    if not is_due(at=at):
        return None
    run = OddsRun.objects.create(learned_at=at)
    NoOdds.objects.bulk_create([_row(run, found) for found in shrinkage.learned(answers)], batch_size=5000)
    ResourcingCost.objects.bulk_create(
        ResourcingCost(run=run, currency=currency, strategy_id=strategy, lines=lines, extra=extra, cost=cost)
        for (currency, strategy), (lines, extra, cost) in shrinkage.mean_costs(costs, START_COST).items()
    )
    kept = OddsRun.objects.order_by("-id").values_list("id", flat=True)[:KEPT]
    oldest = min(kept)
    NoOdds.objects.filter(run_id__lt=oldest).delete()
    ResourcingCost.objects.filter(run_id__lt=oldest).delete()
    return run


def _row(run: OddsRun, found: shrinkage.Learned) -> NoOdds:
    everything: Place = ("", 0, 0, 0)
    kind, node, category, bucket = (*found.place, *everything[len(found.place) :])
    return NoOdds(
        run=run,
        depth=len(found.place),
        kind=str(kind),
        node_id=int(node) or None,
        category_id=int(category) or None,
        bucket=int(bucket),
        asked=found.answers.asked,
        no=found.answers.no,
        odds=found.odds,
        odds_before=found.odds_before,
    )
