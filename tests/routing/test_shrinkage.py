"""Exact figures on a small network, then what holds for any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import shrinkage
from routing.shrinkage import Answers, Learned, leaning, learned, mean_costs

WHOLE = shrinkage.WHOLE


def answers(asked: int, no: int) -> Answers:
    """Answers of today, all of them: a week ago there were none."""
    return Answers(asked, no, asked * WHOLE, no * WHOLE, 0, 0)


def by_place(found: list[Learned]) -> dict[shrinkage.Place, int]:
    return {row.place: row.odds for row in found}


def test_a_network_that_was_never_asked_has_the_prior():
    assert learned([]) == [Learned((), Answers(), 200, 200)]


def test_each_level_leans_on_the_one_above_it():
    found = by_place(learned([(("store", 7, 3, 1), answers(20, 10))]))
    network = (10 + 20 * 0.02) / 40
    kind = (10 + 20 * network) / 40
    node = (10 + 20 * kind) / 40
    category = (10 + 20 * node) / 40
    bucket = (10 + 20 * category) / 40
    assert [network, kind, node, category, bucket] == pytest.approx([0.26, 0.38, 0.44, 0.47, 0.485])
    assert found == {
        (): 2600,
        ("store",): 3800,
        ("store", 7): 4400,
        ("store", 7, 3): 4700,
        ("store", 7, 3, 1): 4850,
    }


def test_places_of_one_parent_are_told_apart():
    found = by_place(
        learned(
            [
                (("store", 7, 3, 1), answers(10, 8)),
                (("store", 7, 3, 4), answers(90, 0)),
                (("dc", 2, 3, 4), answers(400, 0)),
            ]
        )
    )
    network = (8 + 20 * 0.02) / 520
    store = (8 + 20 * network) / 120
    category = (8 + 20 * (8 + 20 * store) / 120) / 120
    assert found[()] == round(network * 10_000) == 162
    assert found[("dc", 2, 3, 4)] < 10
    assert found[("store", 7, 3, 1)] == round((8 + 20 * category) / 30 * 10_000) == 3198
    assert found[("store", 7, 3, 4)] == round(20 * category / 110 * 10_000) == 145


def test_odds_are_never_told_above_one_half():
    found = by_place(learned([(("store", 7, 3, 1), answers(10_000, 10_000))]))
    assert set(found.values()) == {5000}


def test_units_not_known_count_for_the_places_above_only():
    found = learned([(("store", 7, 3, 0), answers(20, 10))])
    assert [row.place for row in found] == [(), ("store",), ("store", 7), ("store", 7, 3)]


def test_goods_without_a_category_are_a_category_of_their_own():
    assert ("store", 7, 0, 2) in by_place(learned([(("store", 7, 0, 2), answers(1, 0))]))


def test_an_answer_counts_half_after_four_weeks_and_nothing_after_twenty_four():
    found = shrinkage.weights()
    assert (found[0], found[28], found[56], found[84], len(found)) == (1000, 500, 250, 125, 168)
    before = shrinkage.weights_before()
    assert (before[:7], before[7], before[35], len(before)) == ([0] * 7, 1000, 500, 168)


def test_what_was_told_a_week_ago_is_told_beside():
    since = Answers(40, 20, 40 * WHOLE, 20 * WHOLE, 20 * WHOLE, 0)
    network = learned([(("store", 7, 3, 1), since)])[0]
    assert network.odds == round((20 + 0.4) / 60 * 10_000) == 3400
    assert network.odds_before == round(0.4 / 40 * 10_000) == 100


@pytest.mark.parametrize(("units", "bucket"), [(0, 0), (1, 1), (2, 2), (3, 3), (5, 3), (6, 4), (20_000, 4)])
def test_units_on_hand_fall_into_four_buckets(units, bucket):
    assert shrinkage.bucket_of(np.array([units])).tolist() == [bucket]


counts = st.integers(0, 5000).flatmap(lambda asked: st.tuples(st.just(asked), st.integers(0, asked)))
odds = st.floats(0, 1)


@given(counts, odds)
def test_odds_lie_between_the_parent_and_what_was_counted(counted, parent):
    asked, no = counted
    found = leaning(no, asked, parent)
    raw = no / asked if asked else parent
    assert min(parent, raw) - 1e-12 <= found <= max(parent, raw) + 1e-12


@given(counts, odds, odds)
def test_more_noes_or_a_worse_parent_never_lower_the_odds(counted, one, other):
    asked, no = counted
    low, high = sorted((one, other))
    assert leaning(no, asked, low) <= leaning(no, asked, high)
    if no < asked:
        assert leaning(no, asked, one) < leaning(no + 1, asked, one)


@given(odds)
def test_without_an_answer_the_odds_are_the_parents(parent):
    assert leaning(0, 0, parent) == pytest.approx(parent)


leaves = st.dictionaries(
    st.tuples(st.sampled_from(("dc", "store")), st.integers(1, 4), st.integers(0, 3), st.integers(0, 4)),
    counts.map(lambda counted: answers(*counted)),
    max_size=12,
)


@given(leaves)
def test_every_place_adds_up_what_is_below_it_and_lies_within_bounds(found):
    rows = learned(found.items())
    total = next(row for row in rows if row.place == ())
    assert total.answers.asked == sum(row.asked for row in found.values())
    assert total.answers.no == sum(row.no for row in found.values())
    assert all(0 <= row.odds <= 5000 for row in rows)
    known = {row.place for row in rows}
    assert all(place[:-1] in known for place in known if place)


@given(leaves, st.randoms())
def test_the_order_of_the_answers_does_not_matter(found, random):
    shuffled = list(found.items())
    random.shuffle(shuffled)
    assert learned(shuffled) == learned(found.items())


def test_a_strategy_that_never_sourced_again_has_no_cost_of_its_own():
    assert mean_costs({}, 500) == {}


def test_the_cost_of_sourcing_again_leans_on_the_mean_of_the_strategies():
    found = mean_costs({"USD": {1: (20, 20_000), 2: (0, 0)}}, 500)
    mean = (20_000 + 20 * 500) / 40
    assert mean == 750
    assert found == {
        ("USD", None): (20, 20_000, 750),
        ("USD", 1): (20, 20_000, 875),
        ("USD", 2): (0, 0, 750),
    }


def test_a_second_place_that_was_cheaper_costs_nothing():
    assert mean_costs({"USD": {1: (100, -900_000)}}, 500)["USD", 1] == (100, -900_000, 0)
