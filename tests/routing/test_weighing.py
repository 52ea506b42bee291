import pytest

from routing.weighing import PARTS, Weighing


def test_a_new_strategy_expects_a_no_has_no_prices_and_is_guarded():
    assert Weighing() == (True, False, True)
    assert Weighing().on == ("counts_no", "guarded")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_switched_alone(part):
    turned = Weighing().turned(part)
    assert [name for name in PARTS if getattr(turned, name) != getattr(Weighing(), name)] == [part]
    assert turned.turned(part) == Weighing()


def test_what_is_no_part_switches_nothing():
    assert Weighing().turned("on") == Weighing()
    assert Weighing.named(["guarded", "nonsense"]) == (False, False, True)


def test_the_names_that_a_page_carries_say_all():
    every = Weighing.named(PARTS)
    assert every == (True, True, True)
    assert Weighing.named(every.on) == every
