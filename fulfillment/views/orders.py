"""The list of orders: found by whatever a person has in hand, filtered by state and channel, newest first."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from dom_project.accounts.access import Right, may, needs
from dom_project.lib.htmx import live_url, render_part, wants_part
from dom_project.words import ORDER_STATES
from fulfillment import cursors, search
from fulfillment.exceptions import OpenException
from inventory import lookup
from inventory.access import seen_by
from inventory.models import Channel, Node

PAGE = "fulfillment/orders.html"
COUNTED = 10_000  # of the newest orders; beyond, the figures say so with a "+"
LONGEST = 200
OPEN = frozenset({"pending", "partly_routed", "routed", "partly_shipped", "backordered", "exception", "held"})


@require_GET
@needs(Right.SEE_ORDERS)
def orders(request: HttpRequest) -> HttpResponse:
    """One page of orders. A search that finds exactly one order goes straight to it."""
    at = timezone.now()
    asked = {
        name: request.GET.get(name, "").strip()[:LONGEST].replace("\x00", "") for name in ("q", "state", "channel")
    }
    user: Any = request.user
    wanted: dict[str, Any] = {"text": asked["q"], "channel": asked["channel"], "nodes": seen_by(user)}
    before, after = cursors.read(request.GET.get("after", "")), cursors.read(request.GET.get("before", ""))
    states = [asked["state"]] if asked["state"] else []
    page = search.orders(**wanted, states=states, before=before, after=None if before else after)
    finds_things = may(request, Right.SEE_NETWORK)
    things = lookup.find(asked["q"]) if finds_things and not (before or after) else []
    only_searched = asked["q"] and not (asked["state"] or asked["channel"] or before or after)
    if only_searched and not things and len(page.rows) == 1 and not wants_part(request):
        return redirect("order", ref=page.rows[0].ref)

    counts = search.count_by_state(**wanted, most=COUNTED)
    counted = sum(counts.values())
    channels = list(Channel.objects.order_by("name").values_list("code", "name"))
    names = dict(Node.objects.values_list("code", "name"))
    context = {
        "asked": asked,
        "things": things,
        "finds_things": finds_things,
        "rows": [_told(row, names, dict(channels), at) for row in page.rows],
        "older": cursors.written(page.before),
        "newer": cursors.written(page.after),
        "tabs": _tabs(asked, counts, counted),
        "channels": _channels(asked, channels) if len(channels) > 1 else [],
        "filtered": any(asked.values()),
        "may_import": may(request, Right.IMPORT),
        "here": request.get_full_path(),
        "live_url": live_url(user.pk, None),
    }
    return render_part(request, PAGE, "list", context)


def _told(row: search.Row, names: Mapping[str, str], channels: Mapping[str, str], at: datetime) -> dict[str, Any]:
    """A row with its nodes by name."""
    return {
        "row": row,
        "channel": channels[row.channel],
        "nodes": ", ".join(names[code] for code in row.nodes),
        "promise_date": promise_date(row),
        "late": row.state in OPEN and row.promise_at < at,
    }


def promise_date(row: search.Row | OpenException) -> date | None:
    """The day there that a parcel is promised for; None for what is collected, which is promised for an hour."""
    return row.promise_at.astimezone(ZoneInfo(row.time_zone)).date() if row.method == "ship" else None


def _channels(asked: dict[str, str], channels: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """One link per channel; the current one leads back to all of them."""
    return [
        {"word": name, "url": _address(asked, channel="" if code == asked["channel"] else code),
         "current": code == asked["channel"]}
        for code, name in channels
    ]  # fmt: skip


def _address(asked: Mapping[str, str], **changed: str) -> str:
    kept = {name: value for name, value in {**asked, **changed}.items() if value}
    return f"?{urlencode(kept)}"


def _tabs(asked: dict[str, str], counts: dict[str, int], counted: int) -> list[dict[str, Any]]:
    """One link per state that has orders, all of them first. A figure that is not the whole of it has a "+"."""
    more = "+" if counted >= COUNTED else ""

    def tab(state: str, count: int) -> dict[str, Any]:
        return {
            "state": state,
            "word": ORDER_STATES[state].word if state else "",
            "count": f"{count:,}{more}",
            "url": _address(asked, state=state),
            "current": asked["state"] == state,
        }

    known = [state for state in ORDER_STATES if counts.get(state) or state == asked["state"]]
    return [tab("", counted), *(tab(state, counts.get(state, 0)) for state in known)]
