"""What the overview asks of the database, and how it names the order that waits longest."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dom_project.accounts.models import Role
from routing.models import Pending
from tests import make
from tests.fulfillment.sold import packed, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> Client:
    client = Client()
    client.force_login(make.user(Role.OPERATIONS_MANAGER))
    return client


def test_the_page_takes_twelve_queries_at_most_session_and_person_counted(manager):
    for place in range(3):
        node = make.node(f"N{place}")
        stock(node, MUG=10)
        packed(node)
        make.order()
    manager.get("/")  # the medians are read once in five minutes
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = manager.get("/")
    assert page.status_code == 200
    told = [query["sql"] for query in asked]
    assert sum("django_session" in sql for sql in told) == 1
    assert len(told) <= 12, "\n".join(q[:110].replace("\n", " ") for q in told)


def test_the_order_that_waits_longest_to_be_routed_is_named(manager):
    newer, older = make.order(), make.order()
    now = datetime.now(UTC)
    Pending.objects.filter(order=older).update(since_at=now - timedelta(hours=1))
    Pending.objects.filter(order=newer).update(since_at=now)
    page = manager.get("/").content.decode()
    assert f'<a class="ref" href="/orders/{older.ref}/">{older.order_ref}</a> waits since' in page
    assert "2 orders wait to be routed." in page
