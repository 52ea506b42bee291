"""A version is saved with its reason, made live, and made live again."""

from typing import Any

import pytest
from django.test import Client

from dom_project.accounts.models import User
from routing import strategies
from routing.models import StrategyActivation, StrategyVersion
from tests import make

from .forms import rules_in

pytestmark = pytest.mark.django_db


def test_a_save_needs_a_reason_and_a_change(send: Any, version: StrategyVersion) -> None:
    without = send("save", rules_in(send("down:r1")))
    assert (without.status_code, without.context["edit"].reason_error) == (
        422,
        "Please say in a few words why: the history shows it.",
    )
    same = send("save", reason="Because")
    assert (same.status_code, same.context["edit"].error) == (
        422,
        "Nothing has changed: there is no new version to save.",
    )
    assert StrategyVersion.objects.count() == 1


def test_a_saved_version_names_its_author_and_waits_to_be_made_live(
    client: Client, send: Any, version: StrategyVersion, manager: User
) -> None:
    saved = send("save", rules_in(send("toggle:r1")), reason="Too slow from there")
    assert saved.headers["HX-Redirect"] == "/routing/versions/2/"
    new = StrategyVersion.objects.get(number=2)
    assert (new.author, new.reason, new.based_on) == (manager.actor, "Too slow from there", version)
    assert strategies.live_version() == version
    page = client.get("/routing/versions/2/")
    assert page.context["to_live"] == ["“California” switched off"]
    assert "Maya Lind" in page.content.decode()
    assert client.post("/routing/versions/2/activate/", {"reason": "Friday"}).url == "/routing/"
    assert strategies.live_version() == new
    activation = StrategyActivation.objects.latest("id")
    assert (activation.activated_by, activation.reason) == (manager.actor, "Friday")


def test_an_old_version_is_made_live_again_and_the_history_tells_it(
    client: Client, send: Any, version: StrategyVersion
) -> None:
    send("save", rules_in(send("toggle:r1")), reason="Off")
    client.post("/routing/versions/2/activate/")
    client.post("/routing/versions/1/activate/")
    assert strategies.live_version() == version
    rows = client.get("/routing/history/").context["rows"]
    assert [(row["version"].number, row["live"], row["changes"]) for row in rows] == [
        (2, False, ["“California” switched off"]),
        (1, True, []),
    ]
    assert [len(row["periods"]) for row in rows] == [1, 2]
    assert rows[1]["periods"][0]["until"] is None
    assert rows[0]["periods"][0]["until"] is not None


def test_making_the_live_version_live_again_changes_nothing(client: Client, version: StrategyVersion) -> None:
    client.post("/routing/versions/1/activate/")
    assert StrategyActivation.objects.count() == 1


def test_whoever_saves_second_sees_what_the_first_changed_and_may_save_after_all(
    send: Any, version: StrategyVersion
) -> None:
    ann = make.user(first_name="Ann", last_name="Berg")
    theirs = strategies.rules_of(version)
    theirs[1]["rank"] = "distance"
    strategies.save_version(theirs, strategy="main", author=ann.actor, reason="Nearer", at=make.MADE_AT, newest=1)
    mine = rules_in(send("toggle:r1"))
    second = send("save", mine, reason="Off")
    assert second.status_code == 422
    newer = second.context["edit"].newer
    assert (newer["author"], newer["changes"]) == ("Ann Berg", ["“The rest”: ranked by Distance, before by Full cost"])
    assert rules_in(second) == mine
    assert StrategyVersion.objects.count() == 2
    assert send("save", mine, reason="Off", newest=2).headers["HX-Redirect"] == "/routing/versions/3/"


def test_the_history_warns_of_rules_that_are_never_reached_as_the_editor_does(
    client: Client, send: Any, version: StrategyVersion
) -> None:
    send("save", rules_in(send("down:r1")), reason="The rest first")
    told = "Rule 2 will never be reached: rule 1 takes every order."
    history = client.get("/routing/history/")
    assert [(row["version"].number, row["never_reached"]) for row in history.context["rows"]] == [(2, told), (1, "")]
    assert history.content.decode().count(told) == 1
    client.post("/routing/versions/2/activate/")
    live = client.get("/routing/versions/2/").content.decode()
    assert live.count(told) == 2  # at the rule, and below what changes
    assert live.index("Changes against version 1") < live.rindex(told)
