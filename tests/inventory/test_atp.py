import pytest

from inventory.atp import Position, available_to_promise, network_atp
from inventory.models import StockLevel
from tests import make


@pytest.mark.parametrize(
    ("case", "position", "atp"),
    [
        ("everything is free", Position(10, 0), 10),
        ("all terms come off", Position(46, 3, 0, 3, 4), 36),
        ("never below zero", Position(5, 3, 0, 1, 4), 0),
        ("nothing while a shortfall is open", Position(8, 10, 2), 0),
    ],
)
def test_atp_is_what_is_left_of_on_hand(case, position, atp):
    assert available_to_promise(position) == atp


def test_what_one_node_lacks_takes_nothing_from_another():
    assert network_atp([Position(10, 0), Position(2, 0, 0, 0, 5)]) == 10


@pytest.mark.django_db
@pytest.mark.parametrize("terms", [(46, 3, 0, 3, 4), (5, 3, 0, 1, 4), (8, 10, 2, 0, 0)])
def test_the_database_computes_the_same(terms):
    names = ("on_hand", "allocated", "shortfall", "external", "safety_stock")
    level = StockLevel.objects.create(node=make.node(), sku=make.sku(), **dict(zip(names, terms, strict=True)))
    level.refresh_from_db()
    assert level.atp == available_to_promise(Position(*terms))
