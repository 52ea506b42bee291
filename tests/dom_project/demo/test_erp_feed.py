"""The demo's ERP as the feed reads it: what is sold there is gone here within one pull."""

import json
import random
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from django.utils import timezone

from dom_project.demo import erp
from inventory import feeds, invariants
from inventory.integrations import frame
from inventory.models import Connection, FeedRun, RejectedRow, StockLevel
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


class Till(erp.Desk):
    token = "till"


@pytest.fixture
def books(tmp_path: Path) -> erp.Books:
    opening = [["SOHO", "MUG", 5, 1], ["SOHO", "PLATE", 0, 1], ["RENO", "MUG", 40, 0]]
    (tmp_path / "opening.json").write_text(json.dumps(opening))
    return erp.Books(tmp_path)


@pytest.fixture
def server(books: erp.Books, settings) -> Iterator[ThreadingHTTPServer]:
    Till.books = books
    running = ThreadingHTTPServer(("127.0.0.1", 0), Till)
    running.daemon_threads = True
    settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{running.server_port}"]
    threading.Thread(target=running.serve_forever, args=[0.01], daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def connection(server: ThreadingHTTPServer) -> Connection:
    for code in ("SOHO", "RENO"):
        make.node(code)
    for code in ("MUG", "PLATE"):
        make.sku(code)
    return Connection.objects.create(
        ref="erp",
        name="ERP and tills",
        address=f"http://127.0.0.1:{server.server_port}",
        token="till",
        schedule_seconds=10,
        mapping={"limit": 2},
    )


def pull(connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk).update(next_at=None)
    assert frame.pull_due(at=timezone.now(), now=timezone.now) == 1


def atp(node: str) -> int:
    return StockLevel.objects.get(node__code=node, sku__code="MUG").atp


def test_a_walk_in_sale_lowers_atp_within_one_pull(books, connection):
    pull(connection)
    assert (atp("SOHO"), atp("RENO")) == (5, 40)
    assert FeedRun.objects.get().kind == "snapshot"
    books.sell(random.Random(1))
    pull(connection)
    sold = 5 - atp("SOHO")
    assert sold in (1, 2)
    assert (FeedRun.objects.last().kind, atp("RENO"), RejectedRow.objects.count()) == ("delta", 40, 0)
    assert not invariants.broken_rows()


def test_goods_that_arrive_there_can_be_promised_here(books, connection):
    pull(connection)
    books.receive()
    pull(connection)
    assert StockLevel.objects.get(sku__code="PLATE").atp == 2


def test_a_stopped_erp_is_stale_and_its_last_figures_stand(server, connection):
    pull(connection)
    node = StockLevel.objects.get(node__code="SOHO", sku__code="MUG").node_id
    assert feeds.freshness(timezone.now())[node].state == "fresh"
    server.shutdown()
    server.server_close()
    pull(connection)
    connection.refresh_from_db()
    assert (connection.last_error["code"], connection.failures, atp("SOHO")) == ("unreachable", 1, 5)
    assert feeds.freshness(timezone.now() + timedelta(minutes=1))[node].state == "stale"
