from datetime import UTC, datetime

import pytest
from django.apps import apps

from dom_project.accounts import tokens
from dom_project.accounts.models import ApiToken, Role, User
from tests import admin_site, make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 10, 15, tzinfo=UTC)


@pytest.fixture
def shop():
    """The account of a machine, with a token."""
    made = make.user(Role.INTEGRATION, username="shop")
    tokens.make(made, name="Shop", at=AT)
    return made


def person(**changed):
    return {"username": "ada", "role": "executive", "is_active": "on", "first_name": "Ada"} | changed


def test_people_and_tokens_are_shown_to_the_administrator_alone(shop):
    admin_site.opens_for_the_administrator_alone("accounts")


def test_tokens_and_the_trail_are_not_touched(shop):
    admin_site.refuses_to_touch_records("accounts")


def test_a_person_is_added_with_a_role():
    form = {
        "username": "ada", "usable_password": "true", "password1": "correct-horse-9", "password2": "correct-horse-9",
        "role": "executive",
    }  # fmt: skip
    assert admin_site.logged_in().post(admin_site.url(User, "add"), form).status_code == 302
    ada = User.objects.get(username="ada")
    assert (ada.role, ada.is_staff, ada.is_superuser) == ("executive", False, False)
    assert ada.check_password("correct-horse-9")


def test_the_trail_says_who_gave_a_person_another_role(client):
    ada, root = make.user(username="ada"), make.user(Role.ADMINISTRATOR, username="root")
    client.force_login(root)
    assert client.post(admin_site.url(User, "change", ada.pk), person()).status_code == 302
    ada.refresh_from_db()
    assert ada.role == "executive"
    event = apps.get_model("accounts", "UserEvent")
    listed = client.get(admin_site.url(event, "changelist")).context["cl"].result_list
    newest = listed[0]
    assert (newest.pgh_label, newest.username, newest.role, newest.who) == ("update", "ada", "executive", "root")
    assert "password" not in client.get(admin_site.url(event, "change", newest.pk)).content.decode()


@pytest.mark.parametrize("changed", [{"role": "executive"}, {"role": "administrator", "is_active": ""}])
def test_an_administrator_does_not_shut_themselves_out(client, changed):
    root = make.user(Role.ADMINISTRATOR, username="root")
    client.force_login(root)
    answer = client.post(admin_site.url(User, "change", root.pk), person(username="root") | changed)
    assert answer.status_code == 200
    root.refresh_from_db()
    assert (root.role, root.is_active) == (Role.ADMINISTRATOR, True)


def test_a_person_is_switched_off_and_not_deleted(shop):
    administrator = admin_site.logged_in()
    assert administrator.post(admin_site.url(User, "delete", shop.pk), {"post": "yes"}).status_code == 403
    off = person(username="shop", role="integration", is_active="")
    assert administrator.post(admin_site.url(User, "change", shop.pk), off).status_code == 302
    shop.refresh_from_db()
    assert not shop.is_active


def test_a_form_gives_nobody_the_rights_of_a_superuser(shop):
    form = person(username="shop", role="integration", is_superuser="on", is_staff="on")
    assert admin_site.logged_in().post(admin_site.url(User, "change", shop.pk), form).status_code == 302
    shop.refresh_from_db()
    assert (shop.is_superuser, shop.is_staff) == (False, False)


def test_chosen_tokens_are_revoked(shop):
    key = tokens.make(shop, name="Second", at=AT)
    ids = list(ApiToken.objects.values_list("pk", flat=True))
    wish = {"action": "revoke", "_selected_action": ids}
    assert admin_site.logged_in().post(admin_site.url(ApiToken, "changelist"), wish).status_code == 302
    assert tokens.find(key, at=AT) is None
    assert not ApiToken.objects.filter(revoked_at=None).exists()
