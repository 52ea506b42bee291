"""Safety rules on their page: added, switched, removed, taken back."""

import json

import pytest
from django.urls import reverse

from dom_project.accounts.models import Role
from inventory import safety
from inventory.models import SafetyRule
from tests import make

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
PAGE = "/inventory/safety/"


@pytest.fixture
def rule(level, clock):
    return safety.add_rule(3, sku=level.sku, at=clock, actor="user:1")


def toast(answer):
    return json.loads(answer["HX-Trigger"])["toast"]


def test_a_rule_keeps_units_back_at_once_and_undo_takes_it_away(manager, level):
    answer = manager.post(PAGE, {"units": "4", "sku": "MUG", "node": "RENO"}, headers=HTMX)
    level.refresh_from_db()
    assert (answer.status_code, level.safety_stock, level.atp) == (200, 4, 6)
    assert toast(answer)["text"] == "The rule decides 1 stock level now."
    assert "Decides 1 level: 4 units kept back · Maya Lind" in answer.text
    assert "Added: 4 units of Mug at Reno DC" in answer.text
    assert manager.post(toast(answer)["undo"]).status_code == 302
    level.refresh_from_db()
    assert (SafetyRule.objects.count(), level.atp) == (0, 10)


@pytest.mark.parametrize(
    ("case", "sent", "said"),
    [
        ("no units", {"units": ""}, "Please give a whole number from 0 to 1,000,000."),
        ("less than none", {"units": "-1"}, "Please give a whole number from 0 to 1,000,000."),
        ("too many", {"units": "1000001"}, "Please give a whole number from 0 to 1,000,000."),
        ("an unknown SKU", {"units": "1", "sku": "CUP"}, "There is no SKU with this code."),
        ("an unknown node", {"units": "1", "node": "OSLO"}, "Select a valid choice."),
        ("a SKU and a category", {"units": "1", "sku": "MUG", "category": "kitchen"}, "not both."),
        ("a node and a group", {"units": "1", "node": "RENO", "group": "west"}, "not both."),
        ("a letter that no database takes", {"units": "1", "sku": "\0"}, "Null characters are not allowed."),
    ],
)
def test_a_bad_rule_is_refused_at_its_field(manager, level, case, sent, said):
    make.group("west")
    answer = manager.post(PAGE, sent, headers=HTMX)
    level.refresh_from_db()
    assert (answer.status_code, SafetyRule.objects.count(), level.atp) == (422, 0, 10), case
    assert said in answer.text


def test_a_rule_is_switched_off_and_on_again_by_undo(manager, level, rule):
    url = reverse("inventory_safety_rule", args=[rule.pk])
    answer = manager.post(url, {"act": "off"}, headers=HTMX)
    level.refresh_from_db()
    assert (level.atp, "Switched off: 3 units of Mug at each node" in answer.text) == (10, True)
    manager.post(toast(answer)["undo"])
    level.refresh_from_db()
    assert level.atp == 7


def test_a_rule_is_removed_for_good(manager, level, rule):
    answer = manager.post(reverse("inventory_safety_rule", args=[rule.pk]), {"act": "remove"}, headers=HTMX)
    level.refresh_from_db()
    assert (SafetyRule.objects.count(), level.atp, toast(answer)["undo"]) == (0, 10, "")
    assert "Removed: 3 units of Mug at each node" in answer.text


@pytest.mark.parametrize(("pk", "act"), [(0, "off"), (None, "explode"), (None, "")])
def test_what_is_no_rule_or_no_act_is_not_found(manager, rule, pk, act):
    answer = manager.post(reverse("inventory_safety_rule", args=[rule.pk if pk is None else pk]), {"act": act})
    assert (answer.status_code, SafetyRule.objects.get().active) == (404, True)


def test_who_only_looks_changes_nothing(client, rule):
    client.force_login(make.user(Role.EXECUTIVE))
    assert client.post(PAGE, {"units": "9"}).status_code == 403
    assert client.post(reverse("inventory_safety_rule", args=[rule.pk]), {"act": "off"}).status_code == 403
    assert SafetyRule.objects.get().active
    assert "New rule" not in client.get(PAGE).text
