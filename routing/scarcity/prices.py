"""The prices of a run, read once per process and laid beside the stock of a problem."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np

from dom_project.lib.arrays import columns
from routing.engine.problem import Int64
from routing.models import ScarcityRun
from routing.money import Money
from routing.scarcity import runs

# What came clears prices: it is not in them.
PRICES = """
SELECT u.*, s.* FROM (
  SELECT array_agg(sku_id), array_agg(node_id), array_agg(price), array_agg(cold) FROM routing_scarcityprice
  WHERE run_id = %(run)s AND cleared_at IS NULL
) u CROSS JOIN (
  SELECT array_agg(node_id), array_agg(price) FROM routing_scarcityslot WHERE run_id = %(run)s
) s
"""


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """What one run learned, less what was received since. Minor units of its currency."""

    run_id: int
    at: datetime
    currency: str
    node_ids: Int64  # ascending; those with any price
    key: Int64  # [price] ascending: SKU id × nodes + place of the node
    price: Int64
    cold: Int64
    slot: Int64  # [node]

    def is_expired(self, at: datetime) -> bool:
        """Only what was consumed before the run still counts."""
        return runs.is_expired(self.at, at=at)

    def name(self, at: datetime) -> str:
        """What a problem of this moment calls it."""
        return f"{self.run_id}-expired" if self.is_expired(at) else str(self.run_id)

    def of_units(self, sku_ids: Int64, node_ids: Int64, money: Money, *, at: datetime) -> Int64:
        """The price of one unit of each SKU at the node beside it, 0 where it has none."""
        nothing = np.zeros(len(sku_ids), np.int64)
        if not len(self.key):
            return nothing
        node, known = self._place(node_ids)
        key = sku_ids * len(self.node_ids) + node
        place = np.searchsorted(self.key, key).clip(0, len(self.key) - 1)
        found = known & (self.key[place] == key)
        price = self.cold if self.is_expired(at) else self.price
        return self._said_in(money, np.where(found, price[place], nothing))

    def of_slots(self, node_ids: Int64, money: Money, *, at: datetime) -> Int64:
        """The price of one parcel slot of each node, 0 once the run has expired."""
        if self.is_expired(at) or not len(self.node_ids):
            return np.zeros(len(node_ids), np.int64)
        node, known = self._place(node_ids)
        return self._said_in(money, np.where(known, self.slot[node], 0))

    def _place(self, node_ids: Int64) -> tuple[Int64, Int64]:
        place = np.searchsorted(self.node_ids, node_ids).clip(0, len(self.node_ids) - 1)
        return place, self.node_ids[place] == node_ids

    def _said_in(self, money: Money, price: Int64) -> Int64:
        """In another currency; nothing where no rate is stored."""
        rate = money.rate(self.currency)
        if rate is None:
            return np.zeros(len(price), np.int64)
        return price if rate == 1 else np.rint(price * rate).astype(np.int64)


@lru_cache(maxsize=4)
def of_run(run_id: int, cleared: int) -> Prices:
    """The prices of a run of which so many were cleared; read once per process."""
    run = ScarcityRun.objects.only("at", "currency").get(pk=run_id)
    found = (column.astype(np.int64) for column in columns(PRICES, {"run": run_id}, "884484"))
    sku, node, price, cold, slot_node, slot_price = found
    node_ids = np.unique(np.concatenate([node, slot_node]))
    key = sku * len(node_ids) + np.searchsorted(node_ids, node)
    order = np.argsort(key)
    slot = np.zeros(len(node_ids), np.int64)
    slot[np.searchsorted(node_ids, slot_node)] = slot_price
    arrays = (node_ids, key[order], price[order], cold[order], slot)
    for array in arrays:
        array.setflags(write=False)
    if run.at is None:
        raise ValueError(f"run {run_id} is not done")
    return Prices(run_id, run.at, run.currency, *arrays)
