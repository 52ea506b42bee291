"""A problem as the bytes it is stored in, and back."""

import json
import zlib
from datetime import date
from typing import Any

import numpy as np

from routing.engine.problem import ARRAYS, NAMES, Problem, ProblemRefused, canonical
from routing.rules import parse_rules


def to_bytes(problem: Problem) -> bytes:
    """The whole problem, compressed; `from_bytes` reads it back to one of the same hash."""
    arrays = {name: getattr(problem, name) for name in ARRAYS}
    head = canonical({**problem.head(), "shapes": {name: array.shape for name, array in arrays.items()}})
    body = b"".join(array.tobytes() for array in arrays.values())
    return zlib.compress(len(head).to_bytes(8, "little") + head + body, level=1)


def from_bytes(blob: bytes) -> Problem:
    """Read back what `to_bytes` wrote. Raises ProblemRefused when the bytes are not a problem."""
    try:
        raw = zlib.decompress(blob)
        start = 8 + int.from_bytes(raw[:8], "little")
        head = json.loads(raw[8:start])
        shapes = head.pop("shapes")
        arrays: dict[str, Any] = {}
        for name, kind in ARRAYS.items():
            shape = tuple(shapes[name])
            size = int(np.prod(shape, dtype=np.int64))
            arrays[name] = np.frombuffer(raw, kind, size, start).reshape(shape)
            start += arrays[name].nbytes
        names: dict[str, Any] = {name: tuple(head.pop(name)) for name in NAMES}
        rules = parse_rules(head.pop("rules"))
        decided_on = date.fromisoformat(head.pop("decided_on"))
        return Problem(**arrays, **names, rules=rules, decided_on=decided_on, **head)
    except (zlib.error, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProblemRefused("blob", f"is not a stored problem ({error})") from error
