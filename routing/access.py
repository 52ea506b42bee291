"""Which strategies, versions and rate cards somebody may open. What may not be seen does not exist."""

from typing import Any

from django.http import Http404

from dom_project.accounts.access import Right, rights_of
from dom_project.lib.api_errors import NotFound
from routing.models import RateCard, Strategy, StrategyVersion


class NoSuchStrategy(NotFound, Http404):
    """A page answers 404, the API a problem document."""


class NoSuchCard(NotFound, Http404):
    """A page answers 404, the API a problem document."""


def strategy_for(user: Any, code: str) -> Strategy:
    """The strategy with this code. Raises NoSuchStrategy; also for who may not see rules."""
    found = Strategy.objects.filter(code=code).first() if Right.SEE_RULES in rights_of(user) else None
    if found is None:
        raise NoSuchStrategy("unknown_strategy", {"strategy": code[:64]}, field="strategy")
    return found


def version_for(user: Any, code: str, number: int) -> StrategyVersion:
    """The version of a strategy by its number. Raises NoSuchStrategy as `strategy_for`."""
    strategy = strategy_for(user, code)
    found = StrategyVersion.objects.filter(strategy=strategy, number=number).select_related("strategy").first()
    if found is None:
        raise NoSuchStrategy("unknown_version", {"strategy": code, "number": number}, field="number")
    return found


def card_for(user: Any, code: str) -> RateCard:
    """The live rate card with this code. Raises NoSuchCard; also for who may not see the network."""
    found = RateCard.objects.filter(code=code, live=True).first() if Right.SEE_NETWORK in rights_of(user) else None
    if found is None:
        raise NoSuchCard("unknown_card", {"card": code[:64]}, field="card")
    return found
