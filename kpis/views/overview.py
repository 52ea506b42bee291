"""The control tower: the whole network on one page, live."""

from datetime import datetime, timedelta
from math import sqrt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from dom_project.accounts.access import Right, needs
from dom_project.lib import db
from dom_project.lib.htmx import live_url, render_part
from inventory import feeds, network_words, node_map, us_map
from kpis import board, floor_load
from kpis.floor_load import NodeLoad
from kpis.models import Cursor
from kpis.snapshots import SILENCE
from routing import words

STAGES = {
    "to_route": (gettext_lazy("To route"), "route"),
    "to_pick": (gettext_lazy("To pick"), "clipboard-list"),
    "to_pack": (gettext_lazy("To pack"), "package"),
    "waiting": (gettext_lazy("Waiting for carrier or customer"), "truck"),
}
RISKS = {
    "too_slow": gettext_lazy("At this pace it arrives after the promise"),
    "cut_off_missed": gettext_lazy("Its cut-off has passed"),
    "not_placed": gettext_lazy("Not placed anywhere, and its promise is near or over"),
}
BUSY, FULL = 0.7, 0.9
SHOWN_STAGES = 12

# What customers ordered, by hour and method.
HOURS = """
SELECT date_trunc('hour', placed_at), method, count(*) FROM routing_order
WHERE accepted_at >= %(start)s AND placed_at >= %(start)s GROUP BY 1, 2 ORDER BY 1, 2"""
TODAY = """
SELECT count(*) FILTER (WHERE accepted_at > %(day)s), count(*) FILTER (WHERE accepted_at <= %(at)s - interval '1 day')
FROM routing_order WHERE accepted_at > %(day)s - interval '1 day'"""


def _tone(load: float | None) -> str:
    if load is None:
        return "quiet"
    return "bad" if load >= FULL else "warn" if load >= BUSY else "good"


def _dots(nodes: list[NodeLoad], *, at: datetime) -> list[node_map.Dot]:
    ages = feeds.freshness(at)
    dots = []
    for node in nodes:
        age = ages.get(node.id)
        state, minutes = (age.state, age.minutes) if age else ("none", None)
        load = (
            _("closed today")
            if node.load is None
            else _("%(taken)s of %(cap)s parcels today") % {"taken": node.taken, "cap": node.cap}
        )
        label = _("%(name)s: %(units)s open units, %(load)s, %(feed)s") % {
            "name": node.name,
            "units": node.units,
            "load": load,
            "feed": network_words.feed(state, minutes),
        }
        radius = round(4 + min(22.0, sqrt(node.units) * 0.9), 1)
        dots.append(node_map.dot(node, radius=radius, tone=_tone(node.load), feed=state, minutes=minutes, label=label))
    return node_map.drawn(dots)


def _chart(at: datetime) -> dict[str, Any]:
    start = at.replace(minute=0, second=0, microsecond=0) - timedelta(hours=47)
    counted = {(hour, method): count for hour, method, count in db.rows(HOURS, {"start": start})}
    hours = [start + timedelta(hours=place) for place in range(48)]
    names = (("pickup", _("Pickup"), "--tblr-teal"), ("ship", _("Shipped"), "--tblr-primary"))
    return {
        "data": [
            {
                "x": [hour.isoformat() for hour in hours],
                "y": [counted.get((hour, method), 0) for hour in hours],
                "name": name,
                "mode": "lines",
                "stackgroup": "orders",
                "line": {"color": token, "width": 1.5, "shape": "spline"},
                "fillcolor": f"{token}/35",
                "hovertemplate": "%{y}",
            }
            for method, name, token in names
        ],
        "layout": {"xaxis": {"tickformat": "%H:%M\n%-d %b"}, "margin": {"l": 36, "r": 8, "t": 28, "b": 40}},
    }


@require_GET
@needs(Right.SEE_NETWORK)
def overview(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    nodes = floor_load.node_loads(at=at)
    stages = floor_load.stages(at=at)
    at_risk, risks = floor_load.at_risk(at=at)
    waiting = floor_load.exceptions()
    route = next((stage for stage in stages if stage.stage == "to_route"), None)
    figure = _chart(at)
    today, yesterday = db.rows(TODAY, {"at": at, "day": at - timedelta(days=1)})[0]
    context = {
        "at": at,
        "dots": _dots(nodes, at=at),
        "off_map": [node for node in nodes if node.latitude is None],
        "has_nodes": bool(nodes),
        "view_box": us_map.WHOLE.view_box,
        "stages": [
            {
                "stage": stage,
                "title": STAGES[stage.stage][0],
                "icon": STAGES[stage.stage][1],
                "cut_off_minutes": stage.minutes_to_cut_off(at),
                "in_time": stage.clears_in_time(at),
            }
            for stage in stages[:SHOWN_STAGES]
        ],
        "more_stages": max(0, len(stages) - SHOWN_STAGES),
        "risks": [{"risk": risk, "why": RISKS[risk.reason]} for risk in risks],
        "at_risk": at_risk,
        "more_risks": at_risk - len(risks),
        "waiting": [{"row": row, "sentence": words.sentence(row.reason)} for row in waiting],
        "exceptions": sum(row.count for row in waiting),
        "to_route": route,
        "oldest": floor_load.oldest_unrouted(at=at) if route else None,
        "open_parcels": sum(node.shipments for node in nodes),
        "open_units": sum(node.units for node in nodes),
        "orders_today": today,
        "orders_before": yesterday,
        "shipped_hour": sum(stage.went for stage in stages if stage.stage == "waiting"),
        "silence": _silence(at),
        "behind": board.late_by(at),
        "figure": figure,
        "hours": [
            {"at": datetime.fromisoformat(hour), "pickup": pickup, "ship": ship}
            for hour, pickup, ship in zip(figure["data"][0]["x"], *(line["y"] for line in figure["data"]), strict=True)
        ],
        "live_url": live_url(request.user.pk, None),
    }
    return render_part(request, "kpis/overview.html", "tower", context)


def _silence(at: datetime) -> dict[str, datetime] | None:
    """The hours that nobody recorded, said for a week after."""
    kept = Cursor.objects.filter(name=SILENCE).values_list("state", flat=True).first()
    if not kept:
        return None
    start, end = (datetime.fromisoformat(kept[key]) for key in ("from", "to"))
    return {"start": start, "end": end} if at - end < timedelta(days=7) else None
