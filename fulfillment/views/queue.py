"""The floor's pages: whose stores these are, and what one of them has to do next."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from dom_project.accounts.access import Right, needs
from dom_project.accounts.people import actor_of, names_of
from dom_project.lib.htmx import live_url, render_part, say
from fulfillment import access, orders, shipments, words
from fulfillment import queue as floor
from fulfillment.queue import Card, Tab
from fulfillment.shipments import Missed
from inventory.access import is_bound, node_for, nodes_of
from inventory.models import Node

PUT_BACK = "put_back"
SHOWN_ITEMS = 4
TABS: dict[str, str | Promise] = {
    Tab.TO_PICK: gettext_lazy("To pick"),
    Tab.PICKING: gettext_lazy("Picking"),
    Tab.TO_PACK: gettext_lazy("To pack"),
    Tab.READY: pgettext_lazy("parcels for carrier or customer", "Waiting"),
    Tab.DONE: pgettext_lazy("parcels that left today", "Done"),
    PUT_BACK: gettext_lazy("Put back"),
}


@require_GET
@needs(Right.WORK_FLOOR)
def stores(request: HttpRequest) -> HttpResponse:
    """Whose queue to open, the busy ones first; who works at one node alone goes straight there."""
    nodes = list(nodes_of(request.user))
    if is_bound(request.user) and len(nodes) == 1:
        return redirect("queue", nodes[0].code)
    loads = floor.workloads([node.pk for node in nodes], at=timezone.now())
    context = {
        "busy": [load for load in loads if load.open or load.put_back],
        "idle": [load for load in loads if not (load.open or load.put_back)],
        "open": sum(load.open for load in loads),
        "bound": is_bound(request.user),
        "live_url": live_url(request.user.pk, [node.code for node in nodes] if is_bound(request.user) else None),
    }
    return render_part(request, "fulfillment/stores.html", "rows", context)


@require_GET
@needs(Right.WORK_FLOOR)
def queue(request: HttpRequest, node_code: str) -> HttpResponse:
    """One tab of a node's work, with the stop signs that concern the reader."""
    node, at = node_for(request.user, node_code), timezone.now()
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else Tab.TO_PICK.value
    put_backs = floor.put_backs(node)
    counts = {tab.value: count for tab, count in floor.counts(node, at=at).items()} | {PUT_BACK: len(put_backs)}
    cards = floor.cards(node, Tab(tab), at=at) if tab != PUT_BACK else []
    me = actor_of(request)
    signs = [sign for sign in floor.stopped(node, at=at) if sign.picker == me or tab == Tab.PICKING]
    context = {
        "node": node,
        "tab": tab,
        "tabs": [(code, word, counts[code]) for code, word in TABS.items()],
        "cards": told(cards, me),
        "more": counts[tab] - len(cards) if tab != PUT_BACK else 0,
        "put_backs": put_backs if tab == PUT_BACK else [],
        "signs": signs,
        "in_hand": floor.in_hand(node, at=at) if tab == Tab.TO_PICK else 0,
        "main": main_button(node, tab, cards, counts, me),
        "has_more_nodes": not is_bound(request.user) or nodes_of(request.user).count() > 1,
        "live_url": live_url(request.user.pk, [node.code]),
    }
    return render_part(request, "fulfillment/queue.html", "rows", context)


@require_POST
@needs(Right.WORK_FLOOR)
def queue_next(request: HttpRequest, node_code: str) -> HttpResponse:
    """Begin the most urgent shipment; say so if it is not the one that the button named."""
    node, me = node_for(request.user, node_code), actor_of(request)
    seen = request.POST.get("seen", "")[:20].replace("\0", "")
    started = shipments.start_next(node.pk, seen=seen, at=timezone.now(), actor=me)
    if not started.ref:
        text = faster(started.missed) if started.missed else _("Nothing is left to pick.")
        return say(request, redirect("queue", node.code), text, level="info")
    response = redirect("pick", node.code, started.ref)
    if started.missed and started.missed.picker != me:
        return say(request, response, f"{faster(started.missed)} {_('This is the next one.')}", level="info")
    return response


@require_POST
@needs(Right.WORK_FLOOR)
def queue_ahead(request: HttpRequest, node_code: str) -> HttpResponse:
    """Take the work of later days now."""
    node = node_for(request.user, node_code)
    sent = shipments.dispatch_ahead(node.pk, at=timezone.now(), actor=actor_of(request))
    response = redirect("queue", node.code)
    if not sent:
        return say(request, response, _("Nothing is in hand for a later day."), level="info")
    told = ngettext("%(n)s parcel more to pick.", "%(n)s parcels more to pick.", sent) % {"n": sent}
    return say(request, response, told)


@require_POST
@needs(Right.WORK_FLOOR)
def put_back(request: HttpRequest, node_code: str, task_id: int) -> HttpResponse:
    """The goods of a cancelled line are on the shelf again."""
    node, task = node_for(request.user, node_code), access.task_for(request.user, task_id)
    if task.node_id != node.pk:
        raise access.NoSuchTask("unknown_task", {"id": task_id})
    done = orders.put_back_done([task.pk], at=timezone.now(), actor=actor_of(request))
    response = redirect(f"{reverse('queue', args=[node.code])}?tab={PUT_BACK}")
    if not done:
        return say(request, response, _("These goods are back on the shelf already."), level="info")
    return say(request, response, _("Back on the shelf: the units can be sold again."))


def main_button(
    node: Node, tab: str, cards: Sequence[Card], counts: Mapping[str, int], me: str
) -> dict[str, object] | None:
    """The big button of a tab, named after what it does. None where there is nothing to do."""
    mine = next((card for card in cards if card.picker == me), None)
    if tab == Tab.TO_PICK and cards:
        text = _("Start picking next: %(shipment)s") % {"shipment": short(cards[0].ref)}
        url = reverse("queue_next", args=[node.code])
        return {"post": True, "url": url, "seen": cards[0].ref, "icon": "player-play", "text": text}
    if tab == Tab.TO_PICK and counts[Tab.TO_PACK]:
        url = f"{reverse('queue', args=[node.code])}?tab={Tab.TO_PACK}"
        return {"url": url, "icon": "package", "text": _("Go on with packing")}
    if tab == Tab.PICKING and mine:
        text, icon = _("Go on with %(shipment)s") % {"shipment": short(mine.ref)}, "barcode"
    elif tab == Tab.TO_PACK and cards:
        mine = mine or cards[0]
        text, icon = _("Pack %(shipment)s") % {"shipment": short(mine.ref)}, "package"
    else:
        return None
    return {"url": reverse("pick", args=[node.code, mine.ref]), "icon": icon, "text": text}


def faster(missed: Missed) -> str:
    """That somebody else has this one, with their name."""
    if not missed.picker:
        return _("%(shipment)s is gone from the queue.") % {"shipment": short(missed.ref)}
    who = names_of([missed.picker]).get(missed.picker) or _("A colleague")
    return _("%(person)s was faster with %(shipment)s.") % {"person": who, "shipment": short(missed.ref)}


def short(ref: str) -> str:
    """The last four characters of a shipment's ref: what people on the floor call it."""
    return ref[-4:]


def told(cards: Iterable[Card], me: str) -> list[dict[str, Any]]:
    """Cards with what is said about them: short name, whose work it is."""
    cards = list(cards)
    people = names_of(card.picker for card in cards)
    return [
        {
            "card": card,
            "short": short(card.ref),
            "mine": card.picker == me,
            "person": people.get(card.picker) or _("A colleague"),
            "why": words.why(card.why),
            "rest": len(card.items) - SHOWN_ITEMS,
        }
        for card in cards
    ]
