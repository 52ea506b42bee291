from routing import in_hand, replanned
from tests import make

from .evening import EVENING, MORNING


def test_an_order_is_in_hand_from_its_plan_until_its_day_begins(network, route):
    make.order("TOMORROW", lines={"MUG": 1}, placed_at=EVENING)
    make.order("COLLECTED", lines={"MUG": 1}, placed_at=EVENING, method="pickup", pickup_node=network["RENO"])
    route(at=EVENING)
    assert replanned.kept(at=EVENING) == 1
    assert replanned.kept(at=MORNING) == 0
    in_hand.switch(False, at=EVENING, actor="user:1")
    assert replanned.kept(at=EVENING) == 0


def test_without_a_move_nothing_is_saved(db):
    assert replanned.saved(at=EVENING) == []
