"""The executive's page, the orders behind each figure, and the same as a file."""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from dom_project.accounts.access import Right, needs
from dom_project.lib.htmx import render_part
from dom_project.templatetags.figures import quantity
from inventory.models import Channel
from kpis import behind, board, charts, periods, sheet
from kpis.metrics import FIGURES, Figure
from kpis.words import DEFINITIONS, NAMES

USUAL_DAYS = 14
SHOWN_NODES = 12


@dataclass(frozen=True)
class Asked:
    """What the page's address asks for."""

    days: int
    channel: str
    node: str
    figure: str
    whole: bool  # every node in the table

    @classmethod
    def of(cls, request: HttpRequest) -> "Asked":
        days = request.GET.get("days", str(USUAL_DAYS))
        figure = request.GET.get("figure", "cost_per_order")
        return cls(
            days=next((length for length in periods.LENGTHS if days == str(length)), USUAL_DAYS),
            channel=request.GET.get("channel", "").replace("\0", "")[:50],
            node=request.GET.get("node", "").replace("\0", "")[:50],
            figure=figure if figure in FIGURES else "cost_per_order",
            whole=request.GET.get("nodes") == "all",
        )

    def query(self, **other: object) -> str:
        asked: dict[str, Any] = {
            "days": self.days,
            "channel": self.channel,
            "node": self.node,
            "figure": self.figure,
            "nodes": "all" if self.whole else "",
        } | other
        return "?" + urlencode({key: value for key, value in asked.items() if value})


@require_GET
@needs(Right.SEE_KPIS)
def kpis(request: HttpRequest) -> HttpResponse:
    """The figures against target and the time before, one of them by day, and the nodes."""
    asked, now = Asked.of(request), timezone.now()
    period = periods.latest(asked.days, at=now)
    read = board.read(period, at=now, channel=asked.channel, node=asked.node)
    chosen = next(card for card in read.cards if card.figure.code == asked.figure)
    title = str(NAMES[asked.figure][1])
    figure = charts.trend(
        unit=chosen.figure.unit,
        name=title,
        first_day=period.start,
        values=chosen.trend or [None] * period.days,
        before=chosen.trend_before,
        before_name=_("%(days)s days before") % {"days": period.days},
        target=None if chosen.target is None else float(chosen.target),
        target_name=_("Target"),
        marks=[(timezone.localdate(mark.at), str(mark.number)) for mark in read.marks],
        currency=read.currency,
    )
    context = {
        "asked": asked,
        "board": read,
        "cards": [_card(card, asked) for card in read.cards],
        "chosen": chosen,
        "chosen_title": title,
        "chosen_definition": DEFINITIONS[asked.figure],
        "table": [
            {"day": period.start + timedelta(days=place), "value": None if value is None else Fraction(value)}
            for place, value in enumerate(chosen.trend)
        ],
        "figure": figure,
        "lengths": [days for days in periods.LENGTHS if days != periods.TODAY],
        "is_today": asked.days == periods.TODAY,
        "channels": Channel.objects.order_by("name").values_list("code", "name"),
        "nodes": read.node_names.items(),
        "rows": read.nodes if asked.whole else read.nodes[:SHOWN_NODES],
        "other_nodes": asked.query(nodes="" if asked.whole else "all") if len(read.nodes) > SHOWN_NODES else "",
        "csv": asked.query(),
    }
    return render_part(request, "kpis/kpis.html", "board", context)


def _card(card: board.Card, asked: Asked) -> dict[str, Any]:
    family, name, icon = NAMES[card.figure.code]
    return {
        "card": card,
        "family": family,
        "name": name,
        "icon": icon,
        "definition": DEFINITIONS[card.figure.code],
        "chosen": card.figure.code == asked.figure,
        "counted": _counted(card.figure, card.orders),
        "choose": asked.query(figure=card.figure.code),
        "tone": "quiet" if card.better is None else "good" if card.better else "bad",
    }


def _counted(figure: Figure, number: int, *, only: str = "") -> str:
    """So many orders, lines or answers, by what the figure divides by."""
    told = {"n": quantity(number)}
    if figure.code == "stock_out_rate" and not only:
        return ngettext("%(n)s line", "%(n)s lines", number) % told
    if figure.code == "csat" and not only:
        return ngettext("%(n)s answer", "%(n)s answers", number) % told
    if figure.code == "saved_by_replanning" and not only:
        return ngettext("%(n)s move", "%(n)s moves", number) % told
    return ngettext("%(n)s order", "%(n)s orders", number) % told


@require_GET
@needs(Right.SEE_KPIS)
def kpi_orders(request: HttpRequest, figure: str) -> HttpResponse:
    """The orders behind one figure, those that speak against it first."""
    if figure not in FIGURES:
        raise Http404
    asked, now = Asked.of(request), timezone.now()
    period = periods.latest(asked.days, at=now)
    only = "hurts" if request.GET.get("only") == "hurts" else ""
    after = request.GET.get("after", "")
    page = behind.orders(
        FIGURES[figure], period, at=now, channel=asked.channel, node=asked.node, after=after, only=only
    )
    family, name, _icon = NAMES[figure]
    context = {
        "asked": asked,
        "period": period,
        "page": page,
        "counted": _counted(FIGURES[figure], page.counted if not only else page.total, only=only),
        "others": page.total - page.counted if figure == "cost_per_order" else 0,
        "figure": FIGURES[figure],
        "name": name,
        "definition": DEFINITIONS[figure],
        "back": asked.query(figure=figure),
        "only": only,
    }
    return render(request, "kpis/orders.html", context)


@require_GET
@needs(Right.SEE_KPIS)
def kpi_csv(request: HttpRequest) -> HttpResponse:
    """The figures of the period, of the one before and of each day; the columns are told in docs/kpis.md."""
    asked = Asked.of(request)
    file = sheet.write(asked.days, at=timezone.now(), channel=asked.channel, node=asked.node)
    response = HttpResponse(file.text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response
