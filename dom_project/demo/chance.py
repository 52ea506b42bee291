"""Chance that does not depend on when or how often it is asked: the same thing always has the same fate."""

import random
from hashlib import blake2b

from . import SEED


def of(*names: object) -> random.Random:
    """A stream of its own for this thing: of("short", shipment_line_id).random()."""
    text = "/".join(map(str, (SEED, *names)))
    return random.Random(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big"))


def share(*names: object) -> float:
    """One number in [0, 1) for this thing."""
    return int.from_bytes(blake2b("/".join(map(str, (SEED, *names))).encode(), digest_size=7).digest(), "big") / 2**56
