"""Rules are edited without anything being written, and told at their field what makes no sense."""

from typing import Any

import pytest
from django.test import Client

from routing import strategies
from routing.models import Rule, StrategyVersion

from .forms import form_of, rules_in

pytestmark = pytest.mark.django_db


def test_rules_move_switch_and_go_without_anything_being_written(send: Any, version: StrategyVersion) -> None:
    assert [rule["ref"] for rule in rules_in(send("down:r1"))] == ["r2", "r1"]
    assert [rule["ref"] for rule in rules_in(send("up:r1"))] == ["r1", "r2"]
    assert [rule["enabled"] for rule in rules_in(send("toggle:r2"))] == [True, False]
    gone = send("delete:r1")
    assert [rule["ref"] for rule in rules_in(gone)] == ["r2"]
    assert gone.context["changes"] == ["“California” removed from place 1"]
    assert [rule["ref"] for rule in rules_in(send("restore:r1", rules_in(gone)))] == ["r1", "r2"]
    assert (StrategyVersion.objects.count(), Rule.objects.count()) == (1, 2)


def test_a_rule_is_added_before_the_one_that_takes_everything(send: Any) -> None:
    added = send("add")
    assert [rule["ref"] for rule in rules_in(added)] == ["r1", "new1", "r2"]
    assert added.context["form"].ref == "new1"
    assert added.context["changes"] == ["“New rule” added at place 2"]


def test_a_condition_is_added_filled_turned_round_and_removed(send: Any, version: StrategyVersion) -> None:
    rest = strategies.rules_of(version)[1]
    begun = send("criterion:which_nodes", **form_of(rest) | {"add-which_nodes": "node"})
    assert (begun.status_code, begun.context["form"].faults) == (200, {})
    rest = rules_in(begun)[1]
    assert rest["which_nodes"] == [{"field": "node", "negate": False, "values": []}]
    changes = {"which_nodes-0-more": "RENO", "which_nodes-0-negate": "1"}
    filled = send("apply", rules_in(begun), **form_of(rest, **changes))
    assert rules_in(filled)[1]["which_nodes"] == [{"field": "node", "negate": True, "values": ["RENO"]}]
    assert filled.context["changes"] == ["“The rest”: now only nodes other than Reno"]
    emptied = send("drop:which_nodes:0", rules_in(filled), **form_of(rules_in(filled)[1]))
    assert emptied.context["changes"] == []


def test_what_is_changed_shows_what_it_was(send: Any, version: StrategyVersion) -> None:
    first = strategies.rules_of(version)[0]
    shown = send("apply", **form_of(first, **{"which_nodes-0-amount": "800", "max_parcels": "3", "rank": "distance"}))
    form = shown.context["form"]
    [distance] = form.blocks[1].criteria
    assert (distance.changed, distance.was) == ("changed", "within 500 km")
    assert (form.rank.was, form.max_parcels_was) == ("Full cost", "2")
    assert [word for word, *_ in shown.context["rows"][0].badges] == ["Changed"]


def test_a_switch_that_is_off_is_not_sent_and_keeps_lines_whole(send: Any, version: StrategyVersion) -> None:
    first = strategies.rules_of(version)[0]
    sent = form_of(first)
    assert sent.pop("split_lines") == "1"
    off = send("apply", **sent)
    assert [rule["split_lines"] for rule in rules_in(off)] == [False, True]
    assert off.context["changes"] == ["“California”: a line is no longer split between nodes"]
    form = off.context["form"]
    assert (form.split_lines, form.split_lines_was, form.words[1]) == (
        False, "may be split", "any node within 500 km, cheapest first, at most 2 parcels, no line split"
    )  # fmt: skip
    on = send("apply", rules_in(off), **form_of(first))
    assert (on.context["changes"], on.context["form"].split_lines_was) == ([], "")


def test_a_rule_that_keeps_lines_whole_is_saved_in_the_next_version_only(send: Any, version: StrategyVersion) -> None:
    rules = strategies.rules_of(version)
    send("save", [{**rules[0], "split_lines": False}, rules[1]], reason="Whole")
    newest = strategies.newest_version(version.strategy)
    assert newest is not None
    assert [rule["split_lines"] for rule in strategies.rules_of(newest)] == [False, True]
    assert [rule.split_lines for rule in newest.rules.order_by("position")] == [False, True]
    assert strategies.rules_of(version) == rules


def test_values_are_typed_in_the_currency(send: Any, version: StrategyVersion) -> None:
    begun = send("criterion:which_orders", **form_of(strategies.rules_of(version)[1]) | {"add-which_orders": "value"})
    rest = rules_in(begun)[1]
    filled = send("apply", rules_in(begun), **form_of(rest, **{"which_orders-0-amount": "1,250.50"}))
    assert rules_in(filled)[1]["which_orders"][0]["amount"] == 125050
    assert filled.context["form"].blocks[0].criteria[0].amount == "1250.50"
    assert filled.context["form"].words[0] == "Orders worth $1,250.50 or more"


@pytest.mark.parametrize(
    ("field", "typed", "part", "told"),
    [
        ("name", " ", "name", "Please give the rule a name."),
        ("max_parcels", "0", "max_parcels", "Please give a whole number from 1 to 20."),
        ("max_parcels", "two", "max_parcels", "Please give a whole number from 1 to 20."),
        ("which_nodes-0-amount", "-5", "which_nodes[0]", "Please give a whole number, 0 or more."),
        ("which_nodes-0-amount", "NaN", "which_nodes[0]", "Please give a whole number, 0 or more."),
        ("which_nodes-0-amount", "1e9", "which_nodes[0]", "Please give a whole number, 0 or more."),
        ("which_nodes-0-amount", "", "which_nodes[0]", "Please give a number, or remove the condition."),
        ("which_orders-0-values", "", "which_orders[0]", "Please choose at least one, or remove the condition."),
    ],
)
def test_a_field_that_makes_no_sense_is_told_in_words_and_keeps_what_was_typed(
    send: Any, version: StrategyVersion, field: str, typed: str, part: str, told: str
) -> None:
    first = strategies.rules_of(version)[0]
    for do in ("apply", "save", "test:X"):
        response = send(do, reason="Because", **form_of(first, **{field: typed}))
        assert response.status_code == 422
        assert response.context["form"].faults == {part: told}
        assert typed.strip() in response.content.decode()
    assert StrategyVersion.objects.count() == 1


def test_an_unknown_code_is_refused_at_its_field(send: Any, version: StrategyVersion) -> None:
    first = strategies.rules_of(version)[0]
    gone = {**first, "which_nodes": [{"field": "node", "values": ["NOWHERE"], "negate": False}]}
    response = send("save", [gone], reason="Because")
    assert response.status_code == 422
    assert response.context["form"].faults == {"which_nodes[0]": "there is no open node NOWHERE"}


@pytest.mark.parametrize(
    "carried", ["", "nonsense", "{}", "[1]", '[{"ref":""}]', '[{"ref":"a"},{"ref":"a"}]', "[" * 10000]
)
def test_rules_that_no_form_of_ours_sends_are_a_bad_request(
    client: Client, version: StrategyVersion, carried: str
) -> None:
    sent = {"rules": carried, "base": "1", "newest": "1", "do": "apply"}
    assert client.post("/routing/edit/", sent).status_code == 400


@pytest.mark.parametrize(
    "do", ["fly", "drop:which_nodes:x", "drop:colour:0", "criterion:colour", "unvalue:which_nodes"]
)
def test_a_step_that_no_button_sends_is_a_bad_request(send: Any, do: str) -> None:
    assert send(do).status_code == 400


def test_odd_characters_in_the_carried_rules_do_no_harm(send: Any, version: StrategyVersion) -> None:
    rule = {
        **strategies.rules_of(version)[1],
        "name": "Nul \0 and half \ud800",
        "max_parcels": 1.5,
        "which_nodes": "x",
    }
    for do in ("apply", "save", "test:X", "toggle:r2"):
        assert send(do, [rule], reason="Odd\0").status_code in (200, 422)
    assert StrategyVersion.objects.count() == 1
