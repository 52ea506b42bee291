"""What every connector shares: schedule, lease, staging, guard, count in chunks, run rows.

A run is read to its end before anything counts. Killed anywhere, it is taken up again: half read it is thrown away,
read to the end it is weighed and counted from the first chunk that has not counted yet.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Max

from dom_project.lib import bell, db
from dom_project.lib.api_errors import Refused
from inventory import ledger
from inventory.letters import storable
from inventory.models import Connection, FeedCase, FeedChunk, FeedRun, FeedScope, FeedStage
from inventory.movements import Counted

from . import guard, lease, staging
from .connector import Page, ReadFailed, Source, connectors

log = logging.getLogger(__name__)

CHUNK = 5_000
_NOT_OURS = (OperationalError, InterfaceError)  # the database's trouble, not a connector's

_PARTS = """
SELECT node_id, min(sku_id), max(sku_id), count(*) FROM (
  SELECT node_id, sku_id, (row_number() OVER (PARTITION BY node_id ORDER BY sku_id) - 1) / %s AS piece
  FROM inventory_feedstage WHERE run_id = %s) staged
GROUP BY node_id, piece ORDER BY node_id, piece"""

# A node that is first heard of in a read of changes: from now on our movements there wait to be booked.
_NEW_SCOPES = """
INSERT INTO inventory_feedscope (node_id, connection_id, source_ref, booking)
SELECT DISTINCT node_id, %(connection)s, '', true FROM inventory_feedstage WHERE run_id = %(run)s
ON CONFLICT (node_id) DO NOTHING"""

# What happened before a system told us its stock for the first time is in its first figures.
_EARLIER = """
SELECT DISTINCT m.key FROM inventory_ownmovement m JOIN inventory_stocklevel l ON l.id = m.level_id
WHERE m.booked_at IS NULL AND m.happened_at <= %(observed_at)s AND l.node_id IN (
  SELECT s.node_id FROM inventory_feedscope s WHERE s.connection_id IS NULL
    AND s.node_id IN (SELECT node_id FROM inventory_feedstage WHERE run_id = %(run)s))"""

_LOCK = """
SELECT FROM inventory_connection WHERE id = (SELECT connection_id FROM inventory_feedrun WHERE id = %s) FOR UPDATE"""

# The stage is filled and emptied at once: autovacuum may last have seen it empty, and plans would be made for that.
_ANALYSE = "ANALYZE inventory_feedstage"


def pull_due(*, at: datetime, now: Callable[[], datetime]) -> int:
    """Pull every connection that is due. `now` gives the moment of each answer. Returns how many were pulled."""
    pulled = 0
    while connection := lease.claim(at=at):
        pull(connection, at=at, now=now)
        pulled += 1
    return pulled


def pull(connection: Connection, *, at: datetime, now: Callable[[], datetime]) -> None:
    """One turn of a leased connection: end what an earlier turn left, then read what is new and count it."""
    try:
        for run in connection.runs.filter(state=FeedRun.State.STAGED).order_by("id"):
            run.connection = connection
            _take_up(run, at=at)
        if not FeedCase.objects.filter(run__connection=connection, closed_at=None).exists():
            _read_and_count(connection, at=at, now=now)
    except lease.LeaseLost:
        return
    except _NOT_OURS:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, it must be seen and must not come again and again
        log.error("The read of %s broke off", connection.ref, exc_info=error)
        try:
            _fail(connection, _broke_off(error), at=at, whole=True)
        except lease.LeaseLost:
            return
    lease.give_back(connection)
    bell.publish("feeds", {"connection": connection.ref})


def check(connection: Connection, *, now: Callable[[], datetime]) -> Page:
    """Ask the source for a handful of rows and apply nothing. Raises ReadFailed."""
    try:
        return connectors()[connection.system].check(_source(connection), now)
    except ReadFailed:
        raise
    except Exception as error:
        log.error("The test of %s broke off", connection.ref, exc_info=error)
        raise _broke_off(error) from error


def check_mapping(system: str, mapping: object) -> None:
    """Raise ReadFailed naming the key if this mapping can't be used."""
    connectors()[system].check_mapping(mapping)  # type: ignore[arg-type]


def accept(run_id: int, *, actor: str, at: datetime) -> None:
    """Let a stopped run count after all, once. It counts with the next pull, which is rung for at once."""
    _close_case(run_id, "accepted", actor=actor, at=at)


def discard(run_id: int, *, actor: str, at: datetime) -> None:
    """Throw a stopped run away. The next pull reads everything anew."""
    _close_case(run_id, "discarded", actor=actor, at=at)


@transaction.atomic
def begin_anew(connection: Connection, *, actor: str, at: datetime) -> None:
    """Forget what was read so far: the source is another one now. Who reads the old one loses the lease.

    What it left is not counted, and what waits for a person is thrown away.
    """
    Connection.objects.filter(pk=connection.pk).update(
        cursor={}, last_snapshot_at=None, lease_until=None, next_at=None
    )
    for run in connection.runs.filter(state=FeedRun.State.STAGED):
        run.error = {"code": "set_anew", "params": {}}
        _end(run, FeedRun.State.FAILED, at=at)
    FeedCase.objects.filter(run__connection=connection, closed_at=None).update(
        closed_at=at, closed_by=actor, verdict="discarded"
    )
    for run in connection.runs.filter(state=FeedRun.State.ASKED):
        _end(run, FeedRun.State.DISCARDED, at=at)


@transaction.atomic
def _close_case(run_id: int, verdict: str, *, actor: str, at: datetime) -> None:
    db.rows(_LOCK, [run_id])
    run = FeedRun.objects.get(pk=run_id)
    closed = FeedCase.objects.filter(run=run, closed_at=None).update(closed_at=at, closed_by=actor, verdict=verdict)
    if not closed:
        raise Refused("case_is_closed", {"run": run_id})
    connection = Connection.objects.filter(runs=run)
    if verdict == "accepted":
        run.state = FeedRun.State.STAGED
        run.save(update_fields=["state"])
        connection.update(next_at=at)
    else:
        _end(run, FeedRun.State.DISCARDED, at=at)
        connection.update(next_at=at, last_snapshot_at=None)
    bell.ring("pull_feeds")


def _read_and_count(connection: Connection, *, at: datetime, now: Callable[[], datetime]) -> None:
    try:
        run, read = _read(connection, at=at, now=now)
    except ReadFailed as failed:
        _fail(connection, failed, at=at)
        return
    _weigh_and_count(run, read, at=at)


def _read(connection: Connection, *, at: datetime, now: Callable[[], datetime]) -> tuple[FeedRun, staging.Read]:
    since = _since(connection, at)
    kind = FeedRun.Kind.SNAPSHOT if since is None else FeedRun.Kind.DELTA
    last = connection.runs.aggregate(last=Max("seq"))["last"] or 0
    run = FeedRun.objects.create(connection=connection, kind=kind, seq=last + 1, started_at=at)
    if connection.system not in connectors():
        raise ReadFailed("unknown_system", system=connection.system)
    read, nodes = staging.Read(), staging.node_ids(connection)
    for page in connectors()[connection.system].pull(_source(connection), since, now):
        with lease.held(connection):
            staging.stage(run, page, read, nodes, at=at)
    with lease.held(connection):
        if kind == FeedRun.Kind.SNAPSHOT:
            staging.stage_omitted(run, read)
        # From here on the run is read to its end: a crash does not throw it away any more.
        run.observed_at, run.rows_read, run.rejected = read.as_of or at, read.rows, read.rejected
        run.stale, run.clamped = read.repeats, read.clamped
        run.save()
        Connection.objects.filter(pk=connection.pk).update(clock_skew_seconds=read.skew)
    return run, read


def _since(connection: Connection, at: datetime) -> datetime | None:
    last, cursor = connection.last_snapshot_at, connection.cursor.get("since")
    if not cursor or last is None or at - last >= timedelta(seconds=connection.snapshot_seconds):
        return None
    return datetime.fromisoformat(cursor) - timedelta(seconds=connection.overlap_seconds)


def _take_up(run: FeedRun, *, at: datetime) -> None:
    """A run that an earlier turn left: half read it is failed, read to its end it goes on."""
    if run.observed_at is None:
        with lease.held(run.connection):
            run.error = {"code": "interrupted", "params": {}}
            _end(run, FeedRun.State.FAILED, at=at)
        return
    _weigh_and_count(run, staging.Read(), at=at)


def _weigh_and_count(run: FeedRun, read: staging.Read, *, at: datetime) -> None:
    accepted = FeedCase.objects.filter(run=run, verdict="accepted").exists()
    begun = FeedChunk.objects.filter(run=run).exists()
    if run.rows_read:
        db.execute(_ANALYSE)
    verdict = None if accepted or begun else guard.verdict(run, at=at)
    with lease.held(run.connection):
        if verdict:
            FeedCase.objects.create(run=run, reason=verdict.reason, params=verdict.params, raised_at=at)
            run.state = FeedRun.State.ASKED
            run.save(update_fields=["state"])
            return
        _open_scopes(run)
    count(run, at=at)
    _finish(run, read, at=at)


def _open_scopes(run: FeedRun) -> None:
    told = {"run": run.pk, "connection": run.connection_id, "observed_at": run.observed_at}
    if run.kind == FeedRun.Kind.DELTA:
        db.execute(_NEW_SCOPES, told)
        return
    earlier = [key for (key,) in db.rows(_EARLIER, told)]
    if earlier and run.observed_at:
        ledger.mark_booked(earlier, booked_at=run.observed_at)


def count(run: FeedRun, *, at: datetime) -> None:
    """Count a staged run chunk by chunk, each in its own transaction, each once however often this is called."""
    done = set(FeedChunk.objects.filter(run=run).values_list("part", flat=True))
    parts = db.rows(_PARTS, [CHUNK, run.pk])
    granted = frozenset(node_id for node_id, *_ in parts)
    if run.kind == FeedRun.Kind.SNAPSHOT:
        with lease.held(run.connection):
            granted = ledger.begin_snapshot(run, sorted(granted))
    for part, (node_id, first_sku, last_sku, rows) in enumerate(parts):
        if part in done:
            continue
        with lease.held(run.connection):
            counted = Counted(stale=rows)
            if node_id in granted:
                counted = ledger.count_chunk(run, part, node_id=node_id, first_sku=first_sku, last_sku=last_sku, at=at)
            FeedRun.objects.filter(pk=run.pk).update(
                changed=F("changed") + counted.changed,
                stale=F("stale") + counted.stale,
                drift=F("drift") + counted.drift,
            )


def _finish(run: FeedRun, read: staging.Read, *, at: datetime) -> None:
    with lease.held(run.connection):
        if run.rows_read > run.rejected + run.stale and not FeedStage.objects.filter(run=run).exists():
            # The stage is not logged: after a crash of the database server it is empty, and the run is read again.
            run.error = {"code": "stage_lost", "params": {}}
            _end(run, FeedRun.State.FAILED, at=at)
            Connection.objects.filter(runs=run).update(last_snapshot_at=None)
            return
        connection = run.connection
        if run.kind == FeedRun.Kind.DELTA and not run.rows_read:
            run.delete()  # nothing changed there: that it was asked is in the connection
        else:
            _end(run, FeedRun.State.APPLIED, at=at)
        if connection is None or run.observed_at is None:
            return
        FeedScope.objects.filter(connection=connection).update(seen_at=at)
        connection.cursor = {"since": run.observed_at.isoformat(), "versions": read.versions}
        connection.last_success_at, connection.last_error, connection.failures = at, None, 0
        if run.kind == FeedRun.Kind.SNAPSHOT:
            connection.last_snapshot_at = at
        connection.save(update_fields=["cursor", "last_success_at", "last_error", "failures", "last_snapshot_at"])
        bell.ring("publish_atp")


def _fail(connection: Connection, failed: ReadFailed, *, at: datetime, whole: bool = False) -> None:
    """The read is over. `whole`: what was read to its end is not counted either, and everything is read anew."""
    with lease.held(connection):
        told = {"code": failed.code, "params": failed.params}
        left = connection.runs.filter(state=FeedRun.State.STAGED)
        if whole and left.filter(observed_at__isnull=False).exists():
            Connection.objects.filter(pk=connection.pk).update(last_snapshot_at=None)
        for run in left if whole else left.filter(observed_at=None):
            run.error = told
            _end(run, FeedRun.State.FAILED, at=at)
        again = timedelta(seconds=max(connection.schedule_seconds, int(failed.params.get("seconds", 0))))
        Connection.objects.filter(pk=connection.pk).update(
            last_error={**told, "at": at.isoformat()},
            failures=F("failures") + 1,
            next_at=at + (again if failed.code == "throttled" else timedelta(seconds=connection.schedule_seconds)),
        )


def _broke_off(error: Exception) -> ReadFailed:
    return ReadFailed("broke_off", error=storable(f"{type(error).__name__}: {error}")[:300])


def _end(run: FeedRun, state: FeedRun.State, *, at: datetime) -> None:
    run.state, run.finished_at = state, at
    run.save(update_fields=["state", "finished_at", "error"])
    FeedStage.objects.filter(run=run).delete()


def _source(connection: Connection) -> Source:
    return Source(connection.address, connection.token, connection.mapping)
