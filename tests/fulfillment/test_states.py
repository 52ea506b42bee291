import itertools

import pytest

from fulfillment.states import LEFT, MOVES, ON_THE_FLOOR, WAITING, IllegalMove, State, check_move


def test_every_state_has_its_moves():
    assert set(MOVES) == set(State)
    assert all(after <= set(State) for after in MOVES.values())


@pytest.mark.parametrize(("old", "new"), list(itertools.product(State, State)))
def test_the_table_allows_a_move_or_it_is_refused(old, new):
    if new in MOVES[old]:
        check_move(old, new, "S1")
        return
    with pytest.raises(IllegalMove) as refused:
        check_move(old, new, "S1")
    assert (refused.value.code, refused.value.status) == ("illegal_move", 409)
    assert refused.value.params == {"shipment": "S1", "old": old.value, "new": new.value}


def test_every_state_is_reached_from_the_list():
    reached, new = set(), {State.TO_PICK}
    while new:
        reached |= new
        new = {after for state in new for after in MOVES[state]} - reached
    assert reached == set(State)


def test_what_left_never_comes_back_to_the_floor():
    assert not any(MOVES[state] & (ON_THE_FLOOR | WAITING | {State.CANCELLED}) for state in LEFT)
    assert ON_THE_FLOOR | WAITING | LEFT | {State.CANCELLED} == set(State)


def test_nothing_moves_to_where_it_is():
    assert all(state not in after for state, after in MOVES.items())
