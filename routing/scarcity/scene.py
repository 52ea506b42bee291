"""What all futures of a replay share, read in one snapshot, and the problem that some past orders would be today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from dom_project.lib import db
from routing import gather, odds, rates, strategies
from routing.dense import Array, GivenBack
from routing.engine.problem import Problem
from routing.facts import UNFILLED, Heads, Line, Nodes, Wanted, build
from routing.rules import Rule
from routing.scarcity import past
from routing.scarcity.futures import most_drawn
from routing.scarcity.worth import as_if_now
from routing.weighing import Weighing

MOST_SKUS = 5_000  # in play; of more, those that are asked for most
NEWEST_ENTRY = "SELECT coalesce(max(id), 0) FROM inventory_ledgerentry"


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Past orders with their lines, and stock, days, rates and rules of one instant."""

    at: datetime
    heads: Heads
    nodes: Nodes
    stock: Array
    days: Sequence[tuple[Any, ...]]
    table: rates.RateTables | None
    rules: tuple[Rule, ...]
    learned: odds.Odds | None
    orders: Mapping[int, Wanted]
    lines: Mapping[int, Sequence[Line]]
    entry_id: int  # of the ledger

    @property
    def currency(self) -> str:
        """That of the rates, "" without any."""
        return self.table.currency if self.table else ""

    def problem_of(self, order_ids: Sequence[int], *, name: str, hours: int) -> Problem | None:
        """These orders as if all came now, with the slots of so many hours; None without a line."""
        orders = [self.orders[order_id] for order_id in order_ids if self.lines[order_id]]
        lines = [line._replace(order=place) for place, order in enumerate(orders) for line in self.lines[order.id]]
        if not orders:
            return None
        (facts,) = build(
            orders,
            lines,
            name=name,
            at=self.at,
            heads=self.heads,
            nodes=self.nodes,
            stock=self.stock,
            days=self.days,
            table=self.table,
            rules=self.rules,
            weighing=Weighing(),
            odds=self.learned,
            prices=None,
            given_back=GivenBack(),
        )
        return as_if_now(facts.problem, hours, UNFILLED)


def read(order_ids: Sequence[int], *, at: datetime) -> Scene:
    """The scene of these orders. Of their SKUs at most `MOST_SKUS` are in play; lines of others are left out."""
    with db.read_only_snapshot(batch=True):
        heads = gather.heads_of(at.date())
        nodes = gather.nodes_of(heads.nodes)
        orders, lines = past.baskets(order_ids)
        skus = most_drawn(np.array([line.sku_id for own in lines for line in own], np.int64), MOST_SKUS)
        stock = gather.stock_of(set(skus.tolist()), nodes)
        days = db.rows(gather.NODE_DAYS, {"today": at.date(), "at": at})
        currencies = [order.currency for order in orders]
        card = gather.card_for(heads, max(sorted(set(currencies)), key=currencies.count, default=""))
        table = rates.tables(card) if card else None
        learned = odds.of_run(heads.odds_run) if heads.odds_run else None
        rules = strategies.parsed_rules(heads.version_id) if heads.version_id else ()
        entry_id = int(db.value(NEWEST_ENTRY))
    in_play = set(skus.tolist())
    return Scene(
        at=at,
        heads=heads,
        nodes=nodes,
        stock=stock,
        days=days,
        table=table,
        rules=tuple(rules),
        learned=learned,
        orders={order.id: order for order in orders},
        lines={
            order.id: [line for line in own if line.sku_id in in_play]
            for order, own in zip(orders, lines, strict=True)
        },
        entry_id=entry_id,
    )
