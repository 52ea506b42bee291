"""The rules as everybody reads them: who may, in which words, at what cost."""

import json
from typing import Any

import pytest
from django.test import Client

from dom_project.accounts.models import Role, User
from routing import strategies
from routing.models import StrategyActivation, StrategyVersion
from tests import make

from .forms import CA, rules_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "read", "step"),
    [
        (Role.OPERATIONS_MANAGER, 200, 200),
        (Role.ADMINISTRATOR, 200, 200),
        (Role.EXECUTIVE, 200, 403),
        (Role.STORE_ASSOCIATE, 403, 403),
        (Role.CUSTOMER_SERVICE, 403, 403),
    ],
)
def test_who_sees_the_rules_and_who_changes_them(version: StrategyVersion, role: str, read: int, step: int) -> None:
    client = Client()
    client.force_login(make.user(role))
    sent = {"do": "apply", "rules": "[]"}
    assert client.get("/routing/").status_code == read
    assert client.get("/routing/history/").status_code == read
    assert client.get("/routing/versions/1/").status_code == read
    assert client.post("/routing/edit/", sent).status_code == step
    assert client.post("/routing/versions/1/activate/").status_code == (302 if step == 200 else 403)
    assert StrategyActivation.objects.count() == 1


def test_nobody_reads_the_rules_without_logging_in(version: StrategyVersion) -> None:
    assert Client().get("/routing/").url == "/login/?next=/routing/"


def test_the_executive_reads_the_live_rules_and_finds_no_form(version: StrategyVersion) -> None:
    client = Client()
    client.force_login(make.user(Role.EXECUTIVE))
    shown = client.get("/routing/").content.decode()
    assert "Orders to California" in shown
    assert 'name="rules"' not in shown
    assert "Activate" not in shown


def test_a_version_that_does_not_exist_is_not_found(client: Client, version: StrategyVersion) -> None:
    for url in ("/routing/versions/2/", "/routing/?version=2", "/routing/?version=x"):
        assert client.get(url).status_code == 404
    assert client.post("/routing/versions/2/activate/").status_code == 404


def test_the_live_rules_are_read_as_sentences_in_their_order(client: Client, version: StrategyVersion) -> None:
    response = client.get("/routing/")
    near = ("Orders to California", "any node within 500 km, cheapest first, at most 2 parcels", "otherwise next rule")
    part = "if only a part finds a place: assign it and back-order the rest; if nothing: back-order"
    assert [(row.number, row.name, row.words) for row in response.context["rows"]] == [
        (1, "California", near),
        (2, "The rest", ("Every order", "any node, cheapest first, at most 2 parcels", part)),
    ]
    assert "Version 1 is live" in response.content.decode()
    assert response.context["changes"] == []


def test_without_a_strategy_the_page_says_what_to_do_and_the_first_save_makes_one(client: Client) -> None:
    make.channel("web")
    assert "Begin with one rule for every order" in client.get("/routing/").content.decode()
    added = client.post("/routing/edit/", {"do": "add", "rules": "[]", "base": "0", "newest": "0"})
    [rule] = rules_in(added)
    assert rule["name"] == "New rule"
    sent = {"do": "save", "rules": json.dumps([rule]), "base": "0", "newest": "0", "reason": "A beginning"}
    assert client.post("/routing/edit/", sent).url == "/routing/versions/1/"
    assert strategies.live_version() is None
    client.post("/routing/versions/1/activate/")
    assert [rule["name"] for rule in strategies.rules_of(strategies.live_version())] == ["New rule"]


def test_old_versions_can_be_begun_with(client: Client, version: StrategyVersion) -> None:
    strategies.save_version([make.rule("Other")], strategy="main", author="user:1", reason="Try", at=make.MADE_AT)
    shown = client.get("/routing/?version=2")
    assert [row.name for row in shown.context["rows"]] == ["Other"]
    assert "Editing from version 2" in shown.content.decode()


@pytest.mark.parametrize("rules", [1, 50])
def test_the_pages_ask_little_however_many_rules(
    client: Client, manager: User, rules: int, django_assert_max_num_queries: Any
) -> None:
    make.channel("web")
    made = [make.rule(f"Rule {n}", which_orders=[CA]) for n in range(rules)]
    for _round in range(3):
        make.strategy(*made)
    for _ in range(rules):
        make.order()
    for url in ("/routing/", "/routing/history/", "/routing/versions/2/"):
        with django_assert_max_num_queries(12):
            assert client.get(url).status_code == 200


def test_rules_below_one_that_takes_every_order_are_told_at_it_and_in_the_difference(
    send: Any, version: StrategyVersion
) -> None:
    assert send("apply").context["never_reached"] == ""
    hidden = send("down:r1")
    told = "Rule 2 will never be reached: rule 1 takes every order."
    assert [row.hides for row in hidden.context["rows"]] == [told, ""]
    assert "Never reached" in [word for word, _tone, _icon in hidden.context["rows"][1].badges]
    assert hidden.content.decode().count(told) == 2  # at the rule, and below what has changed
    assert told not in send("toggle:r2", rules_in(hidden)).content.decode()


def test_a_version_with_rules_that_are_never_reached_says_so_before_it_is_made_live(
    client: Client, send: Any, version: StrategyVersion
) -> None:
    send("save", rules_in(send("down:r1")), reason="The rest first")
    told = "Rule 2 will never be reached: rule 1 takes every order."
    page = client.get("/routing/versions/2/").content.decode()
    assert f"stays where it is. {told}" in page  # in the question
    assert page.count(told) == 3
    assert told not in client.get("/routing/versions/1/").content.decode()
