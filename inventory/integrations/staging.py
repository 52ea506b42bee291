"""A page of facts -> staged rows and rejected rows. Nothing of it counts yet."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dom_project.lib import db
from inventory.integrations.connector import Fault, Page, StockFact
from inventory.letters import storable
from inventory.models import Connection, FeedRun

ENTITY = "stock"
LONGEST_RAW = 4_000
REMEMBERED = 20_000  # versions that the next overlapping read is compared with

_STAGE = """
INSERT INTO inventory_feedstage AS s (run_id, node_id, sku_id, on_hand, external, observed_at)
SELECT %(run)s, * FROM unnest(%(node)s::bigint[], %(sku)s::bigint[], %(on_hand)s::int[], %(external)s::int[],
                              %(observed_at)s::timestamptz[])
ON CONFLICT (run_id, node_id, sku_id) DO UPDATE
SET on_hand = EXCLUDED.on_hand, external = EXCLUDED.external, observed_at = EXCLUDED.observed_at"""

# A complete read names every level that is not zero: what it leaves out is gone, but not what it said unbelievably.
_OMITTED = """
INSERT INTO inventory_feedstage (run_id, node_id, sku_id, on_hand)
SELECT %(run)s, l.node_id, l.sku_id, 0 FROM inventory_stocklevel l
WHERE l.node_id IN (SELECT node_id FROM inventory_feedscope WHERE connection_id = %(connection)s
                    UNION SELECT node_id FROM inventory_feedstage WHERE run_id = %(run)s)
  AND (l.on_hand <> 0 OR l.external <> 0)
  AND NOT EXISTS (SELECT FROM unnest(%(node)s::bigint[], %(sku)s::bigint[]) kept (node_id, sku_id)
                  WHERE kept.node_id = l.node_id AND kept.sku_id = l.sku_id)
ON CONFLICT (run_id, node_id, sku_id) DO NOTHING"""

_REJECT = """
INSERT INTO inventory_rejectedrow AS r (connection_id, entity, source_id, field, reason, value, raw,
                                        first_seen_at, last_seen_at, times)
SELECT %(connection)s, %(entity)s, u.source_id, u.field, u.reason, u.value, u.raw, %(at)s, %(at)s, 1
FROM unnest(%(source_id)s::text[], %(field)s::text[], %(reason)s::text[], %(value)s::text[], %(raw)s::jsonb[])
     u (source_id, field, reason, value, raw)
ON CONFLICT (connection_id, entity, source_id, reason) WHERE closed_at IS NULL DO UPDATE
SET field = EXCLUDED.field, value = EXCLUDED.value, raw = EXCLUDED.raw, last_seen_at = EXCLUDED.last_seen_at,
    times = r.times + 1"""

_CLOSE = """
UPDATE inventory_rejectedrow SET closed_at = %(at)s
WHERE connection_id = %(connection)s AND entity = %(entity)s AND closed_at IS NULL AND source_id = ANY(%(good)s)"""


@dataclass
class Read:
    """What one read brought so far."""

    rows: int = 0
    rejected: int = 0
    clamped: int = 0
    repeats: int = 0
    skew: int = 0
    as_of: datetime | None = None
    kept: set[tuple[int, int]] = field(default_factory=set)  # levels whose row was rejected: not zeroed
    versions: dict[str, int] = field(default_factory=dict)


def node_ids(connection: Connection) -> dict[str, tuple[int, bool]]:
    """Per folded code: the node's id, and whether its stock is this connection's to tell."""
    found = db.rows(
        """SELECT n.code, n.id, s.connection_id IS NULL OR s.connection_id = %s
           FROM inventory_node n LEFT JOIN inventory_feedscope s ON s.node_id = n.id
           UNION ALL SELECT s.source_ref, s.node_id, true FROM inventory_feedscope s
           WHERE s.connection_id = %s AND s.source_ref <> ''""",
        [connection.pk, connection.pk],
    )
    return {code.strip().casefold(): (id_, ours) for code, id_, ours in found}


def sku_ids(codes: Iterable[str]) -> dict[str, int | None]:
    """Per folded code the SKU's id; None where two SKUs differ by case only."""
    wanted = sorted({storable(code) for code in codes if code})
    found: dict[str, int | None] = {}
    for code, id_ in db.rows("SELECT lower(code), id FROM inventory_sku WHERE lower(code) = ANY(%s)", [wanted]):
        found[code] = None if code in found else id_
    return found


def stage(run: FeedRun, page: Page, read: Read, nodes: Mapping[str, tuple[int, bool]], *, at: datetime) -> None:
    """Write one page's good rows to the stage and its bad ones to the rejected rows; `read` learns the counts."""
    connection = run.connection
    assert connection is not None
    if read.as_of is None:
        read.as_of = page.as_of or at
    skus = sku_ids({fact.sku for fact in page.facts} | {fault.sku for fault in page.faults})
    seen = connection.cursor.get("versions", {}) if run.kind == FeedRun.Kind.DELTA else {}
    faults = list(page.faults)
    newest: dict[tuple[int, int], StockFact] = {}
    again: list[StockFact] = []
    for fact in page.facts:
        reason, path = _unknown(fact, nodes, skus)
        if reason:
            faults.append(Fault(reason, path, getattr(fact, path), fact.node, fact.sku, fact._asdict()))
            continue
        if fact.version and fact.version <= seen.get(f"{fact.node}|{fact.sku}", 0):
            read.repeats += 1
            again.append(fact)
            continue
        level = (nodes[fact.node][0], skus[fact.sku] or 0)
        other = newest.get(level)
        if other is not None:
            read.repeats += 1
        if other is None or _age(other) <= _age(fact):
            newest[level] = fact
    _write(run, newest, read.as_of)
    for fault in faults:
        if fault.node in nodes and skus.get(fault.sku):
            read.kept.add((nodes[fault.node][0], skus[fault.sku] or 0))
    reject(connection.pk, faults, at=at)
    good = [f"{fact.node}|{fact.sku}" for fact in newest.values()]
    db.execute(_CLOSE, {"connection": connection.pk, "entity": ENTITY, "good": good, "at": at})
    read.rows += len(page.facts) + len(page.faults)
    read.rejected += len(faults)
    read.clamped += sum(fact.clamped for fact in page.facts)
    read.skew = page.skew
    _remember([*newest.values(), *again], read, timedelta(seconds=connection.overlap_seconds))


def stage_omitted(run: FeedRun, read: Read) -> int:
    """Stage a zero for each stocked level that a complete read did not name. Returns how many."""
    node, sku = zip(*sorted(read.kept), strict=True) if read.kept else ((), ())
    return db.execute(_OMITTED, {"run": run.pk, "connection": run.connection_id, "node": list(node), "sku": list(sku)})


def reject(connection_id: int, faults: Sequence[Fault], *, at: datetime) -> None:
    """Keep rows that can't be believed, one open row per level and reason."""
    last = {(storable(f"{fault.node}|{fault.sku}"[:160]), fault.reason): fault for fault in faults}
    db.execute(
        _REJECT,
        {
            "connection": connection_id,
            "entity": ENTITY,
            "at": at,
            "source_id": [source_id for source_id, _ in last],
            "reason": [reason for _, reason in last],
            "field": [fault.path[:80] for fault in last.values()],
            "value": [storable(fault.value)[:200] for fault in last.values()],
            "raw": [_raw(fault.raw) for fault in last.values()],
        },
    )


def _unknown(
    fact: StockFact, nodes: Mapping[str, tuple[int, bool]], skus: Mapping[str, int | None]
) -> tuple[str, str]:
    if fact.node not in nodes:
        return "unknown_node", "node"
    if not nodes[fact.node][1]:
        return "node_of_another_feed", "node"
    if fact.sku not in skus:
        return "unknown_sku", "sku"
    return ("ambiguous_sku", "sku") if skus[fact.sku] is None else ("", "")


def _write(run: FeedRun, newest: Mapping[tuple[int, int], StockFact], as_of: datetime) -> None:
    snapshot = run.kind == FeedRun.Kind.SNAPSHOT
    facts = newest.values()
    db.execute(
        _STAGE,
        {
            "run": run.pk,
            "node": [node for node, _ in newest],
            "sku": [sku for _, sku in newest],
            "on_hand": [fact.on_hand for fact in facts],
            "external": [fact.reserved for fact in facts],
            # A snapshot's figures are of its moment, except those that changed while it was read.
            "observed_at": [
                None
                if snapshot and (fact.changed_at is None or fact.changed_at <= as_of)
                else fact.changed_at or as_of
                for fact in facts
            ],
        },
    )


def _age(fact: StockFact) -> tuple[int, float]:
    return fact.version, fact.changed_at.timestamp() if fact.changed_at else 0.0


def _remember(facts: Iterable[StockFact], read: Read, overlap: timedelta) -> None:
    for fact in facts:
        recent = fact.changed_at is not None and read.as_of is not None and fact.changed_at >= read.as_of - overlap
        if fact.version and recent and len(read.versions) < REMEMBERED:
            read.versions[f"{fact.node}|{fact.sku}"] = fact.version


def _raw(row: object) -> str:
    text = json.dumps(_plain(row), default=str)
    return text if len(text) <= LONGEST_RAW else json.dumps({"cut": text[:LONGEST_RAW]})


def _plain(told: object) -> object:
    """The same document with storable texts. Before it is JSON: there an escape may be the text's own backslash."""
    if isinstance(told, str):
        return storable(told)
    if isinstance(told, Mapping):
        return {storable(str(name)): _plain(value) for name, value in told.items()}
    return [_plain(value) for value in told] if isinstance(told, list) else told
