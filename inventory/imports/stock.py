"""Stock figures from a file, true as of the moment that the file speaks of. Counted like a feed's."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from inventory import ledger
from inventory.integrations import staging
from inventory.models import FeedRun, ImportRun, Node
from inventory.movements import Count

from . import cells
from .kinds import Field, Judged, Kind, Row, add
from .rows import Fault

FIELDS = (
    Field(
        "node",
        _("Node"),
        required=True,
        aliases=("node code", "store", "site", "location", "warehouse"),
        choices=lambda: [(code, name) for code, name in Node.objects.order_by("code").values_list("code", "name")],
    ),
    Field("sku", _("SKU"), required=True, aliases=("sku code", "article", "item", "stockcode", "code")),
    Field("on_hand", _("On hand"), required=True, aliases=("quantity", "qty", "stock", "units", "on hand")),
    Field(
        "external",
        _("Reserved by others"),
        hint=_("Units promised by the owning system itself."),
        aliases=("reserved",),
    ),
)


class Figure(NamedTuple):
    line: int
    node_id: int
    sku_id: int
    on_hand: int
    external: int


def judge(rows: Sequence[Row], run: ImportRun, at: datetime) -> Judged:
    """Facts are figures. A level that comes twice in one chunk is a fault the second time."""
    nodes = {code.strip().casefold(): pk for code, pk in Node.objects.values_list("code", "pk")}
    skus = staging.sku_ids({row.values["sku"].strip().casefold() for row in rows})
    facts: list[Figure] = []
    faults: list[Fault] = []
    seen: set[tuple[int, int]] = set()
    for row in rows:
        told = _figure(row, nodes, skus)
        if isinstance(told, Figure) and (told.node_id, told.sku_id) in seen:
            told = Fault(row.line, "sku", "twice_in_file", {"value": row.values["sku"].strip()})
        if isinstance(told, Fault):
            faults.append(told)
        else:
            seen.add((told.node_id, told.sku_id))
            facts.append(told)
    return Judged(facts, faults)


def write(facts: Sequence[Figure], *, run: ImportRun, part: int, at: datetime, actor: str) -> list[Fault]:
    """Count the figures as of the run's moment. One older than the level's last observation is counted as stale."""
    feed_run, _made = FeedRun.objects.get_or_create(
        connection=None,
        kind=FeedRun.Kind.FILE,
        seq=run.pk,
        defaults={"started_at": at, "observed_at": run.figures_as_of, "state": FeedRun.State.APPLIED},
    )
    levels = ledger.open_levels_many([(fact.node_id, fact.sku_id) for fact in facts])
    counts = [
        Count(levels[fact.node_id, fact.sku_id], fact.on_hand, fact.external, run.figures_as_of) for fact in facts
    ]
    counted = ledger.count_levels(counts, run=feed_run, part=part, at=at)
    FeedRun.objects.filter(pk=feed_run.pk).update(
        rows_read=F("rows_read") + len(facts),
        changed=F("changed") + counted.changed,
        stale=F("stale") + counted.stale,
        drift=F("drift") + counted.drift,
        finished_at=at,
    )
    return []


def _figure(row: Row, nodes: Mapping[str, int], skus: Mapping[str, int | None]) -> Figure | Fault:
    values, field = row.values, "node"
    try:
        node = cells.text(values["node"], longest=64, required=True)
        if node.casefold() not in nodes:
            raise cells.Wrong("unknown_node", node=node)
        field = "sku"
        sku = cells.text(values["sku"], longest=64, required=True)
        found = skus.get(sku.casefold(), 0)
        if not found:
            raise cells.Wrong("ambiguous_sku" if found is None else "unknown_sku", sku=sku)
        field = "on_hand"
        on_hand = cells.whole(values["on_hand"], least=-cells.MOST_UNITS)
        field = "external"
        external = cells.whole(values["external"]) if values.get("external", "").strip() else 0
    except cells.Wrong as wrong:
        return wrong.at(row.line, field)
    return Figure(row.line, nodes[node.casefold()], found, on_hand, external)


add(
    Kind(
        code="stock",
        title=_("Stock"),
        text=_("Units on hand by node and SKU, true as of a moment that you name."),
        fields=FIELDS,
        judge=judge,
        write=write,
        chunk_rows=5_000,
        asks_moment=True,
    )
)
