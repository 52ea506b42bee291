"""The network: every node as it stands now, on a map and as a list."""

from collections.abc import Callable, Iterable
from math import sqrt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dom_project.accounts.access import Right, may, needs
from dom_project.lib.htmx import render_part
from inventory import network_words, node_map, roster, us_map
from inventory.access import nodes_of
from inventory.models import Node, NodeGroup

from . import asked
from .stock import live_of

FIRST = 6  # rows of what to look at before all else


@require_GET
@needs(Right.SEE_NETWORK)
def network(request: HttpRequest) -> HttpResponse:
    """All nodes of the reader, filtered, with those to look at first."""
    rows = roster.today(nodes_of(request.user).select_related("group").order_by("name", "pk"), timezone.now())
    wanted = {name: asked.text(request.GET, name) for name in ("q", "kind", "group", "only")}
    shown = [row for row in rows if _matches(row, wanted)]
    dots, first = _dots(shown), _first(rows)
    context: dict[str, Any] = wanted | {
        "rows": shown,
        "total": len(rows),
        "dots": dots,
        "first": first[:FIRST],
        "first_more": max(0, len(first) - FIRST),
        "view_box": us_map.WHOLE.view_box,
        "kinds": [(kind, sum(row.node.kind == kind for row in rows)) for kind in Node.Kind.values],
        "groups": NodeGroup.objects.filter(nodes__in=[row.node.pk for row in rows]).distinct().order_by("name"),
        "open": sum(row.is_open for row in rows),
        "full": sum(row.tone == "bad" for row in rows),
        "quiet_feeds": sum(row.feed.state in ("late", "stale") for row in rows),
        "fed": any(row.feed.state not in ("none", "paused") for row in rows),
        "taken": sum(row.taken for row in rows),
        "cap": sum(row.cap for row in rows),
        "off_map": len(shown) - len(dots),
        "may_import": may(request, Right.IMPORT),
        "live_url": live_of(request),
    }
    return render_part(request, "inventory/network.html", "rows", context)


def _matches(row: roster.Today, wanted: dict[str, str]) -> bool:
    node, q = row.node, wanted["q"].strip().lower()
    return (
        (not q or any(q in text.lower() for text in (node.code, node.name, node.city, node.postcode)))
        and (not wanted["kind"] or node.kind == wanted["kind"])
        and (not wanted["group"] or (node.group is not None and node.group.code == wanted["group"]))
        and ONLY.get(wanted["only"], lambda row: True)(row)
    )


ONLY: dict[str, Callable[[roster.Today], bool]] = {
    "open": lambda row: row.is_open,
    "full": lambda row: row.tone == "bad",
    "stale": lambda row: row.feed.state in ("late", "stale"),
    "closed": lambda row: not row.works,
}


def _dots(rows: Iterable[roster.Today]) -> list[node_map.Dot]:
    """The circles, larger with the parcels that a day can take."""
    return node_map.drawn(
        node_map.dot(
            row.node,
            radius=round(5 + min(13.0, sqrt(row.node.daily_capacity) * 0.4), 1),
            tone=row.tone,
            feed=row.feed.state,
            label=network_words.in_short(row),
            minutes=row.feed.minutes,
        )
        for row in rows
    )


def _first(rows: Iterable[roster.Today]) -> list[roster.Today]:
    """What to look at before all else: stale feeds, late ones, full nodes."""
    ranks = {"stale": 0, "late": 1}
    rows = [row for row in rows if row.feed.state in ranks or row.overload or row.tone == "bad"]
    return sorted(rows, key=lambda row: (ranks.get(row.feed.state, 2), -(row.feed.minutes or 0), -(row.load or 0)))
