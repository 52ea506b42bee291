"""What leaves is told to the owning system, which says when it booked it: from then on its figure contains it."""

from datetime import timedelta

import pytest

from fulfillment import returns
from inventory.models import Connection, FeedScope, OwnMovement
from routing import outbox
from routing.models import Subscriber
from tests import make
from tests.dom_project.listening import listening

from .sold import AT, shipped, sound, stock

pytestmark = pytest.mark.django_db


def test_a_shipment_and_a_return_are_booked_over_there(settings):
    reno = make.node("RENO")
    stock(reno, MUG=10)
    connection = Connection.objects.create(ref="erp", name="ERP", address="https://erp.example/")
    FeedScope.objects.create(node=reno, connection=connection, source_ref="RENO")
    order = shipped(reno).order
    returns.take_back(order.ref, "1", 1, key="r1", node="RENO", at=AT, actor="user:3")
    waiting = OwnMovement.objects.filter(booked_at=None).order_by("id")
    assert list(waiting.values_list("units", flat=True)) == [-2, 1]

    booked_at = AT + timedelta(seconds=7)
    with listening(lambda asked: (200, b'{"booked_at": "%s"}' % booked_at.isoformat().encode())) as erp:
        settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{erp.port}"]
        Subscriber.objects.create(ref="erp", name="ERP", url=erp.url, secret="s3cret")
        assert outbox.drain(at=AT).failed == 0
    assert not waiting.exists()
    assert set(OwnMovement.objects.values_list("booked_at", flat=True)) == {booked_at}
    assert sound()
