"""Rows as the source tells them, and a pull of them."""

from datetime import UTC, datetime, timedelta

from inventory.integrations import frame
from inventory.models import Connection, FeedRun, StockLevel

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


def row(sku="MUG", on_hand=10, *, node="RENO", changed_at=NOON - timedelta(hours=1), version=1, **more):
    told = {"node": node, "sku": sku, "on_hand": on_hand, "reserved": 0, "version": version}
    return told | {"changed_at": changed_at.isoformat()} | more


def pull(source, connection, *rows, at=NOON, **marks):
    if rows or marks:
        source.says(*rows, **{"as_of": at.isoformat()} | marks)
    Connection.objects.update(next_at=None)
    assert frame.pull_due(at=at, now=lambda: at) == 1
    connection.refresh_from_db()
    return FeedRun.objects.order_by("-id").first()


def on_hand(sku="MUG", node="RENO"):
    return StockLevel.objects.get(node__code=node, sku__code=sku).on_hand
