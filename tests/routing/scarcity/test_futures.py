import numpy as np

from routing.scarcity.futures import draw, most_drawn

WEEK = np.arange(70) % 7  # ten orders of each weekday, Monday first


def test_the_same_seed_draws_the_same_future_and_another_seed_another():
    first = draw(WEEK, [20.0] * 7, 0, [5, 1])
    assert first.tolist() == draw(WEEK, [20.0] * 7, 0, [5, 1]).tolist()
    assert first.tolist() != draw(WEEK, [20.0] * 7, 0, [5, 2]).tolist()
    assert first.tolist() != draw(WEEK, [20.0] * 7, 0, [6, 1]).tolist()


def test_each_day_draws_from_its_own_weekday_in_turn():
    drawn = draw(WEEK, [30.0, 30.0, 0.0, 30.0], 5, [1])
    days = WEEK[drawn]
    assert sorted(set(days.tolist())) == [1, 5, 6]  # Saturday, Sunday, no Monday, Tuesday
    changes = np.flatnonzero(np.diff(days))
    assert days[[0, *(changes + 1)]].tolist() == [5, 6, 1]


def test_there_are_about_as_many_as_expected():
    many = [len(draw(WEEK, [100.0], 0, [sample])) for sample in range(200)]
    assert 98 < sum(many) / 200 < 102
    assert min(many) < max(many)


def test_a_weekday_without_orders_draws_from_all():
    drawn = draw(np.array([2, 2, 2]), [50.0], 6, [1])
    assert set(drawn.tolist()) == {0, 1, 2}


def test_no_past_has_no_future():
    assert draw(np.zeros(0, np.int64), [10.0], 0, [1]).tolist() == []
    assert draw(WEEK, [], 0, [1]).tolist() == []


def test_the_most_drawn_are_kept_and_of_equals_the_smaller():
    values = np.array([9, 3, 3, 7, 7, 1])
    assert most_drawn(values, 2).tolist() == [3, 7]
    assert most_drawn(values, 3).tolist() == [1, 3, 7]
    assert most_drawn(values, 9).tolist() == [1, 3, 7, 9]
