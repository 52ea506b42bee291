import pytest

from kpis import snapshots
from kpis.models import Target
from tests import admin_site, make

from .test_snapshots import AT, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def counted():
    told(make.order(placed_at=AT))
    snapshots.roll_up(at=AT)
    Target.objects.create(metric="on_time", from_date=AT.date(), value="0.95")


def test_facts_and_targets_are_shown_to_the_administrator_alone(counted):
    admin_site.opens_for_the_administrator_alone("kpis")


def test_facts_are_not_touched(counted):
    admin_site.refuses_to_touch_records("kpis")


def test_a_target_is_set():
    added = admin_site.logged_in().post(
        admin_site.url(Target, "add"), {"metric": "csat", "from_date": "2026-11-10", "value": "0.9"}
    )
    assert added.status_code == 302
    target = Target.objects.get()
    assert (target.metric, str(target.from_date), float(target.value)) == ("csat", "2026-11-10", 0.9)


@pytest.mark.parametrize(
    ("metric", "value"), [("csat", "NaN"), ("csat", "1.2"), ("on_time", "-0.1"), ("cost_per_order", "-1"), ("x", "1")]
)
def test_a_target_that_no_figure_can_reach_is_refused(metric, value):
    refused = admin_site.logged_in().post(
        admin_site.url(Target, "add"), {"metric": metric, "from_date": "2026-11-10", "value": value}
    )
    assert refused.status_code == 200
    assert refused.context["adminform"].form.errors
    assert not Target.objects.exists()
