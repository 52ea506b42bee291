"""Pure: which rules no order ever comes to, because one above them takes every order and passes none on."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from routing.rules import IfNone, IfPart


class Unreached(NamedTuple):
    """Places in the strategy, from 1: the rule that takes every order, and the enabled rules below it."""

    taker: int
    places: tuple[int, ...]


def unreached(rules: Sequence[Mapping[str, Any]]) -> Unreached | None:
    """The rules that are never reached, None where every enabled one may be.

    A condition on orders that is still to be filled in counts as one.
    """
    taker = next((place for place, rule in enumerate(rules, 1) if _takes_every_order(rule)), None)
    if taker is None:
        return None
    below = tuple(place for place, rule in enumerate(rules, 1) if place > taker and rule["enabled"])
    return Unreached(taker, below) if below else None


def _takes_every_order(rule: Mapping[str, Any]) -> bool:
    goes_on = rule["if_part"] == IfPart.NEXT_RULE or rule["if_none"] == IfNone.NEXT_RULE
    return bool(rule["enabled"] and not rule["which_orders"] and not goes_on)
