import pytest

from fulfillment import feedback, orders, returns, tracking
from fulfillment.tracking import Scan
from tests import admin_site, make

from .sold import AT, packed, shipped, stock

pytestmark = pytest.mark.django_db
ACTOR = "user:7"


@pytest.fixture
def worked():
    """One order that came back, one whose goods wait to be put back."""
    reno = make.node("RENO")
    stock(reno, MUG=20)
    sent = shipped(reno).order
    tracking.record_many([Scan("ups", "TRK1", "X", "in_transit", AT, "Sparks, NV", "…")], at=AT, actor=ACTOR)
    returns.take_back(sent.ref, "1", 1, key="r1", node="RENO", reason="too small", at=AT, actor=ACTOR)
    feedback.give(sent.ref, 4, "Fine", at=AT, actor=ACTOR)
    orders.cancel(packed(reno).order.ref, at=AT, actor=ACTOR)


def test_what_the_floor_did_is_shown_to_the_administrator_alone(worked):
    admin_site.opens_for_the_administrator_alone("fulfillment")


def test_what_the_floor_did_is_not_touched(worked):
    admin_site.refuses_to_touch_records("fulfillment")
