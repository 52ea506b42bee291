"""The floor's pages: whose stores these are, what one of them has to do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dom_project.accounts.access import Right, needs
from dom_project.lib.htmx import live_url, render_part
from fulfillment import queue as floor
from fulfillment.queue import Tab
from inventory.access import node_for, nodes_of


@require_GET
@needs(Right.WORK_FLOOR)
def stores(request: HttpRequest) -> HttpResponse:
    nodes = list(nodes_of(request.user).order_by("name", "id"))
    if len(nodes) == 1:
        return redirect("queue", nodes[0].code)
    return render(request, "fulfillment/stores.html", {"nodes": nodes})


@require_GET
@needs(Right.WORK_FLOOR)
def queue(request: HttpRequest, node_code: str) -> HttpResponse:
    node, at = node_for(request.user, node_code), timezone.now()
    tab = Tab(request.GET["tab"]) if request.GET.get("tab") in set(Tab) else Tab.TO_PICK
    counts = floor.counts(node, at=at)
    context = {
        "node": node,
        "tab": tab,
        "counts": counts,
        "cards": floor.cards(node, tab, at=at),
        "live_url": live_url(request.user.pk, [node.code]),
    }
    return render_part(request, "fulfillment/queue.html", "rows", context)
