"""What was decided: which node ships how much of every line, in which parcel, and why not otherwise."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.engine.problem import Bits, Bools, Int8, Int16, Int32, Int64
from routing.rules import Refusal


class Mode(StrEnum):
    """Each order at its best in turn; all together; all together with a proof of how much better it could be."""

    EXACT_FCFS = "exact_fcfs"
    BATCH = "batch"
    QUALITY = "quality"


class Outcome(IntEnum):
    """How much of an order found a place."""

    NONE = 0
    PART = 1
    ALL = 2


class Action(IntEnum):
    """What becomes of the units of an order that no choice covers."""

    NONE = 0
    BACKORDER = 1
    EXCEPTION = 2


@dataclass(frozen=True, slots=True)
class Options:
    """How to solve. Counts only, no seconds, so that the same problem gives the same plan."""

    mode: Mode = Mode.EXACT_FCFS
    chunk: int = 500  # orders evaluated together
    explain: bool = True  # keep refusals and alternatives
    dual_steps: int = 3  # of a batch: how often prices of contested units move
    rounds: int = 1  # of a batch: how often orders exchange what they hold
    pricing_rounds: int = 25  # of quality: how often prices bring in new plans
    search_nodes: int = 200  # of quality: of each search for whole plans


class Choice(NamedTuple):
    """A piece of a line: `units` from one stock entry, in one parcel of the order."""

    line: int
    node: int
    entry: int
    units: int
    parcel: int


class Parcel(NamedTuple):
    """One parcel of an order. Days count from `decided_on`; costs are in minor units."""

    number: int
    node: int
    service: int
    ship_day: int
    arrive_day: int
    grams: int
    freight: int
    handling: int
    lateness: int


class Alternative(NamedTuple):
    """The cheapest plan that uses `node`, which the chosen plan does not. `nodes` are those of all its parcels."""

    node: int
    nodes: tuple[int, ...]
    freight: int
    handling: int
    lateness: int
    unfilled: int
    rejection: int = 0
    scarcity: int = 0

    @property
    def priced(self) -> int:
        return self.freight + self.handling + self.lateness + self.unfilled + self.rejection + self.scarcity


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Arrays over pieces of lines, parcels and orders; pieces and parcels lie in claim order.

    `priced` is what was minimised: `invoice` (freight + handling), lateness, the cost of unfilled units, and what
    steers: `rejection` (the expected cost of a "no") and `scarcity` (prices of units and slots). A move's inertia is
    in none of them.
    Codes of refusals are places in `refusals`; 0 there means none.
    """

    mode: Mode
    problem_hash: str

    # [piece of a line]
    piece_ptr: Int32  # [order + 1]
    line: Int32
    node: Int16
    entry: Int32  # place in stock_node, level_ref …
    units: Int32
    parcel: Int16  # numbered within the order from 0
    service: Int8
    ship_day: Int16

    # [parcel]
    parcel_ptr: Int32  # [order + 1]
    parcel_node: Int16
    parcel_service: Int8
    parcel_ship_day: Int16
    arrive_day: Int16
    grams: Int64
    freight: Int64
    handling: Int64
    lateness: Int64

    # [order]
    outcome: Int8  # Outcome
    action: Int8  # Action
    rule: Int16  # place in the problem's rules, −1 = none selected it
    why: Bits  # of an exception or back-order
    priced: Int64
    invoice: Int64
    rejection: Int64
    scarcity: Int64
    approximate: Bools
    served: Int32  # 0 = planned together with the others of the batch, else its turn after them, from 1

    # [displaced line]
    loser: Int32  # order that would have used a unit
    winner: Int32  # order that has it: of those who do, the one with the least to lose
    lost_line: Int32  # line of the loser
    lost_node: Int16
    regret: Int64  # what the loser's plan costs more than the one it would have without others
    winner_regret: Int64  # what the winner's would cost more without the unit, all others as they are

    # [line]
    filled: Int32  # units that found a place
    reason: Bits  # of what is left

    # explanations; empty when not asked for
    refused: Bits  # [order, node] first refusal over the order's lines; 0 = in the plan
    alternative_ptr: Int32  # [order + 1]
    alternative_node: Int16
    alternative_cost: Int64  # [alternative, 6] in the order of Alternative's parts
    alternative_nodes_ptr: Int32  # [alternative + 1]
    alternative_nodes: Int16  # one per parcel

    bound: int | None  # proven: no plan of these orders is priced under this, inertia aside
    refusals: tuple[Refusal, ...]
    data_gaps: tuple[Refusal, ...]
    counts: Mapping[str, int]

    @property
    def parcel_order(self) -> Int32:
        """[parcel] the order it belongs to."""
        return np.repeat(np.arange(len(self.outcome), dtype=np.int32), np.diff(self.parcel_ptr))

    @property
    def piece_order(self) -> Int32:
        """[piece] the order it belongs to."""
        return np.repeat(np.arange(len(self.outcome), dtype=np.int32), np.diff(self.piece_ptr))

    def choices(self, order: int) -> list[Choice]:
        """The pieces of one order, by line."""
        own = slice(self.piece_ptr[order], self.piece_ptr[order + 1])
        columns = (self.line, self.node, self.entry, self.units, self.parcel)
        return [Choice(*row) for row in zip(*(column[own].tolist() for column in columns), strict=True)]

    def parcels(self, order: int) -> list[Parcel]:
        """The parcels of one order, by number."""
        own = slice(self.parcel_ptr[order], self.parcel_ptr[order + 1])
        columns = (
            self.parcel_node,
            self.parcel_service,
            self.parcel_ship_day,
            self.arrive_day,
            self.grams,
            self.freight,
            self.handling,
            self.lateness,
        )
        rows = zip(*(column[own].tolist() for column in columns), strict=True)
        return [Parcel(number, *row) for number, row in enumerate(rows)]

    def alternatives(self, order: int) -> list[Alternative]:
        """Up to three plans not taken, cheapest (or next in rank) first."""
        own = slice(self.alternative_ptr.item(order), self.alternative_ptr.item(order + 1))
        ptr = self.alternative_nodes_ptr[own.start : own.stop + 1].tolist()
        columns = (self.alternative_node[own].tolist(), pairwise(ptr), self.alternative_cost[own].tolist())
        return [
            Alternative(node, tuple(self.alternative_nodes[first:stop].tolist()), *costs)
            for node, (first, stop), costs in zip(*columns, strict=True)
        ]

    def refused_runs(self, order: int) -> dict[int, list[int]]:
        """Place in `refusals` → the nodes that it was the first to keep from this order, as runs of neighbours: the
        first and last of each, one run after the other. By the first node.
        """
        if not len(self.refused):
            return {}
        code = self.refused[order]
        edges = (np.flatnonzero(np.diff(code)) + 1).tolist()
        runs: dict[int, list[int]] = {}
        for first, stop, number in zip([0, *edges], [*edges, len(code)], code[[0, *edges]].tolist(), strict=True):
            if number:
                runs.setdefault(number, []).extend((first, stop - 1))
        return runs

    def why_of(self, order: int) -> Refusal | None:
        """Why the order became an exception or a back-order; None when all of it found a place."""
        return self.refusals[self.why[order]] if self.why[order] else None

    def reason_of(self, line: int) -> Refusal | None:
        """Why units of this line found no place; None when all did."""
        return self.refusals[self.reason[line]] if self.reason[line] else None

    def hash(self) -> str:
        """sha256 over what is committed: line, node, units, parcel, service and ship day of every piece."""
        digest = hashlib.sha256()
        for name in ("piece_ptr", "line", "node", "units", "parcel", "service", "ship_day"):
            array: NDArray[np.integer] = getattr(self, name)
            digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
            digest.update(array.tobytes())
        return digest.hexdigest()


def nodes_of_runs(runs: Sequence[int]) -> list[int]:
    """Every node of runs that are told as first and last, one after the other."""
    return [node for first, last in zip(runs[::2], runs[1::2], strict=True) for node in range(first, last + 1)]
