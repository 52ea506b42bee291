"""Facts that fit together, are the same bytes again, and can't be changed."""

from dataclasses import replace

import numpy as np
import pytest

from routing.engine.problem import ARRAYS, ProblemRefused
from routing.engine.stored import from_bytes, to_bytes
from tests.routing.engine.problems import problem, random_problem


def small(**arrays):
    return problem([{"lines": {0: 1, 1: 2}}], [{0: 5, 1: 5}, {1: 3}], **arrays)


def test_a_stored_problem_reads_back_with_the_same_hash():
    for seed in range(20):
        made = random_problem(seed, orders=5)
        again = from_bytes(to_bytes(made))
        assert again.hash() == made.hash()
        assert (again.rules, again.decided_on, again.node_codes) == (made.rules, made.decided_on, made.node_codes)
        assert all(np.array_equal(getattr(again, name), getattr(made, name)) for name in ARRAYS)


def test_any_other_fact_gives_another_hash():
    hashes = {
        small().hash(),
        small(units=[1, 1]).hash(),
        small(seed=1).hash(),
        small(late_per_day=1).hash(),
        small(versions={"strategy": "2"}).hash(),
        small(node_codes=("A", "B")).hash(),
    }
    assert len(hashes) == 6


@pytest.mark.parametrize(
    ("case", "blob"), [("nothing", b""), ("no compressed text", b"hello"), ("cut off", to_bytes(small())[:-9])]
)
def test_bytes_that_are_no_problem_are_refused(case, blob):
    with pytest.raises(ProblemRefused, match="blob: is not a stored problem"):
        from_bytes(blob)


def test_arrays_can_not_be_written():
    with pytest.raises(ValueError, match="read-only"):
        small().units[0] = 9


def test_a_problem_keeps_what_it_was_given():
    made = small()
    units = np.array([1, 2], np.int32)
    again = replace(made, units=units)
    units[0] = 3
    assert again.units.tolist() == [1, 2]


def test_a_figure_beyond_its_type_is_the_nearest_it_can_hold():
    made = small(slack=[100_000], free=[2**40, 5, 3])
    assert made.slack.tolist() == [32_767]
    assert made.free.tolist() == [2**31 - 1, 5, 3]
    again = replace(made, free=np.array([2**70, -(2**70), 3]), node_class_bits=np.array([-1, 3], np.int8))
    assert again.free.tolist() == [2**31 - 1, -(2**31), 3]
    assert again.node_class_bits.tolist() == [0, 3]


@pytest.mark.parametrize(
    ("case", "changes", "field", "reason"),
    [
        ("too few", {"units": [1]}, "units", "has the shape (1,), not (2,)"),
        ("an unknown SKU", {"sku": [0, 2]}, "sku", "points outside 0 … 1"),
        ("an unknown node", {"stock_node": [0, 1, 7]}, "stock_node", "points outside 0 … 1"),
        ("an unknown pickup node", {"pinned_node": [2]}, "pinned_node", "points outside −1 … 1"),
        ("an unknown zone", {"zone": [[0, 9]]}, "zone", "points outside −1 … 2"),
        ("a falling pointer", {"ptr": [0, 1]}, "ptr", "must rise from 0 to 2 in 2 steps"),
        ("stock out of turn", {"stock_node": [1, 0, 1]}, "stock_node", "must rise within each SKU"),
        ("flat rates", {"rate": [1, 2]}, "rate", "must be [service, zone, band]"),
        ("no name", {"node_codes": ("A",)}, "node_codes", "has 1 names for 2"),
        ("an unknown method", {"method": [4]}, "method", "points outside 0 … 3"),
        ("an unknown kind of node", {"kind": [0, 5]}, "kind", "points outside 0 … 4"),
        ("no day", {"ship_day": np.zeros((2, 0)), "slots_left": np.zeros((2, 0))}, "ship_day", "has no day"),
        ("days of one node", {"ship_day": [[0] * 14], "slots_left": [[0] * 14]}, "ship_day", "does not have 2 nodes"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(case, changes, field, reason):
    with pytest.raises(ProblemRefused) as refused:
        small(**changes)
    assert (refused.value.field, refused.value.reason) == (field, reason)
