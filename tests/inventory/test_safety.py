from datetime import UTC, datetime, timedelta

import pytest

from dom_project.lib.api_errors import BadInput, NotFound
from inventory import invariants, ledger, safety
from inventory.models import SafetyRule, StockLevel
from tests import make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 10, 15, tzinfo=UTC)


def kept(level: StockLevel) -> tuple[int, int | None, int]:
    """Safety stock, the rule that it comes from, ATP."""
    level.refresh_from_db()
    return level.safety_stock, level.safety_rule_id, level.atp


def add(units: int, *, later: int = 0, **scope) -> SafetyRule:
    return safety.add_rule(units, at=AT + timedelta(hours=later), actor="user:1", **scope)


@pytest.fixture
def level() -> StockLevel:
    return make.stock(make.node(group=make.group()), make.sku(), 20)


def scopes(level: StockLevel) -> dict[str, dict]:
    sku, node = {"sku": level.sku}, {"node": level.node}
    category, group = {"category": level.sku.category}, {"group": level.node.group}
    return {
        "sku, node": sku | node,
        "sku, group": sku | group,
        "sku": sku,
        "category, node": category | node,
        "category, group": category | group,
        "category": category,
        "node": node,
        "group": group,
        "any": {},
    }


NARROW_TO_WIDE = [
    "sku, node",
    "sku, group",
    "sku",
    "category, node",
    "category, group",
    "category",
    "node",
    "group",
    "any",
]


@pytest.mark.parametrize(("narrow", "wide"), list(zip(NARROW_TO_WIDE, NARROW_TO_WIDE[1:], strict=False)))
def test_the_narrower_rule_wins_and_the_sku_comes_before_the_node(level, narrow, wide):
    winner = add(3, **scopes(level)[narrow])
    add(7, later=1, **scopes(level)[wide])
    assert kept(level) == (3, winner.pk, 17)


def test_of_two_alike_the_newest_wins(level):
    add(3)
    newest = add(7, later=1)
    add(5)
    assert kept(level) == (7, newest.pk, 13)


def test_rules_of_others_do_not_touch_a_level(level):
    add(3, sku=make.sku(category=make.category("garden")))
    add(3, category=make.category("garden"))
    add(3, node=make.node())
    add(3, group=make.group("east"))
    assert kept(level) == (0, None, 20)


def test_a_rule_that_is_switched_off_or_removed_gives_way(level):
    add(3)
    strict = add(9, node=level.node)
    assert kept(level)[0] == 9
    safety.switch_rule(strict.pk, active=False)
    assert kept(level)[0] == 3
    safety.switch_rule(strict.pk, active=True)
    assert kept(level)[0] == 9
    safety.remove_rule(strict.pk)
    assert kept(level)[0] == 3
    assert SafetyRule.objects.count() == 1


def test_a_new_level_knows_its_rule(level):
    rule = add(4, node=level.node)
    assert kept(make.stock(level.node, make.sku(), 10)) == (4, rule.pk, 6)


def test_a_change_feeds_the_published_figure(level):
    add(4)
    ledger.publish_atp(at=AT)
    assert invariants.broken_rows() == []
    assert ledger.set_safety_many() == 0


@pytest.mark.parametrize(
    ("case", "units", "scope", "field"),
    [
        ("below zero", -1, (), "units"),
        ("absurd", 10**9, (), "units"),
        ("SKU and category", 1, ("sku", "category"), "category"),
        ("node and group", 1, ("node", "group"), "group"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(case, units, scope, field, level):
    with pytest.raises(BadInput) as refusal:
        add(units, **{name: scopes(level)[name][name] for name in scope})
    assert refusal.value.field == field
    assert not SafetyRule.objects.exists()


def test_an_unknown_rule_is_not_found():
    with pytest.raises(NotFound, match="unknown_rule"):
        safety.switch_rule(0, active=False)
