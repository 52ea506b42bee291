"""Queues are emptied so often that statistics may call them empty: what is planned for one row must not go wrong."""

from datetime import timedelta
from typing import Any

import pytest

from dom_project.lib import db
from inventory.ledger import booked, count, publish, safety
from inventory.models import FeedRun, SafetyRule
from tests import make

pytestmark = pytest.mark.django_db

MANY = 2000


def said_to_be_empty(table: str) -> None:
    db.execute(
        "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', %s,"
        " 'relpages', 1000, 'reltuples', 0::real)",
        [table],
    )


def most_rows(sql: str, params: dict[str, Any]) -> int:
    """The most rows that one node of the statement's plan looked at, over all its loops."""
    [explained] = db.value("EXPLAIN (ANALYZE, FORMAT json) " + sql, params)
    return seen_by(explained["Plan"])


def seen_by(plan: dict[str, Any]) -> int:
    rows = sum(plan.get(name, 0) for name in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter"))
    return max([int(rows * plan["Actual Loops"]), *map(seen_by, plan.get("Plans", []))])


@pytest.fixture
def levels(clock) -> list[int]:
    """Levels of one node, each with a movement that nobody has booked."""
    node = make.node("RENO")
    db.execute(
        "INSERT INTO inventory_sku (code, name, base_unit, weight_grams, length_mm, width_mm, height_mm,"
        " handling_classes, price, cost, currency, active, changed_at)"
        " SELECT 'S' || i, 'S', 'each', 0, 0, 0, 0, '{}', 0, 0, 'USD', true, %s FROM generate_series(1, %s) i",
        [clock, MANY],
    )
    found = db.rows(
        "INSERT INTO inventory_stocklevel (node_id, sku_id, on_hand) SELECT %s, id, 10 FROM inventory_sku"
        " RETURNING id",
        [node.pk],
    )
    db.execute(
        "INSERT INTO inventory_feedscope (node_id, source_ref, booking, seq, observed_at)"
        " VALUES (%s, '', true, 0, %s)",
        [node.pk, clock - timedelta(hours=2)],
    )
    db.execute(
        "INSERT INTO inventory_ownmovement (level_id, key, units, happened_at)"
        " SELECT id, 'ship:' || id, -1, %s FROM inventory_stocklevel",
        [clock - timedelta(hours=1)],
    )
    db.execute("ANALYZE inventory_stocklevel, inventory_sku, inventory_node")
    said_to_be_empty("inventory_ownmovement")
    return [level_id for (level_id,) in found]


def test_folding_reads_each_movement_of_a_queue_that_is_called_empty_a_few_times(clock):
    sku = make.sku("MUG")
    db.execute(
        "INSERT INTO inventory_atpmovement (sku_id, atp) SELECT %s, 1 FROM generate_series(1, %s)", [sku.pk, MANY]
    )
    said_to_be_empty("inventory_atpmovement")
    assert most_rows(publish.FOLD, {"limit": MANY, "at": clock}) == MANY
    assert db.value("SELECT atp FROM inventory_publishedatp WHERE sku_id = %s", [sku.pk]) == MANY


def test_a_count_reads_each_movement_that_waits_a_few_times(levels, clock):
    run = FeedRun.objects.create(kind=FeedRun.Kind.CALL, seq=1, started_at=clock)
    said = {
        "level": levels,
        "quantity": [8] * MANY,
        "external": [0] * MANY,
        "observed_at": [clock] * MANY,
        "complete": False,
        "moment": clock,
        "chunk": run.pk,
        "at": clock,
        "day": clock.date(),
        "actor": "feed",
    }
    assert most_rows(count.LOCK.format(said=count.SAID), said) <= 4 * MANY
    assert most_rows(count.COUNT.format(said=count.SAID), said | {"locked": levels}) <= 4 * MANY
    assert db.rows("SELECT on_hand, count(*) FROM inventory_stocklevel GROUP BY 1") == [(7, MANY)]


@pytest.mark.parametrize(("hours", "waiting"), [(3, 0), (0, MANY)])
def test_what_was_booked_is_marked_reading_each_movement_a_few_times(levels, clock, hours, waiting):
    keys = [f"ship:{level_id}" for level_id in levels]
    booked_at = clock - timedelta(hours=hours)
    assert most_rows(booked.BOOK, {"key": keys, "booked_at": booked_at}) <= 4 * MANY
    assert db.value("SELECT count(booked_at) FROM inventory_ownmovement") == waiting


def test_safety_rules_are_looked_up_level_by_level_in_tables_that_are_called_empty(levels, clock):
    rule = SafetyRule.objects.create(units=3, created_at=clock, created_by="user:1")
    for table in ("inventory_stocklevel", "inventory_sku", "inventory_node", "inventory_safetyrule"):
        said_to_be_empty(table)
    assert most_rows(safety.CHANGED, {"sku": None, "node": None}) == MANY
    assert most_rows(safety.SET, {"level": levels}) == MANY
    found = "SELECT safety_stock, safety_rule_id, count(*) FROM inventory_stocklevel GROUP BY 1, 2"
    assert db.rows(found) == [(3, rule.pk, MANY)]
