"""The retailer's rules: opened with, and changed once by its manager."""

from datetime import timedelta

import pytest

from dom_project.demo import retailer
from routing import strategies
from routing.models import StrategyActivation, StrategyVersion

pytestmark = pytest.mark.django_db


def test_the_manager_changes_one_rule_once_and_it_is_live(clock):
    retailer.open_shop(at=clock, years=(2026,))
    opening = strategies.rules_of(strategies.live_version())
    later = clock + timedelta(days=21)
    retailer.change_rules(at=later)
    retailer.change_rules(at=later + timedelta(days=1))
    assert list(StrategyVersion.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    assert StrategyActivation.objects.count() == 2
    changed = [
        (before["name"], before["rank"], after["rank"])
        for before, after in zip(opening, strategies.rules_of(strategies.live_version()), strict=True)
        if before != after
    ]
    assert changed == [("Everything else", "distance", "cost")]
