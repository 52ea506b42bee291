"""Routing's codes in words: why a node or a rule said no, what waits for a person, what happened, what is wrong."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from dom_project.lib import sentences

REFUSALS: sentences.Words = {
    "not_stocked": _("does not stock it"),
    "no_atp": _("has too few units that can be promised"),
    "node_closed": _("is closed on all days in reach"),
    "ability_missing": _("does not offer this delivery method"),
    "handling_class": _("does not take goods of this handling class"),
    "no_slot": _("has no parcel slot left on any day in reach"),
    "cut_off_missed": _("has missed its cut-off"),
    "refused_before": _("has refused this line before"),
    "no_rate": _("has no carrier service with a price for this parcel"),
    "no_zone": _("can't be priced: the place of the node or of the destination is unknown"),
    "address_unknown": _("can't send it: the order has no usable address"),
    "no_rate_abroad": _("has no rate to %(country)s"),
    "not_pickup_node": _("is not the node that the customer picked"),
    "rule_kind": _("is not of a kind that rule %(rule)s takes"),
    "rule_group": _("is not in a group that rule %(rule)s takes"),
    "rule_distance": _("is not at the distance that rule %(rule)s asks for (%(amount)s km)"),
    "rule_atp_left": _("would not keep the units that rule %(rule)s asks for (%(amount)s)"),
    "rule_node": _("is not among the nodes that rule %(rule)s takes"),
    "too_many_parcels": _("would take more parcels than the rule allows"),
    "outranked": _("was outranked by a better node"),
    "dearer": _("would not have cost less"),
}

REASONS: sentences.Words = {
    "no_rule": _("No rule of the strategy selects this order."),
    "no_rule_left": _("Every rule passed the order on, and none is left."),
    "only_a_part": _("Only a part of the order finds a place, and its rule stops there."),
    "nothing_found": _("No node can serve any of it, and its rule stops there."),
    "bad_quantity": _("A line has no quantity that can be routed."),
    "amount_too_large": _("The order is worth more than can be computed."),
    "third_look": _("Three looks found no place that held."),
    "engine_error": _("The engine failed on this order: %(error)s"),
    "too_many_classes": _("Its goods have %(classes)s handling classes; at most %(most)s can be routed at once."),
    "no_address": _("No usable address: neither a postcode that is known nor coordinates."),
    "country_not_served": _("No rate serves the country that it goes to."),
    "refused_where_collected": _("The node where it is to be collected could not find the goods."),
    "no_strategy": _("No strategy is live."),
    "no_rate_card": _("No rate card is live."),
    "shortfall_stopped": _("Too many allocations would move at once; a person must look."),
    "stopped_three_times": _("It was begun three times, and stopped each time before it was done."),
}

# What the facts of a decision lacked, and what was done about it.
GAPS: sentences.Words = {
    "no_weight": _("The weight of %(sku)s is unknown; it was taken to weigh what its category does."),
    "absurd_weight": _("The weight of %(sku)s is beyond belief; no carrier has a price for it."),
    "bad_quantity": _("Line %(line)s has no quantity that can be routed; it was left."),
    "negative_worth": _("A unit of line %(line)s is worth less than nothing; it was counted as worth nothing."),
    "negative_inertia": _("What a move must save is below nothing; it was counted as nothing."),
    "node_without_zone": _("The place of %(node)s is unknown; nothing was sent from there."),
    "destination_without_zone": _("The place it goes to is unknown; no node could be priced."),
    "negative_node_cost": _("Work at %(node)s costs less than nothing; it was counted as it is."),
    "absurd_node_cost": _("What work costs at %(node)s is beyond belief; nothing was asked of it."),
    "no_service": _("No carrier collects at %(node)s, or its costs can't be told in this currency; it sent nothing."),
    "bad_slot_price": _("The price of a parcel slot at %(node)s can't be; it was counted as none."),
    "negative_stock": _("The stock of %(sku)s is below nothing at %(nodes)s; it was counted as none."),
    "absurd_stock": _("The stock of %(sku)s is beyond belief at %(nodes)s; it was counted as none."),
    "negative_buffer": _("The safety stock of %(sku)s is below nothing at %(nodes)s; it was counted as none."),
    "bad_price": _("The scarcity price of %(sku)s at %(nodes)s can't be; it was counted as none."),
    "bad_odds": _("The odds of a no for %(sku)s at %(nodes)s can't be; the nearest that can were taken."),
    "bad_lateness": _("The cost of a day late can't be; the nearest that can was taken."),
    "bad_resource_cost": _("The cost of sourcing again can't be; the nearest that can was taken."),
    "no_rate": _("%(service)s has no price for some weights to zone %(zones)s; it was not used for these."),
    "no_rate_above": _("%(service)s has no price above its last weight to zone %(zones)s; it was not used there."),
    "zero_rate": _("%(service)s costs nothing for some weights to zone %(zones)s; it was counted as it is."),
    "absurd_rate": _("A price of %(service)s to zone %(zones)s is beyond belief; it was counted as none."),
    "no_transit": _("%(service)s has prices to zone %(zones)s, but no days on the road; it was not used there."),
    "absurd_transit": _("%(service)s is on the road to zone %(zones)s for over a year; it was not used there."),
    "rate_falls": _("%(service)s is cheaper for heavier parcels to zone %(zones)s; it was counted as it is."),
    "rate_falls_by_zone": _("%(service)s is cheaper to zone %(zones)s than to a nearer one; it was counted as it is."),
}

EVENTS: sentences.Words = {
    "accepted": _("Order accepted"),
    "routed": _("Routed"),
    "partly_routed": _("Partly routed"),
    "backordered": _("Back-ordered"),
    "exception": _("Given to a person"),
    "refused_look": _("Looked at, but the stock or a slot was gone; looked at again"),
    "released": _("Stock given back"),
    "replanned": _("Planned anew"),
    "cancelled": _("Cancelled"),
    "repromised": _("Promised anew"),
    "held": _("Held"),
    "unheld": _("Let go on"),
    "woken": _("Woken: stock has come"),
    "dispatched": _("Sent to the floor"),
    "picking": _("Picking begun"),
    "laid_back": _("Back in the queue"),
    "picked_short": _("Picked short"),
    "packed": _("Packed"),
    "ready": _("Ready for the customer"),
    "shipped": _("Shipped"),
    "handed_over": _("Handed over"),
    "delivered": _("Delivered"),
    "recalled": _("Recalled from the floor"),
    "put_back": _("Put back on the shelf"),
    "returned": _("Returned"),
    "feedback": _("The customer answered"),
    "tracking": _("News from the carrier"),
}

# Why an order stays where it is held, told with how many orders did.
STAYED: sentences.Words = {
    "best": _("nothing else saves enough"),
    "later": _("what saves would come later than promised"),
    "no_plan": _("today's rules and stock have no whole plan"),
    "more_parcels": _("a part is on its way, and the rest would become more parcels"),
    "not_comparable": _("what is held has no price in today's rates"),
    "changed": _("something happened to the order meanwhile"),
}

INTAKE: sentences.Words = {
    "unknown_channel": _("there is no channel %(channel)s"),
    "unknown_sku": _("there is no SKU %(sku)s"),
    "unknown_node": _("there is no open node %(node)s"),
    "unknown_category": _("there is no category %(category)s"),
    "unknown_group": _("there is no group %(group)s"),
    "unknown_method": _("there is no delivery method %(method)s"),
    "method_not_built": _("%(method)s is known, but not built yet; use ship or pickup"),
    "pickup_node_without_pickup": _("goes with the method pickup only"),
    "other_currency": _("is %(currency)s, but the channel sells in %(wanted)s"),
    "no_lines": _("an order needs at least one line"),
    "line_ref_twice": _("%(line_ref)s names another line of this order too"),
    "too_long_ago": _("%(value)s is before 1970"),
    "promise_out_of_reach": _("%(value)s is before the order was placed or more than ten years ahead"),
    "half_a_place": _("needs both, latitude and longitude"),
    "not_a_zip_code": _("“%(value)s” is not a ZIP code like 89502 or 89502-1234"),
}

MASTERS: sentences.Words = {
    "unknown_strategy": _("there is no strategy %(strategy)s"),
    "unknown_version": _("strategy %(strategy)s has no version %(number)s"),
    "unknown_card": _("there is no live rate card %(card)s"),
    "saved_meanwhile": _("Version %(number)s was saved meanwhile by %(author)s. Look at it before you save yours."),
    "bad_rule": "%(reason)s",
    "too_many_rules": _("a strategy has at most %(most)s rules"),
    "bad_currency": _("%(value)s is not a currency like USD"),
    "zones_not_ascending": _("the distances of the zones must rise: %(value)s"),
    "card_empty": _("a rate card needs at least one price"),
    "too_many_services": _("a rate card has at most %(most)s services"),
    "card_cells_missing": _("%(count)s cells of the rate card are missing"),
    "card_prices_fall": _("%(count)s prices are lower than those of lighter parcels"),
    "rate_twice": _("zone %(zone)s has two prices up to %(up_to_grams)s g"),
    "rate_rows_differ": _("the rows of zone %(zone)s differ in transit days or in the price per further kg"),
}

FILES: sentences.Words = {
    "differs_in_order": _("differs from the order's first row (line %(first)s)"),
    "order_not_taken": _("Order %(order_ref)s was not taken because of line %(line)s."),
    "order_came_before": _(
        "Order %(order_ref)s came before with other content, or its rows are far apart in the file."
    ),
    "another_card": _("speaks of another card than line %(first)s"),
    "card_not_taken": _("The card was not published because of line %(line)s."),
    "too_many_rates": _("A rate card may have at most %(most)s rows."),
}

# What a person reads at a field while a rule is edited.
FAULTS: sentences.Words = {
    "rule_needs_name": _("Please give the rule a name."),
    "whole_number_from_zero": _("Please give a whole number, 0 or more."),
    "amount_missing": _("Please give a number, or remove the condition."),
    "not_an_amount_of_money": _("Please give an amount like 250 or 12.50."),
    "choose_one": _("Please choose at least one, or remove the condition."),
    "nothing_changed": _("Nothing has changed: there is no new version to save."),
    "reason_missing": _("Please say in a few words why: the history shows it."),
}

CHANGES: sentences.Words = {
    "rule_added": _("“%(rule)s” added at place %(position)s"),
    "rule_removed": _("“%(rule)s” removed from place %(position)s"),
    "rule_moved": _("“%(rule)s” moved from place %(old)s to %(new)s"),
    "rule_renamed": _("“%(old)s” is now called “%(new)s”"),
    "rule_switched_on": _("“%(rule)s” switched on"),
    "rule_switched_off": _("“%(rule)s” switched off"),
    "counts_no_switched_on": _("The expected cost of a no counts"),
    "counts_no_switched_off": _("The expected cost of a no counts no longer"),
    "scarcity_prices_switched_on": _("Scarce stock has a price"),
    "scarcity_prices_switched_off": _("Scarce stock has a price no longer"),
    "guarded_switched_on": _("A price may leave no line unfilled any more"),
    "guarded_switched_off": _("A price may leave a line unfilled"),
    "criterion_added": _("“%(rule)s”: now only %(new)s"),
    "criterion_removed": _("“%(rule)s”: no longer only %(old)s"),
    "criterion_changed": _("“%(rule)s”: %(old)s became %(new)s"),
    "rank_changed": _("“%(rule)s”: ranked by %(new)s, before by %(old)s"),
    "max_parcels_changed": _("“%(rule)s”: most parcels %(new)s, before %(old)s"),
    "lines_split": _("“%(rule)s”: a line may now be split between nodes"),
    "lines_kept_whole": _("“%(rule)s”: a line is no longer split between nodes"),
    "if_part_changed": _("“%(rule)s”: if a part finds a place: %(new)s, before: %(old)s"),
    "if_none_changed": _("“%(rule)s”: if nothing finds a place: %(new)s, before: %(old)s"),
}

# What a strategy weighs beside the invoice: what it is called, and what it does.
WEIGHED: sentences.Words = {
    "counts_no": _("Expected cost of a no"),
    "scarcity_prices": _("Scarcity prices"),
    "guarded": _("A price leaves no line unfilled"),
    "counts_no_does": _("How likely a node does not find a line, times what sourcing it again costs."),
    "scarcity_prices_does": _("Units and slots that later orders will lack cost more than their invoice says."),
    "guarded_does": _("Such a price may choose another node; it may not leave a line without any."),
}

# Why a stored decision can't be solved again; the last two are faults.
RETOLD: sentences.Words = {
    "facts_gone": _("The facts of this decision are no longer kept. What is told above was stored with it."),
    "engine_ended": _(
        "What if has ended for this decision: version %(then)s of the engine made it, now it is %(now)s."
    ),
    "facts_altered": _("The stored facts are not those of the decision: problem %(problem)s differs from its digest."),
    "another_plan": _("Problem %(problem)s, solved again, gives another plan than the one that was decided."),
}

# What a node would have needed: “Tucson would win if …”.
IFS: sentences.Words = {
    "as_it_is": _("The order were planned by itself, on what the others left"),
    "pick_lower": _("Its cost of picking a unit were %(by)s lower; it is %(now)s"),
    "fix_lower": _("Its cost of a parcel, freight aside, were %(by)s lower; it is %(now)s"),
    "buffer": _("Its buffer of %(what)s were at most %(most)s, not %(now)s"),
    "buffers": _("Its buffers of %(skus)s SKUs were at most %(most)s each"),
    "stock": _("It could promise %(need_units)s of %(what)s, not %(atp)s"),
    "slot": _("It had one parcel slot more on %(day)s"),
    "day_earlier": _("Its first parcel left on %(day)s, a day earlier"),
    "promise": _("The promise were %(days_told)s later"),
    "rule_off": _("Rule “%(rule)s” left out one condition; now it %(refusal)s"),
    "parcels": _("Rule “%(rule)s” allowed %(most)s parcels"),
    "by_cost": _("Rule “%(rule)s” ranked by cost"),
    "no_prices": _("Scarce stock and slots had no price"),
    "no_odds": _("Nobody expected a no from it (now %(odds)s)"),
}

# Refusals that the built-ins and the intake share keep one sentence. Event kinds are told apart by a prefix:
# "exception" and "cancelled" are words of other lists too.
WORDS: sentences.Words = {
    **REFUSALS,
    **REASONS,
    **INTAKE,
    **MASTERS,
    **FILES,
    **FAULTS,
    **CHANGES,
    **{f"stayed_{why}": text for why, text in STAYED.items()},
    **WEIGHED,
    **{f"event_{kind}": text for kind, text in EVENTS.items()},
    **{f"gap_{code}": text for code, text in GAPS.items()},
    **{f"retold_{code}": text for code, text in RETOLD.items()},
    **{f"if_{code}": text for code, text in IFS.items()},
}
sentences.teach(WORDS)


def sentence(code: str, params: Mapping[str, Any] | None = None) -> str:
    """The sentence of a code (of an event: `event_` + its kind) in the reader's language."""
    return sentences.sentence(code, params)


def gap(code: str, params: Mapping[str, Any]) -> str:
    """What the facts lacked, and what was done about it."""
    return sentences.sentence(f"gap_{code}", params)


def event(kind: str) -> str:
    """What a kind of order event is called."""
    return sentences.sentence(f"event_{kind}")
