"""How much a read may change before a person is asked: the usual limits, and a connection's own, wider for a time."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from dom_project.lib.api_errors import BadInput

from .models import Connection

LONGEST = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Limits:
    """In percent: of a node's stocked SKUs that turn 0, of its units that go, of the usual rows that must come, of
    the rows that can't be believed, of its stocked SKUs that grow more than tenfold."""

    zeroed: int = 20
    fallen: int = 40
    rows: int = 70
    rejected: int = 5
    jumped: int = 20


USUAL = Limits()
WIDEST = Limits(zeroed=90, fallen=90, rows=10, rejected=50, jumped=90)


def limits_of(connection: Connection | None, at: datetime) -> Limits:
    """What holds for the connection at that instant: its own limits until they end, then the usual ones."""
    until = ends_at(connection)
    if connection is None or until is None or at >= until:
        return USUAL
    return Limits(**connection.limits["percent"])


def ends_at(connection: Connection | None) -> datetime | None:
    """When the connection's own limits end or ended, None if it has none."""
    return datetime.fromisoformat(connection.limits["until"]) if connection and connection.limits else None


def widen(connection: Connection, *, percent: Mapping[str, int], until: datetime, at: datetime, actor: str) -> None:
    """Give the connection limits of its own until an instant at most 90 days ahead; who did is kept with them.

    Refuses what is narrower than usual or wider than the widest: a guard can't be switched off. Raises BadInput.
    """
    for name, usual in asdict(USUAL).items():
        low, high = sorted((usual, asdict(WIDEST)[name]))
        if not low <= percent[name] <= high:
            raise BadInput("out_of_range", {"value": percent[name], "least": low, "most": high}, field=name)
    if not at < until <= at + LONGEST:
        raise BadInput("limits_end", {"days": LONGEST.days}, field="until")
    _keep(connection, {"percent": dict(percent), "until": until.isoformat(), "by": actor})


def narrow(connection: Connection) -> None:
    """Back to the usual limits at once."""
    _keep(connection, {})


def _keep(connection: Connection, limits: dict[str, Any]) -> None:
    Connection.objects.filter(pk=connection.pk).update(limits=limits)
    connection.limits = limits
