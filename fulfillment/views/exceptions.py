"""What needs a person: why, since when, whose, and what to do about it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from dom_project.accounts.access import Right, needs
from dom_project.lib.htmx import live_url, render_part
from fulfillment import exceptions as work

PAGE = "fulfillment/exceptions.html"


@require_GET
@needs(Right.CHANGE_ORDERS)
def exceptions(request: HttpRequest) -> HttpResponse:
    reason = request.GET.get("reason", "")[:40]
    context = {
        "rows": work.open_exceptions(reason=reason),
        "here": request.get_full_path(),
        "live_url": live_url(request.user.pk or 0, None),
    }
    return render_part(request, PAGE, "page", context)
