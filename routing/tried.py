"""What a trial found: each node as the rule saw it, and what the rules would do with the order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from routing.rules import Refusal


@dataclass(frozen=True, slots=True)
class Candidate:
    """One node as the rule that decided saw it. Costs, for the whole order from there, in minor units."""

    node: str
    in_plan: bool
    distance_km: int
    zone: int
    stock: Sequence[Mapping[str, Any]]  # line, SKU, units wanted, ATP
    refusal: Refusal | None
    service: str
    ship_date: date | None
    arrive_date: date | None
    freight: int | None
    handling: int | None
    lateness: int | None
    no: int  # expected cost of its saying no to a line

    @property
    def units(self) -> int:
        """How many units the order wants."""
        return sum(each["units"] for each in self.stock)

    @property
    def units_there(self) -> int:
        """How many of them the node could promise; lines of one SKU share what is there."""
        wanted: dict[str, int] = {}
        for each in self.stock:
            wanted[each["sku"]] = wanted.get(each["sku"], 0) + each["units"]
        atp = {each["sku"]: each["atp"] or 0 for each in self.stock}
        return sum(min(units, atp[sku]) for sku, units in wanted.items())

    @property
    def cost(self) -> int | None:
        """What was compared, None when it could not send the whole order."""
        if self.freight is None or self.handling is None or self.lateness is None:
            return None
        return self.freight + self.handling + self.lateness + self.no


@dataclass(frozen=True, slots=True)
class Trial:
    """What the rules would do with the order now. `told` has the shape of a stored decision."""

    order_ref: str
    outcome: str  # all, part, none
    rule_ref: str
    rule_name: str
    rules: Sequence[tuple[str, str, str]]  # ref, name, fate
    approximate: bool
    currency: str
    priced: int
    invoice: int
    plan: Mapping[str, Any]
    alternatives: Sequence[Mapping[str, Any]]
    refusals: Sequence[Mapping[str, Any]]
    candidates: Sequence[Candidate]  # in the plan first, then by cost, then those refused
    gather_ms: float
    solve_ms: float
