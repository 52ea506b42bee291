"""Picking one shipment: begun, scanned, counted by hand, reported short, given back."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from dom_project.accounts.access import Right, needs
from dom_project.accounts.people import actor_of
from dom_project.lib.api_errors import BadInput, Refused
from dom_project.lib.form_fields import WholeNumber
from dom_project.lib.htmx import say, wants_part
from fulfillment import shipments
from fulfillment.queue import Card, Item
from fulfillment.shipments import Reason
from fulfillment.states import IllegalMove

from .hand import Notice, hand_of, phase


class ScanForm(forms.Form):
    """A scan with its key, so that a repeat counts nothing twice."""

    code = forms.CharField(max_length=64)
    key = forms.CharField(max_length=100, required=False)


class UnitsForm(forms.Form):
    """Units of one line, counted by hand."""

    line = forms.IntegerField(min_value=1)
    units = WholeNumber(least=0, most=10**6)


class ShortForm(forms.Form):
    """How many good units were found, and what is wrong with the others."""

    line = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    reason = forms.ChoiceField(
        choices=[
            (Reason.MISSING.value, gettext_lazy("Missing: it is not on the shelf")),
            (Reason.DAMAGED.value, gettext_lazy("Damaged: not fit to send")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say why: missing or damaged.")},
    )
    found = WholeNumber(least=0, most=10**6)


@require_GET
@needs(Right.WORK_FLOOR)
def pick(request: HttpRequest, node_code: str, ref: str) -> HttpResponse:
    """The shipment in hand. A part that asks again gets 204 where somebody may be typing."""
    hand = hand_of(request, node_code, ref)
    seen = request.GET.get("seen", "")
    if seen and wants_part(request):
        card = hand.card()
        if phase(card) != seen:
            return hand.back
        if seen != "floor" or "short" in request.GET:
            return HttpResponse(status=204)  # somebody may be typing into its form
    return hand.page(short_line=request.GET.get("short", ""))


@require_POST
@needs(Right.WORK_FLOOR)
def pick_start(request: HttpRequest, node_code: str, ref: str) -> HttpResponse:
    """It is the reader's to pick."""
    hand = hand_of(request, node_code, ref)
    return hand.do(shipments.start_picking_many, [hand.shipment.pk], _("Yours now. Scan the first item."))


@require_POST
@needs(Right.WORK_FLOOR)
def pick_scan(request: HttpRequest, node_code: str, ref: str) -> HttpResponse:
    """One unit, by its barcode or SKU; a repeated key counts nothing twice."""
    hand, form = hand_of(request, node_code, ref), ScanForm(request.POST)
    if not form.is_valid():
        return hand.page(notice=Notice("bad", _("Scan a barcode, or type it or the SKU.")), status=422)
    told_now = form.cleaned_data
    try:
        line = shipments.scan(
            hand.shipment.pk, told_now["code"], key=told_now["key"], at=timezone.now(), actor=actor_of(request)
        )
    except Refused as refused:
        return hand.no(refused)
    return hand.counted(line.sku, line.picked, line.quantity)


@require_POST
@needs(Right.WORK_FLOOR)
def pick_units(request: HttpRequest, node_code: str, ref: str) -> HttpResponse:
    """So many units of a line, counted by hand."""
    hand, form = hand_of(request, node_code, ref), UnitsForm(request.POST)
    item = _item(hand.card(), form)
    if not form.is_valid() or item is None:
        return hand.page(notice=Notice("bad", _("That is no number of units of this shipment.")), status=422)
    if item.reason:
        return hand.no(Refused("line_closed"))
    picked = form.cleaned_data["units"]
    try:
        shipments.pick_many([(item.line_id, picked)], at=timezone.now(), actor=actor_of(request))
    except Refused as refused:
        return hand.no(refused)
    return hand.counted(item.sku, picked, item.quantity)


@require_POST
@needs(Right.WORK_FLOOR)
def pick_short(request: HttpRequest, node_code: str, ref: str) -> HttpResponse:
    """What was not found: it is routed again, never to this node."""
    hand, form = hand_of(request, node_code, ref), ShortForm(request.POST)
    card = hand.card()
    line = request.POST.get("line", "")
    item = next((item for item in card.items if str(item.line_id) == line), None)
    if item and not form.is_valid():
        return hand.page(form=form, short_line=line, status=422)
    if item is None:
        return hand.no(BadInput("unknown_shipment_line"))
    given = form.cleaned_data
    try:
        short = shipments.report_short(
            item.line_id, given["found"], given["reason"], at=timezone.now(), actor=actor_of(request)
        )
    except IllegalMove as illegal:
        return hand.late(illegal)
    except Refused as refused:
        before = shipments.reported(item.line_id)
        if before and before.found in (0, given["found"]):
            return say(request, hand.back, _("That is reported already."), level="info")
        if refused.code == "line_closed":
            return hand.stopped()
        return hand.no(refused, form=form, short_line=line)
    text = _("%(name)s: %(units)s routed again, never to %(node)s.") % {
        "name": item.name, "units": short.units, "node": hand.shipment.node.name,
    }  # fmt: skip
    return say(request, redirect("queue", hand.shipment.node.code) if short.cancelled else hand.back, text)


@require_POST
@needs(Right.WORK_FLOOR)
def pick_lay_back(request: HttpRequest, node_code: str, ref: str) -> HttpResponse:
    """It is the queue's again, and what was picked nobody's."""
    hand = hand_of(request, node_code, ref)
    told = _("Back in the queue. Put what you took back on its shelf.")
    return hand.do(shipments.lay_back_many, [hand.shipment.pk], told, to=redirect("queue", hand.shipment.node.code))


def _item(card: Card, form: forms.Form) -> Item | None:
    """The item that the form names, if it is one of this shipment."""
    if not form.is_valid():
        return None
    return next((item for item in card.items if item.line_id == form.cleaned_data["line"]), None)
