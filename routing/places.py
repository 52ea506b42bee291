"""Where a postcode lies: coordinates, region, city and time zone of US ZIP codes, without a network."""

import re
from functools import cache
from typing import NamedTuple

import zipcodes

from inventory.hours import is_zone

ZIP = re.compile(r"[0-9]{5}(?:-?[0-9]{4})?")


class Place(NamedTuple):
    """`latitude` and `longitude` in degrees, both None where the postcode has no place of its own."""

    latitude: float | None
    longitude: float | None
    region: str
    city: str
    time_zone: str  # IANA name, "" when unknown


def is_postcode(text: str, country: str) -> bool:
    """Whether this may be a postcode of the country: in the US five digits or nine, elsewhere anything; or none."""
    return country != "US" or not text.strip() or ZIP.fullmatch(text.strip()) is not None


def place_of(postcode: str, country: str = "US") -> Place | None:
    """The place of a ZIP code ("89502" or "89502-1234"). None when it is unknown or not of the US."""
    digits = postcode.strip()[:5]
    if country != "US" or len(digits) != 5 or not (digits.isascii() and digits.isdigit()):
        return None
    return _places(digits[:3]).get(digits)


@cache
def _places(prefix: str) -> dict[str, Place]:
    # A look-up scans all 42,789 codes, so what is near is read with it: at most 1,000 scans a process.
    return {row["zip_code"]: _place(row) for row in zipcodes.similar_to(prefix)}


def _place(row: dict[str, str]) -> Place:
    latitude, longitude = float(row["lat"] or 0), float(row["long"] or 0)
    # Military post has 0, 0; one Alaskan code has its town as time zone.
    located = bool(latitude or longitude)
    zone = row["timezone"] if is_zone(row["timezone"]) else ""
    if not zone and row["state"] == "AK":
        zone = "America/Anchorage"
    return Place(latitude if located else None, longitude if located else None, row["state"], row["city"], zone)
