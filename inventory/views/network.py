"""The network: every node, and one of them with its days, hours and feed."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from dom_project.accounts.access import Right, needs
from dom_project.lib.htmx import render_part
from inventory.access import node_for, nodes_of


@require_GET
@needs(Right.SEE_NETWORK)
def network(request: HttpRequest) -> HttpResponse:
    nodes = nodes_of(request.user).order_by("name", "pk")
    return render_part(request, "inventory/network.html", "rows", {"nodes": nodes})


@require_GET
@needs(Right.SEE_NETWORK)
def node(request: HttpRequest, code: str) -> HttpResponse:
    return render_part(request, "inventory/node.html", "", {"node": node_for(request.user, code)})
