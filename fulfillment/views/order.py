"""One order: where it stands, what was decided and why, and what a person may still do about it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from dom_project.accounts.access import Right, needs
from dom_project.lib.htmx import live_url, render_part
from fulfillment import access

PAGE = "fulfillment/order.html"


@require_GET
@needs(Right.SEE_ORDERS)
def order(request: HttpRequest, ref: str) -> HttpResponse:
    found = access.order_for(request.user, ref)
    context = {
        "order": found,
        "lines": found.lines.select_related("sku").order_by("position"),
        "here": request.path,
        "live_url": live_url(request.user.pk or 0, None),
    }
    return render_part(request, PAGE, "page", context)
