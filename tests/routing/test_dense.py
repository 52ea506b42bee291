"""Names and rows as dense places: pure."""

import numpy as np

from routing.dense import STOCK, with_units


def stock(*rows):
    """Levels of (id, free), in this order."""
    found = np.zeros(len(rows), STOCK)
    found["id"], found["free"] = [row[0] for row in rows], [row[1] for row in rows]
    return found


def test_units_come_back_to_their_own_level_as_often_as_they_are_given():
    before = stock((30, 1), (10, 2), (20, 3))
    after = with_units(before, [(10, 4), (20, 1), (10, 5)])
    assert after["free"].tolist() == [1, 11, 4]
    assert before["free"].tolist() == [1, 2, 3]


def test_units_of_a_level_that_is_not_in_play_come_back_to_none():
    assert with_units(stock((10, 2), (20, 3)), [(15, 4), (25, 4), (5, 4)])["free"].tolist() == [2, 3]
    assert len(with_units(stock(), [(10, 4)])) == 0
