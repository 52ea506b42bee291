"""An order tried on rules that nobody saved: by the worker's engine, with nothing written."""

from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from dom_project.lib.api_errors import BadInput, Refused
from routing import strategies, trial
from routing.models import Order
from routing.trial_walk import Walk, walk_of
from routing.words import sentence as words_of

RECENT = 6


def suggested() -> list[Order]:
    """Orders to try: the newest ones."""
    return list(Order.objects.order_by("-accepted_at", "-id").only("ref", "ship_to_region", "method")[:RECENT])


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
    live_rules = strategies.rules_of(edit.live.version) if edit.live else None
    try:
        tried = trial.test_order(order.ref, edit.copy.rules, at=at)
        by_live = None
        if live_rules is not None and live_rules != list(edit.copy.rules):
            by_live = trial.test_order(order.ref, live_rules, at=at)
    except BadInput as refused:
        edit.error, edit.status = f"{refused.field}: {words_of(refused.code, refused.params)}", 422
        return None
    except Refused as refused:
        return _refuse(edit, words_of(refused.code, refused.params))
    edit.test = walk_of(order, tried, by_live, edit.copy.rules, edit.choices, edit.live)
    return None


def _refuse(edit: Any, why: str) -> None:
    edit.test, edit.status = Walk(refused=why), 422
