"""The cases of the table: a family of instances with its policies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.yardsticks.dom_us import dom_us
from benchmarks.yardsticks.jasin_sinha import jasin_sinha
from benchmarks.yardsticks.policies import DOM_US, JASIN_SINHA, Policy
from routing.engine.problem import Problem

BINDING_SLOTS = 0.4  # about 1.2 parcel slots an order


@dataclass(frozen=True, slots=True)
class Case:
    """`make(n, seed)` gives one instance; n counts orders (Jasin–Sinha/Ma: periods, some of them without an order)."""

    key: str
    title: str
    make: Callable[[int, int], Problem]
    policies: Sequence[Policy]


CASES = (
    Case("1.3", "DOM-US, ratio 1.3 (healthy stock)", lambda n, seed: dom_us(n, ratio=1.3, seed=seed), DOM_US),
    Case("0.9", "DOM-US, ratio 0.9 (short stock)", lambda n, seed: dom_us(n, ratio=0.9, seed=seed), DOM_US),
    Case("0.6", "DOM-US, ratio 0.6 (scarce stock)", lambda n, seed: dom_us(n, ratio=0.6, seed=seed), DOM_US),
    Case(
        "slots",
        "DOM-US, ratio 1.3, 1.2 parcel slots an order (they bind)",
        lambda n, seed: dom_us(n, ratio=1.3, seed=seed, slots=BINDING_SLOTS),
        DOM_US,
    ),
    Case("jasin-sinha", "Jasin–Sinha/Ma", lambda n, seed: jasin_sinha(n, seed=seed), JASIN_SINHA),
)
