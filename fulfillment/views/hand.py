"""The shipment that somebody on the floor has in hand: its page, and what it answers to every act."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dom_project.accounts.people import actor_of
from dom_project.lib.api_errors import Refused
from dom_project.lib.htmx import live_url, render_part, say, wants_part
from dom_project.templatetags.figures import units
from dom_project.words import look
from fulfillment import access, words
from fulfillment import queue as floor
from fulfillment.models import Shipment
from fulfillment.queue import Card, Item, Tab
from fulfillment.shipments.packing import PICKUP
from fulfillment.states import ON_THE_FLOOR, IllegalMove, State
from inventory.access import node_for

from .queue import short, told

TEMPLATE = "fulfillment/pick.html"
ALREADY = {
    State.PICKING: gettext_lazy("%(person)s is picking it already."),
    State.PACKED: gettext_lazy("It is packed already."),
    State.READY: gettext_lazy("It is ready already."),
    State.SHIPPED: gettext_lazy("It has left already."),
    State.HANDED_OVER: gettext_lazy("It was handed over already."),
    State.TO_PICK: gettext_lazy("It is back in the queue already."),
}
HOW_FAR = {State.TO_PICK: 0, State.PICKING: 1, State.PACKED: 2, State.READY: 3, State.CANCELLED: -1}


@dataclass
class Notice:
    """What the page says above the work: tone, title, text."""

    tone: str
    title: str
    text: str = ""


@dataclass
class Hand:
    """The shipment that this request is about, as it is now."""

    request: HttpRequest
    shipment: Shipment

    @property
    def back(self) -> HttpResponse:
        return redirect("pick", self.shipment.node.code, self.shipment.ref)

    def card(self) -> Card:
        return floor.card(self.shipment.pk, at=timezone.now())

    def page(
        self,
        part: str = "work",
        *,
        notice: Notice | None = None,
        form: forms.Form | None = None,
        short_line: str = "",
        status: int = 200,
    ) -> HttpResponse:
        """The page, or its part for htmx."""
        request, shipment, card = self.request, self.shipment, self.card()
        [about] = told([card], actor_of(request))
        on_floor = State(card.state) in ON_THE_FLOOR
        open_items = [item for item in card.items if not item.reason]
        next_item = next((item for item in open_items if item.left), None)
        short_item = next((item for item in open_items if item.left and str(item.line_id) == short_line), None)
        queue_url = f"{reverse('queue', args=[shipment.node.code])}?tab={card.tab}"
        customer = shipment.order.customer
        context: dict[str, Any] = {
            **about,
            "node": shipment.node,
            "order": shipment.order,
            "shipment": shipment,
            "on_floor": on_floor,
            "phase": phase(card),
            "complete": on_floor and card.units > 0 and next_item is None,
            "left": sum(item.left for item in card.items),
            "next_item": next_item,
            "pickup": card.method in PICKUP,
            "notice": notice,
            "form": form,
            "short_item": short_item,
            "most_found": short_item.quantity - 1 if short_item else 0,
            "consequence": _("What you did not find is routed again at once, never to %(node)s.")
            % {"node": shipment.node.name},
            "lay_back_question": _(
                "Give %(shipment)s back to the queue? Put the %(units)s you picked on the shelf first."
            )
            % {"shipment": short(card.ref), "units": units(card.picked)}
            if card.picked
            else _("Give %(shipment)s back to the queue?") % {"shipment": short(card.ref)},
            "heading": heading(card, short_item),
            "part": wants_part(request),
            "back_url": self.back["Location"] if short_item else queue_url,
            "customer": customer.name if customer and card.method in PICKUP else "",
            "key": secrets.token_urlsafe(12),
            "prefilled": f"FL-{card.ref[1:]}" if request.GET.get("number") == "own" else "",
            "live_url": live_url(request.user.pk, [shipment.node.code]),
        }
        return render_part(request, TEMPLATE, part, context, status=status)

    def no(self, refused: Refused, *, form: forms.Form | None = None, short_line: str = "") -> HttpResponse:
        """The page with the refusal in words: 422, it stays as it was; what came too late is told as no fault."""
        if isinstance(refused, IllegalMove):
            return self.late(refused)
        title = words.sentence(refused.code, self._with_names(refused.params))
        return self.page(notice=Notice("bad", title), form=form, short_line=short_line, status=422)

    def do(
        self, act: Callable[..., object], what: object, text: str, *, to: HttpResponse | None = None
    ) -> HttpResponse:
        """Act, then show the page anew. Done already, by this person's other thumb or by a colleague, is no fault."""
        try:
            act(what, at=timezone.now(), actor=actor_of(self.request))
        except Refused as refused:
            return self.no(refused)
        return say(self.request, to or self.back, text)

    def counted(self, sku: str, picked: int, quantity: int) -> HttpResponse:
        """What was found of a line by now: over the work, or as a message where the page is loaded anew."""
        text = _("%(sku)s: %(picked)s of %(quantity)s.") % {"sku": sku, "picked": picked, "quantity": quantity}
        if wants_part(self.request):
            return self.page(notice=Notice("good", _("Counted."), text))
        return say(self.request, self.back, text)

    def stopped(self) -> HttpResponse:
        return say(self.request, self.back, _("Stop: this was taken away meanwhile."), level="warning")

    def late(self, illegal: IllegalMove) -> HttpResponse:
        """What became of the shipment before this request came."""
        text, level = self._already(illegal)
        return say(self.request, self.back, text, level=level)

    def _already(self, illegal: IllegalMove) -> tuple[str, str]:
        if illegal.old == State.CANCELLED:
            return _("Stop: %(shipment)s was cancelled.") % {"shipment": short(self.shipment.ref)}, "warning"
        there, wanted = HOW_FAR.get(illegal.old, 4), HOW_FAR.get(illegal.new, 4)
        if there >= wanted or illegal.new == State.TO_PICK == illegal.old:
            [about] = told([self.card()], actor_of(self.request))
            person = _("You") if about["mine"] else about["person"]
            if illegal.new == State.PICKING and about["mine"]:
                return _("You are picking it already."), "info"
            return str(ALREADY[illegal.new]) % {"person": person}, "info"
        old, new = look("shipment", illegal.old).word, look("shipment", illegal.new).word
        return words.sentence("illegal_move", {**illegal.params, "old": str(old), "new": str(new)}), "error"

    def _with_names(self, params: dict[str, Any]) -> dict[str, Any]:
        """SKU codes that are expected become names with their codes: what is printed on the shelf."""
        if "expected" not in params:
            return params
        known = {item.sku: item.name for item in self.card().items}
        expected = [f"{known.get(sku, sku)} ({sku})" for sku in params["expected"]]
        return {**params, "expected": expected or [_("nothing more, all is picked")]}


def hand_of(request: HttpRequest, node_code: str, ref: str) -> Hand:
    """The shipment of the URL, if it is at that node and the node is this person's. Raises NoSuchShipment."""
    node = node_for(request.user, node_code)
    shipment = access.shipment_for(request.user, ref)
    if shipment.node_id != node.pk:
        raise access.NoSuchShipment("unknown_shipment", {"shipment": ref})
    return Hand(request, shipment)


def heading(card: Card, short_item: Item | None) -> str:
    """What is to be done with which shipment."""
    named = {"shipment": short(card.ref)}
    if short_item:
        return _("Not there: %(shipment)s") % named
    if State(card.state) in ON_THE_FLOOR:
        return _("Pack %(shipment)s") % named if card.tab == Tab.TO_PACK else _("Pick %(shipment)s") % named
    if card.state == State.PACKED:
        return _("Make %(shipment)s ready") % named if card.method in PICKUP else _("Ship %(shipment)s") % named
    if card.state == State.READY:
        return _("Hand over %(shipment)s") % named
    return _("Shipment %(shipment)s") % named


def phase(card: Card) -> str:
    """What the page shows: while it is on the floor one form, whoever starts; a new form with every later state."""
    return "floor" if State(card.state) in ON_THE_FLOOR else card.state
