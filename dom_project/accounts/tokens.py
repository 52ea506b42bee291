"""Keys for machines: made once, shown once, kept as a hash."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import QuerySet
from django.http import Http404

from dom_project.lib.api_errors import NotFound

from .models import ApiToken, Role, User

USED_STEP = timedelta(minutes=1)  # last_used_at is written at most this often, not by every call


class NoSuchToken(NotFound, Http404):
    """A page answers 404, the API a problem document."""


def digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def make(
    user: User,
    *,
    name: str,
    at: datetime,
    scopes: Sequence[str] = (),
    key: str = "",
    expires_at: datetime | None = None,
) -> str:
    """Return the new key; only its hash is kept. A given `key` must carry 256 bits of chance itself."""
    key = key or f"fl_{secrets.token_urlsafe(32)}"
    ApiToken.objects.create(
        user=user,
        name=name,
        prefix=key[:9],
        digest=digest(key),
        scopes=list(scopes),
        created_at=at,
        expires_at=expires_at,
    )
    return key


def find(key: str, *, at: datetime) -> ApiToken | None:
    """Return the live token of this key, with its user, or None: unknown, revoked, expired or its user disabled."""
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest(key), revoked_at=None, user__is_active=True)
        .first()
    )
    if token is None or (token.expires_at and token.expires_at <= at):
        return None
    if token.last_used_at is None or at - token.last_used_at > USED_STEP:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    return token


def revoke(token: ApiToken, *, at: datetime) -> bool:
    """End a token for good. Returns False if it had ended before."""
    return bool(ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at))


def holders_for(user: User) -> QuerySet[User]:
    """The accounts of machines for which this person may make tokens: their own, an administrator all of them."""
    machines = User.objects.filter(role=Role.INTEGRATION, is_active=True).order_by("username")
    return machines if user.is_superuser or user.role == Role.ADMINISTRATOR else machines.filter(pk=user.pk)


def tokens_for(user: User) -> QuerySet[ApiToken]:
    """The tokens of integrations that this person may see and revoke, the newest first."""
    found = ApiToken.objects.select_related("user").order_by("-created_at", "-pk")
    if user.is_superuser or user.role == Role.ADMINISTRATOR:
        return found.filter(user__role=Role.INTEGRATION)
    return found.filter(user=user)


def token_for(user: User, token_id: int) -> ApiToken:
    """The token, if it is this person's to revoke. Raises NoSuchToken otherwise."""
    if token := tokens_for(user).filter(pk=token_id).first():
        return token
    raise NoSuchToken("unknown_token", {"id": token_id})
