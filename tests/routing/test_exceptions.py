import pytest
from django.apps import apps

from dom_project.lib.api_errors import NotFound
from routing import exceptions
from routing.exceptions import Raised
from routing.models import OrderException
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def stuck(clock) -> OrderException:
    exceptions.raise_many([Raised(make.order().id, "no_rule", {})], at=clock)
    return OrderException.objects.get()


def owner() -> str:
    return OrderException.objects.get().owner


def test_the_last_who_takes_an_exception_has_it(stuck, clock):
    exceptions.take(stuck.id, at=clock, actor="user:5")
    exceptions.take(stuck.id, at=clock, actor="user:6")
    assert owner() == "user:6"


def test_an_exception_given_back_is_nobodys(stuck, clock):
    exceptions.take(stuck.id, at=clock, actor="user:5")
    exceptions.give_back(stuck.id, at=clock, actor="user:7")
    assert owner() == ""


def test_who_took_it_and_who_gave_it_back_is_remembered_with_the_moment(stuck, clock):
    exceptions.take(stuck.id, at=clock, actor="user:5")
    exceptions.take(stuck.id, at=clock, actor="user:5")
    later = clock.replace(hour=16)
    exceptions.give_back(stuck.id, at=later, actor="token:7")
    trail = apps.get_model("routing", "OrderExceptionEvent").objects.order_by("pgh_id")
    assert [(event.order_id, event.owner, event.pgh_context.metadata) for event in trail] == [
        (stuck.order_id, "user:5", {"actor": "user:5", "at": clock.isoformat()}),
        (stuck.order_id, "", {"actor": "token:7", "at": later.isoformat()}),
    ]


def test_a_closed_exception_keeps_its_owner(stuck, clock):
    exceptions.take(stuck.id, at=clock, actor="user:5")
    assert exceptions.close_many([stuck.order_id], at=clock, by="user:5") == {stuck.order_id}
    with pytest.raises(NotFound, match="unknown_exception"):
        exceptions.take(stuck.id, at=clock, actor="user:6")
    with pytest.raises(NotFound, match="unknown_exception"):
        exceptions.give_back(stuck.id, at=clock, actor="user:7")
    assert owner() == "user:5"


def test_an_exception_raised_again_keeps_its_age_and_takes_the_new_figures(stuck, clock):
    exceptions.raise_many([Raised(stuck.order_id, "no_rule", {"looks": 3})], at=clock.replace(hour=20))
    again = OrderException.objects.get()
    assert (again.id, again.raised_at, again.params) == (stuck.id, clock, {"looks": 3})
