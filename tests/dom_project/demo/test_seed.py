"""Where the demo's history goes on: after the last stop, and after a first start that was broken off."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from dom_project.demo import history, retailer
from inventory.models import Connection
from routing import history as events
from routing.history import Kind
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def played(monkeypatch) -> list[Any]:
    """The hours that a start asks for, without playing them, and what it does after."""
    asked: list[Any] = []

    def play(start: datetime, end: datetime, **_how: object) -> Counter[str]:
        asked.append(round((end - start) / timedelta(hours=1)))
        return Counter()

    monkeypatch.setattr(history, "play", play)
    monkeypatch.setattr(history, "close_the_books", lambda *, at: asked.append("books closed"))
    monkeypatch.setattr(retailer, "connect", lambda *, at: asked.append("connected"))
    return asked


def happened(hours_ago: int) -> None:
    order = make.order(lines={"MUG": 1})
    with transaction.atomic():
        events.record(Kind.ROUTED, [(order.id, {})], actor="demo", at=timezone.now() - timedelta(hours=hours_ago))


def test_a_first_start_that_was_broken_off_goes_on_however_long_ago(played):
    make.node("RENO")
    happened(hours_ago=400)
    call_command("demo_seed")
    assert played == [400, "books closed", "connected"]


def test_a_later_start_plays_three_days_at_most(played):
    make.node("RENO")
    happened(hours_ago=400)
    Connection.objects.create(ref="erp", name="ERP", address="http://erp.example")
    call_command("demo_seed")
    assert played == [72, "connected"]
