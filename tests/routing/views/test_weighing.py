"""What a strategy weighs is switched, tried, saved, told apart and carried on."""

from typing import Any

import pytest
from django.test import Client

from routing import strategies
from routing.models import StrategyVersion
from routing.weighing import Weighing

pytestmark = pytest.mark.django_db


def weighing_in(response: Any) -> Weighing:
    """What the answered form carries on."""
    weighing: Weighing = response.context["edit"].copy.weighing
    return weighing


def test_a_part_is_switched_without_anything_being_written(send: Any, version: StrategyVersion) -> None:
    shown = send("weigh:counts_no", weighing="counts_no,guarded")
    assert weighing_in(shown) == (False, False, True)
    assert shown.context["changes"] == ["The expected cost of a no counts no longer"]
    assert 'name="weighing" value="guarded"' in shown.content.decode()
    back = send("weigh:counts_no", weighing="guarded")
    assert (weighing_in(back), back.context["changes"]) == (Weighing(), [])
    assert StrategyVersion.objects.get().weighing == Weighing()


def test_steps_with_the_rules_keep_what_is_weighed(send: Any) -> None:
    for step in ("apply", "add", "down:r1", "toggle:r1", "delete:r1", "select:r2"):
        assert weighing_in(send(step, weighing="scarcity_prices")) == (False, True, False)


def test_a_form_that_says_nothing_of_it_keeps_what_the_version_weighs(send: Any) -> None:
    assert weighing_in(send("apply")) == Weighing()


def test_what_is_no_part_is_no_step(send: Any) -> None:
    assert send("weigh:everything").status_code == 400


def test_it_is_saved_alone_shown_with_the_version_and_made_live(
    send: Any, client: Client, version: StrategyVersion
) -> None:
    assert send("save", weighing="guarded", reason="Too careful").url == "/routing/versions/2/"
    saved = StrategyVersion.objects.get(number=2)
    assert saved.weighing == (False, False, True)
    assert strategies.rules_of(saved) == strategies.rules_of(version)
    page = client.get("/routing/versions/2/")
    assert page.context["changes"] == page.context["to_live"] == ["The expected cost of a no counts no longer"]
    assert [(each.part, each.on) for each in page.context["weighed"]] == [
        ("counts_no", False),
        ("scarcity_prices", False),
        ("guarded", True),
    ]
    client.post("/routing/versions/2/activate/")
    assert weighing_in(client.get("/routing/")) == (False, False, True)
    assert "The expected cost of a no counts no longer" in client.get("/routing/history/").content.decode()


def test_a_version_saved_without_saying_weighs_what_the_one_before_does(send: Any, version: StrategyVersion) -> None:
    send("save", weighing="scarcity_prices", reason="Try")
    second = StrategyVersion.objects.get(number=2)
    rules = strategies.rules_of(second)
    third = strategies.save_version(rules, strategy="main", author="user:1", reason="Same", at=second.created_at)
    assert third.weighing == second.weighing == (False, True, False)


def test_what_somebody_else_switched_meanwhile_is_told(send: Any, version: StrategyVersion) -> None:
    rules = strategies.rules_of(version)
    strategies.save_version(
        rules,
        strategy="main",
        author="user:1",
        reason="Prices",
        at=version.created_at,
        weighing=Weighing().turned("scarcity_prices"),
    )
    refused = send("save", weighing="guarded", reason="Too careful")
    assert refused.status_code == 422
    assert refused.context["edit"].newer["changes"] == ["Scarce stock has a price"]
