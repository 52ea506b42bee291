"""The parcels of an order as its page shows them: stages, goods, costs, and where they go."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fulfillment import dossier, timeline
from fulfillment.dossier import CancelScope, Line, Parcel
from inventory import us_map
from routing.models import Order

from .cancelling import line_question

CARD = 360  # pixels: about how wide the map is drawn, on a desk and on a phone
DRAWN = {"node": 8, "home": 6, "text": 13, "below": 24}  # pixels, whatever part of the map is shown


def told(
    parcel: Parcel,
    lines: Mapping[str, Line],
    scopes: Mapping[str, CancelScope],
    names: Mapping[str, str],
    people: Mapping[str, str],
    method: str,
) -> dict[str, Any]:
    """One parcel with its stages, its goods and what the carrier scanned."""
    offered: set[str] = set()
    items = []
    for item in parcel.items:
        if item.state == "released" and not item.reason:
            continue
        line, out = lines[item.line_ref], item.state == "released"
        question = "" if item.state != "open" or item.line_ref in offered else line_question(line, scopes)
        offered.add(item.line_ref)
        items.append(
            {
                "item": item,
                "line": line,
                "floor": _floor(parcel, item),
                "question": question,
                "price": None if out else item.quantity * line.unit_price,
                "out": out,
            }
        )
    return {
        "parcel": parcel,
        "node": names.get(parcel.node, parcel.node),
        "picker": people.get(parcel.picker, ""),
        "items": items,
        "grams": parcel.weight(lines),
        "stages": _stages(parcel, method),
        "scans": [{"scan": scan, "said": timeline.CARRIER.get(scan.state, scan.state)} for scan in parcel.scans],
    }


def costs(going: Sequence[Parcel]) -> dict[str, Any] | None:
    """What the parcels cost us; what has not left is planned."""
    if not going:
        return None
    freight, handling = sum(p.freight for p in going), sum(p.handling for p in going)
    return {
        "rows": going if len(going) > 1 else [],
        "freight": freight,
        "handling": handling,
        "sum": freight + handling,
        "shipped": sum(p.freight + p.handling for p in going if p.left),
        "all_left": all(p.left for p in going),
        "lateness": sum(p.lateness for p in going),
        "parts": [("freight", freight), ("handling", handling)],
    }


def places(found: Order, going: Sequence[Parcel], nodes: Sequence[tuple[Any, ...]]) -> dict[str, Any] | None:
    """The nodes of the parcels, the destination and a curve from each; None when nothing of it is on the drawing."""
    places = {
        code: (lon, lat, name) for code, name, _kind, lat, lon, _id in nodes if lat is not None and lon is not None
    }
    home = None
    lat, lon = found.ship_to_latitude, found.ship_to_longitude
    if found.method == "ship" and lat is not None and lon is not None and us_map.on_map(lon, lat):
        home = us_map.project(lon, lat)
    spots: dict[str, dict[str, Any]] = {}
    for parcel in going:
        if parcel.node in places:
            lon, lat, name = places[parcel.node]
            if us_map.on_map(lon, lat):
                spot = spots.setdefault(parcel.node, {"at": us_map.project(lon, lat), "name": name, "numbers": []})
                spot["numbers"].append(parcel.number)
    points = [spot["at"] for spot in spots.values()] + ([home] if home else [])
    if not points:
        return None
    box = us_map.box_around(points, ratio=1.45, margin=50, least=300)
    sizes = {part: f"{pixels * box.width / CARD:.1f}" for part, pixels in DRAWN.items()}
    for spot in spots.values():
        spot["label"] = ", ".join(map(str, spot["numbers"]))
        spot["anchor"] = box.anchor(spot["at"])
        if home:
            at = spot["at"]
            bend = (at.x + home.x) / 2, (at.y + home.y) / 2 - abs(at.x - home.x) / 5
            spot["route"] = f"M{at.x} {at.y}Q{bend[0]:.1f} {bend[1]:.1f} {home.x} {home.y}"
    place = ", ".join(part for part in (found.ship_to_region, found.ship_to_postcode) if part)
    told = _("From %(nodes)s to %(place)s") % {
        "nodes": ", ".join(spot["name"] for spot in spots.values()),
        "place": place,
    }
    return {"told": told, "box": box, "sizes": sizes, "spots": list(spots.values()), "home": home, "place": place}


def _floor(parcel: Parcel, item: dossier.Item) -> tuple[str, str]:
    """What the floor has done with these units: word and tone."""
    if item.reason and item.reason != "shipped":
        reasons = {
            "missing": (_("Not found"), "warn"),
            "damaged": (_("Damaged"), "warn"),
            "cancelled": (_("Cancelled"), "quiet"),
            "recalled": (_("Taken back"), "quiet"),
        }
        return reasons.get(item.reason, (item.reason, "quiet"))
    if parcel.left or item.state == "shipped":
        return (_("Left"), "good")
    params = {"picked": item.picked, "units": item.quantity}
    if parcel.state in ("packed", "ready"):
        return (_("Packed"), "good")
    if not parcel.state:
        return (_("Planned"), "info")
    return (_("Picked %(picked)s of %(units)s") % params, "good" if item.picked == item.quantity else "busy")


def _stages(parcel: Parcel, method: str) -> list[dict[str, Any]]:
    """Dispatched, picking, packed, shipped, delivered; for what is collected: ready and handed over."""
    steps: list[tuple[str, datetime | None]] = [
        (_("Sent to the floor"), parcel.dispatched_at),
        (_("Picking"), parcel.picking_at),
        (_("Packed"), parcel.packed_at),
    ]
    if method == "ship":
        steps += [(_("Shipped"), parcel.shipped_at), (_("Delivered"), parcel.delivered_at)]
    else:
        steps += [(_("Ready"), parcel.ready_at), (_("Handed over"), parcel.shipped_at)]
    done = max((place for place, (_word, at) in enumerate(steps) if at), default=-1)
    # Picking goes on until it is packed; every other step is over once it has begun.
    now = 1 if done == 1 else done + 1
    bad = parcel.state in ("lost", "returned")
    found: list[dict[str, Any]] = []
    for place, (word, at) in enumerate(steps):
        state = "is-now" if place == now else "is-done" if place <= done else ""
        hint = ""
        if place == 1 and place == now and at:
            hint = _("%(picked)s of %(units)s units") % {"picked": parcel.picked, "units": parcel.units}
        last = place == len(steps) - 1
        found.append(
            {
                "word": word,
                "at": at,
                "state": "is-bad" if bad and last else state,
                "hint": hint,
                "by": parcel.cut_off_at if place == 3 and not at else None,
                "day": parcel.arrive_date if last and not at and method == "ship" else None,
            }
        )
    return found
