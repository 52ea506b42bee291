import pytest

from fulfillment import exceptions, words
from routing.exceptions import Raised, close_many, raise_many, take
from tests import make

from .sold import AT

pytestmark = pytest.mark.django_db


def test_exceptions_are_listed_by_reason_with_age_and_owner():
    one, other = make.order(lines={"MUG": 2}), make.order(lines={"TRAY": 3, "MUG": 1})
    line = other.lines.get(position=1)
    raise_many([Raised(one.id, "no_rule", {}), Raised(other.id, "third_look", {"looks": 3}, line.id)], at=AT)
    assert [tuple(row) for row in exceptions.by_reason()] == [("no_rule", 1, AT), ("third_look", 1, AT)]
    first, second = exceptions.open_exceptions()
    assert (first.order_ref, first.reason, first.units, first.line_ref) == (one.ref, "no_rule", 2, "")
    assert (second.order_ref, second.params, second.sku, second.units) == (other.ref, {"looks": 3}, "TRAY", 3)
    assert exceptions.open_exceptions(after=(first.raised_at, first.id)) == [second]
    assert exceptions.open_exceptions(reason="no_rule") == [first]
    take(first.id, at=AT, actor="user:5")
    assert exceptions.open_exceptions()[0].owner == "user:5"
    close_many([one.id], at=AT, by="user:5")
    assert exceptions.open_exceptions() == [second]


def test_each_exception_says_what_to_do():
    assert words.to_do("no_strategy") == "Make a strategy live."
    assert words.to_do("something new") == "Open the order and look why."
