"""Stock as people look for it: by SKU, by node, one SKU, one node."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from dom_project.accounts.access import Right, may, needs
from dom_project.accounts.models import User
from dom_project.lib.htmx import live_url, render_part
from inventory import feeds, statement, stocklist
from inventory.access import node_for, nodes_of, seen_by
from inventory.models import Category, Sku

from . import asked

ONLY = ("short", "out", "issues")


@require_GET
@needs(Right.SEE_NETWORK)
def inventory(request: HttpRequest) -> HttpResponse:
    """All stock; `?by=node` lists the nodes instead of the SKUs."""
    nodes, by_node = seen_by(request.user), request.GET.get("by") == "node"
    context: dict[str, Any] = _search(request) | {
        "by_node": by_node,
        "totals": stocklist.totals(nodes=nodes),
        "live_url": live_of(request),
        "may_import": may(request, Right.IMPORT),
        "may_connect": may(request, Right.CONNECT),
    }
    if by_node:
        told = feeds.told_by_node(timezone.now())
        rows = stocklist.by_node(nodes=nodes)
        context |= {"rows": [(row, told.get(row.id, feeds.NOBODY)) for row in rows]}
    else:
        category = asked.text(request.GET, "category")
        search = {name: context[name] for name in ("q", "only")}
        page = stocklist.by_sku(**search, **_cursors(request), category=category, nodes=nodes)
        context |= {"page": page, "category": category, "categories": Category.objects.order_by("name")}
    return render_part(request, "inventory/inventory.html", "rows", context)


@require_GET
@needs(Right.SEE_NETWORK)
def inventory_node(request: HttpRequest, code: str) -> HttpResponse:
    """What lies at one node."""
    node, now = node_for(request.user, code), timezone.now()
    search = _search(request)
    context = search | {
        "node": node,
        "told": feeds.told_of(node, now),
        "totals": stocklist.totals(node_id=node.pk),
        "page": stocklist.of_node(node.pk, **search, **_cursors(request)),
        "live_url": live_of(request),
    }
    return render_part(request, "inventory/inventory_node.html", "rows", context)


@require_GET
@needs(Right.SEE_NETWORK)
def sku(request: HttpRequest, code: str) -> HttpResponse:
    """Where one SKU lies; who sees all nodes sees the published figure too."""
    shown = get_object_or_404(Sku.objects.select_related("category", "published"), code=code.replace("\0", ""))
    nodes, told = seen_by(request.user), feeds.told_by_node(timezone.now())
    places = stocklist.of_sku(shown.pk, nodes=nodes)
    published = getattr(shown, "published", None)
    whole = nodes is None
    context = {
        "sku": shown,
        "barcodes": shown.barcodes.order_by("pk"),
        "places": [(place, told.get(place.node_id, feeds.NOBODY)) for place in places],
        "whole": whole,
        "atp": (published.atp if published else 0) if whole else sum(place.atp for place in places),
        "published": published,
        "on_hand": sum(place.on_hand for place in places),
        "allocated": sum(place.allocated for place in places),
        "shortfall": sum(place.shortfall for place in places),
        "stocked": sum(place.on_hand > 0 for place in places),
        "rules": statement.rules_for(shown),
        "live_url": live_of(request),
    }
    return render_part(request, "inventory/sku.html", "places", context)


def live_of(request: HttpRequest) -> str:
    """The stream of the person's own nodes."""
    user = cast(User, request.user)
    codes = None if seen_by(user) is None else list(nodes_of(user).values_list("code", flat=True))
    return live_url(user.pk, codes)


def _search(request: HttpRequest) -> dict[str, str]:
    only = asked.text(request.GET, "only")
    return {"q": asked.text(request.GET, "q").strip(), "only": only if only in ONLY else ""}


def _cursors(request: HttpRequest) -> dict[str, str]:
    return {"before": asked.text(request.GET, "before"), "after": asked.text(request.GET, "after")}
