"""Stock as people look at it: by SKU, by node, one level with what explains it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from dom_project.accounts.access import Right, needs
from dom_project.lib.htmx import render_part
from inventory.access import node_for, nodes_of
from inventory.models import Sku, StockLevel


@require_GET
@needs(Right.SEE_NETWORK)
def inventory(request: HttpRequest) -> HttpResponse:
    skus = Sku.objects.select_related("category", "published").order_by("code")[:50]
    return render_part(request, "inventory/inventory.html", "rows", {"skus": skus})


@require_GET
@needs(Right.SEE_NETWORK)
def sku(request: HttpRequest, code: str) -> HttpResponse:
    shown = get_object_or_404(Sku.objects.select_related("category"), code=code)
    levels = StockLevel.objects.filter(sku=shown, node__in=nodes_of(request.user)).select_related("node")
    context = {"sku": shown, "levels": levels.order_by("node__name", "node_id")}
    return render_part(request, "inventory/sku.html", "", context)


@require_GET
@needs(Right.SEE_NETWORK)
def inventory_node(request: HttpRequest, code: str) -> HttpResponse:
    node = node_for(request.user, code)
    levels = StockLevel.objects.filter(node=node).select_related("sku").order_by("sku__code")[:50]
    return render_part(request, "inventory/inventory_node.html", "rows", {"node": node, "levels": levels})


@require_GET
@needs(Right.SEE_NETWORK)
def level(request: HttpRequest, pk: int) -> HttpResponse:
    found = StockLevel.objects.filter(node__in=nodes_of(request.user)).select_related("node", "sku").filter(pk=pk)
    if not (shown := found.first()):
        raise Http404
    return render_part(request, "inventory/level.html", "", {"level": shown})
