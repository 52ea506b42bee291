"""A person counts one level by hand: first what it would mean, then the count itself."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing

from dom_project.lib import bell
from dom_project.lib.api_errors import BadInput, Refused

from . import atp, ledger
from .models import StockLevel

SALT = "inventory.recount"
GOOD_FOR = timedelta(hours=1)  # between looking and recording
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Look:
    """What a person saw on the shelf, not yet recorded. `ticket` records it once, however often it is sent."""

    counted: int
    ticket: str
    on_hand: int  # the difference to the figure that stands
    atp: int  # what can be promised afterwards
    shortfall: int  # units allocated that were not seen


def look(level: StockLevel, counted: int, *, at: datetime) -> Look:
    """What the count would change, by the figures of now. Writes nothing. Refuses less than 0 or over a million."""
    if not 0 <= counted <= MOST:
        raise BadInput("out_of_range", {"value": counted, "least": 0, "most": MOST}, field="counted")
    shortfall = max(level.allocated - counted, 0)
    position = atp.Position(counted, level.allocated, shortfall, level.external, level.safety_stock)
    told = {"level": level.pk, "counted": counted, "at": at.isoformat(), "once": secrets.token_hex(6)}
    return Look(
        counted,
        signing.dumps(told, salt=SALT, compress=True),
        counted - level.on_hand,
        atp.available_to_promise(position),
        shortfall,
    )


def record(level: StockLevel, ticket: str, *, at: datetime, actor: str) -> bool:
    """Count the level as the ticket says, as of the moment of the look. False if that is recorded already.

    Refuses a ticket that is not this level's, older than an hour (ask_again), or of a look that a later one overtook.
    """
    try:
        told = signing.loads(ticket, salt=SALT)
    except signing.BadSignature:
        raise Refused("ask_again", field="counted") from None
    observed_at = datetime.fromisoformat(told["at"])
    if told["level"] != level.pk or not observed_at <= at <= observed_at + GOOD_FOR:
        raise Refused("ask_again", field="counted")
    key, day = f"recount:{level.pk}:{told['once']}", observed_at.date()
    if level.entries.filter(key=key, day=day).exists():
        return False
    done = ledger.floor_count(level.pk, told["counted"], observed_at=observed_at, key=key, day=day, actor=actor, at=at)
    if not done:
        raise Refused("overtaken", field="counted")
    bell.ring("publish_atp")
    bell.ring("resolve_shortfalls")
    bell.publish("stock", {"level": level.pk}, node=level.node.code)
    return True
