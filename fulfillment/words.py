"""The floor's codes in words: why a verb said no, why work came to a node, what to do about an exception."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dom_project.lib import sentences

REFUSALS: Mapping[str, str | Promise] = {
    "illegal_move": _("Shipment %(shipment)s is %(old)s and can't become %(new)s."),
    "unknown_shipment": _("There is no such shipment, or it is not one of yours."),
    "unknown_shipment_line": _("There is no such line on a shipment."),
    "unknown_order": _("There is no order %(order)s, or it is not one of yours."),
    "unknown_line": _("The order has no line %(lines)s."),
    "unknown_task": _("There is no such task, or it is not one of yours."),
    "unknown_exception": _("This exception is closed already."),
    "line_closed": _("This line was taken away. Do not bring it."),
    "units_out_of_range": _("%(sku)s: %(units)s units can't be, at most %(most)s are asked for."),
    "unknown_code": _("Nothing has the code %(code)s. Expected: %(expected)s."),
    "wrong_item": _("This is %(name)s (%(sku)s). Expected: %(expected)s."),
    "already_picked": _("All of %(sku)s is picked. Expected: %(expected)s."),
    "not_fully_picked": _("%(shipment)s is not fully picked. Pick the rest, or report it short."),
    "not_a_pickup": _("%(shipment)s goes with a carrier: ship it."),
    "not_a_parcel": _("%(shipment)s is collected by the customer: hand it over."),
    "tracking_number_missing": _("A parcel leaves with a tracking number."),
    "tracking_number_short": _("A tracking number has at least %(least)s letters or digits."),
    "tracking_number_odd": _("A tracking number has letters, digits, spaces and hyphens only."),
    "tracking_number_is_barcode": _("%(number)s is the barcode of %(sku)s, not a tracking number: scan the label."),
    "before_it_left": _("%(shipment)s left at %(shipped_at)s: it can't have arrived before."),
    "unknown_reason": _("%(reason)s is no reason: it is missing or damaged."),
    "nothing_short": _("All of %(sku)s was found, so nothing is short."),
    "already_shipped": _("Everything asked for has left already. Take it back as a return."),
    "more_than_shipped": _("Line %(line_ref)s: %(units)s can't come back, at most %(most)s can."),
    "unknown_disposition": _("%(value)s is no disposition: it is restock or scrap."),
    "score_out_of_range": _("%(value)s is no score from 1 to 5."),
    "nothing_shipped": _("Nothing of order %(order)s has left yet."),
    "already_given": _("Order %(order)s has another answer already."),
    "unknown_progress": _("%(value)s is no state of a parcel that we know."),
}

WHY: Mapping[str, str | Promise] = {
    "collected_here": _("The customer collects it here."),
    "made_good": _("%(node)s was short of it, so you send it."),
    "part_of_order": _("Your part of an order that goes in %(parcels)s parcels."),
    "cheapest": _("Sending it from here costs least."),
    "only_place": _("No other place can send all of it."),
    "chosen": _("Best place for this order, %(distance_km)s km from the customer."),
}

# What a person does first, by the reason of the exception. Reasons that are not here take the last one.
TO_DO: Mapping[str, str | Promise] = {
    "do_no_rule": _("Add a rule that selects it, or let the last rule take every order."),
    "do_no_rule_left": _("Let the last rule back-order, or widen its nodes."),
    "do_only_a_part": _("Let the rule assign the part, or cancel the rest."),
    "do_nothing_found": _("Receive or move stock, widen the rule's nodes, or cancel."),
    "do_third_look": _("Stock is contested. Look at the levels, then route it again."),
    "do_no_strategy": _("Make a strategy live."),
    "do_no_rate_card": _("Make a rate card live."),
    "do_shortfall_stopped": _("Check the feed that counted so little, then decide."),
    "do_too_many_classes": _("Give its SKUs fewer handling classes, then route it again."),
    "do_no_address": _("Cancel it and send it again with a postcode or coordinates."),
    "do_country_not_served": _("Cancel it, or open a node in that country and route it again."),
    "do_refused_where_collected": _("Cancel what is missing; the customer may order it from another node."),
    "do_engine_error": _("Tell whoever runs Fairlead, with the order's reference."),
    "do_look": _("Open the order and look why."),
}

# Why a connected system did not take an event.
NOT_TAKEN: Mapping[str, str | Promise] = {
    "not_taken_answered": _("It answered with status %(status)s."),
    "not_taken_unreachable": _("It could not be reached."),
    "not_taken_timed_out": _("It did not answer within %(seconds)s seconds."),
    "not_taken_forbidden_address": _("Its address is not one that may be called."),
    "not_taken_too_large": _("Its answer was larger than %(max_bytes)s bytes."),
    "not_taken_broken_answer": _("Its answer could not be read."),
}

WORDS: Mapping[str, str | Promise] = {
    **REFUSALS,
    **{f"why_{code}": text for code, text in WHY.items()},
    **TO_DO,
    **NOT_TAKEN,
}
sentences.teach(WORDS)


def sentence(code: str, params: Mapping[str, Any] | None = None) -> str:
    """The sentence of a code in the reader's language."""
    return sentences.sentence(code, params)


def why(told: Mapping[str, Any]) -> str:
    """A shipment's `why` in the reader's language, empty when nothing is known."""
    return sentence(f"why_{told['code']}", told.get("params")) if told.get("code") else ""


def to_do(reason: str) -> str:
    """What a person does first about an exception with this reason."""
    return sentence(f"do_{reason}" if f"do_{reason}" in TO_DO else "do_look")


def not_taken(error: Mapping[str, Any] | None) -> str:
    """Why an event was not taken, from the error that is kept with it; empty when none is."""
    return sentence(f"not_taken_{error['code']}", error.get("params")) if error else ""
