"""The page of planning anew: the switch, what is in hand, what runs have brought."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dom_project.accounts.models import Role, User
from routing import in_hand, replanned
from routing.models import Reoptimisation, ReplanningSwitch
from tests import make

pytestmark = pytest.mark.django_db
PAGE = "/routing/replanning/"


def run(**fields: object) -> Reoptimisation:
    number = Reoptimisation.objects.count()
    defaults = {
        "at": timezone.now(), "problem_ref": f"{number}-anew", "mode": "exact_fcfs", "currency": "USD",
        "considered": 40, "moved": 3, "refused": 1, "saved": 425, "actor": "engine",
        "stayed": {"best": 34, "later": 2},
    }  # fmt: skip
    return Reoptimisation.objects.create(**(defaults | fields))


def test_it_is_on_until_somebody_switches_it_off_and_says_who_did(client: Client, manager: User) -> None:
    assert client.get(PAGE).context["on"] is True
    answer = client.post(f"{PAGE}switch/", {"on": "0"}, follow=True)
    assert (answer.context["on"], answer.context["by"]) == (False, "Maya Lind")
    assert "Off: the floor gets everything within seconds" in answer.content.decode()
    switch = ReplanningSwitch.objects.get()
    assert (switch.on, switch.switched_by) == (False, manager.actor)
    client.post(f"{PAGE}switch/", {"on": "1"})
    assert in_hand.is_on()


@pytest.mark.parametrize(
    ("kept", "question"),
    [
        (0, "Switch off? No order is in hand now."),
        (1, "Switch off and send 1 order to its floor? That can't be undone."),
        (2300, "Switch off and send 2,300 orders to their floors? That can't be undone."),
    ],
)
def test_before_it_is_switched_off_the_page_asks(
    client: Client, monkeypatch: pytest.MonkeyPatch, kept: int, question: str
) -> None:
    monkeypatch.setattr(replanned, "kept", lambda *, at: kept)
    assert f'data-confirm="{question}"' in client.get(PAGE).content.decode()
    client.post(f"{PAGE}switch/", {"on": "0"})
    assert "data-confirm=" not in client.get(PAGE).content.decode()


def test_switching_to_what_it_is_changes_nothing(client: Client) -> None:
    answer = client.post(f"{PAGE}switch/", {"on": "1"}, follow=True)
    assert "It is so already; nothing changed." in answer.content.decode()
    assert not ReplanningSwitch.objects.exists()


def test_runs_tell_what_they_saved_and_why_the_others_stayed(client: Client) -> None:
    run(at=timezone.now() - timedelta(days=3), saved=1000)
    run()
    page = client.get(PAGE)
    assert page.context["day"] == [replanned.Saved("USD", 425, 3)]
    assert page.context["month"] == [replanned.Saved("USD", 1425, 6)]
    text = page.content.decode()
    assert "$4.25" in text
    assert "34: nothing else saves enough" in text
    assert "1: somebody else took the units or the slot first" in text


def test_who_may_only_see_rules_gets_no_switch(client: Client) -> None:
    client.force_login(make.user(Role.EXECUTIVE))
    assert "Switch off" not in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}switch/", {"on": "0"}).status_code == 403
    assert in_hand.is_on()
