"""The rules of Juniper & Finch, before and after its manager changed one: each criterion, rank and outcome is used."""

from typing import Any


def _is(field: str, *values: str, negate: bool = False) -> dict[str, Any]:
    return {"field": field, "values": list(values), "negate": negate}


def _at(field: str, amount: int, *, negate: bool = False) -> dict[str, Any]:
    return {"field": field, "amount": amount, "negate": negate}


def opening_rules() -> list[dict[str, Any]]:
    """The rules of the first three weeks: whatever nothing else takes goes to the nearest node, whatever it costs."""
    return [rule | {"rank": "distance"} if rule["name"] == "Everything else" else rule for rule in default_rules()]


def default_rules() -> list[dict[str, Any]]:
    """The rules that are live today, in their order. Distances in km, values in cents."""
    return [
        {
            "name": "Pickups",
            "enabled": True,
            "which_orders": [_is("method", "pickup")],
            "which_nodes": [],
            "rank": "distance",
            "max_parcels": 1,
            "if_part": "assign",
            "if_none": "backorder",
        },
        {
            "name": "Bulky garden and outdoor goods",
            "enabled": True,
            "which_orders": [_is("category", "garden", "outdoor")],
            "which_nodes": [_is("kind", "dc")],
            "rank": "cost",
            "max_parcels": 2,
            "if_part": "next_rule",
            "if_none": "next_rule",
        },
        {
            "name": "Valuable baskets",
            "enabled": True,
            "which_orders": [_at("value", 25_000), _is("channel", "marketplace", negate=True)],
            "which_nodes": [_at("atp_left", 1), _is("kind", "vendor", negate=True)],
            "rank": "delivery_day",
            "max_parcels": 2,
            "if_part": "next_rule",
            "if_none": "next_rule",
        },
        {
            "name": "California from the West",
            "enabled": True,
            "which_orders": [_is("region", "CA")],
            "which_nodes": [_is("group", "west"), _at("distance", 1_200), _is("node", "FRESNO", negate=True)],
            "rank": "cost",
            "max_parcels": 2,
            "if_part": "next_rule",
            "if_none": "next_rule",
        },
        {
            "name": "Marketplace, never split",
            "enabled": True,
            "which_orders": [_is("channel", "marketplace")],
            "which_nodes": [],
            "rank": "cost",
            "max_parcels": 1,
            "if_part": "next_rule",
            "if_none": "next_rule",
        },
        {
            "name": "Everything else",
            "enabled": True,
            "which_orders": [],
            "which_nodes": [],
            "rank": "cost",
            "max_parcels": 3,
            "if_part": "assign",
            "if_none": "backorder",
        },
        {
            "name": "What nothing else takes",
            "enabled": False,
            "which_orders": [],
            "which_nodes": [],
            "rank": "distance",
            "max_parcels": 1,
            "if_part": "exception",
            "if_none": "exception",
        },
    ]
