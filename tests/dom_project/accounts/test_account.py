from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from dom_project.accounts import tokens
from dom_project.accounts.models import ApiToken, Role
from tests import make

pytestmark = pytest.mark.django_db
MAKE = "/account/tokens/"
AT = datetime.now(UTC)


def logged_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def shop():
    return make.user(Role.INTEGRATION, username="shop")


def calls(key: str, address: str = "/api/v1/nodes/") -> int:
    return Client().get(address, headers={"authorization": f"Bearer {key}"}).status_code


def test_an_integration_makes_a_token_that_is_shown_once_and_works(shop):
    client = logged_in(shop)
    made = client.post(MAKE, {"name": "Till", "days": "0"})
    assert made.status_code == 201
    key = made.context["key"]
    assert key in made.content.decode()
    assert "no-store" in made.headers["Cache-Control"]
    assert calls(key) == 200
    token = ApiToken.objects.get()
    assert (token.user, token.name, token.scopes, token.expires_at) == (shop, "Till", [], None)
    later = client.get("/account/").content.decode()
    assert key not in later
    assert f"{key[:9]}…" in later
    assert ApiToken.objects.get().last_used_at is not None


def test_a_token_may_what_its_scopes_open_and_ends_on_its_day(shop):
    made = logged_in(shop).post(MAKE, {"name": "Reader", "scopes": ["orders:read"], "days": "90"})
    token, key = ApiToken.objects.get(), made.context["key"]
    assert token.scopes == ["orders:read"]
    assert token.expires_at - token.created_at == timedelta(days=90)
    assert calls(key, "/api/v1/nodes/") == 403
    assert calls(key, "/api/v1/orders/") == 200


def test_a_revoked_token_is_refused_at_once(shop):
    client, key = logged_in(shop), tokens.make(shop, name="Till", at=AT)
    token = ApiToken.objects.get()
    assert client.post(reverse("account_revoke", args=[token.pk])).status_code == 302
    assert calls(key) == 401
    ended = ApiToken.objects.get().revoked_at
    assert ended is not None
    again = client.post(reverse("account_revoke", args=[token.pk]), headers={"hx-request": "true"})
    assert b"Revoked" in again.content
    assert ApiToken.objects.get().revoked_at == ended


def test_an_administrator_keeps_the_tokens_of_every_integration_and_of_nobody_else(shop):
    administrator = make.user(Role.ADMINISTRATOR)
    client, manager = logged_in(administrator), make.user()
    made = client.post(MAKE, {"name": "Till", "holder": shop.pk, "days": "0"})
    assert made.status_code == 201
    assert ApiToken.objects.get().user == shop
    for other in (manager.pk, administrator.pk, ""):
        assert client.post(MAKE, {"name": "Mine", "holder": other, "days": "0"}).status_code == 422
    assert ApiToken.objects.count() == 1
    assert client.post(reverse("account_revoke", args=[ApiToken.objects.get().pk])).status_code == 302
    assert ApiToken.objects.get().revoked_at is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 81), ("scopes", ["administer"]), ("days", "-1"), ("holder", "999")],
)
def test_a_token_that_makes_no_sense_is_refused_at_its_field(shop, field, value):
    refused = logged_in(make.user(Role.ADMINISTRATOR)).post(
        MAKE, {"name": "Till", "holder": shop.pk, "days": "90"} | {field: value}
    )
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == [field]
    assert not ApiToken.objects.exists()


def test_an_integration_makes_no_token_for_another(shop):
    other = make.user(Role.INTEGRATION)
    assert logged_in(shop).post(MAKE, {"name": "Till", "holder": other.pk, "days": "0"}).status_code == 422
    assert not ApiToken.objects.exists()


def test_another_integrations_token_does_not_exist(shop):
    tokens.make(make.user(Role.INTEGRATION), name="Theirs", at=AT)
    token = ApiToken.objects.get()
    assert logged_in(shop).post(reverse("account_revoke", args=[token.pk])).status_code == 404
    assert "Theirs" not in logged_in(shop).get("/account/").content.decode()
    assert ApiToken.objects.get().revoked_at is None


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR, Role.INTEGRATION}))
def test_other_roles_have_an_account_without_tokens(shop, role):
    tokens.make(shop, name="Till", at=AT)
    token = ApiToken.objects.get()
    client = logged_in(make.user(role))
    page = client.get("/account/")
    assert page.status_code == 200
    assert "API tokens" not in page.content.decode()
    assert client.post(MAKE, {"name": "Mine", "days": "0"}).status_code == 403
    assert client.post(reverse("account_revoke", args=[token.pk])).status_code == 403
    assert ApiToken.objects.count() == 1
    assert ApiToken.objects.get().revoked_at is None


def test_a_stranger_is_asked_to_log_in():
    assert Client().get("/account/").headers["Location"] == "/login/?next=/account/"
    assert Client().post(MAKE, {"name": "Mine"}).headers["Location"].startswith("/login/")


@pytest.mark.parametrize("tokens_kept", [1, 50])
def test_the_page_asks_little_however_many_tokens_there_are(shop, tokens_kept, django_assert_max_num_queries):
    for number in range(tokens_kept):
        tokens.make(shop, name=f"Till {number}", at=AT)
    client = logged_in(make.user(Role.ADMINISTRATOR))
    with django_assert_max_num_queries(12):
        assert client.get("/account/").status_code == 200
