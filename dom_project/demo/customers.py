"""People who do not exist, in places that do."""

import random
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import zipcodes

PEOPLE = Path(__file__).with_name("people.txt")
FIRST, LAST, STREETS, KINDS = (line.split() for line in PEOPLE.read_text().splitlines())
_AWAY = {"AK", "HI", "PR", "VI", "GU", "AS", "MP", "AA", "AE", "AP", "FM", "MH", "PW"}


@cache
def _postcodes() -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """(all ordinary postcodes of the mainland, the same by their first three digits)."""
    # Part by part: the list of all would stay in the process, 100 MB of it.
    every = [
        place["zip_code"]
        for part in range(100)
        for place in zipcodes.similar_to(f"{part:02}")
        if place["zip_code_type"] == "STANDARD" and place["active"] and place["state"] not in _AWAY and place["lat"]
    ]
    return tuple(every), {prefix: tuple(codes) for prefix, codes in groupby(every, lambda code: code[:3])}


def somebody(chance: random.Random, towns: list[str]) -> dict[str, Any]:
    """A customer as an order carries one; three of four live around one of the towns (given by postcode)."""
    every, near = _postcodes()
    around = near.get(chance.choice(towns)[:3], ())
    postcode = chance.choice(around) if around and chance.random() < 0.75 else chance.choice(every)
    first, last = chance.choice(FIRST), chance.choice(LAST)
    return {
        "ref": f"C{chance.randrange(10**8):08d}",
        "name": f"{first} {last}",
        "email": f"{first}.{last}{chance.randrange(100)}@example.com".lower(),
        "phone": f"+1555{chance.randrange(10**7):07d}",
        "street": f"{chance.randrange(1, 2400)} {chance.choice(STREETS)} {chance.choice(KINDS)}",
        "postcode": postcode,
        "country": "US",
    }
