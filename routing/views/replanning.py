"""Planning anew what no floor has: whether it is done, and what it brings."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dom_project.accounts.access import Right, may, needs
from dom_project.accounts.people import actor_of, names_of
from dom_project.lib.htmx import say
from routing import in_hand, replanned
from routing.holdings import FRESH, INERTIA, MOST_MOVES
from routing.words import sentence

SHOWN = 20


@require_GET
@needs(Right.SEE_RULES)
def replanning(request: HttpRequest) -> HttpResponse:
    """The switch, what is in hand now, what the last day and month have saved, and the newest runs."""
    at = timezone.now()
    last = in_hand.last_switch()
    context = {
        "on": in_hand.is_on(),
        "last": last,
        "by": names_of([last.switched_by])[last.switched_by] if last else "",
        "kept": replanned.kept(at=at),
        "day": replanned.saved(at=at),
        "month": replanned.saved(at=at, within=timedelta(days=28)),
        "runs": [
            {
                "run": run,
                "stayed": [(sentence(f"stayed_{why}"), count) for why, count in replanned.stayed(run).items()],
            }
            for run in replanned.runs(SHOWN)
        ],
        "may_edit": may(request, Right.EDIT_RULES),
        "inertia": INERTIA,
        "fresh_minutes": int(FRESH.total_seconds() // 60),
        "most_moves": MOST_MOVES,
    }
    return render(request, "routing/replanning.html", context)


@require_POST
@needs(Right.EDIT_RULES)
def replanning_switch(request: HttpRequest) -> HttpResponse:
    """Switch it on or off for everybody, at once."""
    on = request.POST.get("on") == "1"
    if not in_hand.switch(on, at=timezone.now(), actor=actor_of(request)):
        return say(request, redirect("replanning"), _("It is so already; nothing changed."), level="info")
    if on:
        told = _("On: work of later days is kept in hand and planned anew until its day begins.")
    else:
        told = _("Off: the floor gets everything within seconds, and no plan changes any more.")
    return say(request, redirect("replanning"), told)
