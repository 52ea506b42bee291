from datetime import date
from fractions import Fraction

import pytest

from kpis.metrics import (
    FIGURES,
    Fact,
    Unit,
    by_day,
    cost_per_order,
    csat,
    on_time,
    order_to_ship_p50,
    reached,
    saved_by_replanning,
    shown,
    split_rate,
    stock_out_rate,
)

DAY, NEXT = date(2026, 11, 2), date(2026, 11, 3)


def fact(name, count, amount=0, *, day=DAY, node="RENO-DC", currency=""):
    return Fact(day, node, "web", name, count, amount, currency)


def test_cost_per_order_divides_the_parcels_by_the_orders_that_began():
    facts = [
        fact("parcels", 3, 2700, currency="USD"),
        fact("parcels", 1, 900, node="DALLAS-DC", currency="USD"),
        fact("orders_begun", 3),
    ]
    assert cost_per_order(facts) == 1200


def test_costs_in_two_currencies_are_not_added():
    with pytest.raises(ValueError, match="several currencies"):
        cost_per_order(
            [fact("parcels", 1, 9, currency="USD"), fact("parcels", 1, 9, currency="CAD"), fact("orders_begun", 1)]
        )


@pytest.mark.parametrize("figure", [f.compute for f in FIGURES.values()], ids=list(FIGURES))
def test_without_facts_there_is_no_figure_not_a_zero(figure):
    assert figure([]) is None


def test_what_planning_anew_saved_is_added_up_and_dearer_moves_are_taken_off():
    facts = [fact("replanned", 2, 500, currency="USD"), fact("replanned", 1, -120, day=NEXT, currency="USD")]
    assert saved_by_replanning(facts) == 380
    assert saved_by_replanning([fact("parcels", 1, 900, currency="USD")]) is None
    with pytest.raises(ValueError, match="several currencies"):
        saved_by_replanning([*facts, fact("replanned", 1, 5, currency="CAD")])


def test_an_order_in_two_or_more_parcels_is_split():
    facts = [fact("sent:1", 6), fact("sent:2", 1), fact("sent:3", 1, day=NEXT)]
    assert split_rate(facts) == Fraction(1, 4)


def test_shares_are_parts_of_their_own_whole():
    facts = [
        fact("promised", 8),
        fact("on_time", 6),
        fact("looked", 50),
        fact("stocked_out", 1),
        fact("answers", 3),
        fact("satisfied", 2),
    ]
    assert (on_time(facts), stock_out_rate(facts), csat(facts)) == (Fraction(3, 4), Fraction(1, 50), Fraction(2, 3))


@pytest.mark.parametrize(
    ("case", "classes", "minutes"),
    [
        ("one order stands in the middle of its class", {4: 1}, Fraction(135, 2)),
        ("half below, half above: the border", {0: 2, 1: 2}, 15),
        ("two thirds of the way into the class", {0: 1, 2: 3}, Fraction(35)),
        ("an empty class between changes nothing", {0: 3, 9: 3}, 15),
    ],
)
def test_the_median_is_interpolated_inside_its_class(case, classes, minutes):
    facts = [fact(f"to_ship:{place:05d}", count) for place, count in classes.items()]
    assert order_to_ship_p50(facts) == minutes, case


def test_a_day_without_the_figure_is_left_out_of_the_trend():
    facts = [fact("promised", 2), fact("on_time", 1), fact("looked", 5, day=NEXT)]
    assert by_day(FIGURES["on_time"], facts) == {DAY: Fraction(1, 2)}


def test_a_target_is_reached_from_the_better_side():
    assert reached(FIGURES["cost_per_order"], Fraction(900), Fraction(900))
    assert not reached(FIGURES["cost_per_order"], Fraction(901), Fraction(900))
    assert reached(FIGURES["on_time"], Fraction(96, 100), Fraction(95, 100))
    assert not reached(FIGURES["on_time"], Fraction(94, 100), Fraction(95, 100))


@pytest.mark.parametrize(
    ("case", "figure", "value", "target", "met"),
    [
        ("95.0 % meets 95.0 %", "on_time", Fraction(9496, 10000), Fraction(95, 100), True),
        ("94.9 % does not", "on_time", Fraction(9494, 10000), Fraction(95, 100), False),
        ("a target is told in tenths too", "on_time", Fraction(950, 1000), Fraction(9504, 10000), True),
        ("2.0 % of stock-outs are no more than 2.0 %", "stock_out_rate", Fraction(204, 10000), Fraction(2, 100), True),
        ("2.1 % are", "stock_out_rate", Fraction(206, 10000), Fraction(2, 100), False),
        ("$9.00 is no more than $9.00", "cost_per_order", Fraction(90049, 100), Fraction(900), True),
        ("$9.01 is", "cost_per_order", Fraction(90051, 100), Fraction(900), False),
        ("2 h 5 min are no more than 2 h 5 min", "order_to_ship_p50", Fraction(1259, 10), Fraction(125), True),
        ("2 h 6 min are", "order_to_ship_p50", Fraction(126), Fraction(125), False),
    ],
)
def test_a_target_is_met_by_what_the_page_tells(case, figure, value, target, met):
    assert reached(FIGURES[figure], value, target) is met, case


@pytest.mark.parametrize(
    ("unit", "value", "told"),
    [
        (Unit.MONEY, Fraction(10005, 10), 1000),
        (Unit.SHARE, Fraction(8617, 10000), Fraction(862, 1000)),
        (Unit.MINUTES, Fraction(1257, 10), 125),
        (Unit.MINUTES, Fraction(1, 2), Fraction(1, 2)),
        (Unit.MINUTES, Fraction(49 * 60 + 59), 49 * 60),
        (Unit.MINUTES, None, None),
    ],
)
def test_a_value_is_told_in_the_steps_of_its_unit(unit, value, told):
    assert shown(unit, value) == told
