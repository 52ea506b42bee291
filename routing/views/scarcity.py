"""Scarcity prices: what units and slots are worth to orders still to come, and what that changed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget

from dom_project.accounts.access import Right, may, needs
from dom_project.accounts.people import actor_of
from dom_project.lib import bell
from dom_project.lib.htmx import render_part, say, wants_part
from inventory.views import asked
from routing import strategies
from routing.models import ScarcityRun
from routing.scarcity import runs, shown
from routing.scarcity.replay import HISTORY
from routing.words import sentence

TEMPLATE = "routing/scarcity.html"
MOST_SLOTS, MOST_MOVED = 6, 30


@require_GET
@needs(Right.SEE_RULES)
def scarcity(request: HttpRequest) -> HttpResponse:
    """Prices per SKU and node: `?q=` and `?node=` filter, `?sort=` orders them. While a run is made, `?watch=1` tells
    how far it is."""
    at, making = timezone.now(), runs.open_run()
    if making and wants_part(request) and request.GET.get("watch"):
        response = render_part(request, TEMPLATE, "progress", {"making": making, "query": _query(request)})
        return reswap(retarget(response, "#progress"), "outerHTML")
    run, last, live = runs.newest(), runs.last(), strategies.live_activation()
    moved = shown.moved(at=at, limit=MOST_MOVED + 1)
    context: dict[str, Any] = {
        "run": run,
        "making": making,
        "failed": _failed(last) if last and last.state == "failed" else "",
        "live": live,
        "counts": bool(live and live.version.scarcity_prices),
        "may_edit": may(request, Right.EDIT_RULES),
        "query": _query(request),
        "days": shown.moved_by_day(at=at, zone=timezone.get_current_timezone_name()),
        "moved": moved[:MOST_MOVED],
        "moved_more": len(moved) > MOST_MOVED,
        "moved_days": shown.MOVED_DAYS,
        "enough": HISTORY,
    }
    if run:
        wanted = _wanted(request)
        found = shown.prices(run, at=at, **wanted)
        context |= wanted | {
            "is_expired": shown.is_expired(run, at=at),
            "rows": found[: shown.PAGE],
            "total": found[0].total if found else 0,
            "newer": str(wanted["page"] - 1) if wanted["page"] else "",
            "older": str(wanted["page"] + 1) if len(found) > shown.PAGE else "",
            "nodes": shown.nodes(run, at=at),
            "slots": shown.slots(run, limit=MOST_SLOTS),
        }
    return render_part(request, TEMPLATE, "rows", context)


@require_POST
@needs(Right.EDIT_RULES)
def scarcity_again(request: HttpRequest) -> HttpResponse:
    """Have prices learned now; the page shows how far that is."""
    runs.ask(at=timezone.now(), actor=actor_of(request))
    bell.ring("learn_prices")
    return say(
        request, redirect("scarcity"), _("Prices are being learned. What counts now counts until they are done.")
    )


def _failed(run: ScarcityRun) -> str:
    return sentence(run.error) if run.error == runs.STOPPED else run.error


def _wanted(request: HttpRequest) -> dict[str, Any]:
    sort = request.GET.get("sort", "")
    return {
        "q": asked.text(request.GET, "q").strip(),
        "node": asked.text(request.GET, "node"),
        "sort": sort if sort in shown.SORTS else "price",
        "page": asked.page(request.GET),
    }


def _query(request: HttpRequest) -> str:
    """The filters as they stand, to ask again with."""
    query = request.GET.copy()
    query["watch"] = "1"
    return query.urlencode()
