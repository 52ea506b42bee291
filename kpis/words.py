"""What the figures are called and how they are defined, in words."""

from django.utils.translation import gettext_lazy

# Family, name, icon.
NAMES = {
    "cost_per_order": (gettext_lazy("Cost"), gettext_lazy("Cost per order"), "currency-dollar"),
    "split_rate": (gettext_lazy("Routing"), gettext_lazy("Split orders"), "arrows-split-2"),
    "on_time": (gettext_lazy("Delivery"), gettext_lazy("On time"), "truck"),
    "stock_out_rate": (gettext_lazy("Inventory"), gettext_lazy("Stock-out rate"), "packages"),
    "csat": (gettext_lazy("Satisfaction"), gettext_lazy("Satisfied customers"), "mood-smile"),
    "order_to_ship_p50": (gettext_lazy("Operations"), gettext_lazy("Order to ship, median"), "clock"),
    "saved_by_replanning": (gettext_lazy("Routing"), gettext_lazy("Saved by planning anew"), "arrows-exchange"),
}
DEFINITIONS = {
    "cost_per_order": gettext_lazy(
        "Invoice cost of the parcels that left in the period, divided by the orders whose first parcel left in it."
    ),
    "split_rate": gettext_lazy(
        "Of the orders whose first parcel left in the period: those of which more than one parcel has left by now."
    ),
    "on_time": gettext_lazy(
        "Of the orders first promised for the period, cancelled ones left out: those with every unit delivered,"
        " for pickup ready, by then."
    ),
    "stock_out_rate": gettext_lazy(
        "Order lines that no eligible node could fill at the first look, divided by the lines looked at."
    ),
    "csat": gettext_lazy("Answers of 4 or 5, divided by all answers."),
    "order_to_ship_p50": gettext_lazy("From intake until the last unit left: half of the completed orders took less."),
    "saved_by_replanning": gettext_lazy(
        "What plans would have cost, less what the plans cost that took their place before a floor had them. It is"
        " below zero where earlier arrivals were bought."
    ),
}
