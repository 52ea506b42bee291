from io import StringIO

import pytest
from django.core.management import CommandError, call_command

import inventory.invariants
import routing.invariants


@pytest.mark.django_db
def test_an_empty_house_is_sound():
    call_command("verify_invariants", stdout=(said := StringIO()))
    assert said.getvalue() == "All invariants hold.\n"


@pytest.mark.django_db
def test_broken_rows_of_every_room_are_named(monkeypatch):
    monkeypatch.setattr(inventory.invariants, "broken_rows", lambda: ["I2: level 7"])
    monkeypatch.setattr(routing.invariants, "broken_rows", lambda: ["I4: line 3"])
    with pytest.raises(CommandError, match=r"I2: level 7\nI4: line 3\n2 rows break an invariant\."):
        call_command("verify_invariants")
