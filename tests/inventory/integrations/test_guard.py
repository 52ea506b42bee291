import pytest

from inventory.feed_limits import Limits
from inventory.integrations.guard import NodeChange, too_much


def node(stocked, zeroed, units, after, code="RENO", *, jumped=0):
    return NodeChange(code, stocked, zeroed, units, after, jumped)


@pytest.mark.parametrize(
    ("case", "changes", "reason"),
    [
        ("nothing changes", [node(500, 0, 9000, 9000)], None),
        ("a first read", [node(0, 0, 0, 9000)], None),
        ("one SKU of one sells out", [node(1, 1, 3, 0)], None),
        ("all of two turn 0", [node(2, 2, 14, 0)], "all_zero"),
        ("one node of two is empty", [node(9, 9, 90, 0), node(9, 0, 90, 90, "OMAHA")], "all_zero"),
        ("single SKUs of several nodes", [node(1, 1, 3, 0), node(1, 1, 3, 0, "OMAHA")], "all_zero"),
        ("a fifth turn 0", [node(500, 100, 9000, 8900)], None),
        ("more than a fifth", [node(500, 101, 9000, 8900)], "many_zero"),
        ("more than a fifth, but few", [node(100, 49, 9000, 8900)], None),
        ("units fall by two fifths", [node(500, 0, 1000, 600)], None),
        ("by more", [node(500, 0, 1000, 599)], "units_fell"),
        ("by more, but few", [node(5, 0, 100, 1)], None),
        ("a fifth jump", [node(500, 0, 9000, 90_000, jumped=100)], None),
        ("more than a fifth", [node(500, 0, 9000, 90_000, jumped=101)], "many_jumped"),
        ("more than a fifth, but few", [node(60, 0, 900, 90_000, jumped=19)], None),
        ("both of two jump", [node(2, 0, 5, 50_000, jumped=2)], "many_jumped"),
        ("one SKU of one jumps", [node(1, 0, 5, 50_000, jumped=1)], None),
    ],
)
def test_what_changes_too_much_is_asked_about(case, changes, reason):
    verdict = too_much(changes)
    assert (verdict.reason if verdict else None) == reason, case


def test_the_worst_node_is_named_and_the_others_listed():
    verdict = too_much([node(500, 0, 1000, 500), node(500, 0, 9000, 100, "OMAHA"), node(500, 0, 5, 5, "UTICA")])
    assert verdict is not None
    assert (verdict.params["node"], verdict.params["after"]) == ("OMAHA", 100)
    assert verdict.params["nodes"] == ["RENO", "OMAHA"]


@pytest.mark.parametrize(
    ("case", "changes", "limits", "reason"),
    [
        ("wider, within", [node(500, 101, 9000, 8900)], Limits(zeroed=60), None),
        ("wider, above", [node(500, 301, 9000, 8900)], Limits(zeroed=60), "many_zero"),
        ("all at any limit", [node(500, 500, 9000, 0)], Limits(zeroed=90, fallen=90), "all_zero"),
        ("fallen, within", [node(500, 0, 1000, 200)], Limits(fallen=80), None),
        ("jumped, within", [node(500, 0, 9000, 90_000, jumped=400)], Limits(jumped=90), None),
        ("all jump at any limit", [node(500, 0, 9000, 90_000, jumped=500)], Limits(jumped=90), "many_jumped"),
    ],
)
def test_wider_limits_ask_later_but_never_stop_asking(case, changes, limits, reason):
    verdict = too_much(changes, limits)
    assert (verdict.reason if verdict else None) == reason, case
