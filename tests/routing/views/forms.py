"""What a browser sends of the strategy's form, and what it gets back."""

from typing import Any

from django.http import HttpResponse

CA = {"field": "region", "values": ["CA"], "negate": False}
NEAR = {"field": "distance", "amount": 500, "negate": False}


def rules_in(response: HttpResponse) -> list[dict[str, Any]]:
    """The unsaved rules that the answered form carries on."""
    return [dict(rule) for rule in response.context["edit"].copy.rules]


def form_of(rule: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What a browser sends of the rule's form."""
    sent = {name: rule[name] for name in ("name", "rank", "max_parcels", "if_part", "if_none")}
    sent |= {"split_lines": "1"} if rule.get("split_lines", True) else {}
    for part in ("which_orders", "which_nodes"):
        for place, each in enumerate(rule[part]):
            at = f"{part}-{place}"
            sent[f"{at}-negate"] = "1" if each["negate"] else "0"
            sent |= {f"{at}-amount": each["amount"]} if "amount" in each else {f"{at}-values": each["values"]}
    return {"selected": rule["ref"], **sent, **changes}
