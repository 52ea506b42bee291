"""Versions of the strategy: which there were, what one says and changes, which one is live."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dom_project.accounts.access import Right, may, needs
from dom_project.accounts.people import actor_of, names_of
from dom_project.lib.htmx import say
from routing import access, strategies
from routing import choices as masters
from routing.differences import difference, turned
from routing.models import StrategyActivation, StrategyVersion
from routing.reach import unreached
from routing.words import rules as sentences
from routing.working_copy import WorkingCopy

from . import rule_form

PAGE = 20


@require_GET
@needs(Right.SEE_RULES)
def routing_history(request: HttpRequest) -> HttpResponse:
    """All versions, the newest first, each with its difference to the one before."""
    strategy, live = strategies.current()
    if strategy is None:
        return none_yet(request)
    before = request.GET.get("after", "")
    numbered = before.isascii() and before.isdecimal() and len(before) < 9
    found = strategies.history(strategy, before=int(before) if numbered else None, limit=PAGE + 1)
    periods = strategies.live_periods(strategy)
    choices = masters.read()
    names = sentences.Names(choices.of, choices.currency)
    people = names_of([version.author for version in found] + [each.activation.activated_by for each in periods])
    told = []
    for place, version in enumerate(found[:PAGE]):
        older = found[place + 1] if place + 1 < len(found) else None
        told.append(
            {
                "version": version,
                "author": people.get(version.author, version.author),
                "live": bool(live and live.version_id == version.pk),
                "periods": [_period(each, people) for each in periods if each.activation.version_id == version.pk],
                "changes": _changes(older, version, names) if older else [],
                "never_reached": sentences.never_reached(unreached(strategies.rules_of(version))),
                "first": older is None,
            }
        )
    context = {
        "strategy": strategy,
        "live": live,
        "rows": told,
        "older": str(found[PAGE - 1].number) if len(found) > PAGE else "",
        "may_edit": may(request, Right.EDIT_RULES),
    }
    return render(request, "routing/history.html", context)


@require_GET
@needs(Right.SEE_RULES)
def routing_version(request: HttpRequest, number: int) -> HttpResponse:
    """One version to read, with what it changes and, for who may, the way to make it live."""
    strategy, live = strategies.current()
    if strategy is None:
        raise Http404
    return show(request, access.version_for(request.user, strategy.code, number), live)


def none_yet(request: HttpRequest) -> HttpResponse:
    """The page where nobody has saved a version."""
    return render(request, "routing/history.html", {"rows": [], "may_edit": may(request, Right.EDIT_RULES)})


def show(request: HttpRequest, version: StrategyVersion, live: StrategyActivation | None) -> HttpResponse:
    """The page of a version."""
    choices = masters.read()
    names = sentences.Names(choices.of, choices.currency)
    periods = [each for each in strategies.live_periods(version.strategy) if each.activation.version_id == version.pk]
    older = strategies.version_before(version)
    people = names_of([version.author, *(each.activation.activated_by for each in periods)])
    data = strategies.rules_of(version)
    copy = WorkingCopy.of(data)
    is_live = bool(live and live.version_id == version.pk)
    context: dict[str, Any] = {
        "version": version,
        "live": live,
        "is_live": is_live,
        "author": people.get(version.author, version.author),
        "periods": [_period(each, people) for each in periods],
        "older": older,
        "changes": _changes(older, version, names) if older else [],
        "never_reached": sentences.never_reached(unreached(data)),
        "to_live": _changes(live.version, version, names) if live and not is_live else [],
        "rows": rule_form.rows_of(copy, data, choices, ""),
        "weighed": sentences.weighed(version.weighing),
        "may_edit": may(request, Right.EDIT_RULES),
        "on_first_page": request.resolver_match is not None and request.resolver_match.url_name == "routing",
    }
    return render(request, "routing/version.html", context)


@require_POST
@needs(Right.EDIT_RULES)
def routing_activate(request: HttpRequest, number: int) -> HttpResponse:
    """Make a version live, an old one too. The next batch uses it."""
    strategy, live = strategies.current()
    if strategy is None:
        raise Http404
    version = access.version_for(request.user, strategy.code, number)
    if live and live.version_id == version.pk:
        told = _("Version %(number)s is live already; nothing changed.") % {"number": version.number}
        return say(request, redirect("routing"), told, level="info")
    reason = request.POST.get("reason", "").replace("\0", "").strip()[:300]
    strategies.activate(version, at=timezone.now(), actor=actor_of(request), reason=reason)
    told = _("Version %(number)s is live. The next batch of orders is routed by it.") % {"number": version.number}
    return say(request, redirect("routing"), told)


def _changes(old: StrategyVersion, new: StrategyVersion, names: sentences.Names) -> list[str]:
    found = [*turned(old.weighing, new.weighing), *difference(strategies.rules_of(old), strategies.rules_of(new))]
    return [sentences.change(each, names) for each in found]


def _period(period: strategies.LivePeriod, people: Any) -> dict[str, Any]:
    activation = period.activation
    return {
        "from": activation.activated_at,
        "until": period.until,
        "by": people.get(activation.activated_by, activation.activated_by),
        "reason": activation.reason,
    }
