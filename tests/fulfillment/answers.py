"""What the floor's pages answered, and what it did to a shipment."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from fulfillment.models import Shipment

HTMX = {"HX-Request": "true"}


def url(name: str, shipment: Shipment) -> str:
    return reverse(name, args=[shipment.node.code, shipment.ref])


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def said(response: Any) -> list[str]:
    """What the next page says after a redirect."""
    return [str(message) for message in response.wsgi_request._messages]


def picked_units(shipment: Shipment) -> dict[str, int]:
    return dict(shipment.lines.values_list("sku__code", "picked"))


def state_of(shipment: Shipment) -> str:
    return Shipment.objects.get(pk=shipment.pk).state
