"""Rules of how many units a shop keeps for itself. Each verb resolves them into the levels that they touch."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from dom_project.lib.api_errors import BadInput, NotFound

from . import ledger
from .models import Category, Node, NodeGroup, SafetyRule, Sku

MOST = 1_000_000


def add_rule(
    units: int,
    *,
    sku: Sku | None = None,
    category: Category | None = None,
    node: Node | None = None,
    group: NodeGroup | None = None,
    at: datetime,
    actor: str,
) -> SafetyRule:
    """Keep units back of a SKU, a category or any, at a node, a group or any. Returns the rule.

    Refuses units below 0 or above a million, a SKU beside a category, a node beside a group.
    """
    if not 0 <= units <= MOST:
        raise BadInput("out_of_range", {"value": units, "least": 0, "most": MOST}, field="units")
    if sku and category:
        raise BadInput("sku_or_category", field="category")
    if node and group:
        raise BadInput("node_or_group", field="group")
    with transaction.atomic():
        rule = SafetyRule.objects.create(
            sku=sku, category=category, node=node, group=group, units=units, created_at=at, created_by=actor
        )
        _resolve(rule)
    return rule


@transaction.atomic
def switch_rule(rule_id: int, *, active: bool) -> SafetyRule:
    """Switch a rule on or off. The audit remembers who did."""
    rule = _locked(rule_id)
    rule.active = active
    rule.save(update_fields=["active"])
    _resolve(rule)
    return rule


@transaction.atomic
def remove_rule(rule_id: int) -> None:
    """Remove a rule for good; what it kept back can be promised."""
    switch_rule(rule_id, active=False)
    SafetyRule.objects.filter(pk=rule_id).delete()


def _locked(rule_id: int) -> SafetyRule:
    if rule := SafetyRule.objects.select_for_update().filter(pk=rule_id).first():
        return rule
    raise NotFound("unknown_rule", {"rule": rule_id})


def _resolve(rule: SafetyRule) -> int:
    return ledger.set_safety_many(sku_ids=_skus(rule), node_ids=_nodes(rule))


def _skus(rule: SafetyRule) -> Sequence[int] | None:
    if rule.sku_id:
        return [rule.sku_id]
    if rule.category_id:
        return list(Sku.objects.filter(category=rule.category_id).values_list("pk", flat=True))
    return None


def _nodes(rule: SafetyRule) -> Sequence[int] | None:
    if rule.node_id:
        return [rule.node_id]
    if rule.group_id:
        return list(Node.objects.filter(group=rule.group_id).values_list("pk", flat=True))
    return None
