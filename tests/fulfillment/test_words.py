import re
from pathlib import Path

import pytest

import fulfillment
from dom_project.lib import sentences
from fulfillment import words

ROOM = Path(fulfillment.__file__).parent
CODES = re.compile(r'(?:Refused|BadInput|NotFound|NoSuch\w+|super\(\).__init__)\(\s*"(\w+)"')
WHY = re.compile(r'_told\(\s*"(\w+)"')


def told_in(pattern):
    return {code for file in ROOM.rglob("*.py") for code in pattern.findall(file.read_text())}


def test_every_no_of_the_floor_has_words():
    assert len(codes := told_in(CODES)) > 20
    assert sorted(code for code in codes if sentences.sentence(code) == code.replace("_", " ")) == []


def test_every_reason_why_has_words():
    assert told_in(WHY) == {"collected_here", "made_good", "part_of_order", "cheapest", "only_place", "chosen"}
    assert all(words.why({"code": code, "params": {}}) for code in told_in(WHY) | {"only_place"})
    assert words.why({}) == ""


@pytest.mark.parametrize("code", [*words.REFUSALS, *words.TO_DO])
def test_each_sentence_takes_what_it_is_given(code):
    assert words.sentence(code, {})


def test_a_list_is_told_with_commas():
    told = words.sentence("wrong_item", {"sku": "LAMP", "name": "Lamp", "expected": ["MUG", "TRAY"]})
    assert told == "This is Lamp (LAMP). Expected: MUG, TRAY."


def test_each_way_to_miss_a_letter_has_its_sentence():
    assert words.not_taken({"code": "answered", "params": {"status": 500}}) == "It answered with status 500."
    assert words.not_taken({"code": "unreachable", "params": {"error": "x"}}) == "It could not be reached."
    assert words.not_taken(None) == ""
