from routing.scarcity.forecast import expected_orders, hours_of, within

MONDAY = 0


def test_a_day_brings_what_its_weekday_did():
    week = [10, 20, 30, 40, 50, 60, 70]  # Monday to Sunday
    assert expected_orders(week * 2, MONDAY, 8) == [10, 20, 30, 40, 50, 60, 70, 10]


def test_a_trend_of_two_weeks_scales_all_days():
    # Two weeks of 10 a day, then two of 30: the mean is 20, lately it was half as much again.
    assert expected_orders([10] * 14 + [30] * 14, MONDAY, 2) == [30, 30]


def test_a_trend_does_not_more_than_double_or_halve():
    assert expected_orders([0] * 42 + [40] * 14, MONDAY, 1) == [20]
    assert expected_orders([40] * 42 + [0] * 14, MONDAY, 1) == [15]


def test_a_weekday_that_was_never_seen_has_the_mean_of_all():
    assert expected_orders([10, 20], MONDAY, 3) == [15, 15, 15]  # Saturday and Sunday were


def test_nothing_seen_is_nothing_expected():
    assert expected_orders([], MONDAY, 3) == [0, 0, 0]
    assert expected_orders([0, 0], MONDAY, 2) == [0, 0]


def test_what_is_too_much_is_looked_at_less_far():
    assert within([100, 100, 100], 250) == [100, 100, 50]
    assert within([100, 100], 200) == [100, 100]
    assert within([100], 250) == [100]
    assert within([], 250) == []
    assert hours_of([100, 100, 100], [100, 100, 50]) == 60
    assert hours_of([0, 0], [0, 0]) == 48
    assert hours_of([1_000_000], [1]) == 1
    assert hours_of([], []) == 0
