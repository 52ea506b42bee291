import re

import pytest

from dom_project.lib import sentences
from routing import words
from routing.engine import codes
from routing.history import Kind
from routing.rules import NODE_FIELDS


def test_every_refusal_of_the_engine_has_a_sentence():
    assert {code for code in codes.WORDS if code} <= set(words.WORDS)
    assert {f"rule_{field}" for field in NODE_FIELDS} <= set(words.WORDS)


def test_every_event_has_a_name():
    assert {words.event(kind) for kind in Kind} == {str(words.EVENTS[kind]) for kind in Kind}


def test_parameters_are_filled_in_and_a_missing_one_breaks_nothing():
    assert words.sentence("unknown_sku", {"sku": "CUP"}) == "there is no SKU CUP"
    assert words.sentence("unknown_sku") == "there is no SKU …"


def test_a_code_that_nobody_taught_shows_itself():
    assert words.sentence("never_heard_of") == "never heard of"


def test_no_code_has_two_sentences():
    with pytest.raises(ValueError, match="dearer"):
        sentences.teach({"dearer": "something else"})


def test_all_sentences_take_named_parameters_only():
    for code, text in words.WORDS.items():
        assert not re.search(r"%(?!\(|%)", str(text)), code
