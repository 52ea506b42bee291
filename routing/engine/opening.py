"""Orders of more than ten lines: which nodes to open, one parcel each, every step judged with exact rates.

From a few first nodes: open one more, close one, close one and open another, move single lines, while that saves
money. All loops end by counts. The plan is good, not proven best.
"""

import numpy as np
from numpy.typing import NDArray

from routing.engine.offers import ALTERNATIVES, Offers, Picks
from routing.engine.problem import Bools, Int32, Int64
from routing.engine.tariff import CANNOT, Costs

STARTS = 4  # first nodes to begin with
THOROUGH = 2  # of the ends, how many are worked on further
SWAPS = 4  # nodes tried to close in favour of another
PASSES = 40
Places = NDArray[np.int64]


def solve(offers: Offers, *, explain: bool) -> Picks:
    """A good plan of one order of any length, at most one parcel per node."""
    lines = offers.shape[1]
    may = np.isfinite(offers.goods[0])
    nodes = np.flatnonzero(may.any(0) & np.isfinite(offers.head[0]))
    block = np.ones((1, lines), np.int32)
    if not len(nodes):
        return Picks(offers.unfilled.sum(1), np.full((1, lines), -1, np.int32), block)
    search = Search(offers, nodes)
    at = search.best()
    node = np.where(at >= 0, nodes[at], -1).astype(np.int32)
    picks = Picks(np.array([search.cost(at)]), node[None], block)
    if explain:
        _other_starts(search, nodes, at, picks)
    return picks


def at(offers: Offers, node: Int32) -> Picks:
    """The plan of one order with each line at this node, one parcel per node; +inf when that may not be."""
    lines = offers.shape[1]
    places, where = np.unique(node, return_inverse=True)
    search = Search(offers, places.astype(np.int64))
    cost = search.cost(where) if len(places) <= offers.max_parcels else CANNOT
    return Picks(np.array([cost]), node[None].astype(np.int32), np.ones((1, lines), np.int32))


def through(offers: Offers) -> tuple[Costs, Int32]:
    """([node] cost, [node, line] node, −1 = left) of a good plan with each node in it; +inf = it can't be.

    The plan found without the node gives it what it takes gladly, or else the one line that costs least there.
    """
    lines, size = offers.shape[1], offers.shape[2]
    best, node = np.full(size, CANNOT), np.full((size, lines), -1, np.int32)
    may = np.isfinite(offers.goods[0])
    nodes = np.flatnonzero(may.any(0) & np.isfinite(offers.head[0]))
    if not len(nodes):
        return best, node
    search = Search(offers, nodes)
    at = search.best()
    for place in range(len(nodes)):
        cost, where = search.using(at, place)
        best[nodes[place]] = cost
        node[nodes[place]] = np.where(where >= 0, nodes[where], -1)
    return best, node


class Search:
    """One order over the nodes that can ship some of its lines; `at` gives each line's place among them, −1 = left."""

    def __init__(self, offers: Offers, nodes: Int64) -> None:
        self.goods: Costs = offers.goods[0][:, nodes]
        self.grams = offers.grams[0]
        self.unfilled: Costs = offers.unfilled[0]
        self.head: Costs = offers.head[0, nodes]
        self.place = offers.place[0, nodes]
        self.tariff = offers.tariff
        self.most = offers.max_parcels
        self.every = np.arange(len(self.goods))
        self.everywhere = np.arange(len(nodes))
        total = int(self.grams.sum())
        ends = self.freight(np.array([[int(self.grams.min())], [total]]), self.everywhere[None])
        with np.errstate(invalid="ignore"):
            slope = np.where(np.isfinite(ends).all(0), ends[1] - ends[0], 0) / max(total, 1)
        # what a line costs at a node while choosing: its goods, and its share of a parcel's rising price
        self.proxy: Costs = self.goods + np.rint(slope * self.grams[:, None])

    def best(self) -> Places:
        """The best end over several first nodes."""
        empty = np.full(len(self.goods), -1)
        value, takes = self._opened(empty)
        ends = []
        for node in np.argsort(value, kind="stable")[:STARTS].tolist():
            at = self._improved(np.where(takes[:, node], node, empty), thorough=False)
            ends.append((self.cost(at), tuple(at.tolist())))
        ends = sorted(set(ends))[:THOROUGH]
        finished = [self._improved(np.array(at), thorough=True) for _, at in ends]
        return min([*finished, empty], key=lambda at: (self.cost(at), at.tolist()))

    def cost(self, at: Places) -> float:
        """What these places cost, parcels at their exact price."""
        goods, _ = self._paid(at)
        grams, count = self._loads(at)
        return float(goods.sum() + self._parcels(grams, count, self.everywhere).sum())

    def using(self, at: Places, node: int) -> tuple[float, Places]:
        """(cost, plan) of this plan with the node in it as well; +inf where one more parcel is too many."""
        if (at == node).any():
            return self.cost(at), at
        _, by_proxy = self._paid(at)
        dearer = self.proxy[:, node] - by_proxy
        takes = dearer < 0
        takes[int(dearer.argmin())] = bool(np.isfinite(dearer.min()))
        new = np.where(takes, node, at)
        tried = [new, np.where(np.isfinite(self.proxy[:, node]), node, at)]
        costs = [self.cost(one) if len(np.unique(one[one >= 0])) <= self.most else CANNOT for one in tried]
        place = int(np.argmin(costs))
        return costs[place], tried[place]

    def alone(self) -> tuple[Costs, Bools]:
        """([node] cost of the order with only this node open, [line, node] what it takes)."""
        return self._opened(np.full(len(self.goods), -1))

    def freight(self, grams: Int64, at: Places) -> Costs:
        """Price of parcels of these weights at these places, of one shape or spread over one another."""
        grams, at = np.broadcast_arrays(grams, at)
        flat, _ = self.tariff.parcel_at(self.place[at.ravel()], grams.ravel())
        return flat.reshape(at.shape) + self.head[at]

    def _parcels(self, grams: Int64, count: Int64, at: Places) -> Costs:
        return np.where(count > 0, self.freight(np.maximum(grams, 0), at), 0)

    def _paid(self, at: Places) -> tuple[Costs, Costs]:
        here = at >= 0
        return (
            np.where(here, self.goods[self.every, at], self.unfilled),
            np.where(here, self.proxy[self.every, at], self.unfilled),
        )

    def _loads(self, at: Places) -> tuple[Int64, Int64]:
        here = at >= 0
        size = len(self.everywhere)
        grams = np.bincount(at[here], self.grams[here].astype(float), size).astype(np.int64)
        return grams, np.bincount(at[here], minlength=size)

    def _opened(self, at: Places) -> tuple[Costs, Bools]:
        """(cost after each node takes the lines that are cheaper there by proxy, those lines)."""
        now, by_proxy = self._paid(at)
        grams, count = self._loads(at)
        used = np.flatnonzero(count)
        takes = self.proxy < by_proxy[:, None]
        change = np.where(takes, self.goods - now[:, None], 0).sum(0)
        taken = takes.astype(float)
        weight = taken * self.grams[:, None]
        here = (at == used[:, None]).astype(float)  # [used node, line]
        gone_grams, gone = (here @ weight).astype(np.int64), (here @ taken).astype(np.int64)
        stay = self._parcels(grams[used][:, None] - gone_grams, count[used][:, None] - gone, used[:, None])
        remain = (count[used][:, None] - gone > 0).sum(0)
        stay[np.arange(len(used)), used] = 0  # counted as the taker
        own = np.zeros(len(self.everywhere), np.int64)
        own[used] = count[used] - gone[np.arange(len(used)), used] > 0
        added, added_count = weight.sum(0).astype(np.int64), taken.sum(0).astype(np.int64)
        taker = self._parcels(grams + added, count + added_count, self.everywhere)
        value = now.sum() + change + stay.sum(0) + taker
        parcels = remain - own + (count + added_count > 0)
        return np.where(parcels <= self.most, value, CANNOT), takes

    def _closed(self, at: Places, node: int) -> Places:
        """The plan with one node closed: its lines go to the open node with the least proxy, or stay unfilled."""
        used = np.setdiff1d(np.unique(at[at >= 0]), [node])
        mine = np.flatnonzero(at == node)
        new = at.copy()
        new[mine] = -1
        if len(used):
            option = self.proxy[np.ix_(mine, used)]
            choice = option.argmin(1)
            cheaper = option[np.arange(len(mine)), choice] < self.unfilled[mine]
            new[mine] = np.where(cheaper, used[choice], -1)
        return new

    def _moved(self, at: Places) -> Places:
        """The plan after single lines have moved between open nodes, or out, while that saves, best first."""
        for _ in range(len(at)):
            now, _ = self._paid(at)
            grams, count = self._loads(at)
            used = np.flatnonzero(count)
            freight = self._parcels(grams, count, self.everywhere)
            leave = np.where(at >= 0, self._parcels(grams[at] - self.grams, count[at] - 1, at) - freight[at], 0)
            enter = self._parcels(grams[used] + self.grams[:, None], count[used] + 1, used[None]) - freight[used]
            saves = now - leave
            change = np.where(at[:, None] == used, CANNOT, self.goods[:, used] + enter - saves[:, None])
            out = np.where(at >= 0, self.unfilled - saves, CANNOT)
            change = np.concatenate([change, out[:, None]], axis=1)
            line, column = divmod(int(change.argmin()), change.shape[1])
            if not change[line, column] <= -1:
                break
            at = at.copy()
            at[line] = used[column] if column < len(used) else -1
        return at

    def _improved(self, at: Places, *, thorough: bool) -> Places:
        best = self.cost(at)
        for _ in range(PASSES):
            value, takes = self._opened(at)
            node = int(value.argmin())
            if value[node] <= best - 1:
                at, best = np.where(takes[:, node], node, at), float(value[node])
                continue
            open_nodes = np.unique(at[at >= 0]).tolist()
            closed = sorted(
                ((self.cost(new), node, new) for node in open_nodes for new in [self._closed(at, node)]),
                key=lambda trial: trial[:2],
            )
            if closed and closed[0][0] <= best - 1:
                best, _, at = closed[0]
                continue
            if not thorough:
                break
            swapped = self._swapped([new for _, _, new in closed[:SWAPS]], best)
            if swapped is None:
                new = self._moved(at)
                value_moved = self.cost(new)
                if value_moved > best - 1:
                    break
                at, best = new, value_moved
            else:
                best, at = swapped
        return at

    def _swapped(self, without: list[Places], best: float) -> tuple[float, Places] | None:
        """The best of these plans after opening one more node, if it beats `best`."""
        found: tuple[float, Places] | None = None
        for at in without:
            value, takes = self._opened(at)
            node = int(value.argmin())
            if value[node] <= (found[0] if found else best) - 1:
                found = float(value[node]), np.where(takes[:, node], node, at)
        return found


def _other_starts(search: Search, nodes: Int64, at: Places, picks: Picks) -> None:
    """The cheapest single nodes that the plan does not use."""
    value, takes = search.alone()
    value = value.copy()
    value[np.unique(at[at >= 0])] = CANNOT
    value[~takes.any(0)] = CANNOT
    count = min(ALTERNATIVES, len(nodes))
    chosen = np.argsort(value, kind="stable")[:count]
    found = np.isfinite(value[chosen])
    picks.other = np.where(found, nodes[chosen], -1).astype(np.int32)[None]
    served = (takes[:, chosen] & found).T
    picks.other_node = np.where(served, nodes[chosen][:, None], -1).astype(np.int32)[None]
    picks.other_block = np.ones_like(picks.other_node)
