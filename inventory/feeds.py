"""How fresh each node's stock is, and what the connection pages read."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from dom_project.lib import bell, db
from dom_project.lib.api_errors import BadInput, NotFound
from inventory.integrations import frame
from inventory.models import Connection, FeedCase, FeedRun, FeedScope, Node, RejectedRow

LATE, STALE = 2, 4  # times the schedule
RUNG = timedelta(seconds=5)  # how long a connection that is due may wait for its bell
SILENT = timedelta(minutes=15)

Age = Literal["fresh", "late", "stale"]


class Freshness(NamedTuple):
    """How old a node's figures are. `minutes` is None when nothing was ever read."""

    state: Age
    minutes: int | None
    connection_ref: str
    connection_name: str


def freshness(at: datetime) -> dict[int, Freshness]:
    """Freshness by node id, of the nodes whose stock a connection tells; the others are not in it.

    A read that brought no change is as good as one that did. Late at 2 × the schedule, stale at 4 × or once late for
    15 minutes without a good read.
    """
    found = db.rows(
        """SELECT s.node_id, s.seen_at, c.schedule_seconds, c.ref, c.name
           FROM inventory_feedscope s JOIN inventory_connection c ON c.id = s.connection_id WHERE c.active"""
    )
    return {node: Freshness(*age_of(seen_at, schedule, at), ref, name) for node, seen_at, schedule, ref, name in found}


SEEN = "SELECT last_success_at, schedule_seconds FROM inventory_connection WHERE active"


def worst(seen: Iterable[tuple[datetime | None, int]], at: datetime) -> Age:
    """The worst state of any connection, `fresh` without connections. `seen` are the rows of SEEN.

    The health page asks over a connection of its own, so it brings them.
    """
    states = {age_of(seen_at, schedule, at)[0] for seen_at, schedule in seen}
    return "stale" if "stale" in states else "late" if "late" in states else "fresh"


def age_of(seen_at: datetime | None, schedule_seconds: int, at: datetime) -> tuple[Age, int | None]:
    """State and whole minutes since the last good read."""
    if seen_at is None:
        return "stale", None
    age = max(at - seen_at, timedelta())
    schedule = timedelta(seconds=schedule_seconds) + RUNG
    minutes = int(age.total_seconds() // 60)
    if age >= STALE * schedule or (age >= LATE * schedule and age >= SILENT):
        return "stale", minutes
    return ("late", minutes) if age >= LATE * schedule else ("fresh", minutes)


class Told(NamedTuple):
    """Who tells a node its stock: fresh, late, stale, paused, or none where no system does; whole minutes of age."""

    state: str
    minutes: int | None
    scope: FeedScope | None


NOBODY = Told("none", None, None)


def told(scope: FeedScope | None, at: datetime) -> Told:
    """The state of one node's feed; the scope comes with its connection."""
    if scope is None or scope.connection is None:
        return Told("none", None, scope)
    if not scope.connection.active:
        return Told("paused", None, scope)
    return Told(*age_of(scope.seen_at, scope.connection.schedule_seconds, at), scope)


def told_by_node(at: datetime) -> dict[int, Told]:
    """The feed of every node whose stock anybody has told, by node id, in one query."""
    return {scope.node_id: told(scope, at) for scope in FeedScope.objects.select_related("connection")}


def told_of(node: Node, at: datetime) -> Told:
    """The feed of one node."""
    return told(FeedScope.objects.filter(node=node).select_related("connection").first(), at)


class ConnectionRow(NamedTuple):
    """A connection as lists show it: its state in one code, minutes since the last good read, what is open on it."""

    connection: Connection
    state: str  # fresh, late, stale, paused, asking
    minutes: int | None
    nodes: int
    rejected: int


def connections(at: datetime) -> list[ConnectionRow]:
    """All connections by name, in one query."""
    found = Connection.objects.annotate(
        node_count=Count("scopes", distinct=True),
        rejected_count=Count("rejected", filter=Q(rejected__closed_at=None), distinct=True),
        asks=Exists(FeedCase.objects.filter(run__connection=OuterRef("pk"), closed_at=None)),
    )
    return [_row(connection, at) for connection in found.order_by("name", "pk")]


def connection_row(ref: str, at: datetime) -> ConnectionRow:
    """One connection as the list shows it. Raises NotFound."""
    for row in connections(at):
        if row.connection.ref == ref:
            return row
    raise NotFound("not_found", {"ref": ref})


def runs(connection: Connection, *, most: int = 25) -> list[FeedRun]:
    """The newest reads first."""
    return list(connection.runs.order_by("-id")[:most])


class Rejected(NamedTuple):
    """A page of rejected rows, the latest first, with the cursors of its neighbours (None at the ends)."""

    rows: list[RejectedRow]
    newer: int | None
    older: int | None


def rejected_rows(
    connection: Connection, *, before: int | None = None, after: int | None = None, most: int = 25
) -> Rejected:
    """Rows that are not believed now: the newest, those older than the id `after`, or those newer than `before`."""
    rows = connection.rejected.filter(closed_at=None)
    if before:
        found = list(rows.filter(pk__gt=before).order_by("pk")[: most + 1])
        more, found = len(found) > most, found[:most][::-1]
        return Rejected(found, found[0].pk if found and more else None, found[-1].pk if found else None)
    found = list((rows.filter(pk__lt=after) if after else rows).order_by("-pk")[: most + 1])
    more, found = len(found) > most, found[:most]
    return Rejected(found, found[0].pk if found and after else None, found[-1].pk if found and more else None)


def open_case(connection: Connection) -> FeedCase | None:
    """The read that waits for a person, if there is one."""
    return FeedCase.objects.filter(run__connection=connection, closed_at=None).select_related("run").first()


@transaction.atomic
def save(connection: Connection, *, values: Mapping[str, Any], token: str, at: datetime, actor: str) -> Connection:
    """Write a connection's settings; an empty token leaves the old one. What is read anew is read at once.

    Another address, mapping or system is another source: a read of the old one that is at work counts no more.
    Raises BadInput: a token is never sent to another host than the one that it was entered for.
    """
    known = Connection.objects.select_for_update().filter(pk=connection.pk).first()
    if known is None:
        if Connection.objects.filter(ref=values["ref"]).exists():
            raise BadInput("ref_taken", field="ref")
        saved = Connection(**values, token=token)
        saved.save()
        return saved
    if _host(known.address) != _host(str(values["address"])) and known.token and not token:
        raise BadInput("token_for_new_address", field="token")
    if any(name in values and getattr(known, name) != values[name] for name in ("address", "mapping", "system")):
        frame.begin_anew(known, actor=actor, at=at)
    for name, value in values.items():
        setattr(known, name, value)
    known.token, known.next_at = token or known.token, None
    # Not the puller's own columns: it may be at work right now.
    known.save(update_fields=[*values, "token", "next_at"])
    return known


def _host(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc


def hurry(connection: Connection) -> None:
    """Let the next pull come at once."""
    Connection.objects.filter(pk=connection.pk).update(next_at=None)
    bell.ring("pull_feeds")


def _row(connection: Any, at: datetime) -> ConnectionRow:
    state: str
    state, minutes = age_of(connection.last_success_at, connection.schedule_seconds, at)
    if not connection.active:
        state = "paused"
    elif connection.asks:
        state = "asking"
    return ConnectionRow(connection, state, minutes, connection.node_count, connection.rejected_count)
