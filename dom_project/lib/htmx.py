"""What pages need beside a template: page or fragment from one view, word of what was done, their live stream."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

LIVE_SALT = "fairlead.live"
LIVE_SECONDS = 600
FRESH_SECONDS = 300  # then a live page is drawn anew though nothing happened: its stream needs a new address
LEVELS = {
    "success": messages.SUCCESS,
    "info": messages.INFO,
    "warning": messages.WARNING,
    "error": messages.ERROR,
}


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a fragment. A restored history entry and a boosted link get the whole page."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.history_restore_request and not htmx.boosted


def render_part(
    request: HttpRequest,
    template: str,
    part: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """The template's partial named `part` for htmx, the whole template otherwise.

    Nobody between us and the browser stores either, and the browser keeps the two apart: without Vary, Back
    would show a naked fragment.
    """
    name = f"{template}#{part}" if part and wants_part(request) else template
    response = render(request, name, context and dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    patch_cache_control(response, private=True)
    return response


def say(
    request: HttpRequest, response: HttpResponse, text: str, *, level: str = "success", undo: str = ""
) -> HttpResponse:
    """Tell what was done: as a toast beside a fragment, as a message on the next page otherwise.

    `level` is success, info, warning or error; `undo` a URL that a POST to takes the action back (fragments only).
    Returns the response, so that a view can end on it.
    """
    if request.htmx and not isinstance(response, HttpResponseRedirect):  # type: ignore[attr-defined]
        return trigger_client_event(response, "toast", {"text": str(text), "level": level, "undo": undo})
    messages.add_message(request, LEVELS[level], text)
    return response


def drawn_as(content: str, drawn: str, *, at: datetime) -> str:
    """What a part says it shows when it asks again, and since when: `drawn` itself while that still holds.

    `content` stands for all that is shown, without a dash. A view answers 204 to what is still drawn so, and nobody
    loses an open list or a choice.
    """
    seconds = int(at.timestamp())
    _content, _dash, since = drawn.partition("-")
    if since.isdecimal() and len(since) < 12 and 0 <= seconds - int(since) < FRESH_SECONDS:
        seconds = int(since)
    return f"{content}-{seconds}"


def redirect_whole_page(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: htmx would follow a redirect and swap the page behind it, a log-in form say, into the fragment."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if isinstance(response, HttpResponseRedirect) and getattr(request, "htmx", False):
            return HttpResponseClientRedirect(response.url)
        return response

    return middleware


def live_url(user_id: int | None, nodes: Iterable[str] | None) -> str:
    """Return the address of a stream for ten minutes. `nodes` are codes that the user may see, None = all of them."""
    what = {"user": user_id, "nodes": None if nodes is None else sorted(nodes), "until": time.time() + LIVE_SECONDS}
    return f"/live/{signing.dumps(what, salt=LIVE_SALT, compress=True)}"
