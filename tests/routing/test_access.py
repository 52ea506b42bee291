import pytest

from dom_project.accounts.models import Role
from routing import access
from routing.access import NoSuchCard, NoSuchStrategy
from tests import make

pytestmark = pytest.mark.django_db


def test_who_may_see_rules_opens_strategies_and_versions():
    version = make.strategy()
    planner = make.user(Role.OPERATIONS_MANAGER)
    assert access.strategy_for(planner, "main") == version.strategy
    assert access.version_for(planner, "main", 1) == version
    with pytest.raises(NoSuchStrategy):
        access.version_for(planner, "main", 2)
    with pytest.raises(NoSuchStrategy):
        access.strategy_for(planner, "other")


def test_for_an_associate_there_are_no_strategies_and_no_cards():
    make.strategy()
    make.rate_card()
    picker = make.user(Role.STORE_ASSOCIATE)
    with pytest.raises(NoSuchStrategy):
        access.strategy_for(picker, "main")
    with pytest.raises(NoSuchCard):
        access.card_for(picker, "standard")


def test_the_live_card_is_opened():
    make.rate_card()
    live = make.rate_card()
    assert access.card_for(make.user(Role.EXECUTIVE), "standard") == live
