"""The cases of the table: a family of instances with its policies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.yardsticks.dom_us import dom_us
from benchmarks.yardsticks.jasin_sinha import jasin_sinha
from benchmarks.yardsticks.look_ahead import Sample
from benchmarks.yardsticks.policies import AHEAD, DOM_US, JASIN_SINHA, JASIN_SINHA_AHEAD, STREAM, Ahead, Policy
from routing.engine.problem import Problem

BINDING_SLOTS = 0.4  # about 1.2 parcel slots an order
SHORT = 0.9
LOOK_AHEAD = "look-ahead"


@dataclass(frozen=True, slots=True)
class Case:
    """`make(n, seed)` gives one instance; n counts orders (Jasin–Sinha/Ma: periods, some of them without an order).

    `future(n, seed, orders, left, number)` draws `left` of the orders (of so many) once more, on the same network.
    """

    key: str
    title: str
    make: Callable[[int, int], Problem]
    policies: Sequence[Policy]
    future: Callable[[int, int, int, int, int], Problem] | None = None
    ahead: Sequence[Ahead] = ()
    most: int | None = None  # orders

    def size(self, n: int) -> int:
        """How large its instances are when n is asked for."""
        return n if self.most is None else min(n, self.most)

    def sample(self, n: int, seed: int, orders: int) -> Sample | None:
        """The futures of one of its instances."""
        return self.future and partial(self.future, n, seed, orders)


def _short(n: int, seed: int) -> Problem:
    return dom_us(n, ratio=SHORT, seed=seed)


def _other_day(n: int, seed: int, orders: int, left: int, number: int) -> Problem:
    return dom_us(left, ratio=SHORT, seed=seed, order_seed=1000 + number, horizon=n)


def _other_sequence(n: int, seed: int, orders: int, left: int, number: int) -> Problem:
    return jasin_sinha(round(n * left / orders), seed=seed, sequence=1 + number, horizon=n)


CASES = (
    Case("1.3", "DOM-US, ratio 1.3 (healthy stock)", lambda n, seed: dom_us(n, ratio=1.3, seed=seed), DOM_US),
    Case("0.9", "DOM-US, ratio 0.9 (short stock)", _short, DOM_US),
    Case("0.6", "DOM-US, ratio 0.6 (scarce stock)", lambda n, seed: dom_us(n, ratio=0.6, seed=seed), DOM_US),
    Case(
        "slots",
        "DOM-US, ratio 1.3, 1.2 parcel slots an order (they bind)",
        lambda n, seed: dom_us(n, ratio=1.3, seed=seed, slots=BINDING_SLOTS),
        DOM_US,
    ),
    Case(
        LOOK_AHEAD,
        "DOM-US, ratio 0.9, orders as they come, 8 replays × 8 samples",
        _short,
        STREAM,
        _other_day,
        AHEAD,
        most=8_000,
    ),
    Case(
        "jasin-sinha",
        "Jasin–Sinha/Ma",
        lambda n, seed: jasin_sinha(n, seed=seed),
        JASIN_SINHA,
        _other_sequence,
        JASIN_SINHA_AHEAD,
    ),
)
