"""A step that is told twice: whether the shipment shows it already, with the very same said of it."""

from collections.abc import Mapping
from datetime import datetime

from fulfillment.models import Shipment, ShipmentLine
from fulfillment.states import State

from .packing import PICKUP
from .short import reported


def picked(shipment: Shipment, found: Mapping[int, int] | None) -> bool:
    """Whether these units (by line id; None: all of everything) are what was picked of lines that still count."""
    lines = ShipmentLine.objects.filter(shipment=shipment, close_reason__in=("", "shipped"))
    if found is None:
        units = list(lines.values_list("picked", "quantity"))
        return bool(units) and all(taken == wanted for taken, wanted in units)
    return found.items() <= dict(lines.values_list("id", "picked")).items()


def short(shipment: Shipment, line_id: int, found: int, reason: str) -> bool:
    """Whether this line of it was reported short with so many found, for this reason."""
    ours = ShipmentLine.objects.filter(pk=line_id, shipment=shipment).exists()
    return ours and reported(line_id) == (found, reason)


def packed(shipment: Shipment) -> bool:
    """Whether it was packed, and not taken back since."""
    return shipment.packed_at is not None and shipment.state != State.CANCELLED


def made_ready(shipment: Shipment) -> bool:
    """Whether it was laid ready for its customer, and not taken back since."""
    return shipment.ready_at is not None and shipment.state != State.CANCELLED


def shipped(shipment: Shipment, number: str) -> bool:
    """Whether a carrier took it under this tracking number."""
    gone = shipment.shipped_at is not None and shipment.method not in PICKUP
    return gone and shipment.tracking_number == number.strip()


def handed_over(shipment: Shipment) -> bool:
    """Whether its customer has taken it."""
    return shipment.shipped_at is not None and shipment.method in PICKUP


def delivered(shipment: Shipment, moment: datetime | None) -> bool:
    """Whether a parcel arrived, at this moment if one is told."""
    there = shipment.delivered_at is not None and shipment.method not in PICKUP
    return there and moment in (None, shipment.delivered_at)
