"""An order tried on rules that nobody saved: by the worker's engine, with nothing written."""

from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from dom_project.lib.api_errors import BadInput, Refused
from routing import strategies, trial
from routing.models import Order, OrderLine
from routing.trial_walk import Own, walk_of
from routing.words import sentence as words_of

from .walk import Told, tell

RECENT = 6


def suggested() -> list[Order]:
    """Orders to try: the newest ones."""
    return list(
        Order.objects.order_by("-accepted_at", "-id").only("ref", "order_ref", "ship_to_region", "method")[:RECENT]
    )


def run(edit: Any) -> None:
    """Try the edit's order on its unsaved rules; the answer or the refusal lies in `edit.test` then."""
    at = timezone.now()
    if not edit.order:
        return _refuse(edit, _("Please type an order’s number."))
    order = (
        Order.objects.filter(Q(ref=edit.order) | Q(order_ref=edit.order))
        .select_related("channel", "customer")
        .order_by("-accepted_at", "-id")
        .first()
    )
    if order is None:
        return _refuse(edit, _("There is no order %(ref)s.") % {"ref": edit.order})
    others = []
    if edit.live and strategies.rules_of(edit.live.version) != list(edit.copy.rules):
        others = [strategies.parsed_rules(edit.live.version)]
    try:
        tried, *by_others = trial.compare(order.ref, [trial.read(edit.copy.rules), *others], at=at)
    except BadInput as refused:
        edit.error, edit.status = f"{refused.field}: {words_of(refused.code, refused.params)}", 422
        return None
    except Refused as refused:
        return _refuse(edit, words_of(refused.code, refused.params))
    skus, own = _facts(order)
    by_live = by_others[0] if by_others else None
    took = tried.gather_ms + sum(each.solve_ms for each in (tried, *by_others))
    walk = walk_of(tried, by_live, edit.copy.rules, own)
    edit.test = tell(order, skus, tried, walk, edit.choices, edit.live and edit.live.version, took)
    return None


def _facts(order: Order) -> tuple[dict[str, str], Own]:
    """What the order's SKUs are called, and what it has for the criteria of rules."""
    rows = OrderLine.objects.filter(order=order).order_by("id")
    lines = list(rows.values_list("sku__code", "sku__name", "sku__category__code"))
    own: Own = {
        "channel": frozenset({order.channel.code}),
        "method": frozenset({order.method}),
        "region": frozenset({order.ship_to_region}),
        "category": frozenset(category for *_names, category in lines),
    }
    return {code: name for code, name, _category in lines}, own


def _refuse(edit: Any, why: str) -> None:
    edit.test, edit.status = Told(refused=why), 422
