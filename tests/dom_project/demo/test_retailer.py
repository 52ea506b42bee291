"""The retailer's rules: opened with, and changed once by its manager."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from dom_project.demo import retailer
from dom_project.demo.goods import make_skus
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


@pytest.mark.parametrize("page", ["README.md", "docs/orders.md"])
def test_what_the_docs_order_is_in_the_demos_range(page):
    text = (Path(retailer.__file__).parents[2] / page).read_text()
    ordered = set(re.findall(r'"sku": "([^"]+)"', text))
    assert ordered
    assert ordered <= {sku.code for sku in make_skus()}
