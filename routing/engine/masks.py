"""Rules and built-in conditions as masks over orders, lines and nodes that remember who refused first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.engine import codes, gaps
from routing.engine.demand import Demand
from routing.engine.problem import Ability, Bits, Bools, Int64, Method, Problem
from routing.engine.tariff import Tariff
from routing.rules import KINDS, METHODS, Criterion, Rule

ABILITY_OF = {
    Method.SHIP: Ability.SHIP,
    Method.PICKUP: Ability.PICKUP,
    Method.CURBSIDE: Ability.CURBSIDE,
    Method.SAME_DAY: Ability.SAME_DAY,
}
Codes = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Amount:
    """A criterion judged by a figure that differs from order to order."""

    code: int
    amount: int
    negate: bool


@dataclass(frozen=True, slots=True, eq=False)
class RuleMask:
    """One rule, ready to be laid over orders and nodes."""

    place: int
    rule: Rule
    selects: Bools  # [order]
    node_code: Codes  # [node] first refusal by the node alone, MAY = none
    distances: tuple[Amount, ...]
    atp_left: tuple[Amount, ...]

    @property
    def spare(self) -> int:
        """Units that the rule wants left at a node."""
        return max((criterion.amount for criterion in self.atp_left if not criterion.negate), default=0)

    def shrinking_helps(self) -> bool:
        """True when a node may become eligible because its stock falls."""
        return any(criterion.negate for criterion in self.atp_left)


def rule_masks(problem: Problem) -> tuple[RuleMask, ...]:
    """The enabled rules in their order."""
    masks, first = [], codes.FIRST_CRITERION
    for place, rule in enumerate(problem.rules):
        numbered = [(first + position, criterion) for position, criterion in enumerate(rule.which_nodes)]
        first += len(numbered)
        if not rule.enabled:
            continue
        node_code = np.full(problem.nodes, codes.MAY, np.uint16)
        for code, criterion in numbered:
            if criterion.field in ("kind", "group", "node"):
                holds = _node_holds(problem, criterion)
                np.minimum(node_code, code, out=node_code, where=holds == criterion.negate)
        masks.append(
            RuleMask(
                place=place,
                rule=rule,
                selects=_selects(problem, rule),
                node_code=node_code,
                distances=_amounts(numbered, "distance"),
                atp_left=_amounts(numbered, "atp_left"),
            )
        )
    return tuple(masks)


def _amounts(numbered: list[tuple[int, Criterion]], field: str) -> tuple[Amount, ...]:
    return tuple(Amount(code, c.amount, c.negate) for code, c in numbered if c.field == field)


def _selects(problem: Problem, rule: Rule) -> Bools:
    selected = np.ones(problem.orders, np.bool_)
    for criterion in rule.which_orders:
        selected &= _order_holds(problem, criterion) != criterion.negate
    return selected


def _order_holds(problem: Problem, criterion: Criterion) -> Bools:
    match criterion.field:
        case "value":
            return problem.value >= criterion.amount
        case "channel":
            return _among(problem.channel, problem.channels, criterion)
        case "region":
            return _among(problem.region, problem.regions, criterion)
        case "method":
            return _among(problem.method, METHODS, criterion)
    lines = _among(problem.category, problem.categories, criterion)
    owner = np.repeat(np.arange(problem.orders), np.diff(problem.ptr))
    return np.bincount(owner[lines], minlength=problem.orders) > 0


def _node_holds(problem: Problem, criterion: Criterion) -> Bools:
    if criterion.field == "kind":
        return _among(problem.kind, KINDS, criterion)
    if criterion.field == "group":
        return _among(problem.group, problem.groups, criterion)
    return _among(np.arange(problem.nodes), problem.node_codes, criterion)


def _among(index: NDArray[np.signedinteger], names: tuple[str, ...], criterion: Criterion) -> Bools:
    among: Bools = np.isin(index, _places(names, criterion))
    return among


def _places(names: tuple[str, ...], criterion: Criterion) -> Int64:
    return np.array([place for place, name in enumerate(names) if name in criterion.values], np.int64)


class Masks:
    """The conditions that no rule has to name, and every rule's, for one problem."""

    def __init__(self, problem: Problem, demand: Demand, tariff: Tariff) -> None:
        self.problem = problem
        self.rules = rule_masks(problem)
        self.collected: Bools = np.isin(problem.method, (Method.PICKUP, Method.CURBSIDE))
        self.order_code = self._order_codes(tariff)
        self.want_code = self._want_codes(demand)

    def codes_for(self, rows: Int64, rule: RuleMask, open_slot: Bools) -> Codes:
        """[order, node] first refusal for the order as a whole, MAY = none."""
        code = np.minimum(self.order_code[rows], rule.node_code)
        for criterion in rule.distances:
            away = self.problem.distance_km[self.problem.dest[rows]]
            # a distance nobody knows is neither near nor far
            refused = (away < 0) | ((away <= criterion.amount) == criterion.negate)
            np.minimum(code, criterion.code, out=code, where=refused)
        if not open_slot.all():
            np.minimum(code, codes.NO_SLOT, out=code, where=~open_slot)
        return code

    def _order_codes(self, tariff: Tariff) -> Codes:
        problem = self.problem
        code = np.full((problem.orders, problem.nodes), codes.MAY, np.uint16)
        zone = problem.zone[problem.dest]
        shipped = ~self.collected[:, None]
        served = self._served(tariff)[tariff.kind_of_node, zone]
        pinned = problem.pinned_node[:, None] == np.arange(problem.nodes)
        needs = np.array([ABILITY_OF[method] for method in Method], np.uint16)[problem.method]
        for number, refused in (
            (codes.NOT_PICKUP_NODE, ~shipped & ~pinned),
            (codes.NO_ZONE, shipped & (zone < 0)),
            (codes.NO_RATE, (shipped & (zone >= 0) & ~served) | gaps.no_cost(problem)),
            (codes.ABILITY_MISSING, needs[:, None] & problem.abilities == 0),
            (codes.NODE_CLOSED, self.closed()),
        ):
            np.minimum(code, np.uint16(number), out=code, where=refused)
        return code

    def _served(self, tariff: Tariff) -> Bools:
        """[kind of node, zone] some service runs there for some weight; there is a column where there is no zone."""
        if not self.problem.rate.size:
            return np.zeros((len(tariff.kinds), max(tariff.zones, 1)), np.bool_)
        runs = (tariff.rate >= 0).any(2) & (tariff.transit >= 0)
        collects = (tariff.kinds[:, None].astype(np.int64) >> np.arange(len(runs))) & 1
        served: Bools = collects @ runs.astype(np.int64) > 0
        return served

    def closed(self) -> Bools:
        """[node] none of its days is open, or it does nothing at all."""
        closed: Bools = (self.problem.slots_left < 0).all(1) | (self.problem.abilities == 0)
        return closed

    def _want_codes(self, demand: Demand) -> Codes | None:
        """[want, node] refusal by the goods, or None when no node refuses any."""
        accepts: Bits = self.problem.node_class_bits
        wanted = np.unique(demand.class_bits)
        fits = (accepts & wanted[:, None]) == wanted[:, None]
        if fits.all() and not len(demand.forbid_want):
            return None
        code = np.where(fits, codes.MAY, codes.HANDLING_CLASS).astype(np.uint16)
        each = code[np.searchsorted(wanted, demand.class_bits)]
        pair = demand.forbid_want, demand.forbid_node
        each[pair] = np.minimum(each[pair], codes.REFUSED_BEFORE)
        return each
