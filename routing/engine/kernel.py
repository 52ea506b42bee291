"""Orders of up to six lines, exactly: every set of lines at every node, then every way to cut the order up."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from routing.engine import dp
from routing.engine.offers import ALTERNATIVES, Offers, Picks
from routing.engine.problem import Int32, Int64
from routing.engine.sets import sums_of_sets
from routing.engine.tariff import CANNOT, Costs

MOST_LINES = 6
CELLS = 400_000  # of one working table, so that it stays in the cache


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """Every way to ship some of n lines in at most k parcels and leave the rest; first those that leave the fewest."""

    blocks: Int64  # [cut, parcel] set of lines, 0 = no parcel
    left: Int64  # [cut] set of lines left
    block_of: Int32  # [cut, line] its parcel's set, 0 = left
    using: Int64  # cuts that hold a set, one set after the other
    using_start: Int64  # [set − 1] where those of a set begin
    using_count: Int64


@cache
def cuts_of(lines: int, parcels: int) -> Cuts:
    """The cuts of `lines` lines into at most `parcels` parcels."""

    def extend(line: int, blocks: tuple[int, ...], left: int) -> list[tuple[tuple[int, ...], int]]:
        if line == lines:
            return [(tuple(sorted(blocks)), left)]
        found = extend(line + 1, blocks, left | 1 << line)
        for i, block in enumerate(blocks):
            found += extend(line + 1, (*blocks[:i], block | 1 << line, *blocks[i + 1 :]), left)
        if len(blocks) < parcels:
            found += extend(line + 1, (*blocks, 1 << line), left)
        return found

    cuts = sorted(extend(0, (), 0), key=lambda cut: (cut[1].bit_count(), len(cut[0]), cut))
    width = max(len(blocks) for blocks, _ in cuts)
    held = sorted((block, place) for place, (blocks, _) in enumerate(cuts) for block in blocks)
    sets = np.array([block for block, _ in held], np.int64)
    start = np.searchsorted(sets, np.arange(1, 1 << lines))
    return Cuts(
        blocks=np.array([[*blocks, *[0] * (width - len(blocks))] for blocks, _ in cuts], np.int64),
        left=np.array([left for _, left in cuts], np.int64),
        block_of=np.array(
            [[next((b for b in blocks if b >> line & 1), 0) for line in range(lines)] for blocks, _ in cuts], np.int32
        ),
        using=np.array([place for _, place in held], np.int64),
        using_start=start,
        using_count=np.diff(np.append(start, len(held))),
    )


def solve(offers: Offers, *, explain: bool) -> Picks:
    """The cheapest plan of every order; with `explain` also the cheapest through each of three nodes not used."""
    orders, lines, nodes = offers.shape
    step = max(1, CELLS // (nodes << lines))
    if orders <= step:
        return _solve(offers, explain)
    parts = [
        _solve(offers.some(np.arange(start, min(start + step, orders))), explain) for start in range(0, orders, step)
    ]
    later = {}
    for number, part in enumerate(parts):
        later.update({(order + number * step, node, block): day for (order, node, block), day in part.later.items()})
    return Picks(
        cost=np.concatenate([part.cost for part in parts]),
        node=np.concatenate([part.node for part in parts]),
        block=np.concatenate([part.block for part in parts]),
        later=later,
        other=_joined([part.other for part in parts]),
        other_node=_joined([part.other_node for part in parts]),
        other_block=_joined([part.other_block for part in parts]),
    )


def beside(offers: Offers, picks: Picks) -> None:
    """Write into given plans the cheapest ones through nodes that they do not use."""
    orders, lines, nodes = offers.shape
    step = max(1, CELLS // max(nodes << lines, 1))
    cuts, parts = cuts_of(lines, min(offers.max_parcels, lines)), []
    for start in range(0, orders, step):
        rows = np.arange(start, min(start + step, orders))
        total, best, node_of = _sets(offers.some(rows))
        part = Picks(picks.cost[rows], picks.node[rows], picks.block[rows])
        _through_others(cuts, total, best, node_of, _cut(cuts, offers.unfilled[rows], best), part)
        parts.append(part)
    picks.other = _joined([part.other for part in parts])
    picks.other_node = _joined([part.other_node for part in parts])
    picks.other_block = _joined([part.other_block for part in parts])


def _joined(parts: list[Int32 | None]) -> Int32 | None:
    present = [part for part in parts if part is not None]
    return np.concatenate(present) if present else None


def _solve(offers: Offers, explain: bool) -> Picks:
    orders, lines, nodes = offers.shape
    cuts = cuts_of(lines, min(offers.max_parcels, lines))
    total, best, node_of = _sets(offers)
    cost = _cut(cuts, offers.unfilled, best)
    chosen = cost.argmin(1)
    block = cuts.block_of[chosen]
    rows = np.arange(orders)
    picks = Picks(
        cost=cost[rows, chosen],
        node=np.where(block > 0, node_of[rows[:, None], block], -1).astype(np.int32),
        block=block,
    )
    _respect_slots(offers, picks)
    if explain:
        _through_others(cuts, total, best, node_of, cost, picks)
    return picks


def _cut(cuts: Cuts, unfilled: Costs, best: Costs) -> Costs:
    """[order, cut] what every cut costs."""
    cost: Costs = sums_of_sets(unfilled)[:, cuts.left]
    for column in cuts.blocks.T:
        cost += best[:, column]
    return cost


def _sets(offers: Offers) -> tuple[Costs, Costs, NDArray[np.intp]]:
    """(total[order, set, node], best[order, set], its node) of shipping a set of lines as one parcel."""
    total = offers.parcel(sums_of_sets(offers.grams))
    total += sums_of_sets(offers.goods)
    node = total.argmin(2)
    best = np.take_along_axis(total, node[:, :, None], 2)[:, :, 0]
    best[:, 0] = 0
    return total, best, node


def _respect_slots(offers: Offers, picks: Picks) -> None:
    """Two parcels of one order need two slots: where the node's day has not that many, solve with its later days."""
    lines = offers.shape[1]
    if lines < 2 or offers.max_parcels < 2:
        return
    tight = offers.residual.tight(min(lines, offers.max_parcels))
    if not tight.any():
        return
    node, block = picks.node, picks.block
    doubled = (node[:, :, None] == node[:, None]) & (block[:, :, None] != block[:, None]) & (node >= 0)[:, None]
    for order in np.flatnonzero((doubled.any(2) & tight[node]).any(1)).tolist():
        one = dp.solve(offers.one(order), explain=False)
        picks.cost[order], picks.node[order], picks.block[order] = one.cost[0], one.node[0], one.block[0]
        picks.later.update({(order, at, held): day for (_, at, held), day in one.later.items()})


def _through_others(
    cuts: Cuts, total: Costs, best: Costs, node_of: NDArray[np.intp], cost: Costs, picks: Picks
) -> None:
    """The cheapest plans through nodes the plan does not use: a set at the node, the best cut for the rest."""
    orders, _, nodes = total.shape
    rows = np.arange(orders)[:, None]
    beside = np.full_like(best, CANNOT)  # [order, set] what the rest costs when this set is one parcel
    held = np.minimum.reduceat(cost[:, cuts.using], cuts.using_start, axis=1)
    np.subtract(held, best[:, 1:], out=beside[:, 1:], where=np.isfinite(best[:, 1:]))
    through = total + beside[:, :, None]
    value = through.min(1)
    used_row, used_line = np.nonzero(picks.node >= 0)
    value[used_row, picks.node[used_row, used_line]] = CANNOT
    count = min(ALTERNATIVES, nodes)
    other = np.empty((orders, count), np.int32)
    for place in range(count):
        node = value.argmin(1)
        other[:, place] = np.where(np.isfinite(value[rows[:, 0], node]), node, -1)
        value[rows[:, 0], node] = CANNOT
    held_set = through[rows, :, other].argmin(2)  # [order, place]
    at = np.maximum(held_set - 1, 0)
    start, size = cuts.using_start[at], cuts.using_count[at]
    offset = np.arange(int(cuts.using_count.max()))
    candidate = cuts.using[np.minimum(start[:, :, None] + offset, len(cuts.using) - 1)]
    priced = np.where(offset < size[:, :, None], cost[rows[:, :, None], candidate], CANNOT)
    cut = np.take_along_axis(candidate, priced.argmin(2)[:, :, None], 2)[:, :, 0]
    block = cuts.block_of[cut]
    node = np.where(block == held_set[:, :, None], other[:, :, None], node_of[rows[:, :, None], block])
    picks.other = other
    picks.other_node = np.where((block > 0) & (other >= 0)[:, :, None], node, -1).astype(np.int32)
    picks.other_block = block
