"""What a stored code looks like on a page: a word, a tone, an icon. Tone and icon never speak alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Look(NamedTuple):
    word: str | Promise
    tone: str  # good, busy, info, warn, bad, quiet
    icon: str


ORDER_STATES: Mapping[str, Look] = {
    "pending": Look(_("To route"), "info", "hourglass"),
    "routed": Look(_("Routed"), "busy", "route"),
    "partly_routed": Look(_("Partly routed"), "warn", "arrows-split-2"),
    "ready": Look(_("Ready for pickup"), "good", "basket-check"),  # as `fulfillment.search` derives it
    "backordered": Look(_("Back-ordered"), "warn", "calendar-due"),
    "exception": Look(_("Exception"), "bad", "alert-triangle"),
    "held": Look(_("Held"), "warn", "player-pause"),
    "partly_shipped": Look(_("Partly shipped"), "busy", "truck"),
    "shipped": Look(_("Shipped"), "good", "truck-delivery"),
    "delivered": Look(_("Delivered"), "good", "circle-check"),
    "cancelled": Look(_("Cancelled"), "quiet", "ban"),
}

SHIPMENT_STATES: Mapping[str, Look] = {
    "to_pick": Look(_("To pick"), "info", "clipboard-list"),
    "picking": Look(_("Picking"), "busy", "barcode"),
    "packed": Look(_("Packed"), "busy", "package"),
    "ready": Look(_("Ready"), "good", "basket-check"),
    "handed_over": Look(_("Handed over"), "good", "circle-check"),
    "shipped": Look(_("Shipped"), "good", "truck-delivery"),
    "delivered": Look(_("Delivered"), "good", "circle-check"),
    "returned": Look(_("Returned"), "warn", "truck-return"),
    "lost": Look(_("Lost"), "bad", "package-off"),
    "cancelled": Look(_("Cancelled"), "quiet", "ban"),
    "recalled": Look(_("Recalled"), "quiet", "arrow-back-up"),
}

FEED_STATES: Mapping[str, Look] = {
    "fresh": Look(_("Fresh"), "good", "plug-connected"),
    "late": Look(_("Late"), "warn", "clock-exclamation"),
    "stale": Look(_("Stale"), "bad", "plug-connected-x"),
    "paused": Look(pgettext_lazy("feed", "Paused"), "quiet", "player-pause"),
    "asking": Look(_("Asks you"), "warn", "help-circle"),
    "none": Look(_("No feed"), "quiet", "plug"),
}

FEED_RUN_STATES: Mapping[str, Look] = {
    "staged": Look(_("Being counted"), "busy", "progress"),
    "asked": Look(_("Asks you"), "warn", "help-circle"),
    "applied": Look(_("Applied"), "good", "circle-check"),
    "discarded": Look(_("Discarded"), "quiet", "trash"),
    "failed": Look(_("Failed"), "bad", "alert-circle"),
}

IMPORT_STATES: Mapping[str, Look] = {
    "draft": Look(_("Being set up"), "info", "pencil"),
    "waiting": Look(_("Waiting"), "info", "hourglass"),
    "running": Look(_("Running"), "busy", "progress"),
    "done": Look(_("Done"), "good", "circle-check"),
    "failed": Look(_("Failed"), "bad", "alert-circle"),
}

VERSION_STATES: Mapping[str, Look] = {
    "draft": Look(_("Draft"), "info", "pencil"),
    "live": Look(pgettext_lazy("strategy version", "Live"), "good", "broadcast"),
    "past": Look(_("Earlier"), "quiet", "history"),
}

TOKEN_STATES: Mapping[str, Look] = {
    "live": Look(pgettext_lazy("API token", "Live"), "good", "circle-check"),
    "revoked": Look(_("Revoked"), "quiet", "ban"),
    "expired": Look(_("Expired"), "warn", "clock-exclamation"),
}

SETS: Mapping[str, Mapping[str, Look]] = {
    "order": ORDER_STATES,
    "shipment": SHIPMENT_STATES,
    "feed": FEED_STATES,
    "feed_run": FEED_RUN_STATES,
    "import": IMPORT_STATES,
    "version": VERSION_STATES,
    "token": TOKEN_STATES,
}

METHODS: Mapping[str, Look] = {
    "ship": Look(_("Ship"), "quiet", "truck"),
    "pickup": Look(_("Pickup"), "quiet", "building-store"),
    "curbside": Look(_("Curbside"), "quiet", "run"),
    "same_day": Look(_("Same day"), "quiet", "bolt"),
}

NODE_KINDS: Mapping[str, Look] = {
    "dc": Look(_("DC"), "quiet", "building-warehouse"),
    "store": Look(_("Store"), "quiet", "building-store"),
    "dark_store": Look(_("Dark store"), "quiet", "packages"),
    "third_party": Look(_("Third party"), "quiet", "building"),
    "vendor": Look(_("Vendor"), "quiet", "building-factory-2"),
}

# What the ledger did.
VERBS: Mapping[str, Look] = {
    "receive": Look(_("Received"), "good", "package-import"),
    "count": Look(_("Counted"), "info", "clipboard-check"),
    "adjust": Look(_("Adjusted"), "warn", "adjustments"),
    "allocate": Look(_("Allocated"), "busy", "lock"),
    "release": Look(_("Released"), "quiet", "lock-open"),
    "ship": Look(_("Shipped"), "busy", "package-export"),
    "transfer": Look(_("Transferred"), "info", "transfer"),
    "take_back": Look(_("Taken back"), "good", "truck-return"),
}

ABILITIES: Mapping[str, Look] = {
    "ship": Look(_("Ships"), "quiet", "truck"),
    "pickup": Look(_("Pickup"), "quiet", "building-store"),
    "curbside": Look(_("Curbside"), "quiet", "run"),
    "same_day": Look(_("Same day"), "quiet", "bolt"),
}


def look(kind: str, code: str) -> Look:
    """The look of a code of a kind; a code that nobody described shows itself, quietly."""
    looks = {**SETS, "method": METHODS, "node": NODE_KINDS, "verb": VERBS, "ability": ABILITIES}[kind]
    return looks.get(str(code).lower(), Look(str(code).replace("_", " ").capitalize(), "quiet", "point"))
