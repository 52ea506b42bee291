from dataclasses import asdict
from datetime import timedelta

import pytest

from dom_project.lib.api_errors import BadInput
from inventory import feed_limits
from inventory.feed_limits import USUAL, WIDEST, Limits
from inventory.models import Connection

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def erp():
    return Connection.objects.create(ref="erp", name="ERP", address="http://erp")


def test_own_limits_hold_until_they_end(erp, clock):
    feed_limits.widen(erp, percent=asdict(Limits(fallen=80)), until=clock + DAY, at=clock, actor="user:1")
    erp.refresh_from_db()
    assert feed_limits.limits_of(erp, clock) == Limits(fallen=80)
    assert feed_limits.limits_of(erp, clock + DAY) == USUAL
    assert erp.limits["by"] == "user:1"
    feed_limits.narrow(erp)
    erp.refresh_from_db()
    assert (feed_limits.limits_of(erp, clock), feed_limits.ends_at(erp)) == (USUAL, None)


def test_without_a_connection_the_usual_limits_hold(clock):
    assert feed_limits.limits_of(None, clock) == USUAL


@pytest.mark.parametrize("name", list(asdict(USUAL)))
def test_no_limit_is_narrower_than_usual_or_wider_than_the_widest(erp, clock, name):
    usual, widest = asdict(USUAL)[name], asdict(WIDEST)[name]
    step = 1 if widest > usual else -1
    for value in (usual - step, widest + step):
        with pytest.raises(BadInput) as refused:
            feed_limits.widen(erp, percent=asdict(USUAL) | {name: value}, until=clock + DAY, at=clock, actor="user:1")
        assert (refused.value.code, refused.value.field) == ("out_of_range", name)
    erp.refresh_from_db()
    assert erp.limits == {}


@pytest.mark.parametrize("ahead", [timedelta(), -DAY, 91 * DAY])
def test_they_end_within_90_days(erp, clock, ahead):
    with pytest.raises(BadInput, match="limits_end"):
        feed_limits.widen(erp, percent=asdict(WIDEST), until=clock + ahead, at=clock, actor="user:1")
    erp.refresh_from_db()
    assert erp.limits == {}
