from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIRequestFactory

from dom_project.accounts import tokens
from dom_project.accounts.api import TokenAuthentication
from dom_project.accounts.models import ApiToken, Role
from tests import make

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def test_a_key_is_shown_once_and_kept_as_a_hash():
    key = tokens.make(make.user(Role.INTEGRATION), name="shop", at=AT)
    kept = ApiToken.objects.get()
    assert key not in (kept.digest, kept.prefix)
    assert key.startswith(kept.prefix)
    assert tokens.find(key, at=AT) == kept


@pytest.mark.parametrize("end", ["revoked", "expired", "disabled"])
def test_a_key_that_has_ended_opens_nothing(end):
    user = make.user(Role.INTEGRATION)
    key = tokens.make(user, name="shop", at=AT, expires_at=AT + timedelta(days=1))
    later = AT + timedelta(hours=1)
    if end == "revoked":
        tokens.revoke(ApiToken.objects.get(), at=AT)
    elif end == "disabled":
        type(user).objects.update(is_active=False)
    else:
        later = AT + timedelta(days=1)
    assert tokens.find(key, at=later) is None


def test_last_use_is_not_written_by_every_call():
    key = tokens.make(make.user(Role.INTEGRATION), name="shop", at=AT)
    for seconds in (0, 20, 61):
        tokens.find(key, at=AT + timedelta(seconds=seconds))
    assert ApiToken.objects.get().last_used_at == AT + timedelta(seconds=61)


def test_a_bearer_header_is_needed_and_a_wrong_one_is_refused():
    factory = APIRequestFactory()
    request = factory.get("/api/v1/orders/?token=fl_guess")
    request.user = AnonymousUser()
    assert TokenAuthentication().authenticate(request) is None
    with pytest.raises(AuthenticationFailed):
        TokenAuthentication().authenticate(factory.get("/", HTTP_AUTHORIZATION="Bearer fl_guess"))
