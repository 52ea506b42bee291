"""The strategy's page: its rules as sentences, one as a form, an order tried on what is not saved yet.

The unsaved rules travel with the form (docs/adr/0020), so the page works in two tabs and without JavaScript.
"""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from dom_project.accounts.access import Right, may, needs
from dom_project.accounts.people import actor_of, names_of
from dom_project.lib.api_errors import BadInput, Refused
from dom_project.lib.htmx import render_part, say
from inventory.currencies import exponent
from routing import access, strategies, trial
from routing import choices as masters
from routing.differences import difference, turned
from routing.models import StrategyActivation, StrategyVersion
from routing.reach import unreached
from routing.weighing import Weighing
from routing.words import rules as sentences
from routing.words import sentence as words_of
from routing.working_copy import Unreadable, WorkingCopy, take_form

from . import rule_form, trials, versions
from .steps import STEPS, Edit

TEMPLATE = "routing/routing.html"
SUGGESTED = 6


@require_GET
@needs(Right.SEE_RULES)
def routing(request: HttpRequest) -> HttpResponse:
    """The live strategy, or the version in `?version=`, to be edited; who may only see it gets it to read."""
    base, live = _asked_version(request)
    if not may(request, Right.EDIT_RULES):
        return versions.show(request, base, live) if base else versions.none_yet(request)
    edit = _begin(base, live)
    edit.select(request.GET.get("rule", ""))
    return _answer(request, edit)


@require_POST
@needs(Right.EDIT_RULES)
def routing_edit(request: HttpRequest) -> HttpResponse:
    """One step of an edit: take the form in, do what the pressed button says, show how it stands."""
    edit = _read(request)
    verb, *what = request.POST.get("do", "apply").split(":", 3)
    if verb == "save":
        return _save(request, edit)
    if verb == "test":
        if what and what[0]:
            edit.order = what[0][:64]
        _check(edit, edit.copy.faults(edit.choices.closed))
        if edit.status == 200:
            trials.run(edit)
            edit.focus = "test-result"
        return _answer(request, edit)
    step = STEPS.get(verb)
    if step is None:
        raise BadRequest("No such step.")
    step(edit, lambda name: request.POST.get(name, ""), *what)
    return _answer(request, edit)


# ── saving ──


def _save(request: HttpRequest, edit: Edit) -> HttpResponse:
    _check(edit, edit.copy.faults(edit.choices.closed))
    if not edit.reason:
        edit.reason_error, edit.status = words_of("reason_missing"), 422
    elif not _changes(edit):
        edit.error, edit.status = words_of("nothing_changed"), 422
    if edit.status != 200:
        return _answer(request, edit)
    try:
        version = strategies.save_version(
            edit.copy.to_save(),
            strategy=edit.strategy,
            author=actor_of(request),
            reason=edit.reason,
            at=timezone.now(),
            based_on=edit.base,
            newest=edit.newest,
            weighing=edit.copy.weighing,
        )
    except BadInput as refused:
        if refused.field == "reason":
            edit.reason_error = words_of(refused.code, refused.params)
        else:
            edit.error = f"{refused.field}: {words_of(refused.code, refused.params)}"
        edit.status = 422
        return _answer(request, edit)
    except Refused as refused:
        if refused.code != "saved_meanwhile":
            raise
        _tell_newer(edit)
        return _answer(request, edit)
    told = _("Version %(number)s is saved. Nothing uses it until you make it live.") % {"number": version.number}
    return say(request, redirect("routing_version", version.number), told)


def _tell_newer(edit: Edit) -> None:
    """Somebody saved in between: their difference is shown, and the next press on Save knows of it."""
    newest = strategies.newest_version(edit.strategy)
    assert newest is not None
    rules = strategies.rules_of(newest)
    names = sentences.Names(edit.choices.of, edit.choices.currency)
    edit.newer = {
        "version": newest,
        "author": names_of([newest.author])[newest.author],
        "changes": [
            sentences.change(each, names)
            for each in [*turned(_weighed(edit.base), newest.weighing), *difference(edit.base_rules, rules)]
        ],
    }
    edit.newest, edit.status = newest.number, 422


def _check(edit: Edit, faults: Sequence[Any]) -> None:
    """Rules that can't be read are neither tested nor saved; the first faulty one is opened."""
    if not faults:
        return
    if not any(fault.ref == edit.selected for fault in faults):
        edit.select(faults[0].ref)
    rules = len({fault.ref for fault in faults})
    edit.error = ngettext(
        "One rule is not complete yet: please look at the marked fields.",
        "%(rules)s rules are not complete yet: please look at the marked fields.",
        rules,
    ) % {"rules": rules}
    edit.status = 422


# ── reading and answering ──


def _asked_version(request: HttpRequest) -> tuple[StrategyVersion | None, StrategyActivation | None]:
    """The version to begin with (the one asked for, else the live one, else the newest) and what is live."""
    strategy, live = strategies.current()
    asked = request.GET.get("version", "")
    if asked:
        if strategy is None or not (asked.isascii() and asked.isdecimal() and len(asked) < 9):
            raise Http404
        return access.version_for(request.user, strategy.code, int(asked)), live
    if live:
        return live.version, live
    return (strategies.newest_version(strategy) if strategy else None), None


def _begin(base: StrategyVersion | None, live: StrategyActivation | None) -> Edit:
    strategy = base.strategy if base else strategies.current()[0]
    rules = strategies.rules_of(base) if base else []
    newest = strategies.newest_version(strategy) if strategy else None
    return Edit(
        strategy=strategy,
        base=base,
        base_rules=rules,
        live=live,
        newest=newest.number if newest else 0,
        copy=WorkingCopy.of(rules, _weighed(base)),
        selected="",
        choices=masters.read(),
    )


def _read(request: HttpRequest) -> Edit:
    """The edit that the form carries. Raises BadRequest for what no form of ours sends."""
    post = request.POST
    strategy, live = strategies.current()
    began, newest = _number(post.get("base", "0")), _number(post.get("newest", "0"))
    if live and live.version.number == began:
        base: StrategyVersion | None = live.version
    else:
        base = access.version_for(request.user, strategy.code, began) if strategy and began else None
    try:
        on = post.get("weighing")
        weighing = _weighed(base) if on is None else Weighing.named(on.split(","))
        copy = WorkingCopy.from_json(post.get("rules", "[]"), weighing)
    except Unreadable as error:
        raise BadRequest("The rules can't be read.") from error
    choices = masters.read()
    selected = post.get("selected", "")
    copy = take_form(copy, selected, lambda name: post.get(name, ""), post.getlist, exponent(choices.currency))
    edit = Edit(
        strategy=strategy,
        base=base,
        base_rules=strategies.rules_of(base) if base else [],
        live=live,
        newest=newest,
        copy=copy,
        selected="",
        choices=choices,
        reason=post.get("reason", "").replace("\0", "").strip()[:400],
        order=post.get("order", "").replace("\0", "").strip()[:64],
    )
    edit.select(selected)
    return edit


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 9):
        raise BadRequest("No such version.")
    return int(text)


def _changes(edit: Edit) -> list[str]:
    """What the unsaved rules change, in words."""
    names = sentences.Names(edit.choices.of, edit.choices.currency)
    new = edit.copy.complete(edit.choices.closed)
    found = [*turned(_weighed(edit.base), edit.copy.weighing), *difference(edit.base_rules, new)]
    return [sentences.change(each, names) for each in found]


def _weighed(version: StrategyVersion | None) -> Weighing:
    return version.weighing if version else Weighing()


def _answer(request: HttpRequest, edit: Edit) -> HttpResponse:
    changes = _changes(edit)
    incomplete = {fault.ref for fault in edit.copy.faults(edit.choices.closed)}
    refs = {rule["ref"] for rule in edit.copy.rules}
    context = {
        "edit": edit,
        "rows": rule_form.rows_of(edit.copy, edit.base_rules, edit.choices, edit.selected),
        "form": rule_form.form_of(edit.copy, edit.selected, edit.base_rules, edit.choices, quiet=edit.quiet),
        "removed": [rule for rule in edit.base_rules if rule["ref"] not in refs],
        "changes": changes,
        "never_reached": sentences.never_reached(unreached(edit.copy.rules)),
        "weighed": sentences.weighed(edit.copy.weighing),
        "dirty": bool(changes or incomplete),
        "from_live": bool(edit.live and edit.base and edit.live.version_id == edit.base.pk),
        "suggested": trial.newest_orders(SUGGESTED),
    }
    return render_part(request, TEMPLATE, "editor", context, status=edit.status)
