"""From picked goods to the truck or the customer: packed, ready, shipped, handed over."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dom_project.accounts.access import Right, needs
from fulfillment import shipments
from fulfillment.queue import Tab

from .hand import Hand, hand_of


class ShipForm(forms.Form):
    """What the label says."""

    tracking_number = forms.CharField(
        max_length=64, error_messages={"required": gettext_lazy("A parcel leaves with a tracking number.")}
    )


class HandOverForm(forms.Form):
    """That the name was asked for."""

    checked = forms.BooleanField(error_messages={"required": gettext_lazy("Ask for the name first.")})


@require_POST
@needs(Right.WORK_FLOOR)
def pick_pack(request: HttpRequest, node_code: str, ref: str) -> HttpResponse:
    """All of it is in the parcel."""
    hand = hand_of(request, node_code, ref)
    return hand.do(shipments.pack_many, [hand.shipment.pk], _("Packed."))


@require_POST
@needs(Right.WORK_FLOOR)
def pick_ready(request: HttpRequest, node_code: str, ref: str) -> HttpResponse:
    """The customer may come for it."""
    hand = hand_of(request, node_code, ref)
    return hand.do(shipments.make_ready_many, [hand.shipment.pk], _("Ready: the customer may come."))


@require_POST
@needs(Right.WORK_FLOOR)
def pick_ship(request: HttpRequest, node_code: str, ref: str) -> HttpResponse:
    """It left with a tracking number."""
    hand, form = hand_of(request, node_code, ref), ShipForm(request.POST)
    if not form.is_valid():
        return hand.page(form=form, status=422)
    number = form.cleaned_data["tracking_number"]
    told = _("On its way with %(number)s.") % {"number": number}
    return hand.do(shipments.ship_many, [(hand.shipment.pk, number)], told, to=_waiting(hand))


@require_POST
@needs(Right.WORK_FLOOR)
def pick_hand_over(request: HttpRequest, node_code: str, ref: str) -> HttpResponse:
    """The customer has it."""
    hand, form = hand_of(request, node_code, ref), HandOverForm(request.POST)
    if not form.is_valid():
        return hand.page(form=form, status=422)
    return hand.do(shipments.hand_over_many, [hand.shipment.pk], _("Handed over."), to=_waiting(hand))


def _waiting(hand: Hand) -> HttpResponse:
    return redirect(f"{reverse('queue', args=[hand.shipment.node.code])}?tab={Tab.READY}")
