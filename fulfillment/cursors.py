"""A place in a list that is sorted by moment and id, as it stands in an address."""

from datetime import datetime

from inventory import moments

Place = tuple[datetime, int]


def written(place: Place | None) -> str:
    """The place as text, empty without one."""
    return f"{place[0].isoformat()}_{place[1]}" if place else ""


def read(text: str) -> Place | None:
    """The place, None for what `written` did not write."""
    moment, _, row_id = text.rpartition("_")
    if not (row_id.isascii() and row_id.isdigit() and len(row_id) < 19):
        return None
    try:
        at = moments.instant(moment.replace(" ", "+"))  # a plus sign in an address arrives as a blank
    except moments.NoInstant:
        return None
    return at, int(row_id)
