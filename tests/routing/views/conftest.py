"""Maya Lind, who runs the network, before a live strategy of two rules."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from dom_project.accounts.models import User
from routing import strategies
from routing.models import StrategyVersion
from tests import make
from tests.filing import bring, take

from .forms import CA, NEAR

__all__ = ["bring", "take"]


@pytest.fixture
def manager() -> User:
    return make.user(first_name="Maya", last_name="Lind")


@pytest.fixture
def client(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


@pytest.fixture
def version(manager: User) -> StrategyVersion:
    """A live version of two rules: California from near, and the rest."""
    make.channel("web")
    make.node("RENO")
    return make.strategy(
        make.rule("California", which_orders=[CA], which_nodes=[NEAR], if_part="next_rule", if_none="next_rule"),
        make.rule("The rest"),
    )


@pytest.fixture
def send(client: Client, version: StrategyVersion) -> Callable[..., HttpResponse]:
    """Press a button of the form as it stands: the rules of the live version, or those given."""

    def send(do: str, rules: list[dict[str, Any]] | None = None, **fields: Any) -> HttpResponse:
        carried = {"rules": json.dumps(strategies.rules_of(version) if rules is None else rules),
                   "base": version.number, "newest": version.number, "selected": ""}  # fmt: skip
        return client.post("/routing/edit/", {**carried, **fields, "do": do}, headers={"HX-Request": "true"})

    return send
