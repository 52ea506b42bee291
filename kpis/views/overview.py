"""The control tower: the whole network on one page, live."""

from collections.abc import Collection
from datetime import datetime, timedelta
from math import sqrt
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from dom_project.accounts.access import Right, may, needs
from dom_project.lib.htmx import live_url, render_part
from fulfillment import exceptions
from fulfillment.queue import Tab
from inventory import feeds, network_words, node_map, us_map
from kpis import arrivals, board, charts, floor_load
from kpis.floor_load import NodeLoad
from kpis.models import Cursor
from kpis.snapshots import EVENTS, SILENCE
from routing import words

# Word, icon, and the tab of the node's queue that shows it.
STAGES = {
    "to_route": (gettext_lazy("To route"), "route", ""),
    "to_pick": (gettext_lazy("To pick"), "clipboard-list", Tab.TO_PICK),
    "to_pack": (gettext_lazy("To pack"), "package", Tab.PICKING),
    "waiting": (gettext_lazy("Waiting for carrier or customer"), "truck", Tab.READY),
}
RISKS = {
    "too_slow": gettext_lazy("At this pace it arrives after the promise"),
    "cut_off_missed": gettext_lazy("Its cut-off has passed"),
    "kept_late": gettext_lazy("Planned to arrive after the promise; no floor has it yet"),
    "not_placed": gettext_lazy("Not placed anywhere, and its promise is near or over"),
}
BUSY, FULL = 0.7, 0.9
SHOWN_STAGES = 12
SHOWN_REASONS = 6


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


@require_GET
@needs(Right.SEE_NETWORK)
def overview(request: HttpRequest) -> HttpResponse:
    """The whole network as it is now: load, queues, risks, what needs a person."""
    at = timezone.now()
    nodes = floor_load.node_loads(at=at)
    stages = floor_load.stages(at=at)
    whole = {name for name in ("queues", "reasons", "risks") if request.GET.get(name) == "all"}
    risks = floor_load.at_risk(at=at, limit=floor_load.MOST_RISKS if "risks" in whole else floor_load.RISKS)
    shown = stages if "queues" in whole else stages[:SHOWN_STAGES]
    waiting = exceptions.by_reason()
    reasons = waiting if "reasons" in whole else waiting[:SHOWN_REASONS]
    route = next((stage for stage in stages if stage.stage == "to_route"), None)
    hours = arrivals.by_hour(at=at)
    cursors = Cursor.objects.in_bulk([SILENCE, EVENTS], field_name="name")
    lately = arrivals.lately(at=at)
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
                "tab": STAGES[stage.stage][2],
                "cut_off_minutes": stage.minutes_to_cut_off(at),
                "in_time": stage.clears_in_time(at),
                "pause_long": bool(stage.pause and stage.pause.until and stage.pause.until - at >= timedelta(days=1)),
            }
            for stage in shown
        ],
        "more_stages": len(stages) - len(shown),
        "all_stages": _address(whole | {"queues"}),
        "fewer_stages": _address(whole - {"queues"}) if "queues" in whole and len(stages) > SHOWN_STAGES else "",
        "risks": [{"risk": risk, "why": RISKS[risk.reason], "missed": risk.promise_at < at} for risk in risks.first],
        "at_risk": risks.ahead,
        "missed": risks.missed,
        "more_risks": risks.ahead + risks.missed - len(risks.first),
        "all_risks": "" if "risks" in whole else _address(whole | {"risks"}),
        "fewer_risks": _address(whole - {"risks"}) if "risks" in whole and len(risks.first) > floor_load.RISKS else "",
        "here": _address(whole),
        "waiting": [{"row": row, "sentence": words.sentence(row.reason)} for row in reasons],
        "more_reasons": len(waiting) - len(reasons),
        "all_reasons": _address(whole | {"reasons"}),
        "fewer_reasons": _address(whole - {"reasons"}) if "reasons" in whole and len(waiting) > SHOWN_REASONS else "",
        "exceptions": sum(row.count for row in waiting),
        "to_route": route,
        "open_parcels": sum(node.shipments for node in nodes),
        "open_units": sum(node.units for node in nodes),
        "lately": lately,
        "silence": _silence(cursors.get(SILENCE), at),
        "behind": board.late(cursors.get(EVENTS), at),
        "figure": charts.by_hour(
            [timezone.localtime(hour.at) for hour in hours],
            pickup=(_("Pickup"), [hour.pickup for hour in hours]),
            ship=(_("Shipped"), [hour.ship for hour in hours]),
        ),
        "hours": hours,
        "may_answer": may(request, Right.CHANGE_ORDERS),
        "may_work": may(request, Right.WORK_FLOOR),
        "may_import": may(request, Right.IMPORT),
        "live_url": live_url(request.user.pk, None),
    }
    return render_part(request, "kpis/overview.html", "tower", context)


def _address(whole: Collection[str]) -> str:
    """The page with these lists at full length."""
    query = urlencode(dict.fromkeys(sorted(whole), "all"))
    return reverse("overview") + (f"?{query}" if query else "")


def _silence(cursor: Cursor | None, at: datetime) -> dict[str, datetime] | None:
    """The hours that nobody recorded, said for a week after."""
    if cursor is None or not cursor.state:
        return None
    start, end = (datetime.fromisoformat(cursor.state[key]) for key in ("from", "to"))
    return {"start": start, "end": end} if at - end < timedelta(days=7) else None
