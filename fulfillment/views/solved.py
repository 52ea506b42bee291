"""How a decision was come to, in sentences: alone or together with others, how good that is, who gave way to whom."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dom_project.templatetags.figures import money, percent
from fulfillment import access
from routing.facts import UNFILLED
from routing.models import Decision

Orders = Mapping[int, tuple[str, str]]  # id → (ref, the channel's own), of orders that the reader may see


def named(decision: Decision, user: Any) -> Orders:
    """The orders that it gave way to or that gave way to it; asks the database only where there are some."""
    solved = decision.facts.get("solved", {})
    ids = {row["order"] for side in ("displaced_by", "displaced") for row in solved.get(side, [])}
    if not ids:
        return {}
    rows = access.orders_of(user).filter(pk__in=ids).values_list("id", "ref", "order_ref")
    return {pk: (ref, order_ref) for pk, ref, order_ref in rows}


class Solved:
    """What was kept of the batch. `node` and `sku` give codes their names."""

    def __init__(
        self, decision: Decision, orders: Orders, *, node: Callable[[str], str], sku: Callable[[str], str]
    ) -> None:
        self.decision, self.orders, self.node, self.sku = decision, orders, node, sku
        self.solved = decision.facts.get("solved", {})

    def how(self) -> list[str]:
        """Decisions of earlier versions kept nothing of it."""
        if not self.solved:
            return []
        together = self.solved["together"]
        if self.solved["mode"] == "exact_fcfs":
            return [_("By itself: the orders before it had their turn, and it got the best of what they left.")]
        if not together:
            return [_("By itself, on what the orders that were planned together had left.")]
        if together == 1:
            return [_("By itself: no other order could be planned together with it.")]
        said = ngettext(
            "Planned together with %(count)s other", "Planned together with %(count)s others", together - 1
        )
        told = said % {"count": f"{together - 1:,}"}
        gap = self.solved.get("gap")
        if gap is None:
            return [
                _("%(said)s, so that all of them cost little; how little is possible was not proven.") % {"said": told}
            ]
        if not gap:
            return [_("%(said)s; no plan of all of them could cost less.") % {"said": told}]
        return [
            _("%(said)s; all of them cost at most %(gap)s more than the best possible.")
            % {"said": told, "gap": percent(gap / 10_000, 2)}
        ]

    def instead(self) -> list[str]:
        """Who got what it would have used, with both sides' loss, and who went elsewhere for its sake."""
        said = [self._lost(row) for row in self.solved.get("displaced_by", [])]
        return said + [self._won(row) for row in self.solved.get("displaced", [])]

    def _lost(self, row: Mapping[str, Any]) -> str:
        text = _("{order} kept {what} at {node}: without it, it would lose {theirs}; this order lost {own}.")
        return self._told(text, row, theirs=row["winner_regret"], own=row["regret"])

    def _won(self, row: Mapping[str, Any]) -> str:
        text = _("{order} gave up {what} at {node} to it: it lost {theirs}, this one would have lost {own}.")
        return self._told(text, row, theirs=row["regret"], own=row["winner_regret"])

    def _told(self, text: str, row: Mapping[str, Any], *, theirs: int, own: int) -> str:
        known = self.orders.get(row["order"])
        link = format_html('<a href="{}">{}</a>', reverse("order", args=[known[0]]), known[1]) if known else ""
        return format_html(
            text,
            order=link or _("Another order"),
            what=self.sku(row["sku"]),
            node=self.node(row["node"]),
            theirs=self._loss(theirs),
            own=self._loss(own),
        )

    def _loss(self, amount: int) -> str:
        return _("a place for its units") if amount >= UNFILLED else money(amount, self.decision.currency)


def questions(solved: Solved) -> Sequence[tuple[str, list[str]]]:
    """The two that a batch answers."""
    return [
        (_("By itself or together with others?"), solved.how()),
        (_("Who got it instead, who went elsewhere?"), solved.instead()),
    ]
