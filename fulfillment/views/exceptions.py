"""What needs a person: why, since when, whose, and what to do about it."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from dom_project.accounts.access import Right, may, needs
from dom_project.accounts.people import actor_of, names_of
from dom_project.lib.api_errors import Refused
from dom_project.lib.htmx import drawn_as, live_url, render_part, say, wants_part
from dom_project.lib.sentences import sentence
from fulfillment import cursors
from fulfillment import exceptions as work
from fulfillment.exceptions import OpenException
from fulfillment.words import not_taken, to_do
from routing import exceptions as raised
from routing import outbox, shortfalls, waiting, words
from routing.models import ShortfallCase

from .orders import promise_date

PAGE = "fulfillment/exceptions.html"
SHOWN = 50
SHOWN_REASONS = 8
LETTERS = 20
MOST = 200  # exceptions of one reason that are tried at once
VERDICTS = frozenset({ShortfallCase.Verdict.GO_ON, ShortfallCase.Verdict.LEAVE})


@require_GET
@needs(Right.CHANGE_ORDERS)
def exceptions(request: HttpRequest) -> HttpResponse:
    """The page. A part that asks again is answered 204 while nothing has changed, so that what is chosen stays so."""
    context = _page(request)
    if wants_part(request) and context["unchanged"]:
        return HttpResponse(status=204)
    return render_part(request, PAGE, "page", context)


@require_POST
@needs(Right.CHANGE_ORDERS)
def again(request: HttpRequest) -> HttpResponse:
    """Let routing look at the orders of the chosen exceptions, or of all with one reason; say what came of each."""
    ids = [int(pk) for pk in request.POST.getlist("chosen") if pk.isdecimal() and len(pk) < 19][:MOST]
    reason = request.POST.get("every", "")[:40].replace("\0", "")
    orders = work.orders_of(ids=ids if not reason else (), reason=reason, limit=MOST)
    if not orders:
        return _back(request, _("Choose at least one exception that is still open."), level="warning", status=422)
    woken = waiting.reopen(orders, at=timezone.now(), actor=actor_of(request))
    outcome = [(ref, channel_ref, order_id in woken) for order_id, (ref, channel_ref) in orders.items()]
    count = len(woken)
    text = ngettext("Routing looks at %(count)s order again.", "Routing looks at %(count)s orders again.", count)
    context = _page(request) | {
        "outcome": outcome,
        "outcome_whole": count == len(orders),
        "told": text % {"count": count},
    }
    return render_part(request, PAGE, "page", context)


@require_POST
@needs(Right.CHANGE_ORDERS)
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """It is the reader's now."""
    undo = reverse("exceptions_give_back", args=[pk])
    return _done(
        request, lambda: raised.take(pk, at=timezone.now(), actor=actor_of(request)), _("Yours now."), undo=undo
    )


@require_POST
@needs(Right.CHANGE_ORDERS)
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """It is nobody's again."""
    return _done(request, lambda: raised.give_back(pk, at=timezone.now(), actor=actor_of(request)), _("Nobody's now."))


@require_POST
@needs(Right.CONNECT)
def send_again(request: HttpRequest) -> HttpResponse:
    """Send the chosen dead letters again."""
    ids = [int(pk) for pk in request.POST.getlist("letter") if pk.isdecimal() and len(pk) < 19]
    count = outbox.replay(ids, at=timezone.now()) if ids else 0
    if not count:
        return _back(request, _("Choose at least one event that was given up."), level="warning", status=422)
    text = ngettext("%(count)s event is sent again.", "%(count)s events are sent again.", count)
    return _back(request, text % {"count": count})


@require_POST
@needs(Right.COUNT_STOCK)
def shortfall(request: HttpRequest, pk: int) -> HttpResponse:
    """A person's verdict on many allocations that a low count would move."""
    verdict = request.POST.get("verdict", "")
    if verdict not in VERDICTS:
        return _back(request, _("Say whether to go on or to leave them."), level="warning", status=422)
    told = {
        ShortfallCase.Verdict.GO_ON: _("They are sourced anew within seconds."),
        ShortfallCase.Verdict.LEAVE: _("They stay where they are."),
    }[ShortfallCase.Verdict(verdict)]
    return _done(request, lambda: shortfalls.answer(pk, verdict, at=timezone.now(), actor=actor_of(request)), told)


def _done(request: HttpRequest, act: Callable[[], object], told: str, *, undo: str = "") -> HttpResponse:
    try:
        act()
    except Refused as refused:
        return _back(request, sentence(refused.code, refused.params), level="warning")
    return _back(request, told, undo=undo)


def _back(
    request: HttpRequest, told: str, *, level: str = "success", status: int = 200, undo: str = ""
) -> HttpResponse:
    """The page as it is now, with a word on what was done."""
    if wants_part(request):
        return say(
            request, render_part(request, PAGE, "page", _page(request), status=status), told, level=level, undo=undo
        )
    return say(request, redirect("exceptions"), told, level=level)


def _page(request: HttpRequest) -> dict[str, Any]:
    at = timezone.now()
    reason = request.GET.get("reason", "")[:40].replace("\0", "")
    by_reason = work.by_reason()
    found = work.open_exceptions(reason=reason, after=cursors.read(request.GET.get("after", "")), limit=SHOWN + 1)
    rows, more = found[:SHOWN], len(found) > SHOWN
    case = ShortfallCase.objects.filter(closed_at=None).first()
    letters, backlog = outbox.dead_letters(limit=LETTERS), outbox.backlog()
    waits = work.floor_waits()
    shown = repr((rows, by_reason, case and case.pk, [letter.id for letter in letters], backlog.dead, waits))
    drawn = drawn_as(sha256(shown.encode()).hexdigest()[:16], request.GET.get("drawn", ""), at=at)
    names = names_of({row.owner for row in rows if row.owner})
    every = request.GET.get("reasons") == "all"
    kept = [row for place, row in enumerate(by_reason) if every or place < SHOWN_REASONS or row.reason == reason]
    return {
        "tokens": [(row, words.sentence(row.reason)) for row in kept],
        "more_reasons": len(by_reason) - len(kept),
        "fewer_reasons": every and len(by_reason) > SHOWN_REASONS,
        "reason": reason,
        "open": sum(row.count for row in by_reason),
        "groups": _groups(rows, {row.reason: row.count for row in by_reason}, names, actor_of(request)),
        "more": cursors.written((rows[-1].raised_at, rows[-1].id)) if more else "",
        "most": MOST,
        "case": case,
        "may_count": may(request, Right.COUNT_STOCK),
        "letters": [
            (
                letter,
                words.event(letter.topic.removeprefix("order.")),
                not_taken(letter.error),
            )
            for letter in letters
        ],
        "dead": backlog.dead,
        "may_send": may(request, Right.CONNECT),
        "waits": waits,
        "may_work": may(request, Right.WORK_FLOOR),
        "drawn": drawn,
        "unchanged": drawn == request.GET.get("drawn", ""),
        "live_url": live_url(request.user.pk, None),
    }


def _groups(
    rows: Sequence[OpenException], counts: Mapping[str, int], names: Mapping[str, str], me: str
) -> list[dict[str, Any]]:
    """Rows under their reasons, the most frequent reason first, the oldest row first."""
    by_reason: dict[str, list[OpenException]] = {}
    for row in rows:
        by_reason.setdefault(row.reason, []).append(row)
    return [
        {
            "reason": reason,
            "count": counts.get(reason, len(by_reason[reason])),
            "said": words.sentence(reason, _shared(by_reason[reason])),
            "to_do": to_do(reason),
            "rows": [
                {
                    "row": row,
                    "owner": names.get(row.owner, ""),
                    "mine": row.owner == me,
                    "said": _own_words(row),
                    "promise_date": promise_date(row),
                }
                for row in by_reason[reason]
            ],
        }
        for reason in [*counts, *(reason for reason in by_reason if reason not in counts)]
        if reason in by_reason
    ]


def _shared(rows: Sequence[OpenException]) -> dict[str, Any]:
    """The parameters that all of these have in common: the others are no one's heading."""
    first, *others = rows
    return {
        name: value for name, value in first.params.items() if all(row.params.get(name) == value for row in others)
    }


def _own_words(row: OpenException) -> str:
    """What is said of this one only: the error, the line."""
    if row.reason == "engine_error":
        return str(row.params.get("error", ""))
    if row.reason == "country_not_served":
        return str(row.params.get("country", ""))
    return row.sku
